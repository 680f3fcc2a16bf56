"""No deadline stands only on paper: each of the table begins somewhere in the life of a case or a dossier."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from cases import intents
from cases.deadlines import TERMS
from cases.dossiers import KINDS
from cases.history import Changes
from cases.house import House
from cases.model import MeasureStatus, Profile
from cases.sentence import Measure, Severity
from tests.cases.dossiers.matters import NOW as DOSSIERS_NOW
from tests.cases.dossiers.matters import OLA, SID, Matters
from tests.cases.dossiers.test_referral import draft
from tests.cases.dossiers.test_standing import find
from tests.cases.matter import FULL, MAX, MINUTE, MONA, NOW, Matter, commanded, orders, running
from tests.cases.roster import ROSTER, actor

M = MeasureStatus


def reports() -> list[Changes]:
    """A line, a life in danger, an unclear one that is turned away, one by mail; answered by a ban that is seconded."""
    matter = Matter(House(Profile.TEAM))
    matter.report()
    matter.report("p-life", urgent=True)
    matter.report("p-mail", received_at=NOW - timedelta(hours=1))
    unclear = Matter(House(Profile.TEAM))
    unclear.report(category="other", note="", message_ids=(), evidence=None, respondent=None)
    refused = intents.ReportRefused(MONA, "no-violation", "nobody was insulted, it was a quotation")
    unclear.done(unclear.registrar.refuse(refused, NOW))
    matter.measure(Measure.BAN, reason="")
    matter.done(matter.registrar.second(intents.BanSeconded(MAX), NOW))
    return [*matter.committed, *unclear.committed]


def reviews() -> list[Changes]:
    """The same report, found to be of each severity."""
    done = []
    for severity in Severity:
        matter = Matter()
        matter.report()
        for given in (Severity.MINOR, Severity.SEVERE, severity):
            wanted = intents.ClassGiven(MONA, "insult", given, "as the lines show")
            matter.apply(matter.registrar.classify(wanted, NOW))
        done += matter.committed
    return done


def measures() -> list[Changes]:
    """A flood's provisional mute, and what the platform answers."""
    matter = Matter(House(Profile.TEAM))
    for action in orders(matter.judge(FULL)):
        matter.outcome(action.id)
    return matter.committed


def appeals() -> list[Changes]:
    """Without reasons first; complete while the mute runs; overturned; and one after the mute."""
    matter = Matter()
    matter.judge(FULL)
    for action in matter.case.actions:
        matter.outcome(action.id)
    matter.appeal(reasons="")
    matter.appeal()
    matter.answer()
    over = Matter()
    (mute,) = orders(over.measure())
    over.done(over.registrar.end(mute.id, NOW, lift=False))
    over.appeal()
    return [*matter.committed, *over.committed]


def panels() -> list[Changes]:
    """Several people are asked."""
    matter = Matter(House(Profile.PLATFORM, staff=ROSTER))
    matter.report()
    matter.done(matter.registrar.convene(intents.PanelWanted(actor("max"), "complex"), NOW))
    return matter.committed


def dossiers() -> set[str]:
    """What the kinds' tables name, and what the referral and the finding of malice begin besides."""
    named = {key for kind in KINDS.values() for move in kind.machine.moves for key in move.starts}
    for risk in ("life", "none"):
        matters = Matters()
        draft(matters, risk=risk)
        named |= {key for key, _ in matters.running}
    matters = Matters()
    found = {
        "proposed": "warning", "reasons": "the same false words four times", "cases": ["A7K2"], "false_reports": 4,
        "share": 1, "gravity": "none was hurt", "intent": "said so", "closed_at": DOSSIERS_NOW - timedelta(days=1),
    }  # fmt: skip
    matters.begin("standing", "find", OLA, "p-mal", **found)
    return named | {key for key, _ in matters.running}


def _keys(committed: Iterable[Changes]) -> set[str]:
    return {one.key for changes in committed for one in changes.deadlines}


