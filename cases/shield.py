"""The shield of one room: while it is up newcomers wait longer and may not write alike; people known here chat as always.

It rises by itself at the signs of an attack (`cases.siege`) or by command, and falls when the room has been quiet. Nobody
is muted by it, and nothing it keeps off counts against anybody. Pure: instants are arguments (Unix seconds).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cases.checks import Seen
from cases.policy import Decision
from cases.room_memory import Line, RoomMemory, SenderMemory
from cases.rules import FLOODING
from cases.sentence import Measure, Severity, sentence
from cases.siege import Kind, ShieldMode, ShieldPolicy, Siege
from cases.signals import Signals, told

NAME = "shield"
"""Stands among the checks of what the shield kept off."""
NEWCOMER_S = 120.0
"""Who wrote here first within two minutes before the shield rose, or later, is a newcomer until it falls."""
LATELY_S = 300.0
"""Faults of who has been writing here for longer are no sign of an attack."""
COMMANDED: Signals = (("shield_commanded", ""),)
RECALLED: Signals = (("shield_recalled", ""),)


@dataclass(slots=True)
class Raised:
    """The shield is up. ``sign_s`` is when the attack was last felt, and moves on with it; ``lasting``: it stays until
    ``until_s`` however quiet it is. ``by_people``: somebody raised it, not the signs."""

    since_s: float
    until_s: float
    sign_s: float
    cause: Signals
    lasting: bool = False
    by_people: bool = False


class Shield:
    """Raises and lowers itself. ``raised`` is None while it is down, and ``fell`` says why it last fell."""

    def __init__(self) -> None:
        self.raised: Raised | None = None
        self.fell = ""
        self._siege = Siege()
        self._rest_until_s = 0.0

    # -- up and down ------------------------------------------------------------------------------------------------

    def up(
        self, now_s: float, policy: ShieldPolicy, span: timedelta | None = None, cause: Signals = COMMANDED
    ) -> Raised:
        """Somebody raises it, or lets it go on: for ``span``, None: until the room is quiet."""
        since_s = self.raised.since_s if self.raised else now_s
        until_s = now_s + (span or policy.longest).total_seconds()
        known = self.raised.cause if self.raised else cause
        self.raised = Raised(since_s, until_s, now_s, known, lasting=span is not None, by_people=True)
        return self.raised

    def recall(self, raised: Raised) -> None:
        """It was up before a restart, and goes on."""
        self.raised = raised

    def down(self, now_s: float, policy: ShieldPolicy, why: str = "command") -> None:
        """Somebody lowers it; by itself it does not rise again for a while."""
        if self.raised is not None:
            self._fall(why)
        self._rest_until_s = now_s + policy.rest.total_seconds()

    def look(self, now_s: float, policy: ShieldPolicy) -> None:
        """Lower it when its time is over, or the room has been quiet."""
        raised = self.raised
        if raised is None:
            return
        if now_s >= raised.until_s:
            self._fall("time")
        elif not raised.lasting and now_s - raised.sign_s >= policy.quiet.total_seconds():
            self._fall("quiet")

    def _fall(self, why: str) -> None:
        self.raised, self.fell = None, why
        self._siege.forget()

    # -- lines ------------------------------------------------------------------------------------------------------

    def keep_off(self, seen: Seen, decisions: list[Decision], policy: ShieldPolicy) -> list[Decision]:
        """Look at a line and what was decided about it: the decisions the shield adds. Counts the signs, and rises."""
        at_s = seen.line.at_s
        if self.raised is not None:
            self.look(at_s, policy)
        if policy.mode is ShieldMode.OFF and self.raised is None:
            return []
        if not seen.exempt and not seen.plain and not seen.line.message.mirrored:  # a vote is no rush
            self._siege.line(at_s, seen.sender.first_s if seen.sender else None)
        for decision in decisions:
            self._count(decision, seen.memory, at_s)
        self._feel(at_s, policy, decisions)
        return [] if self.raised is None else self._alike(seen, decisions)

    def hold(self, seen: Seen, held: timedelta, policy: ShieldPolicy) -> timedelta:
        """How long a line waits before it is shown, ``held`` without the shield."""
        raised = self.raised
        if raised is None or seen.exempt or not is_newcomer(seen.sender, raised):
            return held
        return max(held, policy.hold)

    def _feel(self, at_s: float, policy: ShieldPolicy, decisions: list[Decision]) -> None:
        if self.raised is not None:
            if self._siege.sign(at_s, policy, 0.5):
                self.raised.sign_s = at_s
            return
        if policy.mode is not ShieldMode.AUTO or at_s < self._rest_until_s:
            return
        cause = self._siege.cause(at_s, policy) if decisions else self._siege.rush(policy)
        if cause:
            self.raised = Raised(at_s, at_s + policy.longest.total_seconds(), at_s, cause)

    def _count(self, decision: Decision, memory: RoomMemory, at_s: float) -> None:
        """What was decided about somebody new here is a sign; a fault of somebody known is the evening's own."""
        sender_id = decision.line.message.sender.id
        sender = memory.sender(sender_id) if sender_id else None
        if sender_id is None or (sender is not None and at_s - sender.first_s > LATELY_S):
            return
        self._siege.fault(at_s, decision.episode, sender_id, _kind(decision))

    def _alike(self, seen: Seen, decisions: list[Decision]) -> list[Decision]:
        """Any two alike lines of newcomers are kept off, the first one too if nobody saw it yet.

        Only when somebody raised the shield: one that rose by itself makes newcomers wait, so that the checks can look,
        and keeps nothing off on its own word. In a room just joined nearly everybody is a newcomer, and cheers alike.
        """
        raised, line = self.raised, seen.line
        if raised is None or not raised.by_people or line.cluster is None or seen.plain or seen.exempt:
            return []
        if len(line.folded) < seen.thresholds.wave_length or line.message.mirrored:
            return []
        decided = {id(decision.line) for decision in decisions}
        if seen.sender is None or line.judged or id(line) in decided or not is_newcomer(seen.sender, raised):
            return []
        crowd = seen.memory.cluster_lines(line.cluster, raised.since_s - NEWCOMER_S)
        alike = [one for one in crowd if is_newcomer(seen.memory.sender(one.message.sender.id or ""), raised)]
        if len(alike) < 2:
            return []
        fact = told((("alike_newcomers", str(len(alike))),))
        return [_kept_off(one, fact) for one in alike if not one.judged and id(one) not in decided]


def is_newcomer(sender: SenderMemory | None, raised: Raised) -> bool:
    """True for who wrote here first shortly before the shield rose or later, and for whom the platform hides."""
    return sender is None or sender.first_s > raised.since_s - NEWCOMER_S


def _kind(decision: Decision) -> Kind:
    if decision.episode.startswith("wave:"):
        return Kind.WAVE
    harsh = decision.severity is not Severity.MINOR or Measure.REMIND in decision.sentence.measures
    return Kind.FLOOD if harsh else Kind.HELD


def _kept_off(line: Line, fact: str) -> Decision:
    hide = sentence(Measure.HIDE)
    episode = f"{NAME}:{line.cluster}"
    return Decision(line, episode, hide, Severity.MINOR, FLOODING, (NAME,), (fact,), line.cluster, quiet=True)
