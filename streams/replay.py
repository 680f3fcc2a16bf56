"""Recorded chat as messages: JSON Lines, plain or gzip, one message a line.

A line is ``{"t": seconds, "room": str, "user": str, "text": str}`` and optionally ``platform``, ``name``, ``roles`` or
``role``, ``id``; other keys are ignored. A null ``user`` is nobody. A line that cannot be used is counted with its reason
and skipped.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter, OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from streams.events import Message, Role, Sender, room_key

TOO_LONG = b"\xff"
"""Stands for a line over LINE_CAP; it decodes as unusable."""
LINE_CAP = 1 << 20
"""Longest line read, in bytes; a longer one is counted and skipped."""

IDS_KEPT = 4_096
"""A message id repeated among the last so many of its room falls out."""

ROLES = {
    "mod": Role.MODERATOR,
    "moderator": Role.MODERATOR,
    "broadcaster": Role.OWNER,
    "owner": Role.OWNER,
    "streamer": Role.OWNER,
    "bot": Role.BOT,
}


class Recorded(NamedTuple):
    """One usable line: its place in the input (from 0, bad lines counted) and the message."""

    place: int
    message: Message


class _Row(msgspec.Struct):
    t: float
    room: str
    user: str | None
    text: str
    platform: str = "replay"
    name: str | None = None
    roles: list[str] | None = None
    role: str | None = None
    id: str | int | None = None


class Recording:
    """Reads logs one after the other. ``bad`` counts the unusable lines by reason, ``stepped_back`` the lines whose time
    lay before an earlier one of their room (their time is clamped), ``repeated`` the lines whose id came before."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.bad: Counter[str] = Counter()
        self.stepped_back = 0
        self.repeated = 0
        self.bytes_read = 0
        self._latest: dict[str, float] = {}
        self._ids: dict[str, OrderedDict[str, None]] = {}
        self._decode = msgspec.json.Decoder(_Row).decode

    def __iter__(self) -> Iterator[Recorded]:
        index = 0
        for path in self.paths:
            with path.open("rb") as raw:
                for line in self._lines(raw, path.suffix == ".gz"):
                    self.bytes_read = raw.tell()
                    recorded = self._recorded(index, line)
                    if recorded is not None:
                        yield recorded
                    index += 1

    def _lines(self, raw: IO[bytes], packed: bool) -> Iterator[bytes]:
        """Every line that is not blank; a broken archive is counted and ends the file."""
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        try:
            while line := stream.readline(LINE_CAP):
                if len(line) >= LINE_CAP and not line.endswith(b"\n"):
                    while (rest := stream.readline(LINE_CAP)) and not rest.endswith(b"\n"):
                        pass
                    yield TOO_LONG
                elif line.strip():
                    yield line
        except (OSError, EOFError, zlib.error):
            self.bad["the archive is damaged or cut"] += 1

    def _recorded(self, index: int, line: bytes) -> Recorded | None:
        try:
            row = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            self.bad[_reason(fault)] += 1
            return None
        t = row.t
        if not -62_000_000_000 < t < 250_000_000_000:
            self.bad["`t` is out of range"] += 1
            return None
        latest = self._latest.get(row.room, t)
        if t < latest:
            self.stepped_back += 1
        self._latest[row.room] = t = max(t, latest)
        message = _message(index, row, t)
        if row.id is not None and self._is_repeated(message):
            self.repeated += 1
            return None
        return Recorded(index, message)

    def _is_repeated(self, message: Message) -> bool:
        seen = self._ids.setdefault(message.room, OrderedDict())
        repeated = message.id in seen
        seen[message.id] = None
        if len(seen) > IDS_KEPT:
            seen.popitem(last=False)
        return repeated


def _message(index: int, row: _Row, at_s: float) -> Message:
    names = [*(row.roles or ()), *([row.role] if row.role else ())]
    roles = Role.VIEWER
    for name in names:
        roles |= ROLES.get(name.casefold(), Role.VIEWER)
    sender = Sender(row.user, row.name or row.user or "", roles)
    identity = str(row.id) if row.id is not None else f"line-{index}"
    return Message(room_key(row.platform, row.room), identity, sender, row.text, at_s)


def _reason(fault: Exception) -> str:
    """What is wrong with a line, without its content."""
    text = str(fault)
    if isinstance(fault, msgspec.ValidationError):
        return text
    return "no JSON" if isinstance(fault, msgspec.DecodeError) else "no UTF-8"
