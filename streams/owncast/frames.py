"""Websocket frames of Owncast as values. One frame may hold several events, one a line of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from streams.session import Frame
from streams.tolerant import NoJson, loads

EVENTS_A_FRAME = 512
"""The server's queue for one client holds 256 events; more than twice that in one frame are not looked at."""


class User(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Somebody in the chat. ``display_name`` is not unique and may change at any time; ``id`` stays."""

    id: str = ""
    display_name: str = ""
    created_at: str = ""
    is_bot: bool = False
    scopes: list[str] | None = None

    @property
    def is_moderator(self) -> bool:
        """True for a moderator of this server."""
        return "MODERATOR" in (self.scopes or ())


class Told(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One event, with the fields of every kind we read; what an event does not have stays empty."""

    type: str
    id: str = ""
    timestamp: str = ""
    body: str = ""
    user: User | None = None
    visible: bool = True
    ids: list[str] = []
    old_name: str = ""


_DECODER = msgspec.json.Decoder(Told)


class Read(NamedTuple):
    """The events of one frame, in order, and how many lines of it could not be read."""

    events: list[Told]
    unread: int


def read(data: Frame) -> Read:
    """Every event of one frame. Never raises: what is no event is counted."""
    events: list[Told] = []
    unread = 0
    for line in _lines(data):
        told = _told(line)
        if told is None:
            unread += 1
        else:
            events.append(told)
    return Read(events, unread)


def _told(line: bytes) -> Told | None:
    """The event of one line; one that breaks JSON's promises (odd bytes, lone surrogates) is read leniently."""
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:
        whole = json.dumps(loads(line), ensure_ascii=False).encode("utf-8", "replace")
        return _DECODER.decode(whole)
    except (NoJson, ValueError, UnicodeError, RecursionError):
        return None


def read_history(body: bytes) -> list[Told]:
    """The lines of the server's history (a JSON array of events), oldest first; nothing where it is none."""
    try:
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return []
    told = [event for raw in raws for event in read(bytes(raw)).events]
    return sorted(told, key=lambda event: instant_of(event.timestamp, 0.0))


def _lines(data: Frame) -> Iterator[bytes]:
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    for number, line in enumerate(raw.split(b"\n")):
        if number >= EVENTS_A_FRAME:
            return
        if line.strip():
            yield line


def instant_of(timestamp: str, otherwise: float) -> float:
    """Unix seconds of an RFC 3339 instant with up to nine decimals; ``otherwise`` where it is none."""
    try:
        instant = datetime.fromisoformat(timestamp)
    except ValueError:
        return otherwise
    return instant.timestamp() if instant.tzinfo is not None and instant.year > 1970 else otherwise
