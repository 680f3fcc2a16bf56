"""What can happen to a case: the entries of its append-only history. State is their fold (`lifecycle.fold`)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import msgspec

from cases.deadlines import Deadline
from cases.model import (
    Actor,
    Appeal,
    AppealStatus,
    Ballot,
    CaseKind,
    CaseState,
    Evidence,
    Finding,
    Ground,
    MeasureStatus,
    OrderedAction,
    Proposal,
    Refusal,
    Remark,
    Report,
    Respondent,
    Statement,
)
from cases.sentence import Measure, Severity
from streams.events import RoomKey


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="entry"):
    """One thing that happened, when and by whom."""

    at: datetime
    by: Actor


class Opened(Entry, frozen=True, kw_only=True, tag="opened"):
    """The case began."""

    code: str
    room: RoomKey
    kind: CaseKind
    episode: str
    category: str
    rule: str
    severity: Severity
    dry_run: bool
    policy_version: str = "1"
    """The version of the rules in force when its first lines were written: the case keeps it (norm N5.1)."""


class ReportTaken(Entry, frozen=True, kw_only=True, tag="report-taken"):
    """Somebody reported; a respondent may join the case with it."""

    report: Report
    respondent: Respondent | None
    about_staff: bool = False
    """The respondent is the streamer or a moderator of the room."""
    victim: str = ""
    """The pseudonym of the person harmed, "" when the report names none."""


class Judged(Entry, frozen=True, kw_only=True, tag="judged"):
    """Measures were decided about a respondent's lines: by the checks, or by a moderator's command."""

    respondent: Respondent
    message_ids: tuple[str, ...]
    measures: tuple[Measure, ...]
    severity: Severity
    rule: str
    checks: tuple[str, ...]
    facts: tuple[str, ...]
    automatic: bool
    reason: str = ""
    cluster: str | None = None
    policy_version: str = ""
    """The version of the rules that were in force when the lines were written; "" in old histories."""
    ground: Ground = Ground.RULE
    provision: str = ""
    """The provision that is cited where the ground is the law, "" otherwise."""
    context_seen: bool = False
    """Whoever decided had opened the evidence with its context before (norm N2.3-2)."""


class EvidenceFrozen(Entry, frozen=True, kw_only=True, tag="evidence-frozen"):
    """Lines were frozen as evidence; the lines themselves are stored beside the history under this digest."""

    kind: str
    digest: str
    lines: int
    gap: str = ""
    """What is missing of the context, in a sentence; "" when nothing is."""


class Triaged(Entry, frozen=True, kw_only=True, tag="triaged"):
    """A first look at one report. ``move`` is that of the report's machine: accept, ask, refuse or close-report.

    ``text`` is the justification, what is missing, or why it is refused (with ``code``, one of `cases.machines.REFUSALS`).
    An acceptance carries the provisional class; ``live``: the room was on air.
    """

    report_id: str
    move: str
    text: str = ""
    code: str = ""
    category: str = ""
    severity: Severity | None = None
    live: bool = False


class Supplied(Entry, frozen=True, kw_only=True, tag="supplied"):
    """A reporter added what was missing. ``respondent`` and ``category`` "" or None: as before."""

    report_id: str
    text: str
    respondent: Respondent | None = None
    category: str = ""


class ContextSeen(Entry, frozen=True, kw_only=True, tag="context-seen"):
    """Somebody opened the evidence with what came before and after."""


class Classified(Entry, frozen=True, kw_only=True, tag="classified"):
    """A class was given by nature and severity; never overwritten. ``stands`` False: it waits for a second person, because
    the context has a gap."""

    category: str
    severity: Severity
    reason: str
    rule: str = ""
    stands: bool = True


class ActionOrdered(Entry, frozen=True, kw_only=True, tag="action-ordered"):
    """An action went into the outbox."""

    action: OrderedAction


class OutcomeRecorded(Entry, frozen=True, kw_only=True, tag="outcome-recorded"):
    """The platform answered, or a later look found out, how an action went."""

    action_id: str
    status: MeasureStatus
    detail: str


class MeasureEnded(Entry, frozen=True, kw_only=True, tag="measure-ended"):
    """A mute reached its end."""

    action_id: str


class MeasureRevoked(Entry, frozen=True, kw_only=True, tag="measure-revoked"):
    """An action was taken back, by undo, by a lift, or by an overturned appeal."""

    action_id: str
    reason: str


class MeasureLapsed(Entry, frozen=True, kw_only=True, tag="measure-lapsed"):
    """An action was taken back by itself: nobody confirmed it, or the reasons for it never came."""

    action_id: str
    reason: str


class Confirmed(Entry, frozen=True, kw_only=True, tag="confirmed"):
    """A person confirmed an automatic measure: it is no longer provisional."""

    action_id: str


class BanProposed(Entry, frozen=True, kw_only=True, tag="ban-proposed"):
    """One person wants a ban; it needs a second."""

    proposal: Proposal


class ProposalMoved(Entry, frozen=True, kw_only=True, tag="proposal-moved"):
    """A proposed ban went on. ``move`` is that of its machine: second, decline or lapse."""

    proposal_id: str
    move: str
    reason: str = ""


class ReasonsGiven(Entry, frozen=True, kw_only=True, tag="reasons-given"):
    """The reasons of a command were written down afterwards."""

    text: str


class BanReviewed(Entry, frozen=True, kw_only=True, tag="ban-reviewed"):
    """A measure without an end was looked at again. ``kept`` False: it is lifted."""

    action_id: str
    kept: bool
    reason: str


class Undone(Entry, frozen=True, kw_only=True, tag="undone"):
    """A moderator took back the own fresh measure."""

    reason: str


class Dismissed(Entry, frozen=True, kw_only=True, tag="dismissed"):
    """A person found nothing to do."""

    reason: str


class Appealed(Entry, frozen=True, kw_only=True, tag="appealed"):
    """A respondent objected."""

    appeal: Appeal


class RespondentInformed(Entry, frozen=True, kw_only=True, tag="respondent-informed"):
    """A respondent learned of what was decided: by ``whisper``, on the ``page``, or with a first ``attempt`` to appeal.

    The time to appeal runs from here.
    """

    respondent: str
    how: str


class AppealCompleted(Entry, frozen=True, kw_only=True, tag="appeal-completed"):
    """What an appeal lacked was added; or, by the bot and with empty reasons, the time to add it ran out."""

    appeal_id: str
    reasons: str
    evidence: tuple[str, ...] = ()


class AppealRemarked(Entry, frozen=True, kw_only=True, tag="appeal-remarked"):
    """Somebody concerned was heard about an appeal."""

    appeal_id: str
    remark: Remark


class AppealDecided(Entry, frozen=True, kw_only=True, tag="appeal-decided"):
    """An appeal was answered. ``alone``: by somebody who had acted in the case, for want of anybody else."""

    appeal_id: str
    outcome: AppealStatus
    answer: str
    findings: tuple[Finding, ...] = ()
    alone: bool = False


class AppealOverdue(Entry, frozen=True, kw_only=True, tag="appeal-overdue"):
    """Nobody answered an appeal in time. ``suspended`` are the actions taken back until somebody does."""

    appeal_id: str
    suspended: tuple[str, ...] = ()


class Cascaded(Entry, frozen=True, kw_only=True, tag="cascaded"):
    """What else a successful appeal touches: later cases whose ladder counted this fault, and cases much like it."""

    appeal_id: str
    relied: tuple[str, ...]
    alike: tuple[str, ...]


class Reexamined(Entry, frozen=True, kw_only=True, tag="re-examined"):
    """A fault this case's ladder had counted was set aside by the appeal ``cause``."""

    cause: str
    detail: str


