"""One room judged as `run` judges it, without storage: line after line in, the fate of every line out."""

from __future__ import annotations

from dataclasses import dataclass

from cases.judging import Judging
from cases.policy import Decision, RoomPolicy
from cases.room_memory import LINES_KEPT, RoomMemory
from cases.sentence import Measure
from commands import permissions
from commands.parse import parse
from ratelimit.limits import Hit
from ratelimit.memory_gauge import MemoryGauge
from streams.events import Message, RoomKey


@dataclass(slots=True)
class Fate:
    """What became of one line. Instants are Unix seconds.

    ``hold_s``: how long the overlay waits before it shows the line, None when it was kept off at once. ``taken_s``: when a
    decision, at once or later, first took it off; None: never. ``checks`` are those of its decisions.
    """

    message: Message
    at_s: float
    hold_s: float | None = None
    taken_s: float | None = None
    muted: bool = False
    banned: bool = False
    checks: tuple[str, ...] = ()

    def shown(self, hold_s: float | None = None) -> bool:
        """True when the overlay showed the line: its hold ran out before anything took it off. ``hold_s``: had the
        overlay waited exactly so long for every line."""
        waits_s = self.hold_s if hold_s is None else hold_s
        if self.taken_s is None:
            return True
        return waits_s is not None and self.taken_s - self.at_s > waits_s

    @property
    def hidden(self) -> bool:
        """True when a decision took it off, however late."""
        return self.taken_s is not None


class Room:
    """One room in `enforce`. Time is that of the lines."""

    def __init__(self, key: RoomKey, policy: RoomPolicy) -> None:
        self._policy = policy
        self._memory = RoomMemory(key)
        self._judging = Judging(self._memory)
        self._gauge = MemoryGauge()
        self._fates: dict[int, Fate] = {}

    def hear(self, message: Message) -> Fate:
        """Judge one line. Its fate may change for as long as the room remembers it."""
        memory = self._memory
        line = self._judging.hear(message, message.sent_s)
        usage = self._gauge.count_now([Hit(message.room, message.sender.id, int(message.sent_s * 1000))])[0]
        command = parse(message.text) is not None and permissions.is_heard(message, memory)
        verdict = self._judging.judge(line, usage, self._policy, command=command)
        fate = self._fates[line.number] = Fate(message, line.at_s)
        fate.hold_s = None if verdict.hold is None else verdict.hold.total_seconds()
        for decision in verdict.decisions:
            self._note(decision, line.at_s)
        if len(self._fates) > 2 * LINES_KEPT:
            self._fates = {number: each for number, each in self._fates.items() if number >= memory.lines[0].number}
        return fate

    def _note(self, decision: Decision, now_s: float) -> None:
        fate = self._fates.get(decision.line.number)
        if fate is None:
            return
        if fate.taken_s is None and Measure.HIDE in decision.sentence.measures:
            fate.taken_s = now_s
        fate.muted |= decision.sentence.mute is not None
        fate.banned |= Measure.BAN in decision.sentence.measures
        fate.checks += decision.checks
