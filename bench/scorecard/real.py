"""The logs as they are through the judging: what is hit there is looked at as hit for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from bench.scorecard.engine import Fate, Room
from bench.scorecard.logs import PARTS, Chat, Part, Session
from cases.policy import RoomPolicy
from streams.events import Message

SLICE = 6_000
"""Lines taken from one session in one piece; more where the sessions are too few for what is wanted."""


@dataclass(slots=True)
class Toll:
    """What one part of one source paid. ``muted`` and ``banned`` count senders, ``checks`` the hidden lines by check."""

    source: str
    part: Part
    lines: int = 0
    hidden: int = 0
    muted: int = 0
    banned: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    hit: list[Fate] = field(default_factory=list)

    def add(self, fates: list[Fate]) -> None:
        """Count the fates of one room."""
        self.lines += len(fates)
        hit = [fate for fate in fates if fate.hidden]
        self.hidden += len(hit)
        self.hit += hit
        self.muted += len({fate.message.sender.id for fate in hit if fate.muted})
        self.banned += len({fate.message.sender.id for fate in hit if fate.banned})
        for fate in hit:
            self.checks.update(set(fate.checks))

    def per_10_000(self, count: int) -> float:
        """A count as a rate."""
        return 10_000 * count / self.lines if self.lines else 0.0


def tolls(chat: Chat, policy: RoomPolicy, limit: int | None) -> Iterator[Toll]:
    """Every part of every source. ``limit``: about so many lines of a source, pieces of sessions drawn by a fixed
    chance, half of them from the part kept aside; None: everything."""
    for source in chat.sources:
        for part in PARTS:
            sessions = [each for each in chat.sessions if each.source == source and each.part == part]
            if sessions:
                toll = Toll(source, part)
                for piece in _pieces(sessions, limit and limit // 2):
                    room = Room(piece[0].room, policy)
                    toll.add([room.hear(message) for message in piece])
                yield toll


def _pieces(sessions: list[Session], limit: int | None) -> Iterator[list[Message]]:
    if limit is None:
        yield from (session.lines for session in sessions)
        return
    chance, left = Random(7), limit
    most = max(SLICE, -(-limit // len(sessions)))
    for session in chance.sample(sessions, len(sessions)):
        size = min(left, most, len(session.lines))
        begin = chance.randint(0, len(session.lines) - size)
        if size:
            yield session.lines[begin : begin + size]
        left -= size
