"""Public concerns: a numbered answer in time, and no reporter's name travels with them (norm N4.2-1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.dossiers.concern import readable
from cases.model import Profile
from tests.cases.dossiers.matters import OLA, PAT, SID, STREAMER, SUE, VERA, Matters


@pytest.mark.norm("N4.2-1", "behaviour")
def test_a_concern_gets_a_numbered_answer() -> None:
    matters = Matters()
    concern = matters.begin("concern", "receive", VERA, text="the rules are too hard to find")
    assert concern.id == "concern-1"
    concern = matters.go(concern, "answer", SUE, reply="there is a link under every page now")
    assert concern.status == "answered"
    assert matters.told(concern) == ["concern_received", "concern_answered"]


@pytest.mark.norm("N4.2-1", "deadline")
def test_the_answer_is_due_in_three_working_days() -> None:
    matters = Matters()
    concern = matters.begin("concern", "receive", VERA, text="too strict on Fridays")
    assert matters.due("concern_reply", concern) == datetime(2026, 5, 7, 9, 0, tzinfo=UTC)
    matters.go(concern, "read", SUE)
    assert matters.due("concern_reply", concern) is not None
    matters.go(concern, "answer", SUE, reply="noted")
    assert matters.due("concern_reply", concern) is None


@pytest.mark.norm("N4.2-1", "bad-input")
@pytest.mark.parametrize(
    "text",
    [
        "it was Mia who reported Fred",
        "the reporter is @mia",
        "Mia always reports people she dislikes",
        "举报人是小美",
        "就是小美舉報的",
    ],
)
def test_a_concern_that_may_name_a_reporter_is_redacted_before_anyone_reads_on(text: str) -> None:
    matters = Matters()
    concern = matters.begin("concern", "receive", VERA, text=text)
    assert readable(concern) is None
    for move, fields in (("read", {}), ("answer", {"reply": "noted"}), ("redact", {"text": "somebody is unhappy"})):
        for by in (SUE, SID, OLA):
            assert matters.refused(concern, "concern", move, by, **fields) == "unknown_dossier"
    concern = matters.go(concern, "redact", PAT, text="somebody is unhappy about a report")
    assert readable(concern) == "somebody is unhappy about a report"
    concern = matters.go(concern, "read", SUE)
    assert "ia" not in str(concern.fields)
    assert matters.go(concern, "answer", SUE, reply="noted").status == "answered"


@pytest.mark.norm("N4.2-1", "bad-input")
def test_whoever_says_that_a_person_is_named_is_believed() -> None:
    matters = Matters()
    concern = matters.begin("concern", "receive", VERA, text="ask Mia, she knows", names="yes")
    assert matters.refused(concern, "concern", "read", SUE) == "unknown_dossier"
    concern = matters.go(concern, "clear", PAT)
    assert readable(concern) == "ask Mia, she knows"


def test_a_streamer_alone_reads_redacts_and_answers() -> None:
    matters = Matters(Profile.SOLO)
    concern = matters.begin("concern", "receive", VERA, text="who reported me?")
    assert matters.refused(concern, "concern", "answer", STREAMER, reply="hm") == "redact_first"
    concern = matters.go(concern, "clear", STREAMER)
    assert matters.go(concern, "answer", STREAMER, reply="nobody is told that").status == "answered"


@pytest.mark.norm("N4.2-1", "bad-input")
@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_an_empty_or_endless_concern_is_refused(text: str) -> None:
    assert Matters().refused(None, "concern", "receive", VERA, text=text) == "unfit"
