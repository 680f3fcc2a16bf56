"""The detailed review: the context as a reviewer sees it, and the class that is given (norm N2.3-2, N3.1-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents
from cases.capture import LINES_BEFORE, aftermath, capture
from cases.history import Changes, Classified, Judged
from cases.house import House
from cases.lifecycle import fold
from cases.model import Actor, ActorKind, Evidence, EvidenceKind, EvidenceLine, Panel, PanelRound, Profile, Refusal
from cases.presumption import presumed
from cases.review import context
from cases.sentence import Measure, Severity
from tests.cases.matter import MAX, MINUTE, MONA, NOW, Matter, commanded, evidence, kinds
from tests.cases.room import Room

SECOND = timedelta(seconds=1)
GAP = "the room was joined only now: no earlier lines are known"
SHARED = (Profile.TEAM, Profile.PLATFORM)


def line(name: str, text: str, seconds: int, *, judged: bool = False) -> EvidenceLine:
    return EvidenceLine(f"m{seconds}", name, text, NOW + seconds * SECOND, judged)


def classed(
    severity: Severity = Severity.MODERATE, by: Actor = MONA, category: str = "insult", **changes: Any
) -> intents.ClassGiven:
    return intents.ClassGiven(by, category, severity, **({"reason": "aimed at a person"} | changes))


def look(matter: Matter, by: Actor = MONA) -> Changes:
    return matter.done(matter.registrar.look(intents.ContextOpened(by), matter.now))


def classify(matter: Matter, *args: Any, **changes: Any) -> Changes:
    return matter.done(matter.registrar.classify(classed(*args, **changes), matter.now))


class TestTheContext:
    @pytest.mark.norm("N2.3-2", "behaviour")
    def test_before_and_after_the_judged_line_as_written_and_as_folded(self) -> None:
        at_once = Evidence(
            EvidenceKind.AT_ONCE,
            NOW,
            (line("viewer 1", "hi", -5), line("Ann", "ＹＯＵ fool", 0, judged=True)),
            ("2 reports of the line",),
        )
        later = Evidence(EvidenceKind.AFTERMATH, NOW + MINUTE, (line("viewer 2", "stop it", 9),))
        seen = context([later, at_once])
        assert [(one.place, one.text) for one in seen.lines] == [
            ("before", "hi"),
            ("judged", "ＹＯＵ fool"),
            ("after", "stop it"),
        ]
        assert seen.lines[1].folded == "you fool"
        assert (seen.facts, seen.gaps) == (("2 reports of the line",), ())

    @pytest.mark.norm("N2.3-2", "bad-input")
    def test_what_is_missing_is_shown_as_a_gap(self) -> None:
        alone = msgspec.structs.replace(evidence(), gap=GAP)
        assert context([alone]).gaps == (GAP, "what followed was not captured")
        assert context([]).gaps == ("what followed was not captured",)

    @pytest.mark.norm("N2.3-2", "behaviour")
    @pytest.mark.parametrize("known", [True, False])
    def test_the_time_into_the_stream_is_shown_where_it_is_known(self, known: bool) -> None:
        room = Room()
        room.memory.live_since_s = room.now_s - 90 if known else None
        judged = room.see("ann", "you fool").line
        (shown,) = context([capture(room.memory, "ann", [judged], NOW, is_command=lambda _: False)]).lines
        assert shown.into_stream == (timedelta(seconds=judged.at_s - room.now_s + 90) if known else None)

    def test_a_line_seen_twice_stands_once(self) -> None:
        assert len(context([evidence(), evidence()]).lines) == 1

    @pytest.mark.norm("N2.3-2", "behaviour")
    def test_from_a_rooms_memory_to_the_reviewer(self) -> None:
        room = Room()
        for number in range(LINES_BEFORE + 2):
            room.see("cai", f"line {number}")
        judged = room.see("ann", "you fool").line
        frozen = capture(room.memory, "ann", [judged], NOW, is_command=lambda _: False)
        room.see("dee", "hey!")
        after = aftermath(room.memory, "ann", judged.number, NOW, is_command=lambda _: False)
        places = [one.place for one in context([frozen, after]).lines]
        assert places == ["before"] * LINES_BEFORE + ["judged", "after"]

    @given(st.permutations([("hi", -5, False), ("fool", 0, True), ("stop", 3, False), ("again", 5, True)]))
    def test_the_order_is_that_of_the_writing(self, lines: list[tuple[str, int, bool]]) -> None:
        frozen = tuple(line("Ann", text, at, judged=judged) for text, at, judged in lines)
        shown = [one.text for one in context([Evidence(EvidenceKind.AT_ONCE, NOW, frozen)]).lines]
        assert shown == ["hi", "fool", "stop", "again"]


class TestLooking:
    @pytest.mark.norm("N2.3-2", "behaviour")
    @pytest.mark.parametrize("looked", [True, False])
    def test_a_decision_records_whether_its_context_was_opened(self, looked: bool) -> None:
        matter = Matter()
        matter.report()
        if looked:
            look(matter)
        look(matter, MAX)
        changes = matter.measure()
        (decision,) = [entry for entry in changes.entries if isinstance(entry, Judged)]
        assert decision.context_seen == looked

    def test_it_is_noted_once_for_each_person(self) -> None:
        matter = Matter()
        matter.report()
        assert len(look(matter).entries) == 1
        assert look(matter).entries == ()
        assert matter.case.seen_by == ("mona",)

    @pytest.mark.norm("N2.3-2", "bad-input")
    @pytest.mark.parametrize("kind", [ActorKind.VIEWER, ActorKind.BOT, ActorKind.SUPPORT])
    def test_nobody_else_looks(self, kind: ActorKind) -> None:
        matter = Matter()
        assert matter.refused(matter.registrar.look(intents.ContextOpened(MONA), NOW)) == "unknown_case"
        matter.report()
        opened = intents.ContextOpened(Actor(kind, "zoe"))
        assert matter.refused(matter.registrar.look(opened, NOW)) == "not_allowed"


class TestTheClass:
    @pytest.mark.norm("N3.1-1", "behaviour")
    def test_each_change_of_class_is_added_and_none_overwritten(self) -> None:
        matter = Matter()
        matter.report()
        classify(matter, Severity.MINOR, reason="banter")
        matter.wait(MINUTE)
        classify(matter, Severity.SEVERE, category="terror", rule="R0", reason="a threat, at 12:01")
        marks = [(one.category, one.severity, one.reason, one.by.ref) for one in matter.case.classifications]
        assert marks == [
            ("insult", Severity.MODERATE, "complete: whom or which line, what, and where", ""),
            ("insult", Severity.MINOR, "banter", "mona"),
            ("terror", Severity.SEVERE, "a threat, at 12:01", "mona"),
        ]
        assert (matter.case.category, matter.case.severity, matter.case.rule) == ("terror", Severity.SEVERE, "R0")
        assert matter.case.classifications == fold(None, matter.entries).classifications

    @pytest.mark.norm("N3.1-1", "behaviour")
    def test_the_decision_gives_the_final_class(self) -> None:
        matter = Matter()
        matter.report()
        matter.measure(reason="went on after a warning")
        mark = matter.case.mark
        assert mark is not None
        assert (mark.severity, mark.reason, mark.final) == (Severity.MODERATE, "went on after a warning", True)

    def test_so_does_an_automatic_one_and_only_a_change_adds_another(self) -> None:
        matter = Matter()
        for _ in range(5):
            matter.judge()
        assert [one.severity for one in matter.case.classifications] == [Severity.MODERATE]

    @pytest.mark.norm("N3.1-1", "deadline")
    def test_the_time_to_judge_follows_the_class_from_the_same_beginning(self) -> None:
        matter = Matter()
        matter.report()
        matter.wait(MINUTE)
        changes = classify(matter, Severity.SEVERE)
        assert ("review_moderate", "A7K2") in changes.deadlines_dropped
        (term,) = changes.deadlines
        assert (term.key, term.started_at, term.due_at) == ("review_severe", NOW, NOW + timedelta(hours=2))

    @pytest.mark.norm("N3.1-1", "bad-input")
    @pytest.mark.parametrize(
        ("wrong", "word"),
        [
            (classed(category="nonsense"), "unknown_category"),
            (classed(rule="R99"), "unknown_rule"),
            (classed(reason=" "), "no_reason"),
            (classed(Severity.SEVERE, rule="R1"), "too_severe"),
            (classed(Severity.MINOR, rule="R4"), "too_severe"),
            (classed(by=Actor(ActorKind.VIEWER, "p")), "not_allowed"),
            (classed(by=Actor(ActorKind.BOT)), "not_allowed"),
        ],
    )
    def test_what_classifies_nothing(self, wrong: intents.ClassGiven, word: str) -> None:
        matter = Matter()
        matter.report()
        assert matter.refused(matter.registrar.classify(wrong, NOW)) == word

    @pytest.mark.norm("N3.1-1", "bad-input")
    @pytest.mark.parametrize("profile", SHARED)
    def test_beyond_the_rules_range_a_panel_is_needed(self, profile: Profile) -> None:
        matter = Matter(House(profile))
        matter.report(category="flooding")
        graver = classed(Severity.SEVERE, category="flooding")
        refusal = matter.apply(matter.registrar.classify(graver, NOW))
        assert isinstance(refusal, Refusal)
        assert refusal.reason == "needs_panel"
        assert "danmod act A7K2 convene -f reason=severity" in refusal.detail, "what to do instead is offered"
        round_ = PanelRound(1, ("a", "b", "c"), NOW, "severity", outcome="decided")
        found = Panel((round_,), severity=Severity.SEVERE, measure=Measure.BAN)
        matter.state = msgspec.structs.replace(matter.case, panel=found)
        classify(matter, Severity.SEVERE, category="flooding")
        assert matter.case.severity is Severity.SEVERE

    @pytest.mark.norm("N3.1-2a", "bad-input")
    def test_the_class_a_person_gave_bounds_the_measures(self) -> None:
        matter = Matter()
        matter.report()
        classify(matter, Severity.MINOR)
        for measure in (Measure.MUTE, Measure.DELETE, Measure.BAN):
            wanted = matter.registrar.measure(commanded(measure), NOW)
            assert matter.refused(wanted) == "too_severe"
        assert kinds(matter.measure(Measure.WARN)) == []


class TestAGapInTheContext:
    """Norm N2.3-2: context missing → severe is barred unless a second person agrees."""

    @pytest.fixture(params=SHARED)
    def matter(self, request: pytest.FixtureRequest) -> Matter:
        matter = Matter(House(request.param))
        matter.report(evidence=msgspec.structs.replace(evidence("you fool"), gap=GAP))
        assert matter.case.gap == GAP
        return matter

    @pytest.mark.norm("N2.3-2", "bad-input")
    def test_one_person_does_not_find_it_severe(self, matter: Matter) -> None:
        changes = classify(matter, Severity.SEVERE)
        (mark,) = [entry for entry in changes.entries if isinstance(entry, Classified)]
        assert not mark.stands
        assert presumed(matter.case) is Severity.MODERATE
        severe = commanded(Measure.MUTE, severity=Severity.SEVERE)
        assert matter.refused(matter.registrar.measure(severe, NOW)) == "context_missing"

    @pytest.mark.norm("N2.3-2", "behaviour")
    def test_two_do(self, matter: Matter) -> None:
        classify(matter, Severity.SEVERE)
        classify(matter, Severity.SEVERE)
        assert presumed(matter.case) is Severity.MODERATE
        classify(matter, Severity.SEVERE, by=MAX)
        assert matter.case.severity is Severity.SEVERE
        matter.measure(severity=Severity.SEVERE)
        assert matter.case.measures == (Measure.MUTE,)

    def test_what_is_milder_needs_nobody_else(self, matter: Matter) -> None:
        classify(matter, Severity.MODERATE)
        assert kinds(matter.measure()) != []

    def test_alone_in_solo_one_judges_by_what_there_is(self) -> None:
        matter = Matter()
        matter.report(evidence=msgspec.structs.replace(evidence("you fool"), gap=GAP))
        classify(matter, Severity.SEVERE)
        assert matter.case.severity is Severity.SEVERE
        assert kinds(matter.measure(Measure.BAN)) != []
