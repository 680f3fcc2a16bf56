"""Panels: several different people judge a complex or disputed case (norm N2.3-3). Part of the registrar.

An odd number of people, three or more, from two groups or more. Votes are sealed until the last is in; then they are
counted (`cases.votes.tally`). A tie, or an abstention, leads to another round with people who sat in none before. While a
panel sits nobody else decides, and afterwards only what it decided may be done (`cases.votes.binds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from cases import intents
from cases.clerk import Clerk, closed, unknown
from cases.conflicts import conflict
from cases.draft import Draft
from cases.history import (
    Addressee,
    Advised,
    Changes,
    ConflictDeclared,
    Letter,
    PanelClosed,
    PanelOpened,
    VoteCast,
)
from cases.model import (
    Actor,
    ActorKind,
    Ballot,
    CaseState,
    Panel,
    Profile,
    Refusal,
)
from cases.ports import Decide
from cases.sentence import ALLOWED
from cases.staff import Member
from cases.training import may_act
from cases.votes import tally

SEATS = 3
"""How many are drawn, where nobody names the members."""
GROUPS = 2
REASONS = ("complex", "disagreement", "severity", "public-figure", "media", "supervisor", "tie")
"""Why a panel is opened; ``severity``: graver than the rule's range allows one person to find."""
_SITTING = (ActorKind.MODERATOR, ActorKind.REVIEWER, ActorKind.SUPERVISOR)


