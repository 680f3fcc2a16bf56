"""Suspected crimes go to the authority by a person, approved by two, without the reporter; the evidence is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cases.dossier import About, Dossier
from cases.dossiers.legal_hold import is_held
from cases.dossiers.referral import LONGEST_SILENCE, file_of, silent_until
from cases.evidence import digest
from cases.model import Profile
from tests.cases.dossiers.matters import OLA, PAT, SID, STREAMER, VERA, Matters
from tests.cases.people import REPORTERS, quoted, reported_case

FACTS = {
    "facts": "threatens to set fire to the club tonight",
    "provision": "Criminal Law, article 114",
    "authority": "the city's police, cyber unit",
    "risk": "none",
}
SENT = {"channel": "the authority's portal", "sent_at": "2026-05-04T10:00+00:00"}


def about_a_case() -> About:
    return About(case=reported_case().case, evidence=(quoted(),))


def draft(matters: Matters, **changes: Any) -> Dossier:
    matters.about = about_a_case()
    return matters.begin("referral", "draft", PAT, reported_case().code, **FACTS | changes)


@pytest.mark.norm("N3.1-2d", "behaviour")
def test_two_people_and_then_a_person_sends_it() -> None:
    matters = Matters()
    referral = draft(matters)
    assert matters.refused(referral, "referral", "send", PAT, **SENT) == "not_approved"
    assert matters.refused(referral, "referral", "approve", PAT) == "second_person"
    sent = matters.go(matters.go(referral, "approve", SID), "send", PAT, **SENT, reference="AZ 12/26")
    replied = matters.go(sent, "record-reply", PAT, reply="we are looking into it")
    assert (sent.status, replied.fields["reference"]) == ("sent", "AZ 12/26")


@pytest.mark.norm("N3.1-2d", "behaviour")
def test_a_life_at_risk_waits_for_nobody() -> None:
    matters = Matters()
    referral = draft(matters, risk="life")
    assert matters.go(referral, "send", PAT, **SENT).status == "sent"


@pytest.mark.norm("N3.1-2d", "deadline")
@pytest.mark.parametrize(("risk", "key", "hours"), [("life", "referral_life", 1), ("none", "referral", 24)])
def test_an_unsent_referral_has_a_clock(risk: str, key: str, hours: int) -> None:
    matters = Matters()
    referral = draft(matters, risk=risk)
    assert matters.due(key, referral) == matters.now + timedelta(hours=hours)
    matters.go(matters.go(referral, "approve", SID), "send", PAT, **SENT)
    assert matters.running == {}


@pytest.mark.norm("N3.1-2d", "bad-input")
@pytest.mark.parametrize("missing", FACTS)
def test_without_facts_ground_or_authority_there_is_no_referral(missing: str) -> None:
    matters = Matters(about=about_a_case())
    given = {name: value for name, value in FACTS.items() if name != missing}
    assert matters.refused(None, "referral", "draft", PAT, "A7K2", **given) == "unfit"
    assert matters.refused(None, "referral", "draft", PAT, "A7K2", **FACTS | {missing: "  "}) == "unfit"
    assert matters.running == {}


@pytest.mark.norm("N3.1-2d", "bad-input")
def test_without_a_case_or_evidence_there_is_nothing_to_refer() -> None:
    matters = Matters()
    assert matters.refused(None, "referral", "draft", PAT, **FACTS) == "unknown_case"
    matters.about = About(case=reported_case().case)
    assert matters.refused(None, "referral", "draft", PAT, "A7K2", **FACTS) == "no_evidence"
    assert matters.refused(None, "referral", "draft", VERA, "A7K2", **FACTS) == "not_allowed"


@pytest.mark.norm("N3.1-2d", "behaviour")
def test_the_file_names_no_reporter_and_proves_its_evidence() -> None:
    matters = Matters()
    referral = draft(matters)
    file = file_of(referral, about_a_case().case, (msgspec.structs.replace(quoted(), gap=""),))  # type: ignore[arg-type]  # the case is there
    text = str(file)
    assert [trace for trace in REPORTERS[:3] if trace in text] == []
    assert file["evidence"][0]["sha256"] == digest(msgspec.structs.replace(quoted(), gap=""))
    assert file["provision"] == FACTS["provision"]


@pytest.mark.norm("N3.1-2d", "behaviour")
def test_the_respondent_may_be_told_later_for_a_limited_time() -> None:
    matters = Matters()
    until = matters.now + timedelta(days=10)
    referral = draft(matters, silent_until=until, silence_reason="the police asked for it")
    assert silent_until(reported_case().code, [referral]) == until
    assert silent_until("OTHER", [referral]) is None
    too_long = {"silent_until": matters.now + LONGEST_SILENCE + timedelta(seconds=1)}
    assert matters.refused(None, "referral", "draft", PAT, "A7K2", **FACTS | too_long) == "too_long"
    closed = matters.go(matters.go(matters.go(referral, "approve", SID), "send", PAT, **SENT), "close", PAT, result="-")
    assert silent_until(reported_case().code, [closed]) is None


@pytest.mark.norm("N3.1-2d", "behaviour")
@pytest.mark.norm("P3-1b", "behaviour")
def test_a_referral_or_a_hold_keeps_the_evidence() -> None:
    matters = Matters()
    code = reported_case().code
    referral = draft(matters)
    assert is_held(code, [referral])
    assert not is_held("OTHER", [referral])
    sent = matters.go(matters.go(referral, "approve", SID), "send", PAT, **SENT)
    assert is_held(code, [sent])
    assert not is_held(code, [matters.go(sent, "close", PAT, result="proceedings ended")])


def test_a_hold_is_placed_by_one_and_confirmed_by_another() -> None:
    matters = Matters()
    hold = matters.begin("legal-hold", "place", OLA, "A7K2", ground="court order 4 C 12/26")
    assert is_held("A7K2", [hold])
    assert matters.refused(hold, "legal-hold", "confirm", OLA) == "second_person"
    confirmed = matters.go(hold, "confirm", PAT)
    assert is_held("A7K2", [confirmed])
    assert not is_held("A7K2", [matters.go(confirmed, "release", PAT, reason="the court closed the file")])


def test_a_streamer_alone_is_both() -> None:
    matters = Matters(profile=Profile.SOLO, about=about_a_case())
    referral = matters.begin("referral", "draft", STREAMER, "A7K2", **FACTS)
    assert matters.go(referral, "approve", STREAMER).status == "approved"
