"""The values that cross the border between the pages and what is behind them."""

from __future__ import annotations

from dataclasses import dataclass

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
    """An objection, with the secret token of the statement it answers. ``key`` makes a double submission one appeal."""

    token: str
    reasons: str
    key: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class AppealReceipt:
    """An appeal was stored; its progress stands on the statement's page."""

    code: str
