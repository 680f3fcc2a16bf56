"""What somebody wants of a case, as values: the registrar answers each with changes or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.model import Actor, AppealStatus, Evidence, Ground, MeasureStatus, Respondent
from cases.sentence import Measure, Sentence, Severity
from streams.events import RoomKey


@dataclass(frozen=True, slots=True)
class LinesJudged:
    """The checks decided about lines of one respondent in one episode.

    ``message_ids`` are the judged lines, ``deletable`` those of them that the platform can delete. ``quiet`` keeps
    the chat free of notices (a wave gets no stage). ``counted`` are the instants of the earlier faults that the length of
    the mute counts; None: not known.
    """

    room: RoomKey
    episode: str
    respondent: Respondent
    message_ids: tuple[str, ...]
    deletable: tuple[str, ...]
    sentence: Sentence
    severity: Severity
    rule: str
    category: str
    checks: tuple[str, ...]
    facts: tuple[str, ...]
    evidence: Evidence | None
    cluster: str | None
    dry_run: bool
    quiet: bool = False
    counted: tuple[datetime, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReportMade:
    """Somebody reports a sender or a line. ``reporter`` is already a pseudonym.

    ``respondent`` None: the web form could not name one. ``contact`` None: anonymous. ``processed`` is the platform's id of
    the command's message, or the form's idempotency key.
    """

    room: RoomKey
    reporter: str
    respondent: Respondent | None
    channel: str
    """By which way it came first: ``chat``, ``web``, ``api``, ``mail``, ``telephone``, ``social`` …"""
    category: str
    note: str
    message_ids: tuple[str, ...]
    evidence: Evidence | None
    dry_run: bool
    contact: str | None = None
    processed: str | None = None
    about_staff: bool = False
    """The respondent is the streamer or a moderator of the room."""
    victim: str = ""
    """The pseudonym of the person harmed, where the report names one."""
    live: bool = False
    """The room is on air: people look sooner."""
    urgent: bool = False
    """The reporter says that a life or a child may be at risk."""
    third_party: bool = False
    """The reporter speaks for somebody else whose right is at stake."""
    received_at: datetime | None = None
    """When it first reached anybody here, where somebody entered it later; None: now. Deadlines run from here."""
    entered_by: str = ""
    """The member of staff, or the partner, who entered it for the reporter."""
    original_ref: str = ""
    reports_today: int = 0
    """How many reports this person made in this room within the last day; counted only where a finding limits them."""


@dataclass(frozen=True, slots=True)
class ReportAccepted:
    """A person accepts a report for judgement. ``report`` "" means the oldest that waits.

    ``category`` and ``severity`` are the provisional class, "" and None: what the report says and its category presumes.
    """

    by: Actor
    report: str = ""
    category: str = ""
    severity: Severity | None = None
    reason: str = ""
    live: bool = False
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class InfoAsked:
    """A person asks the reporter for what is ``missing``. ``report`` "" means the oldest that waits."""

    by: Actor
    missing: str
    report: str = ""
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class InfoSupplied:
    """A reporter, known by the receipt, adds what was missing: words, whom it is about, a category, the lines."""

    report: str
    text: str
    respondent: Respondent | None = None
    category: str = ""
    evidence: Evidence | None = None
    live: bool = False
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class ReportRefused:
    """A person turns a report away. ``code`` is one of `cases.machines.REFUSALS`, ``reason`` says why in own words.

    ``report`` "" means the oldest that waits.
    """

    by: Actor
    code: str
    reason: str
    report: str = ""
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class ContextOpened:
    """Somebody opened the evidence with what came before and after."""

    by: Actor
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class ClassGiven:
    """A person says what the matter is and how grave, with a line of justification. ``rule`` "" keeps the case's."""

    by: Actor
    category: str
    severity: Severity
    reason: str
    rule: str = ""
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class MeasureCommanded:
    """A moderator orders a measure on a sender or a line: mute, ban, delete or warn.

    ``span`` is the length of a mute, None otherwise. ``message_ids`` are what a delete names, and what leaves with a ban.
    ``severity`` None: the class a person gave before, else what the measure asserts.
    """

    room: RoomKey
    by: Actor
    measure: Measure
    respondent: Respondent
    span: timedelta | None
    message_ids: tuple[str, ...]
    rule: str
    reason: str
    evidence: Evidence | None
    dry_run: bool
    processed: str | None = None
    severity: Severity | None = None
    ground: Ground = Ground.RULE
    provision: str = ""
    """The provision of law, where the ground is that it is illegal."""
    quiet: bool = False
    """No notice in chat: one of many, who get no stage."""


