"""The line that warns of links: only after a wave with links, once in ten minutes, only where it is wanted."""

from __future__ import annotations

import pytest

from bot.config import LimitsSection, policy_of
from bot.link_warning import GAP_S, LinkWarnings
from bot.rooms import Rooms, WatchedRoom
from cases.model import Mode, Profile
from cases.policy import Decision
from cases.rules import ADVERTISING
from cases.sentence import Measure, Severity, sentence
from tests.cases.room import ROOM, START_S, line, viewer
from tests.commands.scene import ABLE


class Stage:
    """One room, and what is said in it."""

    def __init__(self, mode: Mode = Mode.ENFORCE, *, wanted: bool = True, language: str = "en") -> None:
        policy = policy_of(LimitsSection(), Profile.SOLO, ("shop.example",))
        self.room = WatchedRoom(ROOM, mode, policy, language, lambda: ABLE, link_warning=wanted)
        rooms = Rooms()
        rooms.add(self.room)
        self.said: list[str] = []
        self.warnings = LinkWarnings(rooms, lambda room, reply: self.said.append(reply.text))

    def wave(self, text: str, now_s: float = START_S, check: str = "wave") -> None:
        hidden = sentence(Measure.HIDE)
        decisions = [
            Decision(
                line(self.room.memory, viewer(f"New{number}"), text, now_s), "wave:1", hidden, Severity.MODERATE,
                ADVERTISING, (check,), (), None,
            )
            for number in range(5)
        ]  # fmt: skip
        self.warnings.decided(decisions, now_s)


@pytest.mark.norm("N2.2-3b", "behaviour")
def test_one_warning_in_ten_minutes() -> None:
    stage = Stage()
    stage.wave("coins at coins.invalid")
    stage.wave("coins at coins.invalid", START_S + GAP_S - 1)
    assert len(stage.said) == 1
    assert "links" in stage.said[0]
    stage.wave("coins at coins.invalid", START_S + GAP_S)
    assert len(stage.said) == 2


@pytest.mark.norm("N2.2-3b", "bad-input")
@pytest.mark.parametrize(
    ("stage", "text", "check"),
    [
        (Stage(wanted=False), "coins at coins.invalid", "wave"),
        (Stage(Mode.DRY_RUN), "coins at coins.invalid", "wave"),
        (Stage(), "we all love this streamer", "wave"),
        (Stage(), "thanks to shop.example", "wave"),
        (Stage(), "coins at coins.invalid", "repeat"),
    ],
)
def test_silence_otherwise(stage: Stage, text: str, check: str) -> None:
    stage.wave(text, check=check)
    assert stage.said == []
