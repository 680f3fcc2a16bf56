"""The first look at a report: what is complete is accepted at once, a person sees the rest (norm N2.3-1, N2.2-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cases import intents
from cases.categories import CATEGORIES, URGENT
from cases.history import Addressee, Changes, Dismissed, Judged, Triaged
from cases.house import House
from cases.machines import REFUSALS
from cases.model import Actor, ActorKind, AppealStatus, CaseStatus, Profile, Report, ReportStatus
from cases.presumption import presumed, review_term
from cases.sentence import Measure, Severity
from tests.cases.matter import BEN, MAX, MINUTE, MONA, NOW, Matter, answered, commanded, evidence, orders, reported

R = ReportStatus
NORM_LEAVES = ("law", "morals", "terror", "obscene", "fraud")
VAGUE: dict[str, Any] = {"category": "other", "note": "", "message_ids": (), "evidence": None, "respondent": None}
VIEWER = Actor(ActorKind.VIEWER, "p-cai")
BOT_ITSELF = Actor(ActorKind.BOT)


@pytest.fixture(params=Profile)
def matter(request: pytest.FixtureRequest) -> Matter:
    """Nothing happened yet, in each profile."""
    return Matter(House(request.param))


def one(matter: Matter, number: int = 0) -> Report:
    return matter.case.reports[number]


def status(matter: Matter) -> CaseStatus:
    return matter.case.status


def started(changes: Changes) -> dict[str, timedelta]:
    """The deadlines that run after this change, with their spans."""
    kept = set(changes.deadlines_kept)
    return {row.key: row.due_at - row.started_at for row in changes.deadlines if (row.key, row.ref) not in kept}


def met(changes: Changes) -> set[str]:
    return {key for key, _ in changes.deadlines_met}


def accept(matter: Matter, by: Actor = MONA, **changes: Any) -> Changes:
    return matter.done(matter.registrar.accept(intents.ReportAccepted(by, **changes), matter.now))


def ask(matter: Matter, by: Actor = MONA, missing: str = "which line?") -> Changes:
    return matter.done(matter.registrar.ask(intents.InfoAsked(by, missing), matter.now))


def refuse(matter: Matter, by: Actor = MONA, code: str = "no-violation", **changes: Any) -> Changes:
    wanted = intents.ReportRefused(by, code, "a quotation of the stream's title", **changes)
    return matter.done(matter.registrar.refuse(wanted, matter.now))


def told(changes: Changes, report: Report) -> list[str]:
    return [one.key for one in changes.letters if (one.to, one.ref) == (Addressee.REPORTER, report.id)]


class TestThePlainlyComplete:
    @pytest.mark.norm("N2.3-1", "behaviour")
    @pytest.mark.norm("N2.3-1", "deadline")
    def test_it_is_accepted_at_once_by_the_program(self, matter: Matter) -> None:
        changes = matter.report(live=True)
        assert (matter.case.status, one(matter).status) == (CaseStatus.REVIEW, R.ACCEPTED)
        (look,) = [entry for entry in changes.entries if isinstance(entry, Triaged)]
        assert (look.move, look.by.kind, look.at) == ("accept", ActorKind.BOT, NOW)
        assert {"ack", "triage_auto"} <= met(changes)
        assert started(changes) == {"review_moderate": timedelta(hours=24)}

    @pytest.mark.norm("N2.3-2", "deadline")
    @pytest.mark.parametrize(
        ("category", "live", "term", "span"),
        [
            ("law", True, "review_severe", timedelta(minutes=15)),
            ("law", False, "review_severe", timedelta(hours=2)),
            ("insult", True, "review_moderate", timedelta(hours=24)),
            ("advertising", False, "review_minor", timedelta(hours=72)),
        ],
    )
    def test_the_time_to_judge_follows_the_presumed_class(
        self, matter: Matter, category: str, live: bool, term: str, span: timedelta
    ) -> None:
        assert started(matter.report(category=category, live=live)) == {term: span}
        changes = matter.measure(rule="R0")
        assert (term, "A7K2") in changes.deadlines_met

    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_a_second_report_does_not_begin_the_time_anew(self, matter: Matter) -> None:
        matter.report("p-cai")
        matter.wait(MINUTE)
        assert started(matter.report("p-dee")) == {}
        assert [report.status for report in matter.case.reports] == [R.ACCEPTED, R.ACCEPTED]


class TestWhatAPersonSees:
    @pytest.mark.norm("N2.3-1", "behaviour")
    @pytest.mark.norm("N2.3-1", "deadline")
    @pytest.mark.parametrize(("live", "span"), [(True, timedelta(minutes=10)), (False, timedelta(hours=12))])
    @pytest.mark.parametrize(
        "lacking",
        [VAGUE, VAGUE | {"category": "insult"}, {"category": "other", "note": " "}, {"category": "nonsense"}],
    )
    def test_the_incomplete_waits_for_a_person(
        self, matter: Matter, lacking: dict[str, Any], live: bool, span: timedelta
    ) -> None:
        changes = matter.report(live=live, **lacking)
        assert (matter.case.status, one(matter).status) == (CaseStatus.OPEN, R.RECEIVED)
        assert started(changes) == {"triage_human": span}
        assert "triage_human" in met(accept(matter, reason="seen on the stream"))
        assert matter.case.status is CaseStatus.REVIEW

    @pytest.mark.norm("N3.1-1", "behaviour")
    @pytest.mark.norm("N3.1-1", "deadline")
    def test_an_acceptance_carries_the_provisional_class(self, matter: Matter) -> None:
        matter.report(**VAGUE)
        assert matter.case.classifications == ()
        accept(matter, category="obscene", reason="sexual, at 12:03")
        mark = matter.case.mark
        assert mark is not None
        assert (mark.category, mark.severity, mark.reason) == ("obscene", Severity.SEVERE, "sexual, at 12:03")
        assert (mark.provisional, mark.final, mark.at) == (True, False, matter.now)

    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_what_is_missing_is_asked_for_and_may_be_supplied(self, matter: Matter) -> None:
        matter.report(**VAGUE)
        changes = ask(matter, missing="which line, and what is wrong with it?")
        report = one(matter)
        assert (report.status, report.answer) == (R.NEEDS_INFO, "which line, and what is wrong with it?")
        assert told(changes, report) == ["report_needs_info"]
        supplied = intents.InfoSupplied(report.id, "the one at 12:03", BEN, "insult", evidence("you fool"))
        matter.done(matter.registrar.supply(supplied, matter.now))
        assert (matter.case.status, one(matter).status) == (CaseStatus.REVIEW, R.ACCEPTED)
        assert (one(matter).added, matter.case.respondents) == (("the one at 12:03",), (BEN,))

    def test_what_still_lacks_something_waits_for_a_person_again(self, matter: Matter) -> None:
        matter.report(**VAGUE)
        ask(matter)
        supplied = intents.InfoSupplied(one(matter).id, "please look", live=True)
        changes = matter.done(matter.registrar.supply(supplied, matter.now))
        assert one(matter).status is R.RECEIVED
        assert started(changes) == {"triage_human": timedelta(minutes=10)}

    @pytest.mark.norm("N2.3-1", "bad-input")
    def test_what_cannot_be_supplied(self, matter: Matter) -> None:
        supply = matter.registrar.supply
        assert matter.refused(supply(intents.InfoSupplied("A7K2-r1", "more"), NOW)) == "unknown_report"
        matter.report(**VAGUE)
        assert matter.refused(supply(intents.InfoSupplied("A7K2-r9", "more"), NOW)) == "unknown_report"
        assert matter.refused(supply(intents.InfoSupplied("A7K2-r1", "more"), NOW)) == "already"
        ask(matter)
        assert matter.refused(supply(intents.InfoSupplied("A7K2-r1", " "), NOW)) == "unfit"


class TestRefusing:
    @pytest.mark.norm("N2.3-1", "behaviour")
    @pytest.mark.norm("N2.3-1", "deadline")
    @pytest.mark.parametrize("code", REFUSALS)
    def test_a_person_refuses_with_a_code_and_own_words_told_in_the_same_change(
        self, matter: Matter, code: str
    ) -> None:
        matter.report(**VAGUE)
        changes = refuse(matter, code=code)
        report = one(matter)
        assert (report.status, report.code, report.answer) == (R.REFUSED, code, "a quotation of the stream's title")
        assert (matter.case.status, matter.case.deciders) == (CaseStatus.DISMISSED, ("mona",))
        (letter,) = [one for one in changes.letters if one.to is Addressee.REPORTER]
        assert (letter.ref, letter.key) == (report.id, "report_refused")
        assert letter.words["reason"] == "a quotation of the stream's title"
        assert {"refusal_reason", "triage_human"} <= met(changes)

    @pytest.mark.norm("N2.3-1", "bad-input")
    @pytest.mark.parametrize(
        ("by", "code", "reason", "word"),
        [
            (MONA, "no-violation", "", "no_reason"),
            (MONA, "no-violation", " \n", "no_reason"),
            (MONA, "", "because", "unknown_code"),
            (MONA, "dislike", "because", "unknown_code"),
            (BOT_ITSELF, "no-violation", "it looks harmless", "not_allowed"),
            (VIEWER, "no-violation", "mine", "not_allowed"),
        ],
    )
    def test_what_refuses_nothing(self, matter: Matter, by: Actor, code: str, reason: str, word: str) -> None:
        matter.report(**VAGUE)
        wanted = intents.ReportRefused(by, code, reason)
        assert matter.refused(matter.registrar.refuse(wanted, NOW)) == word
        assert one(matter).status is R.RECEIVED

    def test_the_program_turns_away_what_is_no_report_at_all(self, matter: Matter) -> None:
        matter.report(**VAGUE)
        refuse(matter, BOT_ITSELF, "malformed")
        assert one(matter).status is R.REFUSED

    def test_no_report_is_triaged_twice(self, matter: Matter) -> None:
        matter.report(**VAGUE)
        accept(matter)
        registrar = matter.registrar
        assert matter.refused(registrar.accept(intents.ReportAccepted(MAX, "A7K2-r1"), NOW)) == "already"
        assert matter.refused(registrar.ask(intents.InfoAsked(MAX, "?", "A7K2-r1"), NOW)) == "invalid_transition"
        assert matter.refused(registrar.refuse(intents.ReportRefused(MAX, "repeated", "no", "A7K2-r1"), NOW)) == (
            "invalid_transition"
        )
        assert matter.refused(registrar.accept(intents.ReportAccepted(MAX), NOW)) == "unknown_report"

    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_an_objection_reaches_somebody_else(self) -> None:
        matter = Matter(House(Profile.TEAM))
        matter.report(**VAGUE)
        refuse(matter)
        objection = intents.AppealMade("", "it is no quotation", report="A7K2-r1")
        matter.done(matter.registrar.appeal(objection, matter.now))
        wanted = answered(AppealStatus.OVERTURNED, MONA, findings=("it is none",))
        assert matter.refused(matter.registrar.answer(wanted, matter.now)) == "involved"
        matter.answer(AppealStatus.OVERTURNED, by=MAX, findings=("it is none",))
        assert (matter.case.status, one(matter).status) == (CaseStatus.OPEN, R.RECEIVED)
        assert matter.refused(matter.registrar.accept(intents.ReportAccepted(MONA), matter.now)) == "involved"
        accept(matter, MAX)
        assert matter.case.status is CaseStatus.REVIEW

    def test_a_case_goes_on_while_another_report_waits(self, matter: Matter) -> None:
        matter.report("p-cai", **VAGUE)
        matter.report("p-dee", **(VAGUE | {"processed": "web:2"}))
        refuse(matter)
        assert status(matter) is CaseStatus.OPEN
        assert [report.status for report in matter.case.reports] == [R.REFUSED, R.RECEIVED]
        refuse(matter)
        assert status(matter) is CaseStatus.DISMISSED


class TestEveryReporterIsAnswered:
    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_merged_reports_each_get_the_outcome(self, matter: Matter) -> None:
        for reporter in ("p-cai", "p-dee", "p-eve"):
            matter.report(reporter)
        changes = matter.measure()
        assert {report.status for report in matter.case.reports} == {R.ANSWERED}
        assert all("report_result" in told(changes, report) for report in matter.case.reports)

    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_a_report_about_the_same_facts_is_answered_by_the_decision(self, matter: Matter) -> None:
        matter.report("p-cai")
        matter.measure()
        matter.report("p-dee")
        assert one(matter, 1).status is R.ANSWERED

    def test_what_was_written_after_the_decision_is_a_new_matter(self, matter: Matter) -> None:
        matter.report("p-cai")
        matter.measure(Measure.WARN)
        matter.wait(MINUTE)
        line = evidence("you fool, again").lines[0]

        later = msgspec.structs.replace(line, at=matter.now)
        seen = msgspec.structs.replace(evidence(), lines=(later,))
        answer = matter.registrar.report(reported("p-dee", evidence=seen), matter.now)(matter.state, "B3C4")
        assert isinstance(answer, Changes)
        assert answer.code == "B3C4"

    @pytest.mark.norm("N2.3-1", "behaviour")
    def test_a_refused_report_keeps_its_own_reason(self, matter: Matter) -> None:
        matter.report("p-cai", **VAGUE)
        matter.report("p-dee", **(VAGUE | {"processed": "web:2"}))
        refuse(matter)
        accept(matter)
        matter.done(matter.registrar.dismiss(intents.DismissCommanded(MONA, "banter"), matter.now))
        assert [report.status for report in matter.case.reports] == [R.REFUSED, R.ANSWERED]


class TestOneClick:
    """Profile `solo` shrinks it all to one step; the record says who did which."""

    @pytest.mark.norm("N2.3-1", "behaviour")
    @pytest.mark.parametrize("vague", [True, False])
    def test_a_measure_looks_judges_and_decides_at_once(self, vague: bool) -> None:
        matter = Matter()
        matter.report(**({"category": "other", "note": ""} if vague else {}))
        changes = matter.measure()
        looks = [entry for entry in changes.entries if isinstance(entry, Triaged)]
        assert [(entry.move, entry.by.ref, entry.at) for entry in looks] == ([("accept", "mona", NOW)] if vague else [])
        assert [type(entry) for entry in changes.entries if isinstance(entry, Judged)] == [Judged]
        assert (matter.case.status, one(matter).status) == (CaseStatus.DECIDED, R.ANSWERED)
        assert "triage_human" in met(changes) or not vague

    def test_so_does_a_dismissal(self) -> None:
        matter = Matter()
        matter.report(**VAGUE)
        changes = matter.done(matter.registrar.dismiss(intents.DismissCommanded(MONA, "banter"), matter.now))
        assert [type(entry) for entry in changes.entries] == [Triaged, Dismissed]
        assert one(matter).status is R.ANSWERED
        assert started(changes) == {}, "the time to judge began and was kept by the same click"


class TestUnlawfulContent:
    @pytest.mark.norm("N2.2-1", "behaviour")
    @pytest.mark.parametrize(
        "leaf", [leaf for leaf in CATEGORIES if leaf.code in NORM_LEAVES], ids=lambda leaf: leaf.code
    )
    def test_each_leaf_is_presumed_severe_but_bad_manners(self, leaf: Any) -> None:
        matter = Matter()
        matter.report(category=leaf.code)
        severity = Severity.MODERATE if leaf.code == "morals" else Severity.SEVERE
        assert (presumed(matter.case), review_term(matter.case)) == (severity, f"review_{severity}")
        assert (matter.case.measures, orders(matter.committed[0])) == ((), [])

    @pytest.mark.norm("N2.2-1", "deadline")
    @pytest.mark.parametrize("changes", [{"urgent": True}, *({"category": code} for code in URGENT)])
    def test_a_life_or_a_child_at_risk_is_seen_within_five_minutes(self, matter: Matter, changes: Any) -> None:
        terms = started(matter.report(live=True, **changes))
        assert terms["life_or_child"] == timedelta(minutes=5)
        assert matter.case.urgent
        looked = matter.done(matter.registrar.look(intents.ContextOpened(MONA), matter.now))
        assert "life_or_child" in met(looked)

    def test_other_reports_are_not_urgent(self, matter: Matter) -> None:
        assert "life_or_child" not in started(matter.report(category="fraud"))
        assert not matter.case.urgent

    @pytest.mark.norm("N2.2-1", "bad-input")
    def test_a_crime_without_a_fact_is_asked_about_not_refused_when_a_life_may_be_at_risk(self, matter: Matter) -> None:
        matter.report(**(VAGUE | {"category": "law", "urgent": True}))
        assert one(matter).status is R.RECEIVED
        wanted = intents.ReportRefused(MONA, "unintelligible", "nothing is said")
        assert matter.refused(matter.registrar.refuse(wanted, NOW)) == "ask_first"
        ask(matter, missing="who is in danger, and where?")
        assert one(matter).status is R.NEEDS_INFO
        refuse(matter, code="unintelligible")
        assert one(matter).status is R.REFUSED

    def test_how_many_report_presumes_nothing(self) -> None:
        matter = Matter()
        for number in range(50):
            matter.report(f"p-{number}", category="advertising")
        assert presumed(matter.case) is Severity.MINOR


@pytest.mark.norm("N2.3-1", "bad-input")
@pytest.mark.parametrize("kind", [ActorKind.VIEWER, ActorKind.SUPPORT, ActorKind.PRIVACY, ActorKind.REVIEWER])
def test_nobody_else_triages(kind: ActorKind) -> None:
    matter, by = Matter(), Actor(kind, "zoe")
    matter.report(**VAGUE)
    registrar = matter.registrar
    for decide in (
        registrar.accept(intents.ReportAccepted(by), NOW),
        registrar.ask(intents.InfoAsked(by, "what?"), NOW),
        registrar.refuse(intents.ReportRefused(by, "repeated", "no"), NOW),
        registrar.dismiss(intents.DismissCommanded(by, "no"), NOW),
        registrar.measure(commanded(by=by), NOW),
    ):
        assert matter.refused(decide) == "not_allowed"


def test_a_dry_run_has_no_deadlines_and_no_letters() -> None:
    matter = Matter()
    changes = matter.report(dry_run=True, urgent=True)
    assert (changes.deadlines, changes.letters) == ((), ())