@dataclass(frozen=True, slots=True)
class NukeCommanded:
    """A moderator clears a room of one text: the same measure for many people, each as an order of its own."""

    room: RoomKey
    by: Actor
    episode: str
    measure: Measure
    rule: str
    orders: tuple[MeasureCommanded, ...]
    dry_run: bool
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class MeasuresConfirmed:
    """A person confirms what was decided automatically. ``action`` "" means everything provisional in the case."""

    by: Actor
    action: str = ""
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class BanSeconded:
    """A second person agrees to a proposed ban, or does not (``agrees`` False, with a reason)."""

    by: Actor
    agrees: bool = True
    reason: str = ""
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class ReasonsWritten:
    """The reasons of a command, written down afterwards on the desk."""

    by: Actor
    reason: str
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class BanLookedAt:
    """A measure without an end is looked at again: ``keep`` it, or lift it; with reasons either way."""

    by: Actor
    action: str
    keep: bool
    reason: str
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class LiftCommanded:
    """A moderator lifts a running mute or ban of a sender (`!unmute`, `!unban`)."""

    by: Actor
    measure: Measure
    sender_id: str
    reason: str
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class UndoCommanded:
    """A moderator takes back the own last measures of a case."""

    by: Actor
    reason: str
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class DismissCommanded:
    """A person finds nothing to do in an open case; the reason is told to the reporters."""

    by: Actor
    reason: str
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class AppealMade:
    """Somebody objects. ``sender_id`` must be a respondent of the case; or ``report`` a refused report of it, and
    ``sender_id`` is then "".

    ``contact`` is as typed, "" when the answer is fetched by code. ``news`` says what is new, on a second appeal.
    ``admitted_by`` is the supervisor who admits one that came late, None usually.
    """

    sender_id: str
    reasons: str
    processed: str | None = None
    report: str = ""
    evidence: tuple[str, ...] = ()
    contact: str = ""
    news: str = ""
    show_again: bool = False
    admitted_by: Actor | None = None


@dataclass(frozen=True, slots=True)
class AppealRemarkMade:
    """Somebody concerned is heard about an open appeal: the decider, a reporter (``report``), or the appellant."""

    by: Actor
    text: str
    report: str = ""
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class AppealAnswered:
    """A person answers the open appeal of a case. ``uninvolved_exists``: somebody who did not act could answer.

    ``findings`` are what was found about each argument, in the appeal's order. ``revoked`` are the actions that a partial
    success takes back. ``apologise``: the room is told, too.
    """

    by: Actor
    outcome: AppealStatus
    answer: str
    uninvolved_exists: bool
    processed: str | None = None
    findings: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    apologise: bool = True
    appeal_id: str = ""
    """Which of the open appeals; "" answers the oldest."""


@dataclass(frozen=True, slots=True)
class OutcomeSeen:
    """The platform answered an ordered action (or would not, for good)."""

    action_id: str
    status: MeasureStatus
    detail: str


@dataclass(frozen=True, slots=True)
class PanelWanted:
    """Somebody asks that several different people judge an open case, or names who sits in the round after a tie.

    ``why`` is one of `cases.panel.REASONS`. ``members`` are staff ids or accounts; empty: drawn among those eligible.
    """

    by: Actor
    why: str
    members: tuple[str, ...] = ()
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class VoteGiven:
    """A member of a panel votes. ``severity`` None: no violation; ``measure`` None: nothing is to be done."""

    by: Actor
    severity: Severity | None
    measure: Measure | None
    reason: str
    abstains: bool = False
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class AdviceGiven:
    """Somebody who knows the matter tells an open panel something; it is no vote."""

    by: Actor
    text: str
    processed: str | None = None


@dataclass(frozen=True, slots=True)
class ConflictNamed:
    """Somebody must not handle a case: ``person`` is a staff id or account, ``by`` themselves or a colleague."""

    by: Actor
    person: str
    reason: str
    processed: str | None = None
