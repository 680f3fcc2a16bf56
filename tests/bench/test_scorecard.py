"""The scorecard end to end: what is measured is what runs, and what it measures on is drawn as it says."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random

import msgspec
import pytest

from bench.scorecard.card import GROUPS, Asked, Card, kinds_of, measure
from bench.scorecard.crowd import evening
from bench.scorecard.document import PAGES, renewed
from bench.scorecard.engine import Room
from bench.scorecard.logs import Chat, Row, Session, part_of, read_chat
from bench.scorecard.recorded import is_aside, recorded_kinds
from bench.scorecard.report import sample, worst
from bench.scorecard.score import AFTER, figures
from bench.scorecard.single import has_contact, singles
from bench.scorecard.trials import messages_of, play, trials
from bot.config import Settings, policy_of
from cases.policy import RoomPolicy
from streams.events import Message, room_key
from streams.sandbox.attacks import KINDS
from streams.sandbox.attacks.texts import ordinary

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def policy() -> RoomPolicy:
    settings = Settings()
    return policy_of(settings.limits, settings.profile)


@pytest.fixture(scope="module")
def chat() -> Chat:
    return read_chat(None)


# -- what is measured is what runs ------------------------------------------------------------------------------------


def test_the_scorecard_decides_as_a_replay_does(tmp_path: Path, chat: Chat, policy: RoomPolicy) -> None:
    messages = _with_scenes(chat.sessions[0], ("wave-emoji", "repeat", "fast", "giveaway", "warm", "wave-contacts"))
    log = tmp_path / "log.jsonl"
    rows = ({"t": each.sent_s, "room": "r", "user": each.sender.id, "text": each.text} for each in messages)
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "bot", "replay", str(log), "--decisions", str(out)]
    subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, timeout=100)
    told: dict[int, tuple[float, bool]] = {}
    for row in map(json.loads, out.read_text(encoding="utf-8").splitlines()):
        first_s, muted = told.get(row["index"], (row["t"], False))
        told[row["index"]] = (first_s, muted or row["mute_seconds"] is not None)
    room = Room(room_key("replay", "r"), policy)
    fates = [room.hear(message) for message in messages]
    ours = {place: (fate.taken_s, fate.muted) for place, fate in enumerate(fates) if fate.hidden}
    assert ours == told
    assert len(ours) > 50


def _with_scenes(session: Session, kinds: tuple[str, ...]) -> list[Message]:
    """An evening with some scenes in it, one after the other."""
    lines = session.lines[:2_400]
    for place, kind in enumerate(kinds):
        lines += messages_of(KINDS[kind].make(Random(kind), ()), session.lines[400 + 300 * place])
    in_order = sorted(lines, key=lambda line: line.sent_s)
    return [msgspec.structs.replace(line, id=str(place)) for place, line in enumerate(in_order)]


# -- logs -------------------------------------------------------------------------------------------------------------


def test_every_fourth_session_is_kept_aside_by_the_sum_of_its_name(tmp_path: Path) -> None:
    names = [f"evening-{number}" for number in range(12)]
    rows = [{"t": place, "room": "r", "session": name, "user": "u", "text": "hi"} for place, name in enumerate(names)]
    (tmp_path / "talk.jsonl.gz").write_bytes(gzip.compress(_lines(rows)))
    found = read_chat(tmp_path)
    assert found.sources == ["talk"]
    for session in found.sessions:
        assert (session.part == "aside") == (zlib.crc32(session.name.encode()) % 4 == 0)
    assert {session.part for session in found.sessions} == {"tuning", "aside"}
    assert part_of("evening-1") in ("tuning", "aside")


def test_lines_without_an_instant_are_left_out_and_time_never_steps_back(tmp_path: Path) -> None:
    rows = [
        {"t": 10, "room": "r", "user": "u", "text": "one", "role": "mod"},
        {"t": None, "room": "r", "user": "u", "text": "two"},
        {"t": 8, "room": "r", "user": None, "text": "three"},
    ]
    (tmp_path / "talk.jsonl").write_bytes(_lines(rows))
    (tmp_path / "labelled.jsonl").write_bytes(
        _lines([{"room": "x", "text": "buy", "t": None, "label": "spam", "source": "s"}])
    )
    found = read_chat(tmp_path)
    (session,) = found.sessions
    assert [(line.text, line.sent_s) for line in session.lines] == [("one", 10.0), ("three", 10.0)]
    assert session.lines[0].sender.roles.is_staff
    assert not session.has_people
    assert [row.label for row in found.labelled] == ["spam"]
    assert read_chat(tmp_path, frozenset({"other"})).sessions == []


def test_a_folder_without_logs_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no \*\.jsonl\.gz in"):
        read_chat(tmp_path)


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "talk.jsonl").write_bytes(_lines([{"room": "r", "text": "fine", "t": 1}, {"room": "r", "t": 2}]))
    with pytest.raises(ValueError, match=r"talk\.jsonl, line 2: .*missing required field `text`"):
        read_chat(tmp_path)


def _lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_a_made_up_evening_is_the_same_every_time_and_has_regulars_and_passers_by() -> None:
    lines = evening(3, room_key("generated", "e"))
    assert lines == evening(3, room_key("generated", "e"))
    assert [line.sent_s for line in lines] == sorted(line.sent_s for line in lines)
    said = [line.sender.id for line in lines]
    often = [who for who in set(said) if said.count(who) > 10]
    once = [who for who in set(said) if said.count(who) == 1]
    assert len(often) >= 30
    assert len(once) >= 50
    assert len({line.text for line in lines}) > 0.5 * len(lines)


# -- trials -----------------------------------------------------------------------------------------------------------


def test_a_trial_keeps_the_scene_apart_from_those_who_chat_on(chat: Chat, policy: RoomPolicy) -> None:
    found = play(KINDS["warm"], Random(5), chat.sessions[1], policy)
    assert len({fate.message.sender.id for fate in found.lines}) == len(found.lines), "the cover is not counted"
    assert found.bystanders
    assert not {fate.message.id for fate in found.lines} & {fate.message.id for fate in found.bystanders}
    assert (found.source, found.part) == ("generated", chat.sessions[1].part)


def test_the_same_seeds_give_the_same_trials(chat: Chat, policy: RoomPolicy) -> None:
    def told() -> list[tuple[str, bool]]:
        played = trials([KINDS["wave"], KINDS["vote"]], range(2), chat, policy)
        return [(fate.message.text, fate.hidden) for trial in played for fate in trial.lines]

    assert told() == told()


# -- the command ------------------------------------------------------------------------------------------------------


def test_kinds_are_asked_for_by_name_by_family_and_by_beginning(chat: Chat) -> None:
    def names(*words: str) -> set[str]:
        return {kind.name for kind in kinds_of(chat, Asked(kinds=words))}

    assert names("wave", "drip") >= {"wave", "wave-emoji", "drip"}
    assert names("wave-") == {name for name in KINDS if name.startswith("wave-")}
    assert names("vote") == {"vote"}
    assert {kind.name for kind in kinds_of(chat, Asked())} == set(KINDS)
    assert {kind.family for kind in kinds_of(chat, Asked(groups=("innocents",)))} == {"innocent"}
    with pytest.raises(ValueError, match="there is no kind wafe here; there are repeat, "):
        names("wafe")


def test_the_command_prints_its_tables_and_says_what_is_wrong() -> None:
    command = [sys.executable, "-m", "bench.scorecard", "--only", "innocents", "--kinds", "vote", "--seeds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "innocents muted or banned" in done.stdout
    wrong = subprocess.run(
        [*command, "--data", "/nowhere"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (wrong.returncode, wrong.stderr) == (1, "scorecard: no *.jsonl.gz in /nowhere\n")


def test_no_text_of_a_part_kept_aside_is_shown(tmp_path: Path, policy: RoomPolicy) -> None:
    lines = evening(1, room_key("talk", "e"))
    flood = [
        {"t": lines[500].sent_s + place / 4, "room": "r", "user": "loud", "text": "look at me now"}
        for place in range(20)
    ]
    rows = [{"t": each.sent_s, "room": "r", "user": each.sender.id, "text": each.text} for each in lines]
    (tmp_path / "talk.jsonl").write_bytes(
        _lines([row | {"session": name} for name in ("evening-0", "evening-5") for row in _sorted(rows + flood)])
    )
    found = read_chat(tmp_path)
    assert {session.name: session.part for session in found.sessions} == {"evening-0": "aside", "evening-5": "tuning"}
    card = measure(found, policy, Asked(groups=("real",), lines=None))
    assert {toll.part: toll.hidden > 10 for toll in card.tolls} == {"tuning": True, "aside": True}
    shown = card.fates("hidden")
    assert {fate.message.room for fate in shown} == {room_key("replay", "evening-5")}
    assert len(list(sample(shown, 5))) == 5


def _sorted(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: float(str(row["t"])))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see www.example.com", True), ("join discord.gg/abcdef or t.me/abcdef, www.x.com", True), ("加微信 abc12345", True),
        ("Q群：123456789", True), ("vx: hello123", True), ("I hit 1k subscribers", False), ("very good videos", False),
        ("the population of the world", False), ("2,472 comments", False), ("加油加油", False),
    ],
)  # fmt: skip
def test_a_plain_look_tells_a_contact(text: str, found: bool) -> None:
    assert has_contact(text) is found


def test_recorded_texts_make_scenes_of_their_own_and_those_kept_aside_say_so(policy: RoomPolicy, chat: Chat) -> None:
    pasta = [f"somebody once told me a very long story about a goose number {number}" for number in range(200)]
    raids = [f"look for the user called dusty {number}" for number in range(200)]
    rows = [Row(room="memes", text=text, label="crowd_copypasta", source="memes") for text in pasta]
    rows += [Row(room="raids", text=text, label="spam", source="bili_script_raid_texts") for text in raids]
    kinds = {kind.name: kind for kind in recorded_kinds(Chat(chat.sessions, rows))}
    assert {name: is_aside(kind) for name, kind in kinds.items()} == {
        "recorded-pasta": False, "recorded-raid": False, "recorded-pasta-aside": True, "recorded-raid-aside": True,
    }  # fmt: skip
    for name, kind in kinds.items():
        found = play(kind, Random(1), chat.sessions[1], policy)
        texts = {fate.message.text for fate in found.lines}
        if kind.family == "innocent":
            (text,) = texts
            assert (part_of(text) == "aside") == name.endswith("-aside")
        else:
            assert len(texts) > 5
            assert len({fate.message.sender.id for fate in found.lines}) >= 10


def test_single_texts_are_said_by_newcomers_and_by_regulars(policy: RoomPolicy, chat: Chat) -> None:
    ads = [f"{number} cheap followers at www.shop{number}x.com" for number in range(40)]
    ham = ordinary(Random(1), "en", 40)
    rows = [Row(room="l", text=text, label="spam", source="s") for text in ads]
    rows += [Row(room="l", text=text, label="ham", source="s") for text in ham]
    rows.append(Row(room="l", text="subscribe to my channel", label="spam", source="s"))
    found = {(each.label, each.part): each for each in singles(Chat(chat.sessions, rows), policy, None)}
    assert set(found) == {(label, part) for label in ("ad", "ordinary") for part in ("tuning", "aside")}
    assert found["ad", "tuning"].said + found["ad", "aside"].said == 40, "the one without a contact does not count"
    tuning = found["ad", "tuning"]
    assert len({fate.message.sender.id for fate in tuning.fates}) == tuning.said
    assert tuning.regulars_said == tuning.said // 4
    assert (tuning.held / tuning.said, tuning.regulars_held) == (1.0, 0)
    assert found["ordinary", "tuning"].held == 0


# -- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", PAGES)
def test_the_page_names_every_kind_and_takes_the_tables(language: str, card: Card) -> None:
    text = PAGES[language].read_text(encoding="utf-8")
    assert [name for name in KINDS if f"`{name}`" not in text] == []
    made = renewed(text, card, language)
    assert renewed(made, card, language) == made
    assert ("holds" in made) == (language == "en")
    assert ("达到" in made) == (language == "zh-CN")
    assert "one account" not in made or language == "en", "every target has its words"
    for name in ("wave-emoji", "friendly-raid"):
        assert f"| {name} |" in made


# -- what must hold ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def card(chat: Chat, policy: RoomPolicy) -> Card:
    return measure(
        chat, policy, Asked(groups=[group for group in GROUPS if group != "single"], seeds=range(2), lines=12_000)
    )


def test_hardly_anything_of_an_attack_is_shown_on_a_made_up_crowd(card: Card) -> None:
    """Looser than the targets by what a few scenes scatter: it is there to tell when something broke."""
    for family, least in (("wave", 0.97), ("fast", 0.99), ("slow", 0.95), ("alone", 0.75)):
        own = [trial for trial in card.trials if trial.kind.family == family]
        found = figures(own, AFTER[family])
        assert found.stopped is not None
        assert found.stopped >= least, (family, list(worst(own, 5)))
        assert family != "wave" or found.shown <= 3


def test_no_innocent_is_muted_or_banned_and_ordinary_chat_is_left_alone(card: Card) -> None:
    for words in ("innocents muted or banned", "muted per 10,000", "banned per 10,000", "hidden per 10,000"):
        found = [target for target in card.targets() if words in target.name]
        assert found
        for target in found:
            assert target.holds, target
