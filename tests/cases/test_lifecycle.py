"""The table of moves, entry by entry, and state as the fold of the history."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents, machines
from cases.deadlines import TERMS
from cases.history import (
    ENTRY_NAMES,
    ActionOrdered,
    Advised,
    AnyEntry,
    AppealCompleted,
    AppealDecided,
    Appealed,
    AppealOverdue,
    AppealRemarked,
    BanProposed,
    BanReviewed,
    Cascaded,
    Classified,
    Confirmed,
    ConflictDeclared,
    ConflictRefused,
    ContextSeen,
    DeadlineMissed,
    DeadlineWarned,
    Dismissed,
    Entry,
    EvidenceFrozen,
    Judged,
    MeasureEnded,
    MeasureLapsed,
    MeasureRevoked,
    Opened,
    OutcomeRecorded,
    PanelClosed,
    PanelOpened,
    ProposalMoved,
    ReasonsGiven,
    Reexamined,
    ReportTaken,
    RespondentInformed,
    Supplied,
    Triaged,
    Undone,
    VoteCast,
)
from cases.lifecycle import fold, lifts, may, move_of, statement_status
from cases.machine import Machine
from cases.machines import CASE
from cases.model import (
    BOT,
    ActionKind,
    ActorKind,
    Appeal,
    AppealStatus,
    CaseKind,
    CaseState,
    CaseStatus,
    LetterStatus,
    MeasureStatus,
    OrderedAction,
    Panel,
    PanelRound,
    Proposal,
    ProposalStatus,
    Remark,
    Report,
    ReportStatus,
    StatementStatus,
)
from cases.sentence import Measure, Severity
from tests.cases.matter import ANN, BEN, MAX, MONA, NOW, ROOM, Matter

OPENED = Opened(
    at=NOW,
    by=BOT,
    code="A7K2",
    room=ROOM,
    kind=CaseKind.REPORT,
    episode="report:ann",
    category="insult",
    rule="R3",
    severity=Severity.MINOR,
    dry_run=False,
)
ACTION = OrderedAction("A7K2.1", ActionKind.MUTE, "ann", MeasureStatus.PENDING, NOW, NOW + timedelta(minutes=5))
ENTRIES: tuple[AnyEntry, ...] = (
    OPENED,
    ReportTaken(at=NOW, by=BOT, report=Report("A7K2-r1", "p", "chat", NOW, "insult"), respondent=ANN),
    Judged(
        at=NOW,
        by=MONA,
        respondent=ANN,
        message_ids=("m1",),
        measures=(Measure.MUTE,),
        severity=Severity.MODERATE,
        rule="R1",
        checks=(),
        facts=(),
        automatic=False,
    ),
    EvidenceFrozen(at=NOW, by=BOT, kind="at-once", digest="0" * 64, lines=1),
    ActionOrdered(at=NOW, by=BOT, action=ACTION),
    OutcomeRecorded(at=NOW, by=BOT, action_id="A7K2.1", status=MeasureStatus.IN_FORCE, detail=""),
    MeasureEnded(at=NOW, by=BOT, action_id="A7K2.1"),
    MeasureRevoked(at=NOW, by=BOT, action_id="A7K2.1", reason=""),
    Undone(at=NOW, by=MONA, reason=""),
    Dismissed(at=NOW, by=MONA, reason="banter"),
    Appealed(at=NOW, by=BOT, appeal=Appeal("A7K2/1", "ann", NOW, "why")),
    AppealDecided(at=NOW, by=MONA, appeal_id="A7K2/1", outcome=AppealStatus.UPHELD, answer="so"),
    PanelOpened(at=NOW, by=MONA, round=2, members=("staff-1", "staff-2", "staff-3"), why="tie"),
    VoteCast(at=NOW, by=MONA, round=1, member="staff-1", sealed="…"),
    Advised(at=NOW, by=MONA, text="it is a quotation"),
    PanelClosed(at=NOW, by=MONA, round=1, ballots=(), outcome="tied"),
    ConflictDeclared(at=NOW, by=MONA, person="staff-1", reason="friends"),
    ConflictRefused(at=NOW, by=MONA, step="dismiss", reason="declared"),
    DeadlineWarned(at=NOW, by=BOT, key="review_minor", ref="A7K2"),
    DeadlineMissed(at=NOW, by=BOT, key="review_minor", ref="A7K2"),
    Triaged(at=NOW, by=MONA, report_id="A7K2-r1", move="accept"),
    Supplied(at=NOW, by=BOT, report_id="A7K2-r1", text="at 12:03 he wrote it again"),
    ContextSeen(at=NOW, by=MONA),
    Classified(at=NOW, by=MONA, category="insult", severity=Severity.MODERATE, reason="aimed at a person"),
    MeasureLapsed(at=NOW, by=BOT, action_id="A7K2.1", reason=""),
    Confirmed(at=NOW, by=MONA, action_id="A7K2.1"),
    BanProposed(at=NOW, by=MONA, proposal=Proposal("A7K2!2", "ann", "mona", NOW, "threats", "A7K2.1")),
    ProposalMoved(at=NOW, by=MAX, proposal_id="A7K2!1", move="second"),
    ReasonsGiven(at=NOW, by=MONA, text="she went on"),
    BanReviewed(at=NOW, by=MONA, action_id="A7K2.1", kept=True, reason="still threatens"),
    AppealCompleted(at=NOW, by=BOT, appeal_id="A7K2/1", reasons="a song"),
    AppealRemarked(at=NOW, by=MONA, appeal_id="A7K2/1", remark=Remark("decider", "mona", NOW, "no song")),
    AppealOverdue(at=NOW, by=BOT, appeal_id="A7K2/1"),
    RespondentInformed(at=NOW, by=BOT, respondent="ann", how="page"),
    Cascaded(at=NOW, by=BOT, appeal_id="A7K2/1", relied=(), alike=()),
    Reexamined(at=NOW, by=BOT, cause="A7K2/1", detail=""),
)
S = CaseStatus
WAITING, DONE = {S.OPEN, S.REVIEW, S.PANEL}, {S.DECIDED, S.APPEALED, S.UPHELD}
ANY = set(S)
ALLOWED_IN: dict[type[Entry], set[CaseStatus]] = {
    Opened: set(),
    ReportTaken: WAITING | DONE,
    Triaged: WAITING | DONE,
    Supplied: WAITING | DONE,
    ContextSeen: ANY,
    Classified: WAITING | DONE,
    Judged: WAITING | DONE,
    EvidenceFrozen: ANY,
    ActionOrdered: ANY,
    OutcomeRecorded: ANY,
    MeasureEnded: ANY,
    MeasureRevoked: ANY,
    MeasureLapsed: ANY,
    Confirmed: DONE,
    BanProposed: DONE,
    ProposalMoved: DONE,
    ReasonsGiven: DONE,
    BanReviewed: DONE,
    Undone: {S.DECIDED},
    Dismissed: WAITING,
    Appealed: DONE | {S.DISMISSED},
    AppealDecided: {S.APPEALED},
    AppealCompleted: {S.APPEALED},
    AppealRemarked: {S.APPEALED},
    AppealOverdue: {S.APPEALED},
    RespondentInformed: ANY,
    Cascaded: ANY,
    Reexamined: ANY,
    PanelOpened: WAITING | DONE,
    VoteCast: WAITING | DONE,
    Advised: WAITING | DONE,
    PanelClosed: WAITING | DONE,
    ConflictDeclared: ANY,
    ConflictRefused: ANY,
    DeadlineWarned: ANY,
    DeadlineMissed: ANY,
}
"""In which status each entry may stand, restated apart from the table."""
REPORT = Report("A7K2-r1", "p", "chat", NOW, "insult", status=ReportStatus.NEEDS_INFO)
PROPOSED = Proposal("A7K2!1", "ann", "mona", NOW, "threats", "A7K2.1")


def case(status: CaseStatus, **changes: Any) -> CaseState:
    """A case in this status with one of everything it can hold."""
    round_ = PanelRound(1, ("staff-1", "staff-2", "staff-3"), NOW, "complex")
    held: dict[str, Any] = {
        "respondents": (ANN,),
        "reports": (REPORT,),
        "actions": (ACTION,),
        "proposals": (PROPOSED,),
        "appeals": (Appeal("A7K2/1", "ann", NOW, "why"),),
        "panel": Panel((round_,)),
    }
    return msgspec.structs.replace(fold(None, (OPENED,)), status=status, **(held | changes))


@pytest.mark.norm("N3.1-3", "behaviour")
def test_the_table_speaks_of_every_entry() -> None:
    assert len(ENTRIES) == len(ENTRY_NAMES) == len(ALLOWED_IN)
    assert {type(entry) for entry in ENTRIES} == set(ALLOWED_IN)
    assert {CASE.move(move_of(entry, case(S.UPHELD))) is not None for entry in ENTRIES} == {True}


@pytest.mark.parametrize("status", CaseStatus)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: type(entry).__name__)
def test_each_entry_in_each_status(entry: AnyEntry, status: CaseStatus) -> None:
    """Exhaustive: what the table allows is folded and leads where it says, what it does not is refused."""
    before = case(status)
    if status in ALLOWED_IN[type(entry)]:
        after = fold(before, (entry,))
        assert after.version == before.version + 1
        assert after.status == CASE.after(status, move_of(entry, after))
    else:
        with pytest.raises(ValueError, match="A7K2"):
            fold(before, (entry,))


@pytest.mark.parametrize("status", ReportStatus)
@pytest.mark.parametrize("move", ["accept", "ask", "refuse", "close-report"])
def test_each_first_look_at_each_report(status: ReportStatus, move: str) -> None:
    before = case(S.REVIEW, reports=(msgspec.structs.replace(REPORT, status=status),))
    entry = Triaged(at=NOW, by=MONA, report_id=REPORT.id, move=move)
    known = machines.REPORT.move(move)
    assert known is not None
    if status in known.steps:
        assert fold(before, (entry,)).reports[0].status == known.steps[status]
    else:
        with pytest.raises(ValueError, match="A7K2-r1"):
            fold(before, (entry,))


ACTION_ENTRIES: list[tuple[str, AnyEntry]] = [
    *(
        (move, OutcomeRecorded(at=NOW, by=BOT, action_id=ACTION.id, status=status, detail=""))
        for status, move in machines.OUTCOMES.items()
    ),
    ("end", MeasureEnded(at=NOW, by=BOT, action_id=ACTION.id)),
    ("lift", MeasureRevoked(at=NOW, by=BOT, action_id=ACTION.id, reason="")),
    ("lapse", MeasureLapsed(at=NOW, by=BOT, action_id=ACTION.id, reason="")),
    ("confirm", Confirmed(at=NOW, by=MONA, action_id=ACTION.id)),
]


@pytest.mark.parametrize("status", MeasureStatus)
@pytest.mark.parametrize(("move", "entry"), ACTION_ENTRIES, ids=[move for move, _ in ACTION_ENTRIES])
def test_each_answer_about_each_action(status: MeasureStatus, move: str, entry: AnyEntry) -> None:
    before = case(S.DECIDED, actions=(msgspec.structs.replace(ACTION, status=status),))
    known = machines.ACTION.move(move)
    assert known is not None
    if status in known.steps:
        assert fold(before, (entry,)).actions[0].status == known.steps[status]
    else:
        with pytest.raises(ValueError, match=re.escape(ACTION.id)):
            fold(before, (entry,))


@pytest.mark.parametrize("status", ProposalStatus)
@pytest.mark.parametrize("move", ["second", "decline", "lapse"])
def test_each_word_on_each_proposed_ban(status: ProposalStatus, move: str) -> None:
    before = case(S.DECIDED, proposals=(msgspec.structs.replace(PROPOSED, status=status),))
    entry = ProposalMoved(at=NOW, by=MAX, proposal_id=PROPOSED.id, move=move)
    known = machines.PROPOSAL.move(move)
    assert known is not None
    if status in known.steps:
        assert fold(before, (entry,)).proposals[0].status == known.steps[status]
    else:
        with pytest.raises(ValueError, match="A7K2!1"):
            fold(before, (entry,))


def test_what_nobody_ordered_proposed_or_reported_does_not_move() -> None:
    state = fold(None, (OPENED,))
    for entry in (
        MeasureEnded(at=NOW, by=BOT, action_id="A7K2.9"),
        ProposalMoved(at=NOW, by=BOT, proposal_id="A7K2!9", move="lapse"),
        Triaged(at=NOW, by=MONA, report_id="A7K2-r9", move="accept"),
    ):
        with pytest.raises(ValueError, match="A7K2"):
            fold(msgspec.structs.replace(state, status=S.DECIDED), (entry,))


@pytest.mark.parametrize("name", machines.MACHINES)
def test_every_state_of_a_kind_stands_in_its_table(name: str) -> None:
    """And no other: the tables and the states are named alike."""
    states = {
        "case": CaseStatus,
        "report": ReportStatus,
        "action": MeasureStatus,
        "proposal": ProposalStatus,
        "statement": StatementStatus,
        "appeal": AppealStatus,
        "letter": LetterStatus,
    }[name]
    assert set(machines.MACHINES[name].states) == {str(state) for state in states}


@pytest.mark.parametrize("machine", machines.MACHINES.values(), ids=lambda machine: machine.name)
def test_whoever_may_not_is_refused_in_every_state(machine: Machine) -> None:
    """Every state by every move by every kind of actor: done, or one of three refusals."""
    for state in ("", *machine.states):
        for move in machine.moves:
            for kind in ActorKind:
                refusal = machine.refusal(state, move.name, kind)
                if kind not in move.by:
                    assert refusal is not None
                    assert refusal.reason == "not_allowed"
                elif state in move.steps:
                    assert refusal is None
                else:
                    assert refusal is not None
                    assert refusal.reason in ("already", "invalid_transition")
    unheard_of = machine.refusal("", "praise", ActorKind.OPERATOR)
    assert unheard_of is not None
    assert unheard_of.reason == "invalid_transition"


def test_a_deadline_a_table_names_exists() -> None:
    for machine in machines.MACHINES.values():
        for move in machine.moves:
            assert {*move.starts, *move.meets} <= set(TERMS)


@pytest.mark.parametrize(
    ("entry", "before", "after"),
    [
        (ENTRIES[1], S.OPEN, S.OPEN),
        (ENTRIES[2], S.OPEN, S.DECIDED),
        (ENTRIES[2], S.REVIEW, S.DECIDED),
        (ENTRIES[2], S.PANEL, S.DECIDED),
        (ENTRIES[2], S.APPEALED, S.APPEALED),
        (ENTRIES[2], S.UPHELD, S.UPHELD),
        (ENTRIES[8], S.DECIDED, S.UNDONE),
        (ENTRIES[9], S.OPEN, S.DISMISSED),
        (ENTRIES[9], S.REVIEW, S.DISMISSED),
        (ENTRIES[10], S.DECIDED, S.APPEALED),
        (ENTRIES[10], S.UPHELD, S.APPEALED),
        (Triaged(at=NOW, by=MONA, report_id="A7K2-r1", move="accept"), S.OPEN, S.REVIEW),
        (PanelOpened(at=NOW, by=MONA, round=2, members=(), why="tie"), S.REVIEW, S.PANEL),
    ],
)
def test_where_moves_lead(entry: AnyEntry, before: CaseStatus, after: CaseStatus) -> None:
    assert fold(case(before), (entry,)).status is after


@pytest.mark.parametrize("entry", ENTRIES[1:], ids=lambda entry: type(entry).__name__)
def test_a_history_begins_with_opened(entry: AnyEntry) -> None:
    with pytest.raises(ValueError, match="begins with Opened"):
        fold(None, (entry,))


def test_and_with_something() -> None:
    with pytest.raises(ValueError, match="begins with Opened"):
        fold(None, ())


def test_and_only_once() -> None:
    with pytest.raises(ValueError, match="opened twice"):
        fold(None, (OPENED, OPENED))


@pytest.mark.parametrize(
    ("kind", "status"), [(CaseKind.REPORT, S.OPEN), (CaseKind.COMMAND, S.DECIDED), (CaseKind.AUTOMATIC, S.DECIDED)]
)
def test_a_report_waits_the_rest_is_decided(kind: CaseKind, status: CaseStatus) -> None:
    state = fold(None, (msgspec.structs.replace(OPENED, kind=kind),))
    assert (state.status, state.automatic) == (status, kind is CaseKind.AUTOMATIC)


def test_the_graver_decision_names_the_rule() -> None:
    judged = ENTRIES[2]
    assert isinstance(judged, Judged)
    state = fold(None, (OPENED, judged))
    assert (state.rule, state.severity) == ("R1", Severity.MODERATE)
    milder = msgspec.structs.replace(judged, rule="R2", severity=Severity.MINOR)
    graver = msgspec.structs.replace(judged, rule="R4", severity=Severity.SEVERE)
    assert fold(state, (milder,)).rule == "R1"
    assert fold(state, (graver,)).rule == "R4"


def test_severity_only_grows_and_measures_gather() -> None:
    judged = ENTRIES[2]
    assert isinstance(judged, Judged)
    milder = msgspec.structs.replace(judged, severity=Severity.MINOR, measures=(Measure.HIDE,), respondent=BEN)
    state = fold(None, (OPENED, judged, milder))
    assert state.severity is Severity.MODERATE
    assert state.measures == (Measure.HIDE, Measure.MUTE)
    assert (state.respondents, state.lines) == ((ANN, BEN), 2)


def test_an_episode_goes_on_with_facts_not_with_answers() -> None:
    later = NOW + timedelta(minutes=3)
    for entry in ENTRIES[1:]:
        state = case(min(ALLOWED_IN[type(entry)], key=list(S).index))
        after = fold(state, (msgspec.structs.replace(entry, at=later),))
        assert (after.last_at == later) == isinstance(entry, Judged | ReportTaken)


def test_time_in_an_episode_does_not_step_back() -> None:
    earlier = msgspec.structs.replace(ENTRIES[2], at=NOW - timedelta(minutes=3))
    assert fold(None, (OPENED, earlier)).last_at == NOW


@pytest.mark.norm("N3.2-1b", "behaviour")
@pytest.mark.parametrize("way", ["undo", "lift", "appeal", "lapse"])
def test_a_statement_is_issued_then_informed_then_revoked_with_what_it_explains(way: str) -> None:
    matter = Matter()
    matter.measure()
    (statement,) = matter.statements()
    stood = [statement_status(matter.case, statement)]
    matter.state = fold(matter.case, [RespondentInformed(at=NOW, by=BOT, respondent="ann", how="page")])
    stood.append(statement_status(matter.case, statement))
    if way == "undo":
        matter.done(matter.registrar.undo(intents.UndoCommanded(MONA, "oops"), NOW))
    elif way == "lift":
        matter.done(matter.registrar.lift(intents.LiftCommanded(MAX, Measure.MUTE, "ann", "enough"), NOW))
    elif way == "appeal":
        matter.appeal()
        matter.answer(findings=("it was a song",))
    else:
        matter.done(matter.registrar.expire("command_reasons", "A7K2.1", NOW))
    stood.append(statement_status(matter.case, statement))
    assert stood == [StatementStatus.ISSUED, StatementStatus.INFORMED, StatementStatus.REVOKED]
    table = machines.STATEMENT
    assert table.after(table.after("issued", "inform"), "revoke") == "revoked"


def test_a_lift_is_the_counterpart_of_its_measure() -> None:
    def of(kind: ActionKind) -> OrderedAction:
        return msgspec.structs.replace(ACTION, kind=kind)

    assert lifts(of(ActionKind.MUTE)) is ActionKind.UNMUTE
    assert lifts(of(ActionKind.BAN)) is ActionKind.UNBAN
    for kind in (ActionKind.DELETE, ActionKind.UNMUTE, ActionKind.UNBAN):
        with pytest.raises(ValueError, match="cannot be taken back"):
            lifts(of(kind))


def test_of_several_respondents_one_who_wins_leaves_the_case_decided() -> None:
    appeals = tuple(Appeal(f"A7K2/{n}", who, NOW, "why") for n, who in ((1, "ann"), (2, "ben")))
    both = case(S.APPEALED, respondents=(ANN, BEN), appeals=appeals, reports=())
    won = AppealDecided(at=NOW, by=MONA, appeal_id="A7K2/1", outcome=AppealStatus.OVERTURNED, answer="")
    lost = AppealDecided(at=NOW, by=MONA, appeal_id="A7K2/2", outcome=AppealStatus.UPHELD, answer="no")
    first = fold(both, (won,))
    assert first.status is S.APPEALED
    assert fold(first, (lost,)).status is S.UPHELD
    assert fold(both, (lost, won)).status is S.DECIDED
    assert [appeal.status for appeal in first.appeals] == [AppealStatus.OVERTURNED, AppealStatus.OPEN]


wishes = st.lists(
    st.sampled_from(
        ["judge", "ben", "report", "mute", "ban", "undo", "appeal", "uphold", "overturn", "dismiss", "end"]
    ),
    max_size=25,
)


@pytest.mark.norm("N3.1-3", "behaviour")
@given(wishes, st.data())
def test_state_is_the_fold_of_its_history_however_it_is_cut(wanted: list[str], data: st.DataObject) -> None:
    """Replaying the stored entries, whole or in parts, gives the state that was."""
    matter = Matter()
    for number, wish in enumerate(wanted):
        _do(matter, wish, number)
    if not matter.entries:
        return
    assert fold(None, matter.entries) == matter.state
    cut = data.draw(st.integers(1, len(matter.entries)))
    assert fold(fold(None, matter.entries[:cut]), matter.entries[cut:]) == matter.state
    stored = msgspec.json.encode(matter.entries)
    assert fold(None, msgspec.json.decode(stored, type=list[AnyEntry])) == matter.state
    assert matter.case.version == len(matter.entries)


def _do(matter: Matter, wish: str, number: int) -> None:
    registrar, now = matter.registrar, matter.now
    if wish == "judge":
        matter.judge() if matter.state is None or may(Judged, matter.state) else None
    elif wish == "ben":
        matter.judge(respondent=BEN) if matter.state is None or may(Judged, matter.state) else None
    elif wish == "report":
        matter.report(f"p-{number}") if matter.state is None or may(ReportTaken, matter.state) else None
    elif wish in ("mute", "ban"):
        measure = Measure.MUTE if wish == "mute" else Measure.BAN
        if matter.state is None or matter.state.status.waits:
            matter.measure(measure)
    elif wish == "undo":
        matter.apply(registrar.undo(intents.UndoCommanded(MONA, ""), now))
    elif wish == "appeal":
        matter.apply(registrar.appeal(intents.AppealMade("ann", "why"), now))
    elif wish in ("uphold", "overturn"):
        outcome = AppealStatus.UPHELD if wish == "uphold" else AppealStatus.OVERTURNED
        matter.apply(registrar.answer(intents.AppealAnswered(MONA, outcome, "so", False), now))
    elif wish == "dismiss":
        matter.apply(registrar.dismiss(intents.DismissCommanded(MONA, "banter"), now))
    else:
        matter.apply(registrar.end(f"A7K2.{number}", now, lift=True))
