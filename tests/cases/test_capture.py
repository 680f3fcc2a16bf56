"""Evidence frozen from a room's memory: what, of whom, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.capture import AFTERMATH_LINES, LINES_BEFORE, LINES_FROZEN, aftermath, capture
from cases.model import Evidence, EvidenceKind
from cases.room_memory import Line, RoomMemory
from streams.events import Sender
from tests.cases.room import ROOM, START_S, line, viewer

ANN, BEN, CAI, MASKED = viewer("Ann"), viewer("Ben"), viewer("Cai"), Sender(None, "***")
NOW = datetime.fromtimestamp(START_S + 60, UTC)


def is_command(text: str) -> bool:
    return text.startswith("!")


@pytest.fixture
def memory() -> RoomMemory:
    """A room where twenty lines were said by Ben and Cai."""
    made = RoomMemory(ROOM)
    for number in range(20):
        line(made, (BEN, CAI)[number % 2], f"talk {number}", START_S + number)
    return made


def taken(memory: RoomMemory, *judged: Line, respondent: str | None = "ann") -> Evidence:
    return capture(memory, respondent, judged, NOW, facts=["4 copies"], is_command=is_command)


@pytest.mark.norm("N2.3-2", "behaviour")
def test_the_judged_line_with_ten_before_it(memory: RoomMemory) -> None:
    rude = line(memory, ANN, "you fool", START_S + 30)
    line(memory, BEN, "afterwards", START_S + 31)
    found = taken(memory, rude)
    assert [one.text for one in found.lines] == [f"talk {number}" for number in range(10, 20)] + ["you fool"]
    assert [one.judged for one in found.lines] == [False] * 10 + [True]
    assert (found.kind, found.captured_at, found.facts, found.gap) == (EvidenceKind.AT_ONCE, NOW, ("4 copies",), "")
    assert found.lines[-1].at == datetime.fromtimestamp(START_S + 30, UTC)
    assert found.lines[-1].message_id == rude.message.id


@pytest.mark.norm("N2.3-2", "behaviour")
def test_the_exact_original_text_is_kept(memory: RoomMemory) -> None:
    text = "Ｙｏｕ\u200b f.o.o.l  \u202e!"
    assert taken(memory, line(memory, ANN, text, START_S + 30)).lines[-1].text == text


@pytest.mark.norm("N1.3-4", "behaviour")
def test_nobody_but_the_respondent_is_named(memory: RoomMemory) -> None:
    line(memory, ANN, "innocent", START_S + 29)
    found = taken(memory, line(memory, ANN, "you fool", START_S + 30))
    names = [one.sender for one in found.lines]
    assert names[-2:] == ["Ann", "Ann"]
    assert set(names[:-2]) == {"viewer 1", "viewer 2"}
    assert names[0] == names[2] != names[1]
    assert "Ben" not in repr(found)
    assert "ben" not in repr(found)


def test_masked_people_are_each_somebody_else(memory: RoomMemory) -> None:
    for number in range(3):
        line(memory, MASKED, f"masked {number}", START_S + 25 + number)
    found = taken(memory, line(memory, ANN, "you fool", START_S + 30))
    masked = [one.sender for one in found.lines if one.text.startswith("masked")]
    assert len(set(masked)) == 3
    assert "***" not in masked


@pytest.mark.norm("N1.3-4", "behaviour")
def test_no_reporters_command_line_is_in_the_file(memory: RoomMemory) -> None:
    rude = line(memory, ANN, "you fool", START_S + 30)
    line(memory, CAI, "!report @ann MARKER", START_S + 31)
    again = line(memory, ANN, "fool again", START_S + 32)
    line(memory, BEN, "!r last MARKER", START_S + 33)
    line(memory, BEN, "calm down", START_S + 34)
    later = aftermath(memory, "ann", again.number, NOW, is_command=is_command)
    assert "MARKER" not in repr((taken(memory, again), taken(memory, rude, again), later))
    assert [one.text for one in later.lines] == ["calm down"]


def test_a_command_that_is_itself_judged_stays(memory: RoomMemory) -> None:
    shouted = line(memory, ANN, "!fool fool fool", START_S + 30)
    assert taken(memory, shouted).lines[-1].text == "!fool fool fool"


def test_of_a_long_flood_the_first_sixty_lines(memory: RoomMemory) -> None:
    flood = [line(memory, ANN, "x", START_S + 30) for _ in range(200)]
    found = taken(memory, *flood)
    assert len(found.lines) == LINES_BEFORE + LINES_FROZEN


class TestGaps:
    """Norm N2.3-2: missing context is shown as a gap."""

    @pytest.mark.norm("N2.3-2", "bad-input")
    def test_the_first_line_ever_seen(self) -> None:
        memory = RoomMemory(ROOM)
        assert taken(memory, line(memory, ANN, "you fool")).gap == (
            "the room was joined only now: no earlier lines are known"
        )

    @pytest.mark.norm("N2.3-2", "bad-input")
    def test_a_room_joined_just_before(self) -> None:
        memory = RoomMemory(ROOM)
        for _ in range(3):
            line(memory, BEN, "hi")
        assert taken(memory, line(memory, ANN, "you fool")).gap.startswith("only 3 earlier lines are known: the room")

    def test_ten_lines_are_enough(self) -> None:
        memory = RoomMemory(ROOM)
        for _ in range(LINES_BEFORE):
            line(memory, BEN, "hi")
        assert taken(memory, line(memory, ANN, "you fool")).gap == ""

    @pytest.mark.norm("N2.3-2", "bad-input")
    def test_a_quiet_room_has_forgotten_the_rest(self, memory: RoomMemory) -> None:
        line(memory, BEN, "still here", START_S + 1000)
        found = taken(memory, line(memory, ANN, "you fool", START_S + 1001))
        assert found.gap == "only 1 earlier lines are known: older ones were forgotten"

    def test_nothing_judged_no_gap(self, memory: RoomMemory) -> None:
        assert taken(memory) == Evidence(EvidenceKind.AT_ONCE, NOW, (), ("4 copies",))

    def test_nothing_followed(self, memory: RoomMemory) -> None:
        rude = line(memory, ANN, "you fool", START_S + 30)
        assert aftermath(memory, "ann", rude.number, NOW, is_command=is_command).gap == "nothing was said afterwards"


@pytest.mark.norm("N2.3-2", "behaviour")
def test_twenty_lines_after_it(memory: RoomMemory) -> None:
    rude = line(memory, ANN, "you fool", START_S + 30)
    for number in range(30):
        line(memory, (ANN, BEN)[number % 2], f"after {number}", START_S + 31)
    found = aftermath(memory, "ann", rude.number, NOW, is_command=is_command)
    assert (found.kind, found.gap) == (EvidenceKind.AFTERMATH, "")
    assert [one.text for one in found.lines] == [f"after {number}" for number in range(AFTERMATH_LINES)]
    assert not any(one.judged for one in found.lines)
    assert [one.sender for one in found.lines[:2]] == ["Ann", "viewer 1"]
