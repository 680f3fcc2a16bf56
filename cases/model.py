"""The nouns of the domain, as values. DESIGN words only; each is defined in `docs/concepts.md`."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from cases.sentence import Measure, Severity
from streams.events import RoomKey


class Mode(enum.StrEnum):
    """How a room is moderated."""

    DRY_RUN = "dry-run"
    """Cases are written and marked; no platform call, notice, strike or statement; the overlay shows everything."""
    ENFORCE = "enforce"


class Profile(enum.StrEnum):
    """The size of the team; it decides how much of the norm binds."""

    SOLO = "solo"
    TEAM = "team"
    PLATFORM = "platform"


class ActorKind(enum.StrEnum):
    """Who acted."""

    BOT = "bot"
    VIEWER = "viewer"
    MODERATOR = "moderator"
    OWNER = "owner"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    """Appeal reviewer (申诉审核员)."""
    SUPERVISOR = "supervisor"
    PRIVACY = "privacy-officer"
    SUPPORT = "support"
    """Enters reports that arrive by mail or telephone, answers complaints."""


class Actor(msgspec.Struct, frozen=True):
    """Who did something to a case.

    ``ref`` is the platform's account id for staff (acting is attributed), a keyed pseudonym for viewers (a reporter is
    never named), and "" for the bot.
    """

    kind: ActorKind
    ref: str = ""
    name: str = ""
    """Display name of staff; always empty for viewers."""


BOT = Actor(ActorKind.BOT)


class CaseKind(enum.StrEnum):
    """What opened a case."""

    AUTOMATIC = "automatic"
    REPORT = "report"
    COMMAND = "command"


class CaseStatus(enum.StrEnum):
    """Where a case stands."""

    OPEN = "open"
    """A report waits for a first look (初审)."""
    REVIEW = "review"
    """A report was accepted; a person judges it with its context (详细审核)."""
    PANEL = "panel"
    """Several different people judge it (多轮审核)."""
    DECIDED = "decided"
    """Measures were decided; they may be running."""
    DISMISSED = "dismissed"
    """A person found nothing to do, with a reason."""
    APPEALED = "appealed"
    """The respondent objects and waits for an answer."""
    UPHELD = "upheld"
    """The appeal was answered: the decision stands."""
    OVERTURNED = "overturned"
    """The appeal succeeded: everything is undone."""
    UNDONE = "undone"
    """A moderator took back the own measure."""

    @property
    def waits(self) -> bool:
        """True until somebody has decided: a report waits for its first look, its judgement, or its panel."""
        return self in (CaseStatus.OPEN, CaseStatus.REVIEW, CaseStatus.PANEL)


class Ground(enum.StrEnum):
    """What a measure stands on (norm N1.3-1)."""

    RULE = "rule"
    """Against a house rule, which is cited."""
    ILLEGAL = "illegal"
    """Against the law, whose provision is cited beside the rule."""


class Respondent(msgspec.Struct, frozen=True):
    """Who is accused in a case: the platform's account id and the name at that time."""

    id: str
    name: str


class MeasureStatus(enum.StrEnum):
    """Where one ordered action stands."""

    PENDING = "pending"
    IN_FORCE = "in-force"
    """Done, and confirmed as far as the platform allows."""
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    PARTIAL = "partial"
    """Done in part; the detail says what is missing (the platform mutes for less time than was decided)."""
    DRIFTED = "drifted"
    """It was in force, and somebody lifted it on the platform by hand."""
    ENDED = "ended"
    """A mute reached its end."""
    REVOKED = "revoked"
    """Taken back by undo, by `!unmute` or by an overturned appeal."""
    LAPSED = "lapsed"
    """Nobody confirmed an automatic measure in time, or its reasons never came: taken back by itself."""


