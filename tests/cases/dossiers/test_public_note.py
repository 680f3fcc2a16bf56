"""Public explanations: nobody is recognised, a second person approves, an overturned decision shows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.dossier import About, Dossier
from cases.dossiers.public_note import public, shown
from cases.leaks import QUOTED, leaks
from cases.model import AppealStatus, CaseStatus, Evidence, EvidenceKind, EvidenceLine, Profile
from streams.events import RoomKey
from tests.cases.dossiers.matters import NOW, OLA, SID, STREAMER, SUE, VERA, Matters
from tests.cases.people import reported_case

LINE = "call me on wx pinkflower88 for cheap coins"
EVIDENCE = Evidence(EvidenceKind.AT_ONCE, NOW, (EvidenceLine("m1", "Ann", LINE, NOW, judged=True),))
CASE = msgspec.structs.replace(
    reported_case().case, status=CaseStatus.DECIDED, appeals=(), room=RoomKey("irc:#moonlight")
)
NOTE = {
    "title": "An advertisement under many names",
    "text": "Somebody offered game currency for money. The lines were removed, and the sender was silenced for an hour.",
    "scope": "site",
}


def note(matters: Matters, **changes: Any) -> Dossier:
    matters.about = About(case=CASE, evidence=(EVIDENCE,))
    return matters.begin("public-note", "write", OLA, CASE.code, **NOTE | changes)


@pytest.mark.norm("N3.2-2", "behaviour")
def test_a_second_person_approves_and_the_public_reads() -> None:
    matters = Matters()
    written = note(matters)
    assert shown(written, CASE) is None
    assert matters.refused(written, "public-note", "approve", OLA) == "second_person"
    approved = matters.go(written, "approve", SID)
    (read,) = public([(approved, CASE)])
    assert (read.title, read.room, read.overturned) == (NOTE["title"], "", False)
    assert read.week == NOW.date()
    assert read.week.weekday() == 0


@pytest.mark.norm("N3.2-2", "bad-input")
@pytest.mark.parametrize(
    "leak",
    [
        "Ann wrote it",
        "It was A n n again",
        "it said: CHEAP  COINS and so on",
        "p i n k f l o w e r 8 8",
        "see https://example.org/clip",
        "write to ann@example.org",
        "the number 13800138000",
        "@somebody did it",
        "at 21:07 sharp",
        f"the case {CASE.code}",
        "in the room #moonlight",
    ],
)
def test_what_gives_somebody_away_is_not_published(leak: str) -> None:
    matters = Matters(about=About(case=CASE, evidence=(EVIDENCE,)))
    given = NOTE | {"text": f"{NOTE['text']} {leak}"}
    assert matters.refused(None, "public-note", "write", OLA, CASE.code, **given) == "leak"
    assert matters.dossiers == {}


def test_the_room_is_named_only_with_consent() -> None:
    matters = Matters()
    named = note(matters, text="In #moonlight somebody sold coins.", room_named="yes")
    assert matters.go(named, "approve", SID).status == "public"


@given(st.integers(0, len(LINE) - 2 * QUOTED), st.integers(QUOTED, 2 * QUOTED))
def test_no_piece_of_a_line_passes(start: int, length: int) -> None:
    """Whatever eight letters in a row are taken over."""
    piece = LINE[start : start + length]
    quoted = sum(character.isalnum() for character in piece) >= QUOTED
    assert bool(leaks(f"It was said that {piece}.", CASE, (EVIDENCE,), room_named=False)) >= quoted


@pytest.mark.norm("N3.2-2", "deadline")
@pytest.mark.parametrize("status", [CaseStatus.APPEALED, CaseStatus.OPEN, CaseStatus.UNDONE])
def test_nothing_is_explained_while_it_is_open(status: CaseStatus) -> None:
    matters = Matters()
    written = note(matters)
    matters.about = About(case=msgspec.structs.replace(CASE, status=status), evidence=(EVIDENCE,))
    expected = "appeal_waits" if status is CaseStatus.APPEALED else "not_decided"
    assert matters.refused(written, "public-note", "approve", SID) == expected
    assert matters.refused(None, "public-note", "write", SID, CASE.code, **NOTE) == expected


@pytest.mark.norm("N3.2-2", "behaviour")
def test_an_overturned_decision_shows_on_its_note() -> None:
    matters = Matters()
    approved = matters.go(note(matters), "approve", SID)
    appeal = msgspec.structs.replace(
        reported_case().case.appeals[0], status=AppealStatus.OVERTURNED, decided_at=matters.now.replace(hour=23)
    )
    fallen = msgspec.structs.replace(CASE, status=CaseStatus.OVERTURNED, appeals=(appeal,))
    assert [one.overturned for one in public([(approved, fallen)])] == [True]
    corrected = matters.go(approved, "correct", OLA, correction="The decision was set aside on appeal.")
    assert [one.correction for one in public([(corrected, fallen)])] == ["The decision was set aside on appeal."]
    withdrawn = matters.go(corrected, "withdraw", OLA, reason="it was wrong")
    (left,) = public([(withdrawn, fallen)])
    assert (left.withdrawn, left.title, left.text) == (True, "", "")


def test_who_may_write_and_approve() -> None:
    matters = Matters(about=About(case=CASE, evidence=(EVIDENCE,)))
    assert matters.refused(None, "public-note", "write", VERA, CASE.code, **NOTE) == "not_allowed"
    assert matters.refused(None, "public-note", "write", SUE, CASE.code, **NOTE) == "not_allowed"
    alone = Matters(profile=Profile.SOLO, about=About(case=CASE, evidence=(EVIDENCE,)))
    written = alone.begin("public-note", "write", STREAMER, CASE.code, **NOTE)
    assert alone.go(written, "approve", STREAMER).status == "public"
