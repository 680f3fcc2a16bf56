"""`danmod staff`: people are entered, tested, resting and back; samples and flags; a sentence for every mistake."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import load
from cases import intents
from cases.exercises import built_in
from cases.house import House
from cases.model import Actor, ActorKind, Profile, Respondent
from cases.ports import Applied, ByCode, ByEpisode
from cases.registrar import Registrar
from cases.sampling import week_of
from cases.sentence import Measure
from cases.watermark import Copy, source
from storage import open_keys, open_storage
from tests.bot.test_cli import Danmod, danmod
from tests.cases.matter import NOW, ROOM, commanded

__all__ = ["danmod"]
RIGHT = ",".join(f"{one.id}={one.right}" for one in built_in())
WRONG = ",".join(f"{one.id}={next(key for key in one.choices if key != one.right)}" for one in built_in())
ALICE = ("staff", "add", "Alice", "--account", "irc:alice", "--group", "east")


@pytest.fixture(autouse=True)
def platform(tmp_path: Path, danmod: Danmod) -> None:
    """A house where the whole norm binds."""
    (tmp_path / "config.toml").write_text('profile = "platform"\n', encoding="utf-8")


@pytest.mark.norm("N4.1-3", "behaviour")
def test_somebody_is_entered_tested_and_listed(danmod: Danmod) -> None:
    assert "nobody is entered" in danmod("staff", "list").out
    danmod(*ALICE, "--role", "moderator", "--role", "reviewer", "--room", "irc:#talk")
    listed = danmod("staff", "list").out
    for word in ("staff-1", "Alice", "active", "moderator, reviewer", "east", "irc:#talk", "never passed"):
        assert word in listed
    assert "100% right: passed" in danmod("staff", "train", "irc:alice", "--answers", RIGHT).out
    assert "never passed" not in danmod("staff", "list").out


@pytest.mark.norm("N4.1-3", "bad-input")
def test_a_failed_test_says_what_would_have_been_right(danmod: Danmod) -> None:
    danmod(*ALICE)
    said = danmod("staff", "train", "staff-1", "--answers", WRONG, "--language", "zh-CN", code=1).out
    assert "0% right: not passed" in said
    assert "许多老观众一起欢呼是齐刷" in said
    assert "too_soon" in danmod("staff", "train", "staff-1", "--answers", RIGHT, code=1).out
    assert "never passed" in danmod("staff", "list").out


def test_the_questions_are_asked_one_by_one(danmod: Danmod, monkeypatch: pytest.MonkeyPatch) -> None:
    danmod(*ALICE)
    given = iter(["x", "9", *(str(list(one.choices).index(one.right) + 1) for one in built_in())])
    monkeypatch.setattr("typer.prompt", lambda text: next(given))
    assert "passed" in danmod("staff", "train", "staff-1").out


def test_roles_rest_go_on_and_end(danmod: Danmod) -> None:
    danmod(*ALICE, "--proposed")
    assert "staff-1 is active" in danmod("staff", "activate", "irc:alice").out
    assert "staff-1 is suspended" in danmod("staff", "suspend", "irc:alice", "--reason", "asked to").out
    assert "already suspended" in danmod("staff", "suspend", "irc:alice", "--reason", "asked to", code=1).out
    assert "staff-1 is active" in danmod("staff", "reinstate", "staff-1", "-r", "settled").out
    assert "staff-1 is removed" in danmod("staff", "remove", "staff-1", "-r", "left").out
    assert "staff-2 is active" in danmod(*ALICE).out, "an account is free again once its holder has left"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("remove", "irc:nobody", "-r", "x"), 2, "nobody called irc:nobody"),
        (("suspend", "staff-1"), 2, "--reason"),
        (("add", "Bo"), 2, "--account"),
        (("add", "Bo", "--account", "bo", "--group", "west"), 1, "accounts like irc:alice"),
        (("add", "Bo", "--account", "irc:bo", "--group", "west", "--role", "king"), 1, "roles"),
        (("add", "Al", "--account", "irc:alice", "--group", "west"), 1, "irc:alice is staff-1"),
        (("train", "staff-1", "--answers", "chorus"), 1, "answers"),
        (("sample", "--week", "last week"), 2, "is no week"),
    ],
)
def test_every_mistake_gets_a_sentence(danmod: Danmod, arguments: tuple[str, ...], code: int, says: str) -> None:
    danmod(*ALICE)
    ran = danmod("staff", *arguments, code=code)
    assert says in ran.out + ran.err


@pytest.mark.norm("N4.3-1", "behaviour")
def test_an_export_for_somebody_is_noted_and_names_them_when_it_leaks(danmod: Danmod, tmp_path: Path) -> None:
    """The leak drill, from the command line to one leaked line."""
    danmod(*ALICE)
    danmod("staff", "add", "Bo", "--account", "irc:bo", "--group", "west")
    code = handled(tmp_path, NOW)
    file = json.loads(danmod("cases", "export", code, "--as", "irc:bo").out)
    leak = next(line["text"] for line in file["evidence"][0]["lines"] if line["judged"])
    keys = asyncio.run(open_keys(tmp_path / "danmod.keys", "sqlite:///danmod.db"))
    copies = [Copy(ref, code) for ref in ("operator", "staff-1", "staff-2")]
    assert source(leak, copies, keys) == (Copy("staff-2", code),)
    assert source(danmod("cases", "export", code).out, copies, keys) == ()
    assert "nobody called irc:eve" in danmod("cases", "export", code, "--as", "irc:eve", code=2).err
    assert "unknown_case" in danmod("cases", "export", "ZZZZ", "--as", "irc:bo", code=1).out


@pytest.mark.norm("N4.3-1", "bad-input")
def test_for_the_accused_the_matter_does_not_exist_anywhere(danmod: Danmod) -> None:
    """Not in the list of matters, not by its number, not among the deadlines, and no move of theirs reaches it."""
    for name in ("sue", "sam"):
        danmod("staff", "add", name, "--account", f"irc:{name}", "--group", name, "--role", "supervisor")
    danmod("dossiers", "open", "conduct", "--about", "irc:sue", "--field", "what=told a name")
    ways = (("dossiers", "list"), ("dossiers", "show", "conduct-1"), ("deadlines",))
    for way in ways:
        assert "conduct-1" in danmod(*way, "--as", "staff-2").out
    for way in ways[::2]:
        assert "conduct-1" not in danmod(*way, "--as", "staff-1").out
    assert "unknown_dossier" in danmod(*ways[1], "--as", "staff-1", code=1).out
    clear = ("dossiers", "move", "conduct-1", "clear", "--field", "reason=nothing")
    assert "unknown_dossier" in danmod(*clear, "--as", "staff-1", code=1).out
    suspend = ("dossiers", "move", "conduct-1", "suspend", "--field", "reason=credible")
    assert "conduct-1: suspended" in danmod(*suspend, "--as", "staff-2").out
    assert "nobody called staff-1" in danmod("deadlines", "--as", "staff-1", code=2).err, "the role rests"


def test_somebody_acts_by_account_by_id_and_in_one_of_their_roles(danmod: Danmod) -> None:
    """An account has a colon of its own."""
    roles = ("--role", "moderator", "--role", "supervisor")
    danmod("staff", "add", "Alice", "--account", "irc:alice", "--group", "east", *roles)
    for who in ("irc:alice", "staff-1", "staff-1:supervisor", "irc:alice:supervisor", "irc:alice:moderator"):
        assert "staff-1" in danmod("dossiers", "list", "--as", who).out or who.endswith("moderator")
    assert (
        "nobody called irc:alice works here as reviewer"
        in danmod("dossiers", "list", "--as", "irc:alice:reviewer", code=2).err
    )
    assert "nobody called irc:alice:king" in danmod("dossiers", "list", "--as", "irc:alice:king", code=2).err


# -- supervision --------------------------------------------------------------------------------------------------------


def handled(folder: Path, at: datetime, *, lifted_by: Actor | None = None) -> str:
    """A case that Mona decided and perhaps somebody lifted, when one person alone did everything; its code."""

    async def write() -> str:
        settings = load(folder / "config.toml")
        keys = await open_keys(settings.keys.file, settings.storage.url)
        registrar = Registrar(keys, House(Profile.SOLO))
        async with open_storage(settings.storage.url, keys=keys) as storage:
            ref = ByEpisode(ROOM, "command:max", at, timedelta(0))
            wanted = commanded(respondent=Respondent("max", "Max"))
            made = await storage.log.apply(ref, registrar.measure(wanted, at))
            assert isinstance(made, Applied)
            if lifted_by is not None:
                lift = registrar.lift(intents.LiftCommanded(lifted_by, Measure.MUTE, "max", "ok"), at)
                assert isinstance(await storage.log.apply(ByCode(made.state.code), lift), Applied)
            return made.state.code

    return asyncio.run(write())


@pytest.mark.norm("N4.1-1", "behaviour")
@pytest.mark.norm("N4.1-1", "deadline")
def test_a_week_is_sampled_once_and_a_skipped_one_is_told(danmod: Danmod, tmp_path: Path) -> None:
    danmod("staff", "list")
    code = handled(tmp_path, NOW)
    for name in ("sid", "sam"):
        danmod("staff", "add", name, "--account", f"irc:{name}", "--group", name, "--role", "supervisor")
    week = week_of(NOW)
    drawn = danmod("staff", "sample", "--week", week).out
    assert f"check-1: {code}" in drawn
    assert "1 cases drawn from start" in drawn
    assert "sampled already" in danmod("staff", "sample", "--week", week, code=1).out
    told = danmod("staff", "supervision").out
    assert "none judged yet" in told
    assert "waiting: check-1" in told


@pytest.mark.norm("N4.3-1", "behaviour")
def test_a_flag_opens_a_matter_of_conduct_once(danmod: Danmod, tmp_path: Path) -> None:
    danmod("staff", "list")
    assert danmod("staff", "flags").out.strip() == "nothing stands out"
    code = handled(tmp_path, datetime.now(UTC), lifted_by=Actor(ActorKind.MODERATOR, "max", "Max"))
    danmod("staff", "add", "Max", "--account", "irc:max", "--group", "east")
    flag = f"self-reversal: staff-1: lifted the own measure in {code}"
    assert danmod("staff", "flags", code=1).out.strip() == flag
    assert "conduct-1" in danmod("staff", "flags", "--open", code=1).out
    assert "conduct-2" not in danmod("staff", "flags", "--open", code=1).out
