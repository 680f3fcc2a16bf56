"""Who is told what: each reporter once of each step, merged and anonymous ones alike; nobody of anybody else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from cases import intents
from cases.catalogue import LANGUAGES, catalogue, say
from cases.history import Addressee, Letter
from cases.house import House
from cases.letters import KEYS, REPORT_KEYS
from cases.model import AppealStatus, Profile
from tests.cases.matter import MONA, Matter

RESULTS = ("report_result", "report_nothing_done", "report_refused")
REPORTERS = ("p-cai", "web-anonymous", "p-dan")


def reported(profile: Profile = Profile.SOLO) -> Matter:
    """Three people report Ann; one of them without a name."""
    matter = Matter(House(profile))
    for reporter in REPORTERS:
        matter.report(reporter)
    return matter


def written(matter: Matter) -> list[Letter]:
    return [letter for changes in matter.committed for letter in changes.letters]


def told(matter: Matter, report_id: str) -> list[str]:
    return [letter.key for letter in written(matter) if letter.ref == report_id]


@pytest.mark.norm("N3.2-1a", "behaviour")
@pytest.mark.norm("N2.3-1", "behaviour")
def test_a_measure_is_received_accepted_and_resulted_once_for_every_reporter() -> None:
    matter = reported()
    matter.measure()
    matter.outcome("A7K2.1")
    for report in matter.case.reports:
        assert told(matter, report.id) == ["report_received", "report_accepted", "report_result"]


@pytest.mark.norm("N3.2-1a", "behaviour")
def test_nothing_found_is_told_with_its_reason_and_how_to_object() -> None:
    matter = reported()
    matter.done(matter.registrar.dismiss(intents.DismissCommanded(MONA, "they were quoting a song"), matter.now))
    for report in matter.case.reports:
        keys = told(matter, report.id)
        assert sum(key in RESULTS for key in keys) == 1
    (last,) = [one for one in written(matter) if one.key in RESULTS and one.ref == matter.case.reports[0].id]
    assert last.words["reason"] == "they were quoting a song"
    assert "object" in say("en", f"letter.{last.key}", **last.words)


@pytest.mark.norm("N3.2-1a", "behaviour")
@pytest.mark.parametrize(
    ("outcome", "key"), [(AppealStatus.OVERTURNED, "report_overturned"), (AppealStatus.UPHELD, "")]
)
def test_a_later_overturn_is_told_as_well(outcome: AppealStatus, key: str) -> None:
    matter = reported()
    matter.measure()
    matter.appeal()
    matter.answer(outcome)
    later = [letter.key for letter in matter.committed[-1].letters if letter.to is Addressee.REPORTER]
    assert later == [key] * (3 if key else 0)


@pytest.mark.norm("N3.2-1a", "behaviour")
def test_a_measure_taken_back_is_told() -> None:
    matter = reported()
    matter.measure()
    matter.done(matter.registrar.undo(intents.UndoCommanded(MONA, "mistake"), matter.now))
    keys = Counter(letter.key for letter in matter.committed[-1].letters)
    assert keys["report_undone"] == 3


@pytest.mark.norm("N3.2-1a", "bad-input")
def test_a_dry_run_tells_nobody() -> None:
    matter = Matter()
    matter.report(dry_run=True)
    matter.judge(dry_run=True)
    assert written(matter) == []


@pytest.mark.norm("N3.2-1a", "behaviour")
def test_a_reporter_reads_nothing_private_of_the_respondent() -> None:
    matter = reported()
    matter.measure()
    matter.appeal(reasons="my boss fired me")
    matter.answer(AppealStatus.UPHELD, answer="that is sad, and no reason")
    for letter in written(matter):
        if letter.to is Addressee.REPORTER:
            text = " ".join(say(language, f"letter.{letter.key}", **letter.words) for language in LANGUAGES)
            assert not any(private in text for private in ("Ann", "boss", "sad", "you fool"))


@pytest.mark.norm("N3.2-1b", "behaviour")
@pytest.mark.norm("N1.3-4", "behaviour")
def test_the_respondent_reads_nothing_of_any_reporter_and_not_at_report_time() -> None:
    matter = reported()
    assert all(letter.to is not Addressee.RESPONDENT for letter in written(matter))
    assert matter.notices() == []
    matter.wait(timedelta(minutes=7))
    matter.measure()
    matter.appeal(reasons="no")
    matter.answer(AppealStatus.UPHELD, answer="it was an insult")
    many, one = written(matter), None
    single = Matter(now=matter.committed[0].entries[0].at)
    single.wait(timedelta(minutes=7))
    single.measure()
    single.appeal(reasons="no")
    single.answer(AppealStatus.UPHELD, answer="it was an insult")
    one = written(single)
    theirs = [letter for letter in many if letter.to is Addressee.RESPONDENT]
    assert theirs == [letter for letter in one if letter.to is Addressee.RESPONDENT], "the same with no report at all"
    assert matter.notices() == single.notices()
    assert msgspec.json.encode(matter.statements()) == msgspec.json.encode(single.statements())


@pytest.mark.norm("N3.2-1a", "behaviour")
@pytest.mark.norm("P3-3", "behaviour")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_has_its_words(language: str) -> None:
    texts = catalogue(language)
    assert [key for key in KEYS if f"letter.{key}" not in texts] == []
    assert set(REPORT_KEYS) <= KEYS


@pytest.mark.norm("N3.2-1a", "deadline")
def test_letters_are_part_of_the_change_itself() -> None:
    """Stored in the transaction of what they tell: nothing can be decided and not told."""
    matter = reported()
    decided = matter.measure()
    assert Counter(letter.key for letter in decided.letters)["report_result"] == 3
