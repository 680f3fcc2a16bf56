"""After a false report: a correction, a file, and an identity only by an order that two people checked (norm N4.3-2b)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.catalogue import say
from cases.dossier import About, Dossier
from cases.model import Profile
from tests.cases.dossiers.matters import OLA, PAT, PIA, SID, STREAMER, SUE, VERA, Matters
from tests.cases.people import reported_case

ORDER = {"order": "4 C 12/26", "court": "the district court", "verified": "called the registry", "checked": "yes"}


def _demand(matters: Matters, wants: str) -> Dossier:
    matters.about = About(case=reported_case().case)
    return matters.begin("disclosure", "demand", VERA, "A7K2", wants=wants, harm="I lost my job over it")


@pytest.mark.norm("N4.3-2b", "behaviour")
def test_a_correction_and_a_file_need_no_order() -> None:
    matters = Matters()
    corrected = matters.go(_demand(matters, "correction"), "correct", SUE, correction="the mute of 1 May was wrong")
    assert matters.letters[-1].words["correction"] == "the mute of 1 May was wrong"
    given = matters.go(_demand(matters, "evidence"), "give-file", PAT, digest="b" * 64)
    assert (corrected.status, given.status) == ("corrected", "file-given")
    assert matters.running == {}


@pytest.mark.norm("N4.3-2b", "deadline")
def test_the_answer_is_due_in_fifteen_working_days() -> None:
    matters = Matters()
    demand = _demand(matters, "identity")
    assert matters.due("disclosure", demand) == datetime(2026, 5, 25, 9, tzinfo=UTC)
    demand = matters.go(demand, "check-order", PAT, **ORDER)
    assert matters.due("disclosure", demand) is not None
    demand = matters.go(demand, "approve", SID)
    matters.go(demand, "disclose", PAT, handed_to="the district court", reason="ordered")
    assert matters.running == {}


@pytest.mark.norm("N4.3-2b", "bad-input")
def test_an_informal_demand_is_refused_with_the_proper_route() -> None:
    matters = Matters()
    demand = _demand(matters, "identity")
    assert (
        matters.refused(demand, "disclosure", "disclose", PAT, handed_to="a lawyer", reason="x") == "invalid_transition"
    )
    assert matters.refused(demand, "disclosure", "check-order", PAT, **ORDER | {"order": " "}) == "unfit"
    for move, fields in (("correct", {"correction": "it was Cai"}), ("give-file", {"digest": "b" * 64})):
        assert matters.refused(demand, "disclosure", move, PAT, **fields) == "no_order"
    matters.go(demand, "refuse", SUE, reason="a letter is no order")
    assert matters.letters[-1].key == "disclosure_refused"
    route = say("en", "letter.disclosure_refused", **matters.letters[-1].words)
    assert "court" in route
    assert "a letter is no order" in route


@pytest.mark.norm("N4.3-2b", "bad-input")
def test_one_person_alone_opens_no_identity() -> None:
    matters = Matters()
    demand = matters.go(_demand(matters, "identity"), "check-order", PAT, **ORDER)
    assert matters.refused(demand, "disclosure", "approve", PAT) == "second_person"
    assert matters.refused(demand, "disclosure", "disclose", PIA, handed_to="court", reason="x") == "invalid_transition"
    demand = matters.go(demand, "approve", PIA)
    assert matters.refused(demand, "disclosure", "disclose", OLA, handed_to="court", reason="x") == "not_allowed"
    assert matters.go(demand, "disclose", PAT, handed_to="court", reason="ordered").status == "disclosed"
    assert demand.made_by("check-order", "approve") == {PAT.ref, PIA.ref}


def test_a_streamer_alone_still_needs_the_order() -> None:
    matters = Matters(Profile.SOLO)
    demand = _demand(matters, "identity")
    assert matters.refused(demand, "disclosure", "approve", STREAMER) == "invalid_transition"
    demand = matters.go(demand, "check-order", STREAMER, **ORDER)
    demand = matters.go(demand, "approve", STREAMER)
    assert matters.go(demand, "disclose", STREAMER, handed_to="court", reason="ordered").status == "disclosed"


@pytest.mark.norm("N4.3-2b", "bad-input")
def test_it_is_about_a_case_and_an_order_about_an_identity() -> None:
    matters = Matters()
    assert matters.refused(None, "disclosure", "demand", VERA, "ZZZZ", wants="evidence", harm="x") == "unknown_case"
    evidence = _demand(matters, "evidence")
    assert matters.refused(evidence, "disclosure", "check-order", PAT, **ORDER) == "unfit"
    assert matters.refused(evidence, "disclosure", "correct", VERA, correction="x") == "not_allowed"
