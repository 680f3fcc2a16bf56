"""Why a case was decided: what the checks saw at that instant, in words; whose lines were alike; one phrase for chat."""

from __future__ import annotations

from datetime import timedelta

from cases.explained import explained, why_phrase
from cases.history import AnyEntry
from cases.model import Evidence, EvidenceKind, EvidenceLine, Respondent
from cases.policy import DEGRADED
from cases.signals import Signals, told
from tests.cases.matter import ANN, BEN, NOW, Matter, judged

WAVE: Signals = (("senders", "9"), ("span", "60"), ("newcomers", "8"), ("contact", ""))


def pushed(person: Respondent, number: int) -> Evidence:
    """One line of a wave, and somebody else's before it."""
    lines = (
        EvidenceLine(f"c{number}", "viewer 1", "hello", NOW),
        EvidenceLine(f"m{number}", person.name, "add me 12345", NOW + timedelta(seconds=number), judged=True),
    )
    return Evidence(EvidenceKind.AT_ONCE, NOW, lines, (told(WAVE),))


def wave() -> tuple[list[AnyEntry], list[Evidence]]:
    """A wave by two people, as its case keeps it."""
    matter, kept = Matter(), []
    for number, person in enumerate((ANN, BEN)):
        kept.append(pushed(person, number))
        fact = judged(
            episode="wave:w1",
            respondent=person,
            message_ids=(f"m{number}",),
            rule="R2",
            category="advertising",
            checks=("wave",),
            facts=(told(WAVE), DEGRADED),
            evidence=kept[-1],
            cluster="w1",
        )
        matter.apply(matter.registrar.judge(fact, matter.now))
    return matter.entries, kept


def test_each_decision_tells_its_signals_as_they_were() -> None:
    found = explained(*wave(), "en")
    assert found.looks_for == {"wave": "many accounts, one text"}
    assert [one.respondent for one in found.decisions] == ["ann", "ben"]
    assert [(one.signal, one.value) for one in found.decisions[0].seen] == [*WAVE, ("degraded", "")]
    assert found.decisions[0].seen[0].words == "one text by 9 accounts"


def test_the_members_of_a_cluster_are_its_judged_lines() -> None:
    found = explained(*wave(), "zh-CN")
    assert [(line.sender, line.message_id) for line in found.members] == [("Ann", "m0"), ("Ben", "m1")]
    assert found.document()["members"][0]["text"] == "add me 12345"
    assert found.document()["decisions"][0]["seen"][0]["words"] == "9 个账号发同一句话"


def test_words_that_are_no_checks_stay_as_they_are() -> None:
    matter = Matter()
    matter.judge(facts=("4 copies",))
    (only,) = explained(matter.entries, (), "zh-CN").decisions
    assert only.seen == (("", "", "4 copies"),)


def test_an_erased_entry_is_passed_over() -> None:
    entries, evidence = wave()
    assert explained([None, *entries], evidence, "en") == explained(entries, evidence, "en")


def test_the_phrase_is_that_of_the_latest_decision_about_the_person() -> None:
    entries, _ = wave()
    assert why_phrase(entries, "ben", "en") == "one text by 9 accounts"
    assert why_phrase(entries, "cem", "en") == ""


def test_where_a_person_decided_last_there_is_none() -> None:
    checks, person = Matter(), Matter()
    checks.judge(facts=(told((("same", "4"), ("limit", "3"))),))
    person.measure()
    assert why_phrase(checks.entries, "ann", "en") == "the same text 4 times"
    assert why_phrase([*checks.entries, *person.entries], "ann", "en") == ""


def test_lines_written_while_muted_explain_nothing() -> None:
    matter = Matter()
    matter.judge(facts=(told((("same", "4"), ("limit", "3"))),))
    matter.judge(checks=("muted",), facts=("written while muted",))
    assert why_phrase(matter.entries, "ann", "en") == "the same text 4 times"
    assert len(explained(matter.entries, (), "en").decisions) == 1
