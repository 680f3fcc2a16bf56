"""Inspections: proved or refused, delivered within a working day, personal data only on order (norm P4-1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cases.dossier import Dossier
from cases.dossiers.inspection import may_hold_personal
from tests.cases.dossiers.matters import OLA, PAT, SID, SUE, VERA, Matters

DIGEST = "a" * 64


def _demand(matters: Matters) -> Dossier:
    return matters.begin(
        "inspection",
        "demand",
        SUE,
        authority="the data authority",
        basis="section 51",
        contact="mail@authority.example",
    )


@pytest.mark.norm("P4-1", "behaviour")
@pytest.mark.norm("P4-1", "deadline")
def test_a_proved_authority_gets_its_bundle_within_a_working_day() -> None:
    matters = Matters(now=datetime(2026, 5, 8, 15, tzinfo=UTC))
    inspection = _demand(matters)
    assert matters.due("inspection", inspection) == datetime(2026, 5, 11, 15, tzinfo=UTC)
    inspection = matters.go(inspection, "accept", SID, proof="called back on the published number", checked="yes")
    inspection = matters.go(inspection, "deliver", OLA, digest=DIGEST)
    assert inspection.status == "delivered"
    assert matters.running == {}


@pytest.mark.norm("P4-1", "bad-input")
def test_an_unproved_authority_is_refused_and_that_is_recorded() -> None:
    matters = Matters()
    inspection = _demand(matters)
    assert matters.refused(inspection, "inspection", "deliver", OLA, digest=DIGEST) == "invalid_transition"
    assert matters.refused(inspection, "inspection", "accept", SID, proof="they said so", checked="no") == "unfit"
    assert matters.refused(inspection, "inspection", "refuse", SID) == "unfit"
    inspection = matters.go(inspection, "refuse", SID, reason="the number they gave belongs to nobody")
    refused = inspection.last("refuse")
    assert (inspection.status, refused and refused.by) == ("refused", SID)
    assert matters.refused(inspection, "inspection", "accept", SID, proof="x", checked="yes") == "invalid_transition"


@pytest.mark.norm("P4-1", "behaviour")
def test_personal_data_leaves_only_on_order_and_only_of_the_cases_it_names() -> None:
    matters = Matters()
    inspection = matters.go(_demand(matters), "accept", SID, proof="by letter", checked="yes")
    assert matters.refused(inspection, "inspection", "deliver", PAT, digest=DIGEST, cases="A7K2") == "no_order"
    assert not may_hold_personal(inspection, "A7K2")
    assert (
        matters.refused(inspection, "inspection", "order", OLA, order="4 C 12", ordered_cases="A7K2") == "not_allowed"
    )
    inspection = matters.go(inspection, "order", PAT, order="4 C 12/26", ordered_cases="A7K2")
    assert may_hold_personal(inspection, "A7K2")
    assert not may_hold_personal(inspection, "B8M3")
    assert matters.refused(inspection, "inspection", "deliver", PAT, digest=DIGEST, cases="A7K2,B8M3") == "no_order"
    assert matters.refused(inspection, "inspection", "deliver", OLA, digest=DIGEST, cases="A7K2") == "not_allowed"
    inspection = matters.go(inspection, "deliver", PAT, digest=DIGEST, cases="A7K2")
    assert inspection.fields["cases"] == ["A7K2"]
    assert not may_hold_personal(inspection, "A7K2")


@pytest.mark.norm("P4-1", "bad-input")
def test_nobody_outside_opens_an_inspection_and_a_digest_is_a_digest() -> None:
    matters = Matters()
    wish = {"authority": "x", "basis": "y", "contact": "z"}
    assert matters.refused(None, "inspection", "demand", VERA, **wish) == "not_allowed"
    inspection = matters.go(_demand(matters), "accept", SID, proof="by letter", checked="yes")
    assert matters.refused(inspection, "inspection", "deliver", OLA, digest="A" * 64) == "unfit"
