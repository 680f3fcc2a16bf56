"""The values that cross the border between the pages and what is behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from streams.events import RoomKey


@dataclass(frozen=True, slots=True)
class RoomView:
    """One room as the pages tell it.

    ``mode`` is a :class:`cases.model.Mode` word, ``state`` a :class:`streams.events.FeedState` word, ``reason`` one
    sentence when all is not well. ``overlay_url`` is secret and shown on loopback only; empty: made from the room's key.
    """

    key: RoomKey
    mode: str
    state: str
    reason: str = ""
    overlay_url: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent in and looked at: its type is what its first bytes say, whatever its name says."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """By which way a report came. ``received_at`` None: just now, by the reporter's own hand; otherwise it is entered
    later by ``entered_by`` (a member of staff, a partner), who finds it again by ``original_ref``."""

    channel: str = "web"
    received_at: datetime | None = None
    entered_by: str = ""
    original_ref: str = ""


OWN_WAY = Arrival()


@dataclass(frozen=True, slots=True)
class WebReport:
    """A report as the form gives it, valid in itself.

    ``key`` makes a double submission one report. ``message_id`` is a picked line that the feed still knew, else None and
    ``quote`` holds the words of the line. ``sender_name`` may be empty. ``contact`` None: anonymous. ``when`` is the stream
    time in the reporter's words. ``third_party``: the right at stake is somebody else's, whose name in the room may be
    ``victim_name``. ``urgent``: a life or a child may be at risk.
    """

    room: RoomKey
    category: str
    note: str
    key: str
    message_id: str | None = None
    quote: str = ""
    sender_name: str = ""
    contact: str | None = None
    language: str = "en"
    when: str = ""
    links: tuple[str, ...] = ()
    files: tuple[Upload, ...] = ()
    urgent: bool = False
    third_party: bool = False
    victim_name: str = ""
    arrival: Arrival = OWN_WAY


@dataclass(frozen=True, slots=True)
class ReportReceipt:
    """A report was stored: the case's public code, and the secret token that opens the own progress.

    ``files_kept`` False: the report stands, but its files could not be stored.
    """

    code: str
    token: str
    files_kept: bool = True


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What a receipt's page shows beyond the report: whether an address is kept, and which files."""

    has_contact: bool = False
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file handed out to a member of staff."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WayIn:
    """One way to report (``ways.<name>`` in the catalogue), and how its last trial went. ``ok`` None: not tried yet."""

    name: str
    ok: bool | None = None
    tried_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WebAppeal:
    """An objection, with the secret token of the statement, or of the refused report's receipt, it answers.

    ``key`` makes a double submission one appeal. ``evidence`` are texts and links, ``contact`` "" when the answer is fetched
    from the page, ``news`` what is new on a second appeal. ``reasons`` "" are asked for within seven days.
    """

    token: str
    reasons: str
    key: str
    language: str = "en"
    evidence: tuple[str, ...] = ()
    contact: str = ""
    news: str = ""
    show_again: bool = False
    files: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class WebRemark:
    """What a reporter or the appellant adds to an open appeal, with the secret token of the receipt or the statement."""

    token: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class AppealReceipt:
    """An appeal was stored; its progress stands on the statement's page, an objection's on the receipt's.

    ``cure_until`` is set while its reasons are awaited. ``files_kept`` False: the appeal stands without its files.
    """

    code: str
    objection: bool = False
    cure_until: datetime | None = None
    files_kept: bool = True


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """One decision about whoever a page is bound to; ``token`` opens its statement."""

    code: str
    room: RoomKey
    status: str
    issued_at: datetime
    token: str


@dataclass(frozen=True, slots=True)
class OwnFinding:
    """A finding about somebody's own reports (norm N4.3-2a); ``token`` opens it."""

    id: str
    status: str
    token: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A page that shows a link code. ``bound``: an account typed it, ``own`` are the decisions about it, ``findings``
    those about its reports."""

    code: str
    bound: bool
    ends_at: datetime
    own: tuple[OwnDecision, ...] = ()
    findings: tuple[OwnFinding, ...] = ()