class Panels(Clerk):
    """Panels and declared conflicts."""

    def convene(self, wanted: intents.PanelWanted, now: datetime) -> Decide:
        """Open a panel on a case that waits, or the next round after a tie. Refusals: ``no_panel`` (profile solo),
        ``already``, ``unfit``, ``ineligible`` (a named member, without saying why: that could name a reporter)."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if (refusal := self._closed_to_panels(state, wanted)) is not None:
                return refusal
            members = self._seated(state, wanted.members, now)
            if isinstance(members, Refusal):
                return members
            draft = self._draft(state, fresh, now, state.dry_run)
            self._open_round(draft, members, wanted.why, wanted.by, now)
            return draft.changes(wanted.processed)

        return self._staffed(wanted.by, "convene", now, decide)

    def _closed_to_panels(self, state: CaseState, wanted: intents.PanelWanted) -> Refusal | None:
        if self.house.profile is Profile.SOLO:
            return Refusal("no_panel", "one person decides here; panels come with profile team or platform")
        if wanted.why not in REASONS:
            return Refusal("unfit", f"reason is one of {', '.join(REASONS)}")
        if state.panel is not None and state.panel.last.outcome == "":
            return Refusal("already", f"{state.code}: a panel sits already")
        return closed(state, "convene", wanted.by)

    def vote(self, given: intents.VoteGiven, now: datetime) -> Decide:
        """One member's vote, sealed until all are in; the last one closes the round. Refusals: ``no_panel``,
        ``not_a_member``, ``already``, ``unfit``."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if state.panel is None or state.panel.last.outcome:
                return Refusal("no_panel", f"{state.code}: no panel takes votes")
            person = self.house.staff.person(given.by.ref, state.room)
            refusal = (
                closed(state, "deliberate", given.by) or _no_voter(state.code, state.panel, person) or _unfit(given)
            )
            if refusal is not None:
                return refusal
            draft = self._draft(state, fresh, now, state.dry_run)
            self._cast(draft, given, person, now)
            return draft.changes(given.processed)

        return self._staffed(given.by, "vote", now, decide)

    def advise(self, given: intents.AdviceGiven, now: datetime) -> Decide:
        """Advice to a panel that sits. Refusals: ``no_panel``, ``unfit``."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            if state.panel is None or state.panel.last.outcome:
                return Refusal("no_panel", f"{state.code}: no panel sits")
            if not given.text.strip():
                return Refusal("unfit", "say something")
            draft = self._draft(state, fresh, now, state.dry_run)
            draft.add(Advised(at=now, by=given.by, text=given.text.strip()))
            return draft.changes(given.processed)

        return self._staffed(given.by, "advise", now, decide)

    def declare(self, named: intents.ConflictNamed, now: datetime) -> Decide:
        """Note that somebody must not handle a case (norm N1.3-2): oneself, or, by a supervisor or operator, anybody.
        Refusals: ``unfit``, ``not_allowed``, ``already``."""

        def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
            if state is None:
                return unknown()
            book = self.house.staff
            if not named.reason.strip() or not named.person.strip():
                return Refusal("unfit", "say who and why")
            if named.by.kind in (ActorKind.BOT, ActorKind.VIEWER):
                return Refusal("not_allowed", "members of staff declare conflicts")
            own = book.same(named.by.ref, named.person, state.room)
            if not own and named.by.kind not in (ActorKind.SUPERVISOR, ActorKind.OPERATOR):
                return Refusal("not_allowed", "declare your own conflict; supervisors declare those of others")
            if any(book.same(known.person, named.person, state.room) for known in state.conflicts):
                return Refusal("already", f"{state.code}: that is declared")
            draft = self._draft(state, fresh, now, state.dry_run)
            person = book.person(named.person, state.room)
            draft.add(ConflictDeclared(at=now, by=named.by, person=person, reason=named.reason.strip()))
            return draft.changes(named.processed)

        return decide

    # -- who sits -----------------------------------------------------------------------------------------------------

    def eligible(self, state: CaseState, now: datetime) -> tuple[Member, ...]:
        """Who could sit now: works in the room, may act, is not concerned, has neither decided here nor sat before."""
        book, former = self.house.staff, state.panel.former if state.panel else frozenset()
        deciders = {book.person(ref, state.room) for ref in state.deciders}
        return tuple(
            member
            for member in book.holders(*_SITTING, room=state.room)
            if member.id not in former | deciders and self._fit(state, member, now)
        )

    def _fit(self, state: CaseState, member: Member, now: datetime) -> bool:
        as_ = Actor(next(kind for kind in _SITTING if kind in member.roles), member.id)
        if may_act(self.house.staff, as_, now, self.house, state.room) is not None:
            return False
        return conflict(state, as_, self.house.staff, self.house.profile, self._seals) is None

    def _seated(self, state: CaseState, named: Sequence[str], now: datetime) -> tuple[str, ...] | Refusal:
        eligible = {member.id: member for member in self.eligible(state, now)}
        book = self.house.staff
        chosen = tuple(book.person(ref, state.room) for ref in named) or self._drawn(state, tuple(eligible.values()))
        if (unfit := next((ref for ref in chosen if ref not in eligible), None)) is not None:
            return Refusal("ineligible", f"{unfit} cannot sit on this panel")
        if len(set(chosen)) < len(chosen):
            return Refusal("unfit", "everybody sits once")
        if len(chosen) < SEATS or len(chosen) % 2 == 0:
            return Refusal("too_few", f"a panel is an odd number of people, at least {SEATS}; there are {len(chosen)}")
        if len({eligible[ref].group for ref in chosen}) < GROUPS:
            return Refusal("one_group", f"a panel comes from at least {GROUPS} groups")
        return chosen

    def _drawn(self, state: CaseState, eligible: Sequence[Member]) -> tuple[str, ...]:
        """Members in an order nobody can foresee without the keys, and everybody with them can check."""
        number = 1 if state.panel is None else state.panel.last.number + 1
        lot = sorted(eligible, key=lambda m: self._seals.token("panel", f"{state.code}/{number}/{m.id}"))
        first = lot[:SEATS]
        other = next((member for member in lot[SEATS:] if member.group != first[0].group), None)
        if other is not None and len({member.group for member in first}) < GROUPS:
            first[-1] = other
        return tuple(member.id for member in first)

    # -- a round ------------------------------------------------------------------------------------------------------

    def _open_round(self, draft: Draft, members: tuple[str, ...], why: str, by: Actor, now: datetime) -> None:
        number = 1 if draft.case.panel is None else draft.case.panel.last.number + 1
        draft.add(PanelOpened(at=now, by=by, round=number, members=members, why=why))
        draft.start("panel", f"{draft.case.code}/panel{number}")
        words = {"code": draft.case.code, "until": f"{self.house.terms.due('panel', now):%Y-%m-%d %H:%M} UTC"}
        for member in members:
            draft.write(Letter(Addressee.STAFF, member, "panel_invited", words))

    def _cast(self, draft: Draft, given: intents.VoteGiven, person: str, now: datetime) -> None:
        panel = _panel(draft)
        ballot = Ballot(person, given.severity, given.measure, given.reason.strip(), given.abstains)
        sealed = self._seals.seal(_purpose(draft.case, person), msgspec.json.encode(ballot).decode())
        draft.add(VoteCast(at=now, by=given.by, round=panel.last.number, member=person, sealed=sealed))
        if len(_panel(draft).last.sealed) == len(panel.last.members):
            self._close(draft, given.by, now)

    def _close(self, draft: Draft, by: Actor, now: datetime) -> None:
        case, last = draft.case, _panel(draft).last
        opened = (self._seals.unseal(_purpose(case, vote.by), vote.sealed) for vote in last.sealed)
        ballots = sorted((msgspec.json.decode(text, type=Ballot) for text in opened), key=lambda ballot: ballot.by)
        outcome = tally(ballots)
        draft.add(
            PanelClosed(
                at=now,
                by=by,
                round=last.number,
                ballots=tuple(ballots),
                outcome="tied" if outcome.tied else "decided",
                severity=outcome.severity,
                measure=outcome.measure,
            )
        )
        draft.met("panel", f"{case.code}/panel{last.number}")
        if outcome.tied:
            self._go_on(draft, by, now)
        else:
            found = {"severity": str(outcome.severity), "measure": str(outcome.measure)}
            words = {"code": case.code, **found}
            draft.write(Letter(Addressee.STAFF, f"role:{ActorKind.MODERATOR}", "panel_decided", words))

    def _go_on(self, draft: Draft, by: Actor, now: datetime) -> None:
        """The next round, with new people; where there are none, supervisors are told and name some when they can."""
        members = self._seated(draft.case, (), now)
        if isinstance(members, Refusal):
            words = {"code": draft.case.code}
            draft.write(Letter(Addressee.STAFF, f"role:{ActorKind.SUPERVISOR}", "panel_stuck", words))
            return
        self._open_round(draft, members, "tie", by, now)


def _panel(draft: Draft) -> Panel:
    if draft.case.panel is None:
        raise ValueError(f"case {draft.case.code} has no panel")
    return draft.case.panel


def _purpose(case: CaseState, person: str) -> str:
    """What a vote is sealed for: it opens nowhere else, and for nobody else."""
    number = 0 if case.panel is None else case.panel.last.number
    return f"vote {case.code}/{number}/{person}"


def _no_voter(code: str, panel: Panel, person: str) -> Refusal | None:
    if person not in panel.last.members:
        former = person in panel.former
        return Refusal("not_a_member", f"{code}: {'you sat in a former round' if former else 'you do not sit here'}")
    if any(vote.by == person for vote in panel.last.sealed):
        return Refusal("already", f"{code}: you have voted")
    return None


def _unfit(given: intents.VoteGiven) -> Refusal | None:
    if not given.reason.strip():
        return Refusal("unfit", "give your reason")
    if given.abstains:
        return None
    if given.measure is not None and (given.severity is None or given.measure not in ALLOWED[given.severity]):
        return Refusal("unfit", f"{given.severity or 'no violation'} does not allow a {given.measure}")
    return None
