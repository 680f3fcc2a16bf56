"""Standards: a claim stands on evidence that is not too old, and what is not met is public (norm P5-1, N4.2-2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.dossier import Dossier
from cases.dossiers.standard import FRESH, Shown, checklist, shown, tally
from tests.cases.dossiers.matters import NOW, OLA, Matters


def _point(matters: Matters, point: str = "logs hold no names") -> Dossier:
    return matters.begin("standard", "adopt", OLA, standard="data life cycle", point=point)


def _met(matters: Matters, point: Dossier) -> Dossier:
    return matters.go(point, "assess", OLA, claim="met", evidence="docs/norm.md", evidence_at=matters.now.isoformat())


@pytest.mark.norm("P5-1", "bad-input")
@pytest.mark.norm("N4.2-2", "behaviour")
def test_a_claim_without_evidence_is_shown_unmet() -> None:
    matters = Matters()
    point = _point(matters)
    assert shown(point, NOW) is Shown.UNMET
    point = matters.go(point, "assess", OLA, claim="met")
    assert shown(point, NOW) is Shown.UNMET
    assert shown(_met(matters, point), NOW) is Shown.MET
    assert shown(matters.go(point, "assess", OLA, claim="unmet"), NOW) is Shown.UNMET


@pytest.mark.norm("P5-1", "behaviour")
def test_expired_evidence_turns_the_point_red() -> None:
    matters = Matters()
    point = _met(matters, _point(matters))
    assert shown(point, NOW + FRESH) is Shown.MET
    assert shown(point, NOW + FRESH + timedelta(seconds=1)) is Shown.EXPIRED
    matters.now = NOW + FRESH + timedelta(days=1)
    point = matters.go(point, "assess", OLA, claim="met", remark="still so")
    assert shown(point, matters.now) is Shown.EXPIRED
    assert shown(_met(matters, point), matters.now) is Shown.MET


@pytest.mark.norm("P5-1", "deadline")
@pytest.mark.norm("N4.2-2", "deadline")
def test_a_self_assessment_is_due_twice_a_year() -> None:
    matters = Matters()
    point = _point(matters)
    assert matters.due("self_assessment", point) == NOW + timedelta(days=183)
    matters.later(days=100)
    point = _met(matters, point)
    assert matters.due("self_assessment", point) == NOW + timedelta(days=283)
    matters.go(point, "withdraw", OLA, reason="another standard took its place")
    assert matters.running == {}


@pytest.mark.norm("P5-1", "bad-input")
def test_evidence_has_its_date_and_is_not_of_tomorrow() -> None:
    matters = Matters()
    point = _point(matters)
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    for fields in (
        {"evidence": "docs/norm.md"},
        {"evidence_at": NOW.isoformat()},
        {"evidence": "docs/norm.md", "evidence_at": tomorrow},
        {"evidence": "javascript:alert(1)<b>", "evidence_at": NOW.isoformat()},
        {"evidence": "docs/norm.md", "evidence_at": "2026-05-01T10:00"},
    ):
        assert matters.refused(point, "standard", "assess", OLA, claim="met", **fields) == "unfit"


@pytest.mark.norm("P5-1", "behaviour")
def test_the_public_list_shows_what_is_not_met_first() -> None:
    matters = Matters()
    met, unmet, gone = (_point(matters, name) for name in ("first", "second", "third"))
    met = _met(matters, met)
    gone = matters.go(gone, "withdraw", OLA, reason="no longer")
    listed = checklist((met, unmet, gone), NOW)
    assert [(point.fields["point"], how) for point, how in listed["data life cycle"]] == [
        ("second", Shown.UNMET),
        ("first", Shown.MET),
    ]
    assert tally((met, unmet, gone), NOW) == {Shown.MET: 1, Shown.UNMET: 1}
