"""Chat to measure on: recorded logs where there are some, else a crowd made up for the purpose.

A folder holds ``*.jsonl.gz`` (or plain ``*.jsonl``) as `danmod replay` reads them, with a ``session`` where a room was
recorded several times. Of every four sessions one is kept aside (by the CRC-32 of its name): nobody tunes on it or looks at
its texts, so that figures of both parts side by side show whether thresholds were fitted to what was seen.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from bench.scorecard.crowd import evening
from streams.events import Message, Role, Sender, room_key
from streams.replay import ROLES

Part = Literal["tuning", "aside"]
PARTS: tuple[Part, ...] = ("tuning", "aside")
GENERATED = "generated"


class Row(msgspec.Struct):
    """One recorded line."""

    room: str
    text: str
    t: float | None = None
    user: str | None = None
    session: str = ""
    platform: str = "replay"
    role: str = ""
    label: str = ""
    source: str = ""


class Session(NamedTuple):
    """One recording: its lines in the order of their instants."""

    source: str
    name: str
    part: Part
    lines: list[Message]

    @property
    def has_people(self) -> bool:
        """True where the platform told who wrote."""
        return self.lines[len(self.lines) // 2].sender.id is not None


@dataclass(slots=True)
class Chat:
    """Everything to measure on. ``labelled`` are single texts somebody judged by hand, none in a made-up chat."""

    sessions: list[Session]
    labelled: list[Row] = field(default_factory=list)

    @property
    def sources(self) -> list[str]:
        """The sources in the order in which they were read."""
        return list(dict.fromkeys(session.source for session in self.sessions))


def read_chat(folder: Path | None, only: frozenset[str] = frozenset()) -> Chat:
    """The logs of a folder (None: a made-up crowd). ``only``: sources whose name begins with one of these; empty: all.

    Raises FileNotFoundError for a folder without logs, ValueError for a line that is none.
    """
    if folder is None:
        return Chat([_evening(seed) for seed in range(8)])
    paths = sorted([*folder.glob("*.jsonl.gz"), *folder.glob("*.jsonl")])
    if not paths:
        raise FileNotFoundError(f"no *.jsonl.gz in {folder}")
    chat = Chat([])
    for path in paths:
        source = path.name.partition(".")[0]
        if source == "labelled":
            chat.labelled = list(_rows(path))
        elif not only or source.startswith(tuple(only)):
            chat.sessions += _sessions(source, path)
    return chat


def part_of(name: str) -> Part:
    """The part a session (or room, or single text) belongs to."""
    return "aside" if zlib.crc32(name.encode()) % 4 == 0 else "tuning"


def _evening(seed: int) -> Session:
    name = f"evening-{seed}"
    return Session(GENERATED, name, part_of(name), evening(seed, room_key(GENERATED, name)))


def _sessions(source: str, path: Path) -> Iterator[Session]:
    """The sessions of one file that have instants; time that steps back within one is clamped, as in a replay."""
    lines: dict[str, list[Message]] = {}
    for place, row in enumerate(_rows(path)):
        if row.t is None:
            continue
        session = lines.setdefault(row.session or row.room, [])
        at_s = max(row.t, session[-1].sent_s) if session else row.t
        session.append(_message(row, place, at_s))
    for name, session in lines.items():
        yield Session(source, name, part_of(name), session)


def _message(row: Row, place: int, at_s: float) -> Message:
    role = ROLES.get(row.role, Role.VIEWER)
    room = room_key(row.platform, row.session or row.room)
    return Message(room, str(place), Sender(row.user, row.user or "", role), row.text, at_s)


def _rows(path: Path) -> Iterator[Row]:
    """Raises ValueError naming the line that cannot be read."""
    decode = msgspec.json.Decoder(Row).decode
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield decode(line)
            except msgspec.DecodeError as fault:
                raise ValueError(f"{path.name}, line {number}: {fault}") from None
