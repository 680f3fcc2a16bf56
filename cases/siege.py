"""Is the room under attack? Signs are counted, and the answer is a cause in words, or none. Pure; bounded in every part.

Four signs: several waves, several newcomers flooding, many lines of newcomers kept off, and a tempo far above the room's
own while nearly everybody who writes is new. Half of a sign is enough to say that an attack goes on (hysteresis).
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from cases.signals import Signals

SIGNS_KEPT = 400
"""So many of the latest faults are looked at."""
BUCKET_S = 10.0
"""The tempo is counted in portions of so long …"""
SETTLED_BUCKETS = 12
"""… and the room's own is known after two minutes of them."""
FORGETS = 1 / 30
"""The weight of the latest portion in the room's own tempo: it follows within five minutes."""
GAP_BUCKETS = 60
NEW_S = 60.0
"""Who wrote here first within the last minute is new to the tempo."""


class ShieldMode(enum.StrEnum):
    """Who may raise the shield."""

    AUTO = "auto"
    """The program, at the signs of an attack, and people."""
    COMMAND = "command"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ShieldPolicy:
    """When the shield rises and falls, and what it does. ``platform``: the room's own mode on the platform is set too.

    ``hold`` is how long newcomers' lines wait. ``waves``, ``floods`` (by newcomers), ``held`` (newcomers' lines kept off)
    count within ``span``; ``tempo`` is a multiple of the room's own, with at least ``tempo_lines`` in ten seconds of which a
    share of ``tempo_new`` is by people who are new. It falls after ``quiet`` without a sign, and after ``longest`` at the
    latest; lowered by a person it stays down for ``rest``.
    """

    mode: ShieldMode = ShieldMode.AUTO
    platform: bool = False
    hold: timedelta = timedelta(seconds=15)
    span: timedelta = timedelta(seconds=90)
    waves: int = 2
    floods: int = 5
    held: int = 15
    tempo: float = 6.0
    tempo_lines: int = 40
    tempo_new: float = 0.8
    quiet: timedelta = timedelta(minutes=3)
    longest: timedelta = timedelta(minutes=30)
    rest: timedelta = timedelta(minutes=10)


class Kind(enum.Enum):
    """What a line that was kept off is a sign of."""

    WAVE = "wave"
    FLOOD = "flood"
    HELD = "held"
    """Enough doubt to wait, nobody's fault."""


class _Fault(NamedTuple):
    at_s: float
    episode: str
    sender_id: str
    kind: Kind


class _Signs(NamedTuple):
    """How many waves and floods, and how many people took part."""

    waves: int
    floods: int
    people: int


class Siege:
    """Counts the signs of one room."""

    def __init__(self) -> None:
        self._faults: deque[_Fault] = deque(maxlen=SIGNS_KEPT)
        self._signs: _Signs | None = None  # not counted since the faults changed
        self._bucket = 0
        self._buckets = 0
        self._lines = 0
        self._new = 0
        self._usual = 0.0

    def line(self, at_s: float, first_s: float | None) -> None:
        """A viewer's line; ``first_s`` is when its sender wrote here first, None where nobody knows who it was."""
        bucket = int(at_s // BUCKET_S)
        if bucket != self._bucket:
            self._turn(bucket)
        self._lines += 1
        if first_s is not None and at_s - first_s <= NEW_S:
            self._new += 1

    def fault(self, at_s: float, episode: str, sender_id: str, kind: Kind) -> None:
        """A line of somebody new was kept off, as part of this episode."""
        self._faults.append(_Fault(at_s, episode, sender_id, kind))
        self._signs = None

    def cause(self, at_s: float, policy: ShieldPolicy) -> Signals:
        """Why this is an attack, empty when it is none."""
        sign, signs, within = self.sign(at_s, policy), self._counted(), ("span", f"{policy.span.total_seconds():g}")
        match sign:
            case "shield_waves":
                return (sign, str(signs.waves)), within
            case "shield_floods":
                return (sign, str(signs.floods)), within
            case "shield_held":
                return (sign, str(len(self._faults))), ("shield_people", str(signs.people)), within
        return self.rush(policy)

    def sign(self, at_s: float, policy: ShieldPolicy, share: float = 1.0) -> str:
        """The name of a sign that this is an attack, "" when there is none. ``share`` of each sign is enough."""
        since_s = at_s - policy.span.total_seconds()
        while self._faults and self._faults[0].at_s < since_s:
            self._faults.popleft()
            self._signs = None
        signs = self._signs or self._counted()
        if signs.waves >= share * policy.waves:
            return "shield_waves"
        if signs.floods >= share * policy.floods:
            return "shield_floods"
        if len(self._faults) >= share * policy.held and 3 * signs.people >= share * policy.held:
            return "shield_held"
        return "shield_tempo" if self._rushes(policy, share) else ""

    def _counted(self) -> _Signs:
        if self._signs is None:
            episodes = {(fault.kind, fault.episode) for fault in self._faults}
            waves = sum(1 for kind, _ in episodes if kind is Kind.WAVE)
            floods = sum(1 for kind, _ in episodes if kind is Kind.FLOOD)
            self._signs = _Signs(waves, floods, len({fault.sender_id for fault in self._faults}))
        return self._signs

    def forget(self) -> None:
        """What was counted is over."""
        self._faults.clear()
        self._signs = None

    def rush(self, policy: ShieldPolicy) -> Signals:
        """Whether far more is written than usual, nearly all of it by people who are new; empty when not."""
        if not self._rushes(policy, 1.0):
            return ()  # most lines end here
        times = self._lines / max(1.0, self._usual)
        return ("shield_tempo", f"{times:.0f}"), ("shield_new", f"{self._new} of {self._lines}")

    def _rushes(self, policy: ShieldPolicy, share: float) -> bool:
        if self._lines < share * policy.tempo_lines or self._buckets < SETTLED_BUCKETS:
            return False
        fast = self._lines >= share * policy.tempo * max(1.0, self._usual)
        return fast and self._new >= policy.tempo_new * self._lines

    def _turn(self, bucket: int) -> None:
        """A portion is over. One in which nearly everybody was new says nothing about the room's own tempo."""
        if self._buckets and self._new <= 0.5 * self._lines:
            self._usual += FORGETS * (self._lines - self._usual)
        quiet = min(max(0, bucket - self._bucket - 1), GAP_BUCKETS) if self._buckets else 0
        self._usual *= (1 - FORGETS) ** quiet
        self._buckets += 1 + quiet
        self._bucket, self._lines, self._new = bucket, 0, 0
