"""`!shield` and `!overlay`: what is typed, what is ordered, what is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from cases.house import House
from cases.model import Actor, Mode, Profile, Refusal
from cases.ports import StorageError
from cases.shield import Shield
from cases.siege import ShieldPolicy
from commands.replies import clean
from streams.events import RoomKey, Sender
from tests.commands.scene import BOB, MODERATOR, ROOM, SHORT, Scene, scene_in, text


class Controls:
    """A room's real shield, without a bot around it; what is ordered is written down."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.engine = Shield()
        self.ordered: list[tuple[str, object]] = []
        self.answer: Refusal | None = None
        self.away = False

    async def up(self, key: RoomKey, by: Actor, span: timedelta | None, processed: str | None) -> Refusal | None:
        if self.away:
            raise StorageError("disk full")
        if self.answer is None:
            self.ordered.append(("up", span))
            self.engine.up(self.scene.now.timestamp(), ShieldPolicy(), span)
        return self.answer

    async def down(self, key: RoomKey, by: Actor, processed: str | None) -> Refusal | None:
        if self.engine.raised is None:
            return Refusal("shield_down", "it is down")
        self.ordered.append(("down", None))
        self.engine.down(self.scene.now.timestamp(), ShieldPolicy())
        return None

    def shield(self, key: RoomKey) -> object:
        assert key == ROOM
        return self.engine.raised

    def overlay(self, key: RoomKey, order: str) -> None:
        self.ordered.append(("overlay", order))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with scene_in(house=House(Profile.SOLO)) as made:
        yield made


@pytest.fixture
def controls(scene: Scene) -> Controls:
    made = Controls(scene)
    scene.router.connect(made)  # type: ignore[arg-type]  # its shield is only looked at
    return made


@pytest.mark.parametrize(
    ("words", "ordered", "answer"),
    [
        ("!shield", None, "the shield is down"),
        ("!shield on", ("up", None), "shield up until it is quiet, at most 30m"),
        ("!shield on 10m", ("up", timedelta(minutes=10)), "shield up for 10m"),
        ("!shield 10m", ("up", timedelta(minutes=10)), "shield up for 10m"),
        ("!护盾 开", ("up", None), "shield up until it is quiet, at most 30m"),
        ("！护盾 开 10分", ("up", timedelta(minutes=10)), "shield up for 10m"),
        ("!護盾 開啟 2小時", ("up", timedelta(hours=2)), "shield up for 2h"),
        ("!overlay pause", ("overlay", "pause"), "overlay: nothing new is shown until !overlay resume"),
        ("!叠层 清空", ("overlay", "clear"), "overlay: everything is off, new lines go on"),
        ("!疊層 繼續", ("overlay", "resume"), "overlay: new lines are shown again"),
    ],
)
async def test_what_is_said_is_ordered_and_answered(
    scene: Scene, controls: Controls, words: str, ordered: object, answer: str
) -> None:
    handled = await scene.give(MODERATOR, words)
    assert text(handled) == answer
    assert controls.ordered == ([ordered] if ordered else [])


async def test_a_whole_evening(scene: Scene, controls: Controls) -> None:
    said = [
        "!shield on 10m",
        "!shield status",
        "!shield off",
        "!shield off",
        "!shield",
    ]
    assert [text(await scene.give(MODERATOR, words)) for words in said] == [
        "shield up for 10m",
        "shield up for 10m",
        "shield lowered",
        "the shield is down",
        "the shield is down",
    ]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("!shield please", "shield_how"),
        ("!shield on forever", "shield_how"),
        ("!shield on 0m", "zero_duration"),
        ("!shield on 13h", "too_long"),
        ("!shield on 10", "bad_duration"),
        ("!overlay", "overlay_how"),
        ("!overlay explode", "overlay_how"),
    ],
)
async def test_what_is_not_understood_is_said_and_nothing_is_done(
    scene: Scene, controls: Controls, words: str, reason: str
) -> None:
    handled = await scene.give(MODERATOR, words)
    assert handled.refused == reason
    assert text(handled)
    assert controls.ordered == []


@pytest.mark.parametrize("sender", [BOB, Sender(None, "***")])
@pytest.mark.parametrize("words", ["!shield on", "!shield", "!overlay clear"])
async def test_it_is_for_staff(scene: Scene, controls: Controls, sender: Sender, words: str) -> None:
    assert (await scene.give(sender, words)).refused in ("not_allowed", "masked")
    assert controls.ordered == []


@pytest.mark.parametrize("reason", ["shield_off", "shield_lowering", "already", "not_allowed"])
async def test_a_refusal_is_told_in_one_sentence(scene: Scene, controls: Controls, reason: str) -> None:
    controls.answer = Refusal(reason, "because")
    handled = await scene.give(MODERATOR, "!shield on")
    assert handled.refused == reason
    assert text(handled) == clean(text(handled)) != ""


async def test_a_store_that_is_away_is_said(scene: Scene, controls: Controls) -> None:
    controls.away = True
    assert (await scene.give(MODERATOR, "!shield on")).refused == "storage"


async def test_in_a_dry_run_the_shield_would_be_up_and_the_overlay_is_left_alone(
    scene: Scene, controls: Controls
) -> None:
    scene.mode = Mode.DRY_RUN
    assert text(await scene.give(MODERATOR, "!shield on")).startswith("dry run: the shield would be up")
    assert (await scene.give(MODERATOR, "!overlay clear")).refused == "dry_run_room"
    assert controls.ordered == [("up", None)]


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
@pytest.mark.parametrize("words", ["!shield on 10m", "!shield", "!shield what", "!overlay pause", "!overlay what"])
async def test_every_answer_fits_a_short_line(scene: Scene, controls: Controls, language: str, words: str) -> None:
    scene.language, scene.capabilities = language, SHORT
    assert 0 < len(text(await scene.give(MODERATOR, words))) <= 20
