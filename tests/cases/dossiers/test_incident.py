"""Incidents: the same clock for a suspicion, notices to the authority and everybody affected (norm P1-3)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cases.dossier import Dossier
from cases.dossiers.incident import affected
from cases.history import Addressee
from cases.model import BOT, Profile
from tests.cases.dossiers.matters import NOW, OLA, PAT, SID, STREAMER, SUE, VERA, Matters
from tests.cases.people import REPORTER, reported_case

RECORD: dict[str, Any] = {
    "kinds": ["names", "contacts"],
    "cause": "a backup lay open on a web server",
    "harm": "strangers may write to reporters",
    "taken": "the server is closed, the keys are new",
    "advised": "be careful with mail that names this chat",
    "contact": "privacy@chat.example",
}


def _incident(matters: Matters, certainty: str = "confirmed") -> Dossier:
    return matters.begin("incident", "discover", SUE, what="a dump was found", certainty=certainty)


@pytest.mark.norm("P1-3", "deadline")
@pytest.mark.norm("P1-3", "bad-input")
@pytest.mark.parametrize("certainty", ["suspected", "confirmed"])
def test_a_suspicion_has_the_same_clock(certainty: str) -> None:
    matters = Matters()
    incident = _incident(matters, certainty)
    assert matters.due("breach_notice", incident) == NOW + timedelta(hours=24)


@pytest.mark.norm("P1-3", "deadline")
def test_the_clock_is_met_only_when_both_are_told_in_either_order() -> None:
    ways = (("tell-authority", {"authority": "the data authority"}), ("tell-persons", {"persons": "A7K2-r1,A7K2.1"}))
    for first, second in (ways, ways[::-1]):
        matters = Matters()
        incident = matters.go(_incident(matters), "assess", PAT, **RECORD)
        incident = matters.go(incident, first[0], PAT, **first[1])
        assert matters.due("breach_notice", incident) is not None
        incident = matters.go(incident, second[0], PAT, **second[1])
        assert incident.status == "told"
        assert matters.due("breach_notice", incident) is None


@pytest.mark.norm("P1-3", "behaviour")
def test_nobody_is_told_before_the_record_is_whole() -> None:
    matters = Matters()
    incident = _incident(matters)
    assert matters.refused(incident, "incident", "tell-persons", PAT, persons="A7K2.1") == "invalid_transition"
    for missing in RECORD:
        part = {name: value for name, value in RECORD.items() if name != missing}
        assert matters.refused(incident, "incident", "assess", PAT, **part) == "unfit"
    assert matters.refused(incident, "incident", "assess", PAT, **RECORD | {"kinds": ["everything"]}) == "unfit"


@pytest.mark.norm("P1-3", "behaviour")
def test_a_drill_from_a_simulated_dump_to_sent_notices() -> None:
    """Somebody finds a dump; who is in it is read off it; each of them and the authority is told in time."""
    matter = reported_case()
    bystander = msgspec.structs.replace(
        reported_case().case, code="B8M3", respondents=(), reports=(), actions=(), appeals=()
    )
    dump = json.dumps({"statements": [{"id": "A7K2.1"}], "reports": [{"pseudonym": REPORTER}]})
    people = affected(dump, [matter.case, bystander])
    assert set(people) == {"A7K2.1", matter.case.reports[0].id}

    matters = Matters()
    incident = _incident(matters, "suspected")
    matters.later(hours=2)
    incident = matters.go(incident, "assess", PAT, certainty="confirmed", **RECORD)
    incident = matters.go(incident, "tell-authority", PAT, authority="the data authority", reference="2026/17")
    incident = matters.go(incident, "tell-persons", PAT, persons=list(people))
    assert matters.running == {}
    sent = {(letter.to, letter.ref): letter for letter in matters.letters if letter.key == "incident_person"}
    assert set(sent) == {(Addressee.RESPONDENT, "A7K2.1"), (Addressee.REPORTER, matter.case.reports[0].id)}
    for letter in sent.values():
        for name in ("cause", "harm", "taken", "advised", "contact"):
            assert letter.words[name] == RECORD[name]
    assert any(letter.key == "incident_authority" for letter in matters.letters)
    assert matters.go(incident, "close", PAT, learnt="backups are encrypted now").status == "closed"


def test_an_empty_dump_affects_nobody() -> None:
    assert affected("", [reported_case().case]) == ()
    assert affected("nothing to see", [reported_case().case]) == ()


@pytest.mark.norm("P1-3", "bad-input")
def test_who_may_handle_an_incident() -> None:
    matters = Matters()
    assert matters.refused(None, "incident", "discover", VERA, what="x", certainty="suspected") == "not_allowed"
    incident = matters.begin("incident", "discover", BOT, what="many lookups from one place", certainty="suspected")
    for by in (SUE, SID, OLA):
        assert matters.refused(incident, "incident", "assess", by, **RECORD) == "not_allowed"
    assert Matters(Profile.SOLO).begin("incident", "discover", STREAMER, what="x", certainty="suspected").status


def test_an_unfounded_suspicion_is_cleared_with_a_reason() -> None:
    matters = Matters()
    incident = _incident(matters, "suspected")
    assert matters.refused(incident, "incident", "clear", PAT) == "unfit"
    assert matters.go(incident, "clear", PAT, reason="a test of our own").status == "cleared"
    assert matters.running == {}
