"""A change being written, its ground: entries with their evidence, deadlines and letters, and what is noted of reports.

`cases.draft` builds the measures on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases import intents, promotions
from cases.categories import URGENT
from cases.deadlines import Deadline
from cases.evidence import digest
from cases.history import (
    AnyEntry,
    Changes,
    DeadlineMissed,
    EvidenceFrozen,
    Letter,
    Notice,
    Opened,
    Receipt,
    ReportTaken,
    Strike,
    Timer,
    Triaged,
)
from cases.house import House
from cases.letters import letters as letters_of
from cases.lifecycle import fold
from cases.model import (
    BOT,
    Actor,
    ActorKind,
    CaseKind,
    CaseState,
    Evidence,
    Report,
    ReportStatus,
    Statement,
)
from cases.ports import Seals
from cases.presumption import review_term
from cases.sentence import Severity
from streams.events import RoomKey


class Workbench:
    """The changes of one intent to one case. ``state`` is None until the case is opened, then always current."""

    def __init__(
        self, seals: Seals, house: House, state: CaseState | None, fresh: str, now: datetime, dry_run: bool
    ) -> None:
        self.state = state
        self._before = state
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
        self._kept: list[tuple[str, str]] = []
        self._dropped: list[tuple[str, str]] = []
        self._letters: list[Letter] = []
        self._received_at: datetime | None = None

    @property
    def case(self) -> CaseState:
        """The state as it stands. Raises ValueError before the case is opened."""
        if self.state is None:
            raise ValueError("the case is not opened yet")
        return self.state

    def changes(self, processed: str | None = None) -> Changes:
        """Everything collected."""
        self._tell_results()
        told = letters_of(self._before, self._entries, self.state, self._house) if self.state and self._entries else ()
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
            deadlines_kept=tuple(self._kept),
            deadlines_dropped=tuple(self._dropped),
            letters=(*self._letters, *told),
            state=self.state,
        )

    def _tell_results(self) -> None:
        """The result of a report is written to its reporter, and stands on its page, with the decision itself."""
        known = {report.id: report.status for report in self._before.reports} if self._before else {}
        for report in self.state.reports if self.state else ():
            if report.status is ReportStatus.ANSWERED and known.get(report.id) is not ReportStatus.ANSWERED:
                self.kept("feedback", report.id)

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
        *,
        version: str,
    ) -> None:
        """Begin a new case under the fresh code; ``version`` of the rules is the one it is judged by."""
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
                policy_version=version,
            )
        )

    def freeze(self, evidence: Evidence | None) -> None:
        """Put evidence into the file; None: there is none to add."""
        if evidence is None:
            return
        entry = EvidenceFrozen(
            at=self._now,
            by=BOT,
            kind=evidence.kind,
            digest=digest(evidence),
            lines=len(evidence.lines),
            gap=evidence.gap,
        )
        self.add(entry)
        self._evidence.append(evidence)

    def start(self, key: str, ref: str, *, since: datetime | None = None, live: bool = False) -> None:
        """A deadline begins, at ``since``, else when the report that is taken first came, else now. ``live``: the room is
        on air. A dry run has none."""
        if not self._dry_run:
            case = self.case
            began = since or self._received_at or self._now
            self._deadlines.append(self._house.terms.start(key, ref, case.code, case.room, began, live=live))

    def met(self, key: str, ref: str) -> None:
        """The step a deadline waited for was taken; nothing happens where none was running. One that began with this very
        change is counted, and never runs."""
        self._met.append((key, ref))
        if any((begun.key, begun.ref) == (key, ref) for begun in self._deadlines):
            self._kept.append((key, ref))

    def dropped(self, key: str, ref: str) -> None:
        """A deadline no longer applies; one that would begin with this very change does not begin."""
        self._dropped.append((key, ref))
        self._deadlines = [begun for begun in self._deadlines if (begun.key, begun.ref) != (key, ref)]

    def write(self, letter: Letter) -> None:
        """A letter goes out with the changes; a dry run writes none."""
        if not self._dry_run:
            self._letters.append(letter)

    def kept(self, key: str, ref: str, since: datetime | None = None) -> None:
        """A step whose deadline began with this very change (or at ``since``), and that is taken by it: counted, never
        running."""
        self.start(key, ref, since=since or self._now)
        self.met(key, ref)

    def kept_anew(self, key: str, ref: str) -> None:
        """As `kept`, of a ``ref`` that this very change made: no older term of it runs that would have to be ended, which
        spares one of thirteen rows a mute touches."""
        if not self._dry_run:
            self.start(key, ref, since=self._now)
            self._kept.append((key, ref))

    # -- reports ----------------------------------------------------------------------------------------------------

    def take_report(self, made: intents.ReportMade) -> Report:
        """Note the report and give its receipt."""
        judged = [line.text for line in made.evidence.lines if line.judged] if made.evidence else []
        report = Report(
            f"{self.case.code}-r{len(self.case.reports) + 1}",
            made.reporter,
            made.channel,
            made.received_at or self._now,
            made.category,
            made.note,
            urgent=made.urgent or made.category in URGENT,
            lines=len(made.message_ids),
            presumed=promotions.presumed(made.category, judged),
            third_party=made.third_party,
            entered_by=made.entered_by,
            original_ref=made.original_ref,
        )
        by = Actor(ActorKind.VIEWER, made.reporter)
        self.add(
            ReportTaken(
                at=self._now,
                by=by,
                report=report,
                respondent=made.respondent,
                about_staff=made.about_staff,
                victim=made.victim,
            )
        )
        self.freeze(made.evidence)
        self._receipts.append(Receipt(report.id, self._seals.token("report", report.id), made.contact))
        self._received_at = made.received_at
        if made.received_at is None:
            self.kept("ack", report.id)
        else:
            self.entered(report)
        return report

    def entered(self, report: Report) -> None:
        """Somebody entered what had come by another way: in time, or that it was late stays on record."""
        self.kept("entry", report.id, report.at)
        if self._now > self._house.terms.due("entry", report.at, room=self.case.room):
            self.add(DeadlineMissed(at=self._now, by=BOT, key="entry", ref=report.id))

    def triage(self, report: Report, move: str, by: Actor, *, live: bool = False, **words: Any) -> None:
        """A first look at a report. With a case's first acceptance its review begins."""
        begins = move == "accept" and self.case.accepted_at is None and self.case.status.waits
        self.paced(Triaged(at=self._now, by=by, report_id=report.id, move=move, live=live, **words))
        if by.kind is not ActorKind.BOT:
            self.looked_at(report)
        if begins:
            self.start(review_term(self.case), self.case.code, live=live)

    def paced(self, entry: AnyEntry) -> None:
        """Add an entry that may give the case another class: the time to judge it follows, from the same beginning."""
        running, before = self.case.accepted_at if self.case.status.waits else None, review_term(self.case)
        self.add(entry)
        after = review_term(self.case)
        if running is not None and before != after:
            self.dropped(before, self.case.code)
            self.start(after, self.case.code, since=running, live=self.case.live)

    def looked_at(self, report: Report) -> None:
        """A person has seen the report."""
        self.met("triage_human", report.id)
        if report.urgent:
            self.met("life_or_child", report.id)

    def take_up(self, by: Actor, reason: str) -> None:
        """One click decides: what waits for its first look is accepted with it, by the same person (norm N2.3-1)."""
        for report in self.case.reports:
            if report.status in (ReportStatus.RECEIVED, ReportStatus.NEEDS_INFO):
                self.triage(report, "accept", by, text=reason)

    def review_ends(self) -> None:
        """A person decides now what waits."""
        self.met(review_term(self.case), self.case.code)
        for report in self.case.reports:
            if report.urgent:
                self.met("life_or_child", report.id)