@pytest.mark.norm("N1.3-3", "behaviour")
def test_every_term_begins_somewhere() -> None:
    lives: tuple[Callable[[], list[Changes]], ...] = (reports, reviews, measures, appeals, panels)
    begun = dossiers().union(*(_keys(life()) for life in lives))
    assert set(TERMS) - begun == set()
    assert begun - set(TERMS) == set()


# -- what is applied, stated, answered ----------------------------------------------------------------------------------


@pytest.mark.norm("N3.1-2b", "deadline")
@pytest.mark.parametrize("status", [M.IN_FORCE, M.PARTIAL, M.UNCONFIRMED, M.UNSUPPORTED])
def test_a_measure_is_to_be_applied_within_ten_minutes_and_the_platform_says_so(status: MeasureStatus) -> None:
    matter = Matter()
    (mute,) = orders(matter.measure())
    (row,) = [one for one in running(matter.committed[-1]) if one.key == "apply"]
    assert (row.ref, row.due_at) == (mute.id, NOW + 10 * MINUTE)
    assert matter.outcome(mute.id, M.PENDING).deadlines_met == (), "tried again: not applied yet"
    assert matter.outcome(mute.id, status).deadlines_met == (("apply", mute.id),)


@pytest.mark.norm("N3.1-2b", "deadline")
def test_what_is_refused_or_taken_back_before_is_not_to_be_applied_any_more() -> None:
    refused, lifted = Matter(), Matter()
    (mute,) = orders(refused.measure())
    assert refused.outcome(mute.id, M.REFUSED).deadlines_dropped == (("apply", mute.id),)
    lifted.measure()
    undone = lifted.done(lifted.registrar.undo(intents.UndoCommanded(MONA, "wrong one"), NOW))
    assert ("apply", mute.id) in undone.deadlines_dropped


@pytest.mark.norm("N3.1-2b", "deadline")
def test_many_deletions_are_one_step() -> None:
    matter = Matter()
    changes = matter.measure(Measure.DELETE, message_ids=("m1", "m2", "m3"))
    assert [(one.key, one.ref) for one in running(changes)] == [("apply", orders(changes)[0].id)]


@pytest.mark.norm("N3.2-1b", "deadline")
def test_the_statement_is_there_with_the_measure() -> None:
    matter = Matter()
    changes = matter.measure()
    (statement,) = changes.statements
    assert ("statement", statement.id) in changes.deadlines_kept


@pytest.mark.norm("N3.2-1a", "deadline")
def test_each_reporters_result_is_there_with_the_decision_and_only_once() -> None:
    matter = Matter()
    refs = {matter.report(who).receipts[0].report_id for who in ("p-cai", "p-dee")}
    decided = matter.done(matter.registrar.measure(commanded(), NOW))
    assert {ref for key, ref in decided.deadlines_kept if key == "feedback"} == refs
    assert matter.outcome("A7K2.1").deadlines_kept == ()


@pytest.mark.norm("N3.3-2", "deadline")
@pytest.mark.parametrize("reasons", ["", "it was a song"])
def test_an_appeal_is_acknowledged_as_it_comes(reasons: str) -> None:
    matter = Matter()
    matter.measure()
    assert ("appeal_ack", "A7K2/1") in matter.appeal(reasons=reasons).deadlines_kept


@pytest.mark.norm("N4.3-2a", "deadline")
def test_a_finding_of_malice_is_confirmed_or_declined_in_the_same_seven_days() -> None:
    for move, given in (("confirm", {"step": "warning"}), ("decline", {"reason": "a mistake"})):
        matters = Matters()
        matter = find(matters, "warning")
        due = matters.due("malice_finding", matter)
        assert due is not None
        assert due <= matters.now + timedelta(days=7)
        matters.go(matter, move, SID, **given)
        assert matters.due("malice_finding", matter) is None
