"""Small stories of cases: functions that decide, as the registrar would, so that storage can be tested alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cases.evidence import digest
from cases.history import (
    ActionOrdered,
    AnyEntry,
    AppealDecided,
    Appealed,
    Changes,
    EvidenceFrozen,
    Judged,
    MeasureEnded,
    MeasureRevoked,
    Notice,
    Opened,
    OutcomeRecorded,
    Receipt,
    ReportTaken,
    Strike,
    Timer,
    TimerKind,
)
from cases.model import (
    BOT,
    ActionKind,
    Actor,
    ActorKind,
    Appeal,
    AppealStatus,
    CaseKind,
    CaseState,
    Evidence,
    EvidenceKind,
    EvidenceLine,
    MeasureStatus,
    OrderedAction,
    Refusal,
    Report,
    Respondent,
    Statement,
)
from cases.ports import ByEpisode, Decide
from cases.sentence import Measure, Severity
from streams.events import RoomKey

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
ROOM = RoomKey("irc:#talk")
OTHER_ROOM = RoomKey("irc:#elsewhere")
GAP = timedelta(minutes=10)
ANN = Respondent("ann-id", "Ann")
BEN = Respondent("ben-id", "Ben")
MODERATOR = Actor(ActorKind.MODERATOR, "mod-id", "Mo")


def opened(
    code: str, *, room: RoomKey = ROOM, kind: CaseKind = CaseKind.AUTOMATIC, episode: str = "", at: datetime = NOW
) -> Opened:
    return Opened(
        at=at, by=BOT, code=code, room=room, kind=kind, episode=episode or f"flood/{code}", category="flood",
        rule="R1", severity=Severity.MINOR, dry_run=False,
    )  # fmt: skip


def judged(who: Respondent = ANN, at: datetime = NOW, by: Actor = BOT, severity: Severity = Severity.MINOR) -> Judged:
    return Judged(
        at=at, by=by, respondent=who, message_ids=("m1",), measures=(Measure.HIDE,), severity=severity,
        rule="R1", checks=("repeat",), facts=("5 copies in 10 s",), automatic=by is BOT,
    )  # fmt: skip


def evidence(text: str = "buy now") -> Evidence:
    return Evidence(EvidenceKind.AT_ONCE, NOW, (EvidenceLine("m1", "Ann", text, NOW, judged=True),), ("5 copies",))


def frozen(what: Evidence) -> EvidenceFrozen:
    return EvidenceFrozen(at=NOW, by=BOT, kind=what.kind, digest=digest(what), lines=len(what.lines))


def statement(action: OrderedAction, token: str) -> Statement:
    return Statement(
        id=action.id, respondent=action.respondent, measures=(Measure.MUTE,), rule="R1", facts=("5 copies",),
        automatic=True, issued_at=action.ordered_at, until=action.until,
        appeal_until=action.ordered_at + timedelta(days=180), token=token,
    )  # fmt: skip


def ordered(
    state: CaseState | None, code: str, kind: ActionKind = ActionKind.MUTE, who: Respondent = ANN, *,
    at: datetime = NOW, by: Actor = BOT, undoes: str | None = None, number: int | None = None,
) -> ActionOrdered:  # fmt: skip
    """An action with the next number of the case; a mute lasts ten minutes."""
    following = number if number is not None else state.next_action if state is not None else 1
    until = at + GAP if kind is ActionKind.MUTE else None
    action = OrderedAction(f"{code}.{following}", kind, who.id, MeasureStatus.PENDING, at, until=until, undoes=undoes)
    return ActionOrdered(at=at, by=by, action=action)


def flood(
    who: Respondent = ANN, *, room: RoomKey = ROOM, at: datetime = NOW, processed: str | None = None
) -> tuple[ByEpisode, Decide]:
    """One more hidden line of a sender: joins the episode, or opens a case."""
    episode = f"flood/{who.id}"

    def decide(state: CaseState | None, fresh: str) -> Changes:
        begin = () if state is not None else (opened(fresh, room=room, episode=episode, at=at),)
        return Changes(entries=(*begin, judged(who, at)), processed=processed)

    return ByEpisode(room, episode, at, GAP), decide


def muting(
    who: Respondent = ANN, *, room: RoomKey = ROOM, at: datetime = NOW, token: str = "secret-token", by: Actor = BOT
) -> tuple[ByEpisode, Decide]:
    """Everything an automatic mute writes."""
    episode = f"flood/{who.id}"

    def decide(state: CaseState | None, fresh: str) -> Changes:
        code = fresh if state is None else state.code
        begin = () if state is not None else (opened(code, room=room, episode=episode, at=at),)
        action, seen = ordered(state, code, who=who, at=at, by=by), evidence()
        return Changes(
            entries=(*begin, judged(who, at, by, Severity.MODERATE), frozen(seen), action),
            evidence=(seen,),
            statements=(statement(action.action, f"{token}-{action.action.id}"),),
            timers=(Timer(TimerKind.MUTE_END, action.action.id, at + GAP),),
            notices=(Notice(f"{who.name}: muted, case {code}"), Notice("how to appeal: secret", private_to=who.id)),
            strikes=(Strike(who.id, at),),
        )

    return ByEpisode(room, episode, at, GAP), decide


def reporting(
    reporter: str,
    who: Respondent = ANN,
    *,
    contact: str | None = None,
    token: str = "report-token",
    processed: str | None = None,
) -> Decide:
    """A report that opens a case; ``reporter`` is a pseudonym."""

    def decide(state: CaseState | None, fresh: str) -> Changes:
        report = Report(f"{fresh}-r1", reporter, "web", NOW, "insult", "he insulted me")
        taken = ReportTaken(at=NOW, by=Actor(ActorKind.VIEWER, reporter), report=report, respondent=who)
        return Changes(
            entries=(opened(fresh, kind=CaseKind.REPORT), taken),
            receipts=(Receipt(report.id, token, contact),),
            processed=processed,
        )

    return decide


def adding(*make: Callable[[CaseState], AnyEntry], **more: object) -> Decide:
    """Add entries made from the loaded state; refuses when there is no case."""

    def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
        if state is None:
            return Refusal("unknown_case", "there is no such case")
        return Changes(entries=tuple(entry(state) for entry in make), **more)  # type: ignore[arg-type]  # as given

    return decide


def outcome(
    action_id: str, status: MeasureStatus = MeasureStatus.IN_FORCE, detail: str = ""
) -> Callable[[CaseState], AnyEntry]:
    return lambda _: OutcomeRecorded(at=NOW, by=BOT, action_id=action_id, status=status, detail=detail)


def revoked(action_id: str) -> Callable[[CaseState], AnyEntry]:
    return lambda _: MeasureRevoked(at=NOW, by=MODERATOR, action_id=action_id, reason="appeal")


def ended(action_id: str) -> Callable[[CaseState], AnyEntry]:
    return lambda _: MeasureEnded(at=NOW, by=BOT, action_id=action_id)


def appealed(who: Respondent = ANN) -> Callable[[CaseState], AnyEntry]:
    def entry(state: CaseState) -> AnyEntry:
        return Appealed(
            at=NOW, by=BOT, appeal=Appeal(f"{state.code}/{state.next_appeal}", who.id, NOW, "it was not me")
        )

    return entry


def answered(outcome: AppealStatus = AppealStatus.UPHELD) -> Callable[[CaseState], AnyEntry]:
    def entry(state: CaseState) -> AnyEntry:
        waiting = next(appeal for appeal in state.appeals if appeal.status is AppealStatus.OPEN)
        return AppealDecided(at=NOW, by=MODERATOR, appeal_id=waiting.id, outcome=outcome, answer="because")

    return entry
