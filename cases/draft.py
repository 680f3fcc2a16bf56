"""A change being written: the registrar's workbench. Collects entries and their rows, and keeps their promises.

Kept here: a dry run orders nothing, strikes nobody and says nothing; every restrictive action is covered by exactly one
statement; a mute has a timer; a revoked action is lifted on the platform by an action that names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cases import intents
from cases.catalogue import say, span_words
from cases.history import (
    ActionOrdered,
    AnyEntry,
    BanProposed,
    Judged,
    MeasureEnded,
    MeasureLapsed,
    MeasureRevoked,
    Notice,
    ProposalMoved,
    Strike,
    Timer,
    TimerKind,
)
from cases.lifecycle import lifts
from cases.model import (
    BOT,
    ActionKind,
    Actor,
    ActorKind,
    Appeal,
    Ground,
    MeasureStatus,
    OrderedAction,
    Profile,
    Proposal,
    ProposalStatus,
    Respondent,
    Statement,
)
from cases.rules import FLOODING
from cases.sentence import RESTRICTIVE, Measure, Severity
from cases.workbench import Workbench

MEANWHILE = timedelta(hours=24)
"""How long a person is mute at once, while a ban waits for its second person; so long it stays when nobody comes."""


class Draft(Workbench):
    """The changes of one intent to one case, measures and all. ``state`` is None until the case is opened."""

    # -- measures ---------------------------------------------------------------------------------------------------

    def judge_automatically(self, fact: intents.LinesJudged) -> None:
        """The checks' measures: deletions, at most one running mute a respondent, and one reminder."""
        reminded = () if self.state is None else self.state.reminded
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
                policy_version=self.case.policy_version,
            )
        )
        self.freeze(fact.evidence)
        if self._dry_run:
            return
        ordered = self._order_judged(fact)
        self._state_reasons(fact.respondent, ordered, fact.rule, fact.facts, automatic=True)
        again = fact.respondent.id in reminded
        measures = fact.sentence.measures - {Measure.REMIND} if again else fact.sentence.measures
        self._notify(fact.respondent, measures, ordered, fact.rule, quiet=fact.quiet)

    def _order_judged(self, fact: intents.LinesJudged) -> list[OrderedAction]:
        person = fact.respondent.id
        delete = Measure.DELETE in fact.sentence.measures
        ordered = self._order_deletions(fact.deletable, person) if delete else []
        if fact.sentence.mute is not None and not self._silenced(person):
            length = min(fact.sentence.mute, self._house.automatic_cap)
            ordered.append(self._order_mute(person, self._now + length, counted=fact.counted))
        return ordered

    def _silenced(self, person: str) -> bool:
        """True while a mute or ban of this case runs; one whose end has come and only waits for its timer does not."""
        return any(action.until is None or action.until > self._now for action in self.case.in_force(person))

    def command(self, wanted: intents.MeasureCommanded, severity: Severity) -> None:
        """A moderator's measure."""
        proposed = wanted.measure is Measure.BAN and self._house.profile is not Profile.SOLO
        reminded = self.case.reminded
        measures = self._commanded_measures(wanted, proposed=proposed)
        facts = (wanted.reason,) if wanted.reason else ()
        self.decide(wanted.by, wanted.respondent, measures, severity, wanted, facts)
        self.freeze(wanted.evidence)
        if self._dry_run:
            return
        ordered = self._order_commanded(wanted, proposed=proposed)
        self._state_reasons(wanted.respondent, ordered, wanted.rule, facts, automatic=False, cited=wanted)
        told = measures - {Measure.REMIND} if wanted.respondent.id in reminded else measures
        self._notify(wanted.respondent, told, ordered, wanted.rule, quiet=wanted.quiet)
        self._await_the_rest(wanted, ordered, proposed=proposed)

    def decide(
        self,
        by: Actor,
        respondent: Respondent,
        measures: frozenset[Measure],
        severity: Severity,
        wanted: intents.MeasureCommanded,
        facts: tuple[str, ...],
    ) -> None:
        """A person's decision, with the rule and the ground it stands on."""
        if self.case.status.waits:
            self.review_ends()
        self.add(
            Judged(
                at=self._now,
                by=by,
                respondent=respondent,
                message_ids=wanted.message_ids,
                measures=tuple(sorted(measures)),
                severity=severity,
                rule=wanted.rule,
                checks=(),
                facts=facts,
                automatic=False,
                reason=wanted.reason,
                policy_version=self.case.policy_version,
                ground=wanted.ground,
                provision=wanted.provision.strip(),
                context_seen=by.ref in self.case.seen_by,
            )
        )

    def _commanded_measures(self, wanted: intents.MeasureCommanded, *, proposed: bool) -> frozenset[Measure]:
        """A ban takes the named lines out with it; one that is only proposed mutes meanwhile."""
        if wanted.measure is not Measure.BAN:
            return frozenset({wanted.measure})
        named = {Measure.DELETE} if wanted.message_ids else set()
        return frozenset(named | {Measure.MUTE if proposed else Measure.BAN})

    def _order_commanded(self, wanted: intents.MeasureCommanded, *, proposed: bool) -> list[OrderedAction]:
        person = wanted.respondent.id
        if wanted.measure is Measure.DELETE:
            return self._order_deletions(wanted.message_ids, person, wanted.by)
        if wanted.measure is Measure.BAN:
            gone = self._order_deletions(wanted.message_ids, person, wanted.by)
            if proposed:
                return [*gone, self._order_mute(person, self._now + MEANWHILE, wanted.by)]
            return [*gone, self.order_ban(person, wanted.by)]
        if wanted.measure is Measure.MUTE and wanted.span is not None:
            return [self._order_mute(person, self._now + wanted.span, wanted.by)]
        return []

    def _await_the_rest(
        self, wanted: intents.MeasureCommanded, ordered: list[OrderedAction], *, proposed: bool
    ) -> None:
        """What a command still owes: the second person for a ban, and reasons that were not given."""
        running = [action for action in ordered if action.kind is not ActionKind.DELETE]
        if proposed:
            number = len(self.case.proposals) + 1
            proposal = Proposal(
                f"{self.case.code}!{number}",
                wanted.respondent.id,
                wanted.by.ref,
                self._now,
                wanted.reason,
                running[0].id,
            )
            self.add(BanProposed(at=self._now, by=wanted.by, proposal=proposal))
            self.start("ban_second", proposal.id)
        if running and not wanted.reason.strip() and self._house.profile is not Profile.SOLO:
            self.start("command_reasons", running[0].id)

    def order_ban(self, person: str, by: Actor) -> OrderedAction:
        """A ban: a strike, and a review after ninety days, since it has no end."""
        self._strike(person)
        action = self._order(ActionKind.BAN, person, by=by)
        self.start("ban_review", action.id)
        return action

    def second_ban(self, proposal: Proposal, by: Actor, respondent: Respondent) -> None:
        """The second person agrees: the ban takes the place of the mute that ran meanwhile."""
        self.add(ProposalMoved(at=self._now, by=by, proposal_id=proposal.id, move="second"))
        self.met("ban_second", proposal.id)
        self.add(
            Judged(
                at=self._now,
                by=by,
                respondent=respondent,
                message_ids=(),
                measures=(Measure.BAN,),
                severity=Severity.SEVERE,
                rule=self.case.rule,
                checks=(),
                facts=(proposal.reason,) if proposal.reason else (),
                automatic=False,
                reason=proposal.reason,
                policy_version=self.case.policy_version,
                context_seen=by.ref in self.case.seen_by,
            )
        )
        if self._dry_run:
            return
        meanwhile = self.case.action(proposal.meanwhile)
        if meanwhile is not None and meanwhile in self.case.in_force(respondent.id):
            self.end(meanwhile, MeasureEnded(at=self._now, by=BOT, action_id=meanwhile.id), lift=False)
        ban = self.order_ban(respondent.id, by)
        facts = (proposal.reason,) if proposal.reason else ()
        self._state_reasons(respondent, [ban], self.case.rule, facts, automatic=False)
        self._notify(respondent, frozenset({Measure.BAN}), [ban], self.case.rule, quiet=False)

    def _order_deletions(self, message_ids: Iterable[str], respondent: str, by: Actor = BOT) -> list[OrderedAction]:
        """One deadline for them all: what becomes of the first tells of the platform."""
        gone = [self._order(ActionKind.DELETE, respondent, message_id=message_id, by=by) for message_id in message_ids]
        if gone:
            self.start("apply", gone[0].id, since=self._now)
        return gone

    def _order_mute(
        self, respondent: str, until: datetime, by: Actor = BOT, counted: tuple[datetime, ...] | None = None
    ) -> OrderedAction:
        """A mute with its timer. An automatic one is provisional wherever people share the work (norm N1.3-2)."""
        provisional = by.kind is ActorKind.BOT and self._house.profile is not Profile.SOLO
        lapses_at = self._house.terms.due("provisional_expiry", self._now) if provisional else None
        action = self._order(
            ActionKind.MUTE, respondent, until=until, by=by, provisional_until=lapses_at, counted=counted
        )
        if lapses_at is not None:
            self.start("provisional_expiry", action.id)
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
        provisional_until: datetime | None = None,
        counted: tuple[datetime, ...] | None = None,
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
            provisional_until=provisional_until,
            counted=counted,
        )
        self.add(ActionOrdered(at=self._now, by=by, action=action))
        if kind in (ActionKind.MUTE, ActionKind.BAN):
            self.start("apply", action.id, since=self._now)
        return action

    def _state_reasons(
        self,
        person: Respondent,
        ordered: list[OrderedAction],
        rule: str,
        facts: tuple[str, ...],
        *,
        automatic: bool,
        cited: intents.MeasureCommanded | None = None,
    ) -> None:
        """The statement for these actions, unless they are deletions that the respondent's statement already covers."""
        own = [action for action in self.case.actions if action.respondent == person.id]
        running = [action for action in ordered if action.kind is not ActionKind.DELETE]
        if not ordered or (not running and len(own) > len(ordered)):
            return
        first = ordered[0].id
        self.kept_anew("statement", first)
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
                policy_version=self.case.policy_version,
                ground=cited.ground if cited else Ground.RULE,
                provision=cited.provision.strip() if cited else "",
                provisional_until=next((action.provisional_until for action in running), None),
            )
        )

    def _notify(
        self, person: Respondent, measures: frozenset[Measure], ordered: list[OrderedAction], rule: str, *, quiet: bool
    ) -> None:
        """Tell the respondent. ``quiet``: by whisper alone, so that a wave gets no stage."""
        language = self._house.language
        words = {
            "name": person.name,
            "rule": self._house.rulebook.told(rule, self.case.policy_version, language),
            "code": self.case.code,
        }
        silenced = next((action for action in ordered if action.kind in (ActionKind.MUTE, ActionKind.BAN)), None)
        if silenced is not None:
            self._notices.append(self._silenced_notice(person, silenced, words, quiet=quiet))
        elif not quiet and Measure.WARN in measures:
            self._notices.append(Notice(say(language, "notice.warned", **words)))
        elif not quiet and Measure.REMIND in measures:
            key = "remind" if rule == FLOODING.id else "rephrase"
            self._notices.append(Notice(say(language, f"notice.{key}", **words)))

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
            self._release(action, by)
            self._withdraw_ban(action, by, reason)

    def lapse(self, action: OrderedAction, reason: str) -> None:
        """A measure takes itself back: nobody confirmed it, or its reasons never came. Its fault does not count either."""
        self.add(MeasureLapsed(at=self._now, by=BOT, action_id=action.id, reason=reason))
        if action.status is not MeasureStatus.ENDED:
            self._release(action, BOT)
        self.clear_strikes([action.respondent])

    def _withdraw_ban(self, meanwhile: OrderedAction, by: Actor, reason: str) -> None:
        """Who lifts the mute that runs until a ban is seconded does not want the ban either."""
        for proposal in self.case.proposals:
            if proposal.status is ProposalStatus.PROPOSED and proposal.meanwhile == meanwhile.id:
                self.add(ProposalMoved(at=self._now, by=by, proposal_id=proposal.id, move="decline", reason=reason))
                self.dropped("ban_second", proposal.id)

    def _release(self, action: OrderedAction, by: Actor) -> None:
        """Free the sender on the platform; nothing waits for this measure any more."""
        self._not_to_apply(action)
        self._order(lifts(action), action.respondent, undoes=action.id, by=by)
        self._timers_done.append(action.id)
        if action.kind is ActionKind.BAN:
            self.dropped("ban_review", action.id)
        elif action.provisional_until is not None:
            self.dropped("provisional_expiry", action.id)
        if self._house.profile is not Profile.SOLO:
            self.dropped("command_reasons", action.id)

    def _not_to_apply(self, action: OrderedAction) -> None:
        if action.status is MeasureStatus.PENDING:
            self.dropped("apply", action.id)

    def end(self, action: OrderedAction, entry: AnyEntry, *, lift: bool) -> None:
        """A mute's end; ``lift`` also orders the platform to free the sender."""
        self._not_to_apply(action)
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

    def slept(self, ref: str) -> None:
        """What a timer waited for is done."""
        self._timers_done.append(ref)

    def go_on(self, action: OrderedAction, until: datetime | None = None) -> None:
        """A mute that was suspended goes on until its own end, or an earlier one: under its old statement, and without a
        new strike."""
        again = self._order(ActionKind.MUTE, action.respondent, until=until or action.until, counted=action.counted)
        self._timers.append(Timer(TimerKind.MUTE_END, again.id, again.until or self._now))

    def tell_answer(self, appeal: Appeal, wanted: intents.AppealAnswered) -> None:
        """The room hears how an appeal ended, unless nobody is to be told there; the reasons go by letter and stand on the
        statement's page, and are said in chat only where there is no page to read them."""
        person = self.case.respondent(appeal.respondent)
        if person is None or appeal.report or not wanted.apologise:
            return
        answer, language = wanted.answer.strip(), self._house.language
        words = {"name": person.name, "code": self.case.code, "answer": "" if self._house.public_url else answer}
        self._notices.append(Notice(say(language, f"notice.{wanted.outcome}", **words)))
