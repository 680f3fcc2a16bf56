"""A change being written: the registrar's workbench. Collects entries and their rows, and keeps their promises.

Kept here: a dry run orders nothing, strikes nobody and says nothing; every restrictive action is covered by exactly one
statement; a mute has a timer; a revoked action is lifted on the platform by an action that names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cases import intents
from cases.catalogue import say, span_words
from cases.deadlines import Deadline
from cases.evidence import digest
from cases.history import (
    ActionOrdered,
    AnyEntry,
    Changes,
    EvidenceFrozen,
    Judged,
    Letter,
    MeasureRevoked,
    Notice,
    Opened,
    Receipt,
    ReportTaken,
    Strike,
    Timer,
    TimerKind,
)
from cases.house import House
from cases.lifecycle import fold, lifts
from cases.model import (
    BOT,
    ActionKind,
    Actor,
    ActorKind,
    Appeal,
    CaseKind,
    CaseState,
    Evidence,
    MeasureStatus,
    OrderedAction,
    Report,
    Respondent,
    Statement,
)
from cases.ports import Seals
from cases.rules import words_of
from cases.sentence import RESTRICTIVE, Measure, Severity
from streams.events import RoomKey


class Draft:
    """The changes of one intent to one case. ``state`` is None until the case is opened, then always current."""

    def __init__(
        self, seals: Seals, house: House, state: CaseState | None, fresh: str, now: datetime, dry_run: bool
    ) -> None:
        self.state = state
        self._seals = seals
        self._house = house
        self._fresh = fresh
        self._now = now
        self._dry_run = dry_run if state is None else state.dry_run
        self._entries: list[AnyEntry] = []
        self._evidence: list[Evidence] = []
        self._statements: list[Statement] = []
        self._timers: list[Timer] = []
        self._timers_done: list[str] = []
        self._notices: list[Notice] = []
        self._strikes: list[Strike] = []
        self._strikes_cleared: list[str] = []
        self._receipts: list[Receipt] = []
        self._deadlines: list[Deadline] = []
        self._met: list[tuple[str, str]] = []
        self._dropped: list[tuple[str, str]] = []
        self._letters: list[Letter] = []

    @property
    def case(self) -> CaseState:
        """The state as it stands. Raises ValueError before the case is opened."""
        if self.state is None:
            raise ValueError("the case is not opened yet")
        return self.state

    def changes(self, processed: str | None = None) -> Changes:
        """Everything collected."""
        return Changes(
            entries=tuple(self._entries),
            evidence=tuple(self._evidence),
            statements=tuple(self._statements),
            timers=tuple(self._timers),
            timers_done=tuple(self._timers_done),
            notices=tuple(self._notices),
            strikes=tuple(self._strikes),
            strikes_cleared=tuple(self._strikes_cleared),
            receipts=tuple(self._receipts),
            processed=processed,
            code="" if self.state is None else self.state.code,
            deadlines=tuple(self._deadlines),
            deadlines_met=tuple(self._met),
            deadlines_dropped=tuple(self._dropped),
            letters=tuple(self._letters),
        )

    def add(self, entry: AnyEntry) -> None:
        """One more entry; the state follows."""
        self.state = fold(self.state, (entry,))
        self._entries.append(entry)

    def open(
        self,
        room: RoomKey,
        kind: CaseKind,
        episode: str,
        category: str,
        rule: str,
        severity: Severity,
        by: Actor = BOT,
    ) -> None:
        """Begin a new case under the fresh code."""
        self.add(
            Opened(
                at=self._now,
                by=by,
                code=self._fresh,
                room=room,
                kind=kind,
                episode=episode,
                category=category,
                rule=rule,
                severity=severity,
                dry_run=self._dry_run,
            )
        )

    def freeze(self, evidence: Evidence | None) -> None:
        """Put evidence into the file; None: there is none to add."""
        if evidence is None:
            return
        entry = EvidenceFrozen(
            at=self._now, by=BOT, kind=evidence.kind, digest=digest(evidence), lines=len(evidence.lines)
        )
        self.add(entry)
        self._evidence.append(evidence)

    def start(self, key: str, ref: str, *, since: datetime | None = None, live: bool = False) -> None:
        """A deadline begins, now or at ``since``. ``live``: the room is on air. A dry run has none."""
        if not self._dry_run:
            case = self.case
            self._deadlines.append(
                self._house.terms.start(key, ref, case.code, case.room, since or self._now, live=live)
            )

    def met(self, key: str, ref: str) -> None:
        """The step a deadline waited for was taken; nothing happens where none was running."""
        self._met.append((key, ref))

    def dropped(self, key: str, ref: str) -> None:
        """A deadline no longer applies."""
        self._dropped.append((key, ref))

    def write(self, letter: Letter) -> None:
        """A letter goes out with the changes; a dry run writes none."""
        if not self._dry_run:
            self._letters.append(letter)

    # -- reports ----------------------------------------------------------------------------------------------------

    def take_report(self, made: intents.ReportMade) -> None:
        """Note the report and give its receipt."""
        report_id = f"{self.case.code}-r{len(self.case.reports) + 1}"
        report = Report(report_id, made.reporter, made.channel, self._now, made.category, made.note)
        by = Actor(ActorKind.VIEWER, made.reporter)
        self.add(ReportTaken(at=self._now, by=by, report=report, respondent=made.respondent))
        self.freeze(made.evidence)
        self._receipts.append(Receipt(report_id, self._seals.token("report", report_id), made.contact))

    # -- measures ---------------------------------------------------------------------------------------------------

    def judge_automatically(self, fact: intents.LinesJudged) -> None:
        """The checks' measures: deletions, and at most one running mute a respondent."""
        self.add(
            Judged(
                at=self._now,
                by=BOT,
                respondent=fact.respondent,
                message_ids=fact.message_ids,
                measures=tuple(sorted(fact.sentence.measures)),
                severity=fact.severity,
                rule=fact.rule,
                checks=fact.checks,
                facts=fact.facts,
                automatic=True,
                cluster=fact.cluster,
            )
        )
        self.freeze(fact.evidence)
        if self._dry_run:
            return
        ordered = self._order_judged(fact)
        self._state_reasons(fact.respondent, ordered, fact.rule, fact.facts, automatic=True)
        self._notify(fact.respondent, fact.sentence.measures, ordered, fact.rule, quiet=fact.quiet)

    def _order_judged(self, fact: intents.LinesJudged) -> list[OrderedAction]:
        person = fact.respondent.id
        delete = Measure.DELETE in fact.sentence.measures
        ordered = self._order_deletions(fact.deletable, person) if delete else []
        if fact.sentence.mute is not None and not self._silenced(person):
            length = min(fact.sentence.mute, self._house.automatic_cap)
            ordered.append(self._order_mute(person, self._now + length))
        return ordered

    def _silenced(self, person: str) -> bool:
        """True while a mute or ban of this case runs; one whose end has come and only waits for its timer does not."""
        return any(action.until is None or action.until > self._now for action in self.case.in_force(person))

    def command(self, wanted: intents.MeasureCommanded, severity: Severity) -> None:
        """A moderator's measure."""
        facts = (wanted.reason,) if wanted.reason else ()
        self.add(
            Judged(
                at=self._now,
                by=wanted.by,
                respondent=wanted.respondent,
                message_ids=wanted.message_ids,
                measures=(wanted.measure,),
                severity=severity,
                rule=wanted.rule,
                checks=(),
                facts=facts,
                automatic=False,
                reason=wanted.reason,
            )
        )
        self.freeze(wanted.evidence)
        if self._dry_run:
            return
        ordered = self._order_commanded(wanted)
        self._state_reasons(wanted.respondent, ordered, wanted.rule, facts, automatic=False)
        self._notify(wanted.respondent, frozenset({wanted.measure}), ordered, wanted.rule, quiet=False)

    def _order_commanded(self, wanted: intents.MeasureCommanded) -> list[OrderedAction]:
        person = wanted.respondent.id
        if wanted.measure is Measure.DELETE:
            return self._order_deletions(wanted.message_ids, person, wanted.by)
        if wanted.measure is Measure.BAN:
            self._strike(person)
            return [self._order(ActionKind.BAN, person, by=wanted.by)]
        if wanted.measure is Measure.MUTE and wanted.span is not None:
            return [self._order_mute(person, self._now + wanted.span, wanted.by)]
        return []

    def _order_deletions(self, message_ids: Iterable[str], respondent: str, by: Actor = BOT) -> list[OrderedAction]:
        return [self._order(ActionKind.DELETE, respondent, message_id=message_id, by=by) for message_id in message_ids]

    def _order_mute(self, respondent: str, until: datetime, by: Actor = BOT) -> OrderedAction:
        action = self._order(ActionKind.MUTE, respondent, until=until, by=by)
        self._timers.append(Timer(TimerKind.MUTE_END, action.id, until))
        self._strike(respondent)
        return action

    def _strike(self, respondent: str) -> None:
        self._strikes.append(Strike(respondent, self._now))

    def _order(
        self,
        kind: ActionKind,
        respondent: str,
        *,
        until: datetime | None = None,
        message_id: str | None = None,
        undoes: str | None = None,
        by: Actor = BOT,
    ) -> OrderedAction:
        action = OrderedAction(
            id=f"{self.case.code}.{self.case.next_action}",
            kind=kind,
            respondent=respondent,
            status=MeasureStatus.PENDING,
            ordered_at=self._now,
            until=until,
            message_id=message_id,
            undoes=undoes,
        )
        self.add(ActionOrdered(at=self._now, by=by, action=action))
        return action

    def _state_reasons(
        self,
        person: Respondent,
        ordered: list[OrderedAction],
        rule: str,
        facts: tuple[str, ...],
        *,
        automatic: bool,
    ) -> None:
        """The statement for these actions, unless they are deletions that the respondent's statement already covers."""
        own = [action for action in self.case.actions if action.respondent == person.id]
        running = [action for action in ordered if action.kind is not ActionKind.DELETE]
        if not ordered or (not running and len(own) > len(ordered)):
            return
        first = ordered[0].id
        measures = tuple(sorted({Measure(action.kind.value) for action in ordered} & RESTRICTIVE))
        self._statements.append(
            Statement(
                id=first,
                respondent=person.id,
                measures=measures,
                rule=rule,
                facts=facts,
                automatic=automatic,
                issued_at=self._now,
                until=running[0].until if running else None,
                appeal_until=self._now + self._house.appeal_window,
                token=self._seals.token("statement", first),
            )
        )

    def _notify(
        self, person: Respondent, measures: frozenset[Measure], ordered: list[OrderedAction], rule: str, *, quiet: bool
    ) -> None:
        """Tell the respondent. ``quiet``: by whisper alone, so that a wave gets no stage."""
        language = self._house.language
        words = {"name": person.name, "rule": words_of(rule, language), "code": self.case.code}
        silenced = next((action for action in ordered if action.kind in (ActionKind.MUTE, ActionKind.BAN)), None)
        if silenced is not None:
            self._notices.append(self._silenced_notice(person, silenced, words, quiet=quiet))
        elif not quiet and Measure.WARN in measures:
            self._notices.append(Notice(say(language, "notice.warned", **words)))
        elif not quiet and Measure.REMIND in measures:
            self._notices.append(Notice(say(language, "notice.remind", **words)))

    def _silenced_notice(
        self, person: Respondent, action: OrderedAction, words: dict[str, str], *, quiet: bool
    ) -> Notice:
        language, link = self._house.language, ""
        if self._house.public_url and self._statements:
            link = f"{self._house.public_url.rstrip('/')}/statement/{self._statements[-1].token}"
        if action.until is None:
            text = say(language, "notice.banned", **words)
        else:
            text = say(language, "notice.muted", span=span_words(action.until - self._now, language), **words)
        if quiet:
            return Notice("", private_to=person.id, secret=f"{text} {link}".strip())
        return Notice(text, private_to=person.id, secret=link)

    # -- taking back ------------------------------------------------------------------------------------------------

    def revoke(self, actions: Iterable[OrderedAction], by: Actor, reason: str) -> None:
        """Take back running measures, on the platform too."""
        for action in actions:
            self.add(MeasureRevoked(at=self._now, by=by, action_id=action.id, reason=reason))
            self._order(lifts(action), action.respondent, undoes=action.id, by=by)
            self._timers_done.append(action.id)

    def end(self, action: OrderedAction, entry: AnyEntry, *, lift: bool) -> None:
        """A mute's end; ``lift`` also orders the platform to free the sender."""
        self.add(entry)
        if lift:
            self._order(lifts(action), action.respondent, undoes=action.id)
        self._timers_done.append(action.id)

    def clear_strikes(self, senders: Iterable[str]) -> None:
        """These people's faults of this case no longer count."""
        self._strikes_cleared.extend(senders)

    # -- appeals ----------------------------------------------------------------------------------------------------

    def wake(self, timer: Timer) -> None:
        """Something is to be done at an instant."""
        self._timers.append(timer)

    def go_on(self, action: OrderedAction) -> None:
        """A mute that was suspended goes on until its own end: under its old statement, and without a new strike."""
        again = self._order(ActionKind.MUTE, action.respondent, until=action.until)
        self._timers.append(Timer(TimerKind.MUTE_END, again.id, again.until or self._now))

    def tell_answer(self, appeal: Appeal, wanted: intents.AppealAnswered) -> None:
        """The room hears how an appeal ended, unless nobody is to be told there; the reasons stand on the statement's
        page, and are said in chat only where there is no page to read them."""
        person = self.case.respondent(appeal.respondent)
        if person is None or appeal.report or not wanted.apologise:
            return
        answer, language = wanted.answer.strip(), self._house.language
        words = {"name": person.name, "code": self.case.code, "answer": "" if self._house.public_url else answer}
        text = say(language, f"notice.{wanted.outcome}", **words)
        secret = answer if self._house.public_url else ""
        self._notices.append(Notice(text, private_to=person.id, secret=secret))