class ReportStatus(enum.StrEnum):
    """Where one person's report stands."""

    RECEIVED = "received"
    NEEDS_INFO = "needs-info"
    """Something is missing; the reporter was asked."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """A person turned it away, with a coded reason; the reporter may object."""
    ANSWERED = "answered"
    """The case was decided, and the reporter told."""


class ProposalStatus(enum.StrEnum):
    """Where a ban that needs a second person stands."""

    PROPOSED = "proposed"
    SECONDED = "seconded"
    DECLINED = "declined"
    LAPSED = "lapsed"


class StatementStatus(enum.StrEnum):
    """Where a statement of reasons stands."""

    ISSUED = "issued"
    INFORMED = "informed"
    """It reached the person, or was opened: the appeal's window begins."""
    REVOKED = "revoked"


class LetterStatus(enum.StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    SENT = "sent"
    HELD = "held"


class ActionKind(enum.StrEnum):
    """The imperatives a case can order from the platform."""

    DELETE = "delete"
    MUTE = "mute"
    UNMUTE = "unmute"
    BAN = "ban"
    UNBAN = "unban"


class OrderedAction(msgspec.Struct, frozen=True):
    """One imperative a case ordered, as the case remembers it.

    ``id`` is the case's code with a running number (``A7K2.3``): unique, and the idempotency key towards the platform.
    ``until`` is the end of a mute, None for the rest. ``undoes`` names the action this one takes back.
    """

    id: str
    kind: ActionKind
    respondent: str
    status: MeasureStatus
    ordered_at: datetime
    until: datetime | None = None
    message_id: str | None = None
    undoes: str | None = None
    detail: str = ""
    provisional_until: datetime | None = None
    """Of an automatic measure that lapses then, unless a person confirms it; None: it does not."""
    counted: tuple[datetime, ...] | None = None
    """Instants of the earlier faults that the ladder counted for its length; None: of a person's measure, or an old one."""


class Proposal(msgspec.Struct, frozen=True):
    """A ban that needs a second person (norm N3.1-2c). ``id`` is the case's code with ``!`` and a running number.

    ``meanwhile`` is the mute that was ordered at once and stays when the proposal lapses.
    """

    id: str
    respondent: str
    by: str
    at: datetime
    reason: str
    meanwhile: str
    status: ProposalStatus = ProposalStatus.PROPOSED
    decided_by: str = ""


class Classification(msgspec.Struct, frozen=True):
    """One class given to a case: its nature and severity, with a line of justification (norm N3.1-1).

    ``provisional``: it came with the acceptance of a report. ``final``: it came with the decision. ``stands`` False: it
    waits for a second person who agrees.
    """

    category: str
    severity: Severity
    reason: str
    by: Actor
    at: datetime
    provisional: bool = False
    final: bool = False
    stands: bool = True


class AppealStatus(enum.StrEnum):
    """Where an appeal stands."""

    NEEDS_INFO = "needs-info"
    """It gives no reasons yet; seven days to add them, then it is judged as it stands."""
    OPEN = "open"
    UPHELD = "upheld"
    PARTIAL = "partial"
    """Some measures were revoked, others stand."""
    OVERTURNED = "overturned"

    @property
    def waits(self) -> bool:
        """True while nobody has answered."""
        return self in (AppealStatus.OPEN, AppealStatus.NEEDS_INFO)


class Finding(msgspec.Struct, frozen=True):
    """What the reviewer found about one argument, or one piece of evidence, of an appeal."""

    argument: str
    finding: str


class Remark(msgspec.Struct, frozen=True):
    """What somebody concerned said about an appeal. ``role`` is ``decider``, ``reporter`` or ``appellant``."""

    role: str
    ref: str
    """Who it was: a member of staff's reference, a report's id, "" for the appellant."""
    at: datetime
    text: str


class Appeal(msgspec.Struct, frozen=True):
    """One person's objection. ``id`` is the case's code with ``/`` and a running number (``A7K2/1``).

    ``report`` is the id of the refused report a reporter objects about; "" for a respondent's appeal against a decision, and
    ``respondent`` is then the account. ``contact`` is sealed, "" when the answer is fetched by code. ``news`` says what is
    new, on a further appeal. ``suspended`` are the actions taken back because nobody answered in time. ``alone``: somebody
    who acted in the case answered, because there was nobody else (profile solo).
    """

    id: str
    respondent: str
    at: datetime
    reasons: str
    status: AppealStatus = AppealStatus.OPEN
    decided_by: Actor | None = None
    decided_at: datetime | None = None
    answer: str = ""
    report: str = ""
    evidence: tuple[str, ...] = ()
    contact: str = ""
    news: str = ""
    show_again: bool = False
    """The appellant wishes deleted lines to be shown again on the feed page, if the appeal succeeds."""
    late: bool = False
    """It came after the window and a supervisor admitted it."""
    cure_until: datetime | None = None
    findings: tuple[Finding, ...] = ()
    remarks: tuple[Remark, ...] = ()
    suspended: tuple[str, ...] = ()
    overdue: bool = False
    alone: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the reviewer has to find about: each line of the reasons, then each piece of evidence."""
        lines = (line.strip() for line in self.reasons.splitlines())
        return (*(line for line in lines if line), *self.evidence)


class Informed(msgspec.Struct, frozen=True):
    """When and how a respondent learned of what was decided: ``whisper``, ``page`` or ``attempt``."""

    respondent: str
    at: datetime
    how: str


class Ballot(msgspec.Struct, frozen=True):
    """One vote of a panel in the clear. ``severity`` None: no violation; ``measure`` None: nothing is to be done."""

    by: str
    severity: Severity | None
    measure: Measure | None
    reason: str
    abstains: bool = False


class SealedVote(msgspec.Struct, frozen=True):
    """One vote as it waits for the others: nobody can read it."""

    by: str
    at: datetime
    sealed: str


class PanelRound(msgspec.Struct, frozen=True):
    """One round of a panel. ``members`` and whoever voted are staff ids. ``outcome``: ``decided``, ``tied``, "" while open.

    ``ballots`` are empty until the round is closed.
    """

    number: int
    members: tuple[str, ...]
    opened_at: datetime
    why: str
    sealed: tuple[SealedVote, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    outcome: str = ""


class Advice(msgspec.Struct, frozen=True):
    """What somebody who knows the matter told a panel; it is no vote."""

    by: str
    at: datetime
    text: str


class Panel(msgspec.Struct, frozen=True):
    """Several different people who judge one case (norm N2.3-3). ``severity`` and ``measure`` are what they decided last."""

    rounds: tuple[PanelRound, ...]
    advice: tuple[Advice, ...] = ()
    severity: Severity | None = None
    measure: Measure | None = None

    @property
    def last(self) -> PanelRound:
        """The latest round."""
        return self.rounds[-1]

    @property
    def is_open(self) -> bool:
        """True while votes are awaited, or a tie waits for its next round: nobody else decides the case meanwhile."""
        return self.last.outcome != "decided"

    @property
    def former(self) -> frozenset[str]:
        """Everybody who sat in a round."""
        return frozenset(member for one in self.rounds for member in one.members)


class Conflict(msgspec.Struct, frozen=True):
    """Somebody who must not handle a case, as declared (norm N1.3-2)."""

    person: str
    reason: str
    declared_by: str


class Report(msgspec.Struct, frozen=True):
    """One person's allegation as the case remembers it; ``reporter`` is a keyed pseudonym, per room."""

    id: str
    reporter: str
    channel: str
    at: datetime
    category: str
    note: str = ""
    status: ReportStatus = ReportStatus.RECEIVED
    urgent: bool = False
    """A life or a child may be at risk: to the top of the queue."""
    lines: int = 0
    """How many lines it quotes."""
    code: str = ""
    """Why it was refused, one of `cases.machines.REFUSALS`; "" when it was not."""
    answer: str = ""
    """What the reporter was told at the first look: what is missing, or why it was refused."""
    added: tuple[str, ...] = ()
    """What the reporter added later."""
    refused_by: tuple[str, ...] = ()
    """Who refused it: after an objection somebody else looks."""
    presumed: Severity | None = None
    """How grave it was taken to be by category and lines when it came; None in old histories."""
    third_party: bool = False
    """The reporter is not the person whose right is at stake: whose it is, is asked."""
    entered_by: str = ""
    """The member of staff, or the partner system, that entered it for the reporter; "" for the reporter's own."""
    original_ref: str = ""
    """How the mail, call or post it came as is found again, "" for the reporter's own."""


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """One matter, as the fold of its history.

    ``episode`` is the key under which further facts of the same matter join (one sender's flood, one wave, the reports
    on one sender). ``deciders`` are the refs of people who acted in the case: none of them decides its appeal where the
    profile has somebody else. ``next_action`` and ``next_appeal`` number what comes.
    """

    code: str
    room: RoomKey
    kind: CaseKind
    status: CaseStatus
    episode: str
    opened_at: datetime
    last_at: datetime
    severity: Severity
    category: str
    rule: str
    dry_run: bool = False
    policy_version: str = "1"
    """The version of the rules the case is judged by, whatever is published later."""
    automatic: bool = False
    respondents: tuple[Respondent, ...] = ()
    reports: tuple[Report, ...] = ()
    actions: tuple[OrderedAction, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    deciders: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    lines: int = 0
    """How many lines were judged in this case."""
    version: int = 0
    """How many history entries made this state."""
    next_action: int = 1
    next_appeal: int = 1
    informed: tuple[Informed, ...] = ()
    reexamined: tuple[str, ...] = ()
    """Appeals in other cases that set aside a fault this case had counted."""
    victims: tuple[str, ...] = ()
    """Pseudonyms of the people named as harmed: they do not handle the case."""
    about_staff: bool = False
    """A respondent is the streamer or a moderator of the room: where the profile asks so, supervisors handle it."""
    conflicts: tuple[Conflict, ...] = ()
    panel: Panel | None = None
    classifications: tuple[Classification, ...] = ()
    """Every class that was given, oldest first."""
    seen_by: tuple[str, ...] = ()
    """Who opened the evidence with its context."""
    proposals: tuple[Proposal, ...] = ()
    orderers: tuple[str, ...] = ()
    """The people whose measures these are: only they undo them."""
    reasons: tuple[str, ...] = ()
    """Reasons that were written down after a command."""
    reminded: tuple[str, ...] = ()
    """Account ids of those who were reminded: once each."""
    gap: str = ""
    """What is missing of the context at the time of the report or decision, "" when nothing is."""
    accepted_at: datetime | None = None
    """When the first report was accepted: the review's deadline runs from here."""
    live: bool = False
    """The room was on air when the first report was accepted."""

    @property
    def mark(self) -> Classification | None:
        """The class that holds, None while nobody gave one."""
        return next((mark for mark in reversed(self.classifications) if mark.stands), None)

    @property
    def decided_by(self) -> str:
        """``automatic``, ``human`` or ``mixed``: who decided (norm N1.3-2); "" while nobody has."""
        if self.status.waits or not (self.automatic or self.deciders):
            return ""
        people = bool(self.deciders)
        return ("mixed" if people else "automatic") if self.automatic else "human"

    @property
    def urgent(self) -> bool:
        """True when a report says that a life or a child may be at risk."""
        return any(report.urgent for report in self.reports)

    def report(self, report_id: str) -> Report | None:
        """The report with this id, None if there is none."""
        return next((report for report in self.reports if report.id == report_id), None)

    def proposal(self, status: ProposalStatus = ProposalStatus.PROPOSED) -> Proposal | None:
        """The oldest proposed ban in this status, None if there is none."""
        return next((proposal for proposal in self.proposals if proposal.status is status), None)

    def respondent(self, sender_id: str) -> Respondent | None:
        """The respondent with this account id, None if there is none."""
        return next((person for person in self.respondents if person.id == sender_id), None)

    def action(self, action_id: str) -> OrderedAction | None:
        """The action with this id, None if the case never ordered it."""
        return next((action for action in self.actions if action.id == action_id), None)

    def decided_at(self, sender_id: str) -> datetime | None:
        """When the latest restrictive measure on this person was ordered, None if there never was one."""
        kinds = (ActionKind.DELETE, ActionKind.MUTE, ActionKind.BAN)
        ordered = [a.ordered_at for a in self.actions if a.respondent == sender_id and a.kind in kinds]
        return max(ordered, default=None)

    def informed_at(self, sender_id: str, since: datetime | None = None) -> datetime | None:
        """When this person first learned of what was decided about them at ``since`` (None: of the latest decision).

        None: they have not been reached yet, and no time to appeal runs.
        """
        since = since or self.decided_at(sender_id)
        known = [one.at for one in self.informed if one.respondent == sender_id and (since is None or one.at >= since)]
        return min(known, default=None)

    def in_force(self, sender_id: str | None = None) -> tuple[OrderedAction, ...]:
        """Mutes and bans that run (or wait to run), of one respondent or of all (None)."""
        live = (
            MeasureStatus.PENDING,
            MeasureStatus.IN_FORCE,
            MeasureStatus.PARTIAL,
            MeasureStatus.UNCONFIRMED,
            MeasureStatus.UNSUPPORTED,
        )
        return tuple(
            action
            for action in self.actions
            if (sender_id is None or action.respondent == sender_id)
            and action.kind in (ActionKind.MUTE, ActionKind.BAN)
            and action.status in live
        )


class EvidenceLine(msgspec.Struct, frozen=True):
    """One frozen line. ``sender`` is the respondent's name, or a per-case alias (``viewer 3``) of anybody else."""

    message_id: str
    sender: str
    text: str
    at: datetime
    judged: bool = False
    """True for a line the case is about, False for context."""


class EvidenceKind(enum.StrEnum):
    """When the lines were captured."""

    AT_ONCE = "at-once"
    AFTERMATH = "aftermath"
    """The following 20 lines or 30 seconds."""


class Evidence(msgspec.Struct, frozen=True):
    """What was seen, frozen at an instant. ``facts`` are counters, check and thresholds in the words of the finding.

    ``gap`` says in one sentence what is missing of the context, "" when nothing is. ``live_since`` is when the stream began,
    unset where nobody knows (then nothing of it is in the digest).
    """

    kind: EvidenceKind
    captured_at: datetime
    lines: tuple[EvidenceLine, ...]
    facts: tuple[str, ...] = ()
    gap: str = ""
    live_since: datetime | msgspec.UnsetType = msgspec.UNSET


class Statement(msgspec.Struct, frozen=True):
    """The written reasons for one respondent's restrictive measures (norm N3.2-1b).

    ``id`` is the first action's id. ``until`` None: no end, or nothing that runs. ``token`` is secret, never stored in
    the clear, and opens the full text.
    """

    id: str
    respondent: str
    measures: tuple[Measure, ...]
    rule: str
    facts: tuple[str, ...]
    automatic: bool
    issued_at: datetime
    until: datetime | None
    appeal_until: datetime
    token: str
    policy_version: str = ""
    ground: Ground = Ground.RULE
    provision: str = ""
    """The provision of law that is cited, "" when the ground is the rule alone."""
    provisional_until: datetime | None = None
    """It lapses then, unless a person confirms it; None: it does not."""


class Refusal(msgspec.Struct, frozen=True):
    """A command or intent that was not carried out: nothing changed.

    ``reason`` is a stable word (``unknown_case``, ``not_allowed``, ``already`` …); ``detail`` one sentence for the
    person.
    """

    reason: str
    detail: str
