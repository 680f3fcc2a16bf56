"""The table of moves, entry by entry, and state as the fold of the history."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import intents
from cases.history import (
    ENTRY_NAMES,
    ActionOrdered,
    Advised,
    AnyEntry,
    AppealDecided,
    Appealed,
    ConflictDeclared,
    ConflictRefused,
    DeadlineMissed,
    DeadlineWarned,
    Dismissed,
    Entry,
    EvidenceFrozen,
    Judged,
    MeasureEnded,
    MeasureRevoked,
    Opened,
    OutcomeRecorded,
    PanelClosed,
    PanelOpened,
    ReportTaken,
    Undone,
    VoteCast,
)
from cases.lifecycle import MOVES, fold, lifts, may
from cases.model import (
    BOT,
    ActionKind,
    Appeal,
    AppealStatus,
    CaseKind,
    CaseState,
    CaseStatus,
    MeasureStatus,
    OrderedAction,
    Panel,
    PanelRound,
    Report,
)
from cases.sentence import Measure, Severity
from tests.cases.matter import ANN, BEN, MONA, NOW, ROOM, Matter

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
)
S = CaseStatus
ALLOWED_IN: dict[type[Entry], set[CaseStatus]] = {
    Opened: set(),
    ReportTaken: {S.OPEN, S.DECIDED, S.APPEALED, S.UPHELD},
    Judged: {S.OPEN, S.DECIDED, S.APPEALED, S.UPHELD},
    EvidenceFrozen: set(S),
    ActionOrdered: set(S),
    OutcomeRecorded: set(S),
    MeasureEnded: set(S),
    MeasureRevoked: set(S),
    Undone: {S.DECIDED},
    Dismissed: {S.OPEN},
    Appealed: {S.DECIDED, S.UPHELD, S.APPEALED},
    AppealDecided: {S.APPEALED},
    PanelOpened: set(S),
    VoteCast: set(S),
    Advised: set(S),
    PanelClosed: set(S),
    ConflictDeclared: set(S),
    ConflictRefused: set(S),
    DeadlineWarned: set(S),
    DeadlineMissed: set(S),
}


def case(status: CaseStatus, **changes: object) -> CaseState:
    """A case in this status."""
    return msgspec.structs.replace(fold(None, (OPENED,)), status=status, **changes)


def test_the_table_speaks_of_every_entry() -> None:
    assert len(ENTRIES) == len(ENTRY_NAMES) == len(ALLOWED_IN)
    assert {type(entry) for entry in ENTRIES} == set(ALLOWED_IN)
    assert set(MOVES) <= set(ALLOWED_IN)


@pytest.mark.parametrize("status", CaseStatus)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: type(entry).__name__)
def test_each_move_in_each_status(entry: AnyEntry, status: CaseStatus) -> None:
    """Exhaustive: what the table allows is folded, what it does not is refused."""
    panel = Panel((PanelRound(1, ("staff-1",), NOW, "dispute"),))
    before = case(status, appeals=(Appeal("A7K2/1", "ann", NOW, "why"),), respondents=(ANN,), panel=panel)
    allowed = status in ALLOWED_IN[type(entry)]
    if not isinstance(entry, Opened):
        assert may(type(entry), before) == allowed
    if allowed:
        assert fold(before, (entry,)).version == before.version + 1
    else:
        with pytest.raises(ValueError, match="A7K2"):
            fold(before, (entry,))


@pytest.mark.parametrize(
    ("entry", "before", "after"),
    [
        (ENTRIES[1], S.OPEN, S.OPEN),
        (ENTRIES[2], S.OPEN, S.DECIDED),
        (ENTRIES[2], S.APPEALED, S.APPEALED),
        (ENTRIES[2], S.UPHELD, S.UPHELD),
        (ENTRIES[8], S.DECIDED, S.UNDONE),
        (ENTRIES[9], S.OPEN, S.DISMISSED),
        (ENTRIES[10], S.DECIDED, S.APPEALED),
        (ENTRIES[10], S.UPHELD, S.APPEALED),
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
        state = case(S.OPEN if may(type(entry), case(S.OPEN)) else next(iter(ALLOWED_IN[type(entry)])))
        after = fold(state, (msgspec.structs.replace(entry, at=later),))
        assert (after.last_at == later) == isinstance(entry, Judged | ReportTaken)


def test_time_in_an_episode_does_not_step_back() -> None:
    earlier = msgspec.structs.replace(ENTRIES[2], at=NOW - timedelta(minutes=3))
    assert fold(None, (OPENED, earlier)).last_at == NOW


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
    both = case(S.APPEALED, respondents=(ANN, BEN), appeals=appeals)
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
        if matter.state is None or matter.state.status is S.OPEN:
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
