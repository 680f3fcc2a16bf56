"""`!permit`: a moderator lets a viewer post one link; whoever may not, or means nobody, is told so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.checks import CHECKS, Seen, Thresholds
from streams.events import Sender
from tests.cases.room import usage
from tests.commands.scene import BOB, EVE, MODERATOR, OWNER, Scene, text

CONTACT = next(check for check in CHECKS if check.name == "contact")
AD = "my shop is at coins.invalid 加v abc123"


def is_held(scene: Scene, sender: Sender) -> bool:
    line = scene.say(sender, AD)
    known = scene.memory.sender(sender.id or "")
    return CONTACT.ask(Seen(line, usage(), scene.memory, known, Thresholds())) is not None


async def test_one_link_is_let_through_and_the_next_is_not(scene: Scene) -> None:
    assert is_held(scene, BOB)
    handled = await scene.give(MODERATOR, "!permit @bob")
    assert text(handled) == "Bob may post one link or contact within 2m"
    assert handled.applied == ()
    assert not is_held(scene, BOB)
    assert is_held(scene, BOB)
    assert is_held(scene, EVE)


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("!permit @bob 30s", timedelta(seconds=30)),
        ("！放行 @bob 5分", timedelta(minutes=5)),
        ("放行@Bob", timedelta(minutes=2)),
        ("!permit @bob 9h", timedelta(hours=1)),
    ],
)
async def test_it_ends_after_its_span(scene: Scene, words: str, span: timedelta) -> None:
    await scene.give(MODERATOR, words)
    scene.wait(span - timedelta(seconds=2))
    assert not is_held(scene, BOB)
    await scene.give(OWNER, words)
    scene.wait(span)
    assert is_held(scene, BOB)


async def test_it_is_told_in_the_rooms_language_and_in_a_short_line(scene: Scene) -> None:
    scene.language = "zh-CN"
    assert text(await scene.give(MODERATOR, "!permit @bob")) == "Bob 可在 2分 内发一条链接或联系方式"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("!permit", "no_target"),
        ("!permit @nobody", "unknown_name"),
        ("!permit @bob 0m", "zero_duration"),
        ("!permit @bob 10", "bad_duration"),
        ("!permit @Max", "permit_needless"),
        ("!permit @Nightbot", "target_bot"),
    ],
)
async def test_what_cannot_be_done_is_said(scene: Scene, words: str, reason: str) -> None:
    handled = await scene.give(MODERATOR, words)
    assert handled.refused == reason
    assert text(handled)


async def test_a_viewer_may_not(scene: Scene) -> None:
    handled = await scene.give(EVE, "!permit @bob")
    assert handled.refused == "not_allowed"
    assert is_held(scene, BOB)