class PanelOpened(Entry, frozen=True, kw_only=True, tag="panel-opened"):
    """A round of several people begins. ``members`` are staff ids."""

    round: int
    members: tuple[str, ...]
    why: str


class VoteCast(Entry, frozen=True, kw_only=True, tag="vote-cast"):
    """A member voted; what, is sealed until everybody has."""

    round: int
    member: str
    sealed: str


class Advised(Entry, frozen=True, kw_only=True, tag="advised"):
    """Somebody who knows the matter told the panel, without a vote."""

    text: str


class PanelClosed(Entry, frozen=True, kw_only=True, tag="panel-closed"):
    """All votes are in, in the clear, with what they come to. ``outcome``: ``decided`` or ``tied``."""

    round: int
    ballots: tuple[Ballot, ...]
    outcome: str
    severity: Severity | None = None
    measure: Measure | None = None


class ConflictDeclared(Entry, frozen=True, kw_only=True, tag="conflict-declared"):
    """Somebody must not handle this case. ``person`` is a staff id or account."""

    person: str
    reason: str


class ConflictRefused(Entry, frozen=True, kw_only=True, tag="conflict-refused"):
    """Somebody in conflict tried to handle the case and was refused. ``step`` is what they tried.

    A reporter is never named: ``by`` is then the report's own pseudonym.
    """

    step: str
    reason: str


class DeadlineWarned(Entry, frozen=True, kw_only=True, tag="deadline-warned"):
    """People were warned that a deadline comes near. Stands in the history of the case or dossier it runs for."""

    key: str
    ref: str


class DeadlineMissed(Entry, frozen=True, kw_only=True, tag="deadline-missed"):
    """A deadline passed without the step it waited for; that stays on record, though the step be taken later."""

    key: str
    ref: str


class DossierMoved(Entry, frozen=True, kw_only=True, tag="dossier-moved"):
    """A dossier went one step on; its first step opens it. ``fields`` are what was filled in with this step."""

    id: str
    kind: str
    move: str
    room: RoomKey | None
    about: str
    fields: dict[str, Any]


