"""A command of ours with a wrong letter gets one pointer; another bot's command gets nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.parse import WORDS, CommandName, nearly, parse
from commands.router import Handled
from streams.events import Sender
from tests.commands.scene import BOB, EVE, MODERATOR, OTHER_BOT, Scene, scene_in, text


async def typed(scene: Scene, who: Sender, said: str) -> Handled | None:
    """What becomes of a line that is no command, as the pipeline asks; None: nothing was meant for us."""
    line = scene.say(who, said)
    assert scene.router.recognise(line.message, scene.memory) is None
    meant = scene.router.mistyped(line.message, scene.memory)
    return None if meant is None else await scene.router.handle(meant, line, scene.room, scene.now)


@pytest.mark.norm("P4-2", "bad-input")
@pytest.mark.parametrize(
    ("said", "command"),
    [("!reprot @Eve", "!report"), ("！apeal A7K2", "!appeal"), ("!overlya", "!overlay"), ("!Rigths", "!rights")],
)
async def test_a_wrong_letter_gets_one_pointer_to_the_page(said: str, command: str) -> None:
    async with scene_in() as scene:
        scene.public_url = "https://mod.example"
        handled = await typed(scene, BOB, said)
        assert handled is not None
        assert command in text(handled)
        assert "https://mod.example/rights" in text(handled)
        assert handled.applied == ()
        assert await scene.cases() == []


@pytest.mark.norm("P4-2", "bad-input")
@pytest.mark.parametrize(
    "said", ["!rank", "!song", "!so @Eve", "!points", "!discord", "!uptime", "!like", "!hello", "!", "!!!", "reprot it"]
)
async def test_other_bots_commands_are_not_answered(said: str) -> None:
    async with scene_in() as scene:
        assert await typed(scene, BOB, said) is None


@pytest.mark.norm("P4-2", "bad-input")
async def test_a_person_is_pointed_once_a_minute_and_a_bot_never() -> None:
    async with scene_in() as scene:
        answers = [await typed(scene, who, "!reprot") for who in (BOB, BOB, EVE, MODERATOR, MODERATOR)]
        assert [bool(one and one.reply) for one in answers] == [True, False, True, True, False]
        scene.wait(timedelta(minutes=1))
        again = await typed(scene, BOB, "!reprot")
        assert again is not None
        assert again.reply is not None
        assert await typed(scene, OTHER_BOT, "!reprot") is None


@given(st.text(max_size=40))
def test_what_is_a_command_is_never_mistyped(said: str) -> None:
    meant = nearly(said)
    assert meant is None or (meant.mistyped and parse(said) is None)


@given(st.sampled_from(sorted(WORDS)))
def test_a_right_word_is_right(word: str) -> None:
    assert nearly(f"!{word}") is None
    assert parse(f"!{word}") is not None
    assert CommandName(WORDS[word])
