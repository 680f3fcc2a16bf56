"""The values that cross the border between the pages and what is behind them."""

from __future__ import annotations

from dataclasses import dataclass
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
class WebReport:
    """A report as the form gives it, valid in itself.

    ``key`` makes a double submission one report. ``message_id`` is a picked line that the feed still knew, else None and
    ``quote`` holds the words of the line. ``sender_name`` may be empty. ``contact`` None: anonymous.
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


@dataclass(frozen=True, slots=True)
class ReportReceipt:
    """A report was stored: the case's public code, and the secret token that opens the own progress."""

    code: str
    token: str


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


@dataclass(frozen=True, slots=True)
class WebRemark:
    """What a reporter or the appellant adds to an open appeal, with the secret token of the receipt or the statement."""

    token: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class AppealReceipt:
    """An appeal was stored; its progress stands on the statement's page, an objection's on the receipt's.

    ``cure_until`` is set while its reasons are awaited.
    """

    code: str
    objection: bool = False
    cure_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """One decision about whoever a page is bound to; ``token`` opens its statement."""

    code: str
    room: RoomKey
    status: str
    issued_at: datetime
    token: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A page that shows a link code. ``bound``: an account typed it, and ``own`` are the decisions about it."""

    code: str
    bound: bool
    ends_at: datetime
    own: tuple[OwnDecision, ...] = ()