CaseEntry = (
    Opened
    | ReportTaken
    | Judged
    | EvidenceFrozen
    | ActionOrdered
    | OutcomeRecorded
    | MeasureEnded
    | MeasureRevoked
    | Undone
    | Dismissed
    | Appealed
    | AppealDecided
    | RespondentInformed
    | AppealCompleted
    | AppealRemarked
    | AppealOverdue
    | Cascaded
    | Reexamined
    | PanelOpened
    | VoteCast
    | Advised
    | PanelClosed
    | ConflictDeclared
    | ConflictRefused
    | DeadlineWarned
    | DeadlineMissed
    | Triaged
    | Supplied
    | ContextSeen
    | Classified
    | MeasureLapsed
    | Confirmed
    | BanProposed
    | ProposalMoved
    | ReasonsGiven
    | BanReviewed
)
"""What can happen to a case."""


class AccessNoted(Entry, frozen=True, kw_only=True, tag="access-noted"):
    """Somebody looked at something protected, or was refused. Belongs to no case: its code is `ACCESS`."""

    what: str
    ref: str
    why: str


ACCESS = "access"
"""What the history names in place of a code where an entry tells of a reading."""

DossierEntry = DossierMoved | DeadlineWarned | DeadlineMissed
"""What can happen to a dossier."""

AnyEntry = CaseEntry | DossierMoved | AccessNoted
"""What can stand in the one history."""

ENTRY_NAMES: tuple[str, ...] = tuple(str(kind.__struct_config__.tag) for kind in CaseEntry.__args__)


class TimerKind:
    """What a durable timer waits for."""

    MUTE_END = "mute-end"
    CASCADE = "cascade"
    """A successful appeal's consequences for other cases; ``ref`` is the appeal's id."""


class Timer(msgspec.Struct, frozen=True):
    """Something that is due at an instant, kept as a row until it is done. ``ref`` is an action id."""

    kind: str
    ref: str
    due_at: datetime


class Notice(msgspec.Struct, frozen=True):
    """A line the bot owes the room's chat, at most once. ``private_to`` asks for a whisper to that sender id.

    ``secret`` is added only to a whisper, never said in public; "" adds nothing. ``text`` "" says nothing in public.
    """

    text: str
    private_to: str | None = None
    secret: str = ""


class Addressee(enum.StrEnum):
    """Whom a letter is for."""

    REPORTER = "reporter"
    RESPONDENT = "respondent"
    PERSON = "person"
    """Whoever opened a dossier (a complaint, a rights request)."""
    STAFF = "staff"
    """A member of staff by reference, or everybody of a role (``role:supervisor``)."""


class Letter(msgspec.Struct, frozen=True):
    """Something one person is to be told, beyond a line of chat: by page always, by mail or webhook where there is a way.

    ``ref`` names the addressee by what the letter answers: a report's id, a statement's id, a dossier's id, a staff
    reference. ``key`` is its text in the catalogue (``letter.<key>``), ``words`` fill it in. A letter to a respondent
    never carries anything of a reporter (norm N1.3-4).
    """

    to: Addressee
    ref: str
    key: str
    words: dict[str, str] = {}


class Strike(msgspec.Struct, frozen=True):
    """A counted fault of one sender in one room; it decays and is cleared by an overturned appeal."""

    sender_id: str
    at: datetime


class Receipt(msgspec.Struct, frozen=True):
    """What a reporter gets: the public code of the case and a secret token for the own progress."""

    report_id: str
    token: str
    contact: str | None = None
    """The contact to be kept encrypted, None when anonymous."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one intent changes, committed together or not at all.

    ``code`` is the case's. Storage makes outbox rows from the ActionOrdered entries. ``timers_done`` names the action ids
    whose timers end, ``strikes_cleared`` the sender ids whose strikes of this case no longer count. ``processed`` is the
    platform message id of the command that caused this: applied once, however often it arrives. Of a dossier's step,
    ``code`` is the dossier's id and ``entries`` the one `DossierMoved`.
    """

    entries: tuple[AnyEntry, ...]
    evidence: tuple[Evidence, ...] = ()
    statements: tuple[Statement, ...] = ()
    timers: tuple[Timer, ...] = ()
    timers_done: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    strikes: tuple[Strike, ...] = ()
    strikes_cleared: tuple[str, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    processed: str | None = None
    code: str = ""
    deadlines: tuple[Deadline, ...] = ()
    deadlines_met: tuple[tuple[str, str], ...] = ()
    """Key and ref of deadlines whose step was taken."""
    deadlines_kept: tuple[tuple[str, str], ...] = ()
    """Key and ref of those of ``deadlines`` whose step was taken with this very change: counted, never running."""
    deadlines_dropped: tuple[tuple[str, str], ...] = ()
    """Key and ref of deadlines that no longer apply (the case was taken back meanwhile)."""
    letters: tuple[Letter, ...] = ()
    refused: Refusal | None = None
    """What the caller gets instead, though the entries are kept: a refusal that must stand on record."""
    state: CaseState | None = None
    """What the entries lead to, where whoever wrote them folded them one by one; None: to be folded still."""
