"""Requests about one's own data: proof first, an answer in time, and erasure that says what it keeps (norm P3-1c)."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from cases.dossier import About
from cases.dossiers.rights_request import RIGHTS, SELF_SERVICE
from cases.model import BOT, CaseState, CaseStatus, Profile
from tests.cases.dossiers.matters import OLA, PAT, STREAMER, SUE, VERA, Matters
from tests.cases.people import reported_case

PROOF = {"proof": "statement-token", "subject": "A7K2.1"}


def _pending() -> CaseState:
    """A case that waits for its first look."""
    return msgspec.structs.replace(reported_case().case, status=CaseStatus.OPEN)


@pytest.mark.norm("P3-1c", "behaviour")
@pytest.mark.parametrize("what", RIGHTS)
def test_each_right_can_be_asked_for_and_granted(what: str) -> None:
    matters = Matters()
    words = {"words": "my name is spelt wrong"} if what == "correction" else {}
    request = matters.begin("rights_request", "ask-proved", VERA, what=what, **PROOF, **words)
    request = matters.go(request, "grant", PAT, answer="here it is")
    assert request.status == "granted"
    assert matters.told(request) == ["rights_received", "rights_granted"]


@pytest.mark.norm("P3-1c", "deadline")
def test_ten_working_days_run_from_the_proof() -> None:
    matters = Matters()
    request = matters.begin("rights_request", "ask", VERA, what="access")
    assert matters.running == {}
    matters.later(days=1)
    request = matters.go(request, "prove", VERA, **PROOF)
    assert matters.due("rights_request", request) == datetime(2026, 5, 19, 9, 0, tzinfo=UTC)
    matters.go(request, "refuse", PAT, ground="repeated", reason="asked and answered on Monday")
    assert matters.running == {}


@pytest.mark.norm("P3-1c", "bad-input")
def test_without_proof_every_letter_is_the_same() -> None:
    matters = Matters()
    known = matters.begin("rights_request", "ask", VERA, what="access", words="I am Fred")
    unknown = matters.begin("rights_request", "ask", VERA, what="erasure", words="I am nobody")
    for request in (known, unknown):
        for move, fields in (("grant", {"answer": "x"}), ("refuse", {"ground": "repeated", "reason": "x"})):
            assert matters.refused(request, "rights_request", move, PAT, **fields) == "invalid_transition"
        assert matters.refused(request, "rights_request", "close-unproved", PAT, answer="Fred was muted") == "unfit"
        matters.go(request, "close-unproved", PAT)
    letters = [(letter.key, {**letter.words, "id": ""}) for letter in matters.letters]
    assert letters[0] == letters[1] == letters[2] == letters[3]


@pytest.mark.norm("P3-1c", "behaviour")
def test_a_refusal_carries_its_reason() -> None:
    matters = Matters()
    request = matters.begin("rights_request", "ask-proved", VERA, what="access", **PROOF)
    assert matters.refused(request, "rights_request", "refuse", PAT, ground="others-rights") == "unfit"
    matters.go(request, "refuse", PAT, ground="others-rights", reason="it would name somebody else")
    assert matters.letters[-1].words["reason"] == "it would name somebody else"


@pytest.mark.norm("P3-1c", "behaviour")
def test_the_program_hands_over_only_what_needs_no_judgement() -> None:
    for what in RIGHTS:
        matters = Matters()
        request = matters.begin("rights_request", "ask-proved", VERA, what=what, words="wrong name", **PROOF)
        if what in SELF_SERVICE:
            matters.go(request, "grant", BOT, answer="handed over")
        else:
            assert matters.refused(request, "rights_request", "grant", BOT, answer="done") == "not_allowed"


@pytest.mark.norm("P3-1c", "bad-input")
def test_a_correction_says_what_is_wrong() -> None:
    assert Matters().refused(None, "rights_request", "ask-proved", VERA, what="correction", **PROOF) == "unfit"


@pytest.mark.norm("P3-1c", "behaviour")
def test_an_erasure_names_what_a_pending_case_keeps() -> None:
    matters = Matters()
    matters.about = About(case=_pending())
    request = matters.begin("rights_request", "ask-proved", VERA, "A7K2", what="erasure", **PROOF)
    assert matters.refused(request, "rights_request", "grant", PAT, answer="erased") == "kept_untold"
    kept = ["appeal", "lines", "name", "statement"]
    matters.go(request, "grant", PAT, answer="erased but for these", kept=kept)
    assert matters.letters[-1].words["kept"] == "appeal, lines, name, statement"


@pytest.mark.norm("P3-1c", "bad-input")
def test_what_is_kept_of_a_respondent_tells_nothing_of_a_reporter() -> None:
    matters = Matters()
    matters.about = About(case=_pending())
    request = matters.begin("rights_request", "ask-proved", VERA, "A7K2", what="erasure", **PROOF)
    answer = matters.attempt(request, "rights_request", "grant", PAT, answer="erased")
    assert "note" not in str(answer)
    assert "pseudonym" not in str(answer)


def test_who_decides_depends_on_the_size_of_the_team() -> None:
    for profile, who, allowed in (
        (Profile.PLATFORM, OLA, False),
        (Profile.PLATFORM, PAT, True),
        (Profile.TEAM, OLA, True),
        (Profile.TEAM, STREAMER, False),
        (Profile.SOLO, STREAMER, True),
    ):
        matters = Matters(profile)
        request = matters.begin("rights_request", "ask-proved", SUE, what="access", **PROOF)
        answer = matters.attempt(request, "rights_request", "grant", who, answer="here")
        assert (getattr(answer, "status", "") == "granted") is allowed, (profile, who)


@pytest.mark.norm("P3-1c", "behaviour")
def test_an_unanswered_claim_keeps_the_case_it_is_about() -> None:
    matters = Matters()
    matters.about = About(case=msgspec.structs.replace(reported_case().case, appeals=(), actions=()))
    claim = matters.begin("disclosure", "demand", VERA, "A7K2", wants="evidence", harm="I lost my job")
    request = matters.begin("rights_request", "ask-proved", VERA, "A7K2", what="erasure", **PROOF)
    assert matters.refused(request, "rights_request", "grant", PAT, answer="erased") == "kept_untold"
    matters.go(claim, "give-file", PAT, digest="b" * 64)
    assert matters.go(request, "grant", PAT, answer="erased").status == "granted"
