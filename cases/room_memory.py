"""What one room remembers: recent lines, who wrote them, roles, who is muted. Pure; hop 4 updates it, everybody reads it.

Bounded: lines of the last 10 minutes, at most 500; the latest 10,000 senders who wrote in that time, plus up to 20,000
known by their id alone, so that "first line ever seen here" can be answered. Instants are Unix seconds.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

import msgspec

from cases.history import ActionOrdered, Changes, MeasureEnded, MeasureLapsed, MeasureRevoked, OutcomeRecorded
from cases.model import ActionKind, MeasureStatus
from cases.permits import Permits
from cases.trials import Trials
from streams.events import Message, Role, RoomKey, Sender

LINES_KEPT = 500
SPAN_KEPT = timedelta(minutes=10)
SPAN_KEPT_S = SPAN_KEPT.total_seconds()
SENDERS_KEPT = 10_000
ACQUAINTANCES_KEPT = 20_000
WELL_ACQUAINTED = 200
"""So many ordinary lines of somebody are counted beyond ten minutes of silence, and no more."""
STRUCK_KEPT = 20_000
"""Counted faults are remembered of so many senders; the store keeps them all."""
MUTES_SWEPT = 1_000
"""Mutes that ended without another word of their senders are looked for once so many more are known."""
RECENT_KEPT = 16
RECENT_SPAN_S = 60.0
"""So many lines of one sender, and so old, are kept apart, to see what is repeated."""
CROWDS_SWEPT = 32
"""Clusters that went quiet are looked for once about so many more are known."""
CLUSTER_LINES_KEPT = 200
SHORT_IDS = 36**3


class Line(msgspec.Struct, gc=False):
    """One remembered line. ``number`` counts the room's lines since the start; ``judged`` is True once measures hit it.

    ``held``: it was only kept off, as long as nothing graver is known. ``earlier`` is how many ordinary lines its sender had
    said here before, those that measures hit not counted.
    """

    message: Message
    folded: str
    at_s: float
    number: int
    cluster: str | None = None
    judged: bool = False
    held: bool = False
    earlier: int = 0

    @property
    def short_id(self) -> str:
        """What a viewer may type for it: ``#k3f``."""
        return _base36(self.number % SHORT_IDS)


@dataclass(slots=True)
class SenderMemory:
    """What is remembered of one sender. ``lines`` counts since the start, ``hit`` those of them that measures hit;
    ``flood_since_s`` marks a first, minor finding."""

    sender: Sender
    first_s: float
    last_s: float
    lines: int = 0
    hit: int = 0
    recent: list[Line] = field(default_factory=list)
    flood_since_s: float | None = None
    flood_lines: int = 0
    flood_last_s: float = 0.0

    @property
    def established(self) -> bool:
        """True for somebody who has spoken here before this moment's first line."""
        return self.lines > 1


class _Strike(NamedTuple):
    at_s: float
    code: str
    """The case it was counted in, "" while that is being written."""


class _Mute(NamedTuple):
    action_id: str
    until_s: float | None
    episode: str

    def outlasts(self, until_s: float | None) -> bool:
        """True when this mute ends more than a millisecond after ``until_s``."""
        if self.until_s is None:
            return until_s is not None
        return until_s is not None and self.until_s > until_s + 0.001


class RoomMemory:
    """The memory of one room."""

    def __init__(self, room: RoomKey) -> None:
        self.room = room
        self.lines: deque[Line] = deque()
        self.started_s: float | None = None
        self.live_since_s: float | None = None
        """Since when the room is on air, as its platform told; None: it is not, or nobody knows."""
        self.now_s = 0.0
        self.trials = Trials()
        self.permits = Permits()
        self._senders: OrderedDict[str, SenderMemory] = OrderedDict()
        self._acquainted: OrderedDict[str, int] = OrderedDict()
        self._muted: dict[str, _Mute] = {}
        self._roles: dict[str, Role] = {}
        self._mutes_bound = MUTES_SWEPT
        self._strikes: OrderedDict[str, list[_Strike]] = OrderedDict()
        self._invited: OrderedDict[str, float] = OrderedDict()
        self._crowds: dict[str, list[Line]] = {}
        self._crowds_bound = CROWDS_SWEPT
        self._number = 0

    # -- lines and senders ------------------------------------------------------------------------------------------

    def clamp(self, at_s: float) -> float:
        """The room's own clock: never steps back."""
        self.now_s = max(self.now_s, at_s)
        if self.started_s is None:
            self.started_s = self.now_s
        return self.now_s

    def add(self, message: Message, folded: str, at_s: float) -> Line:
        """Remember a line at ``at_s`` (clamped by the caller) and forget what is too old."""
        self._number += 1
        line = Line(message, folded, at_s, self._number)
        self.lines.append(line)
        if message.sender.id is not None:
            self._remember(message.sender, line, at_s)
        self._forget(at_s)
        return line

    def cluster(self, line: Line, name: str, size: int = 2) -> None:
        """Note that this line belongs to the cluster of this name; ``size`` 1: it is the first one of it."""
        line.cluster = name
        if size < 2:
            return  # most clusters stay alone: nothing is kept of them
        crowd = self._crowds.get(name)
        if crowd is None:
            self._crowds[name] = [known for known in self.lines if known.cluster == name]
            self._forget_crowds()
            return
        crowd.append(line)
        del crowd[:-CLUSTER_LINES_KEPT]

    def _forget_crowds(self) -> None:
        """Keep the clusters whose latest line is still remembered; looked at when twice as many are kept as last time."""
        if len(self._crowds) > self._crowds_bound:
            oldest = self.lines[0].number
            self._crowds = {name: crowd for name, crowd in self._crowds.items() if crowd[-1].number >= oldest}
            self._crowds_bound = 2 * len(self._crowds) + CROWDS_SWEPT

    def is_crowd(self, name: str) -> bool:
        """True for a cluster of two lines or more."""
        return name in self._crowds

    def cluster_lines(self, name: str, since_s: float) -> list[Line]:
        """The lines of a cluster of two or more from this instant on, oldest first; none of a cluster of one."""
        crowd = self._crowds.get(name)
        return [] if crowd is None else [line for line in crowd if line.at_s >= since_s]

    def cluster_begin(self, name: str) -> Line | None:
        """The oldest line remembered of a cluster of two or more; None of a cluster of one."""
        crowd = self._crowds.get(name)
        return crowd[0] if crowd else None

    def mark(self, line: Line, *, held: bool = False) -> None:
        """A measure hit this line: it no longer counts among its sender's ordinary ones. ``held``: it was only kept off."""
        line.held = held
        if not line.judged:
            line.judged = True
            if (memory := self._senders.get(line.message.sender.id or "")) is not None:
                memory.hit += 1

    def _remember(self, sender: Sender, line: Line, at_s: float) -> None:
        assert sender.id is not None
        memory = self._senders.get(sender.id)
        if memory is None:
            memory = self._senders[sender.id] = SenderMemory(sender, at_s, at_s)
            memory.lines = self._acquainted.get(sender.id, 0)
        if memory.sender == sender:  # one object for all the lines of a sender weighs a third less
            line.message = msgspec.structs.replace(line.message, sender=memory.sender)
        memory.sender = line.message.sender
        line.earlier = memory.lines - memory.hit
        memory.last_s = at_s
        memory.lines += 1
        recent = memory.recent
        while recent and (len(recent) >= RECENT_KEPT or recent[0].at_s < at_s - RECENT_SPAN_S):
            del recent[0]
        recent.append(line)
        self._senders.move_to_end(sender.id)

    def _forget(self, at_s: float) -> None:
        oldest_s, lines, senders = at_s - SPAN_KEPT_S, self.lines, self._senders
        while lines and (len(lines) > LINES_KEPT or lines[0].at_s < oldest_s):
            lines.popleft()
        while senders:
            longest_silent = next(iter(senders))
            if senders[longest_silent].last_s >= oldest_s and len(senders) <= SENDERS_KEPT:
                break
            gone = senders.pop(longest_silent)
            self._acquaint(longest_silent, min(gone.lines - gone.hit, WELL_ACQUAINTED))

    def _acquaint(self, sender_id: str, ordinary: int) -> None:
        """Keep how many ordinary lines somebody said who went silent; nothing of somebody who said none."""
        if ordinary <= 0:
            self._acquainted.pop(sender_id, None)
            return
        self._acquainted[sender_id] = ordinary
        self._acquainted.move_to_end(sender_id)
        if len(self._acquainted) > ACQUAINTANCES_KEPT:
            self._acquainted.popitem(last=False)

    def sender(self, sender_id: str) -> SenderMemory | None:
        """What is remembered of the sender with this id."""
        return self._senders.get(sender_id)

    def senders(self) -> Iterator[SenderMemory]:
        """Everybody who spoke lately, latest last."""
        return iter(self._senders.values())

    def named(self, name: str) -> list[SenderMemory]:
        """Everybody who spoke lately under this name, without regard to case; latest last."""
        wanted = name.casefold()
        return [memory for memory in self._senders.values() if memory.sender.name.casefold() == wanted]

    def line(self, message_id: str) -> Line | None:
        """The remembered line with the platform's id or our short id, None when it is too old or unknown."""
        short = message_id.casefold()
        by_short = None
        for line in reversed(self.lines):
            if line.message.id == message_id:
                return line
            if by_short is None and line.short_id == short:
                by_short = line
        return by_short

    def last_line(self, *, before: Line | None = None) -> Line | None:
        """The latest line of a viewer who is no staff and not us, None when there is none; for ``last``."""
        for line in reversed(self.lines):
            if line is not before and line.message.sender.id and not self.is_exempt(line.message.sender):
                return line
        return None

    def before(self, line: Line, count: int) -> list[Line]:
        """Up to ``count`` lines that came before this one, oldest first."""
        earlier = [known for known in self.lines if known.number < line.number]
        return earlier[-count:]

    def since(self, number: int, count: int) -> list[Line]:
        """Up to ``count`` lines that came after the line of this number."""
        return [known for known in self.lines if known.number > number][:count]

    def since_s(self, at_s: float) -> list[Line]:
        """The lines from this instant on, oldest first."""
        found: list[Line] = []
        for line in reversed(self.lines):
            if line.at_s < at_s:
                break
            found.append(line)
        return found[::-1]

    # -- roles ------------------------------------------------------------------------------------------------------

    def set_roles(self, sender_id: str, roles: Role) -> None:
        """The platform told a sender's roles apart from a line."""
        if roles == Role.VIEWER:
            self._roles.pop(sender_id, None)
        else:
            self._roles[sender_id] = roles

    def roles(self, sender: Sender) -> Role:
        """A sender's roles: what the line carries together with what the platform told apart."""
        told = self._roles.get(sender.id or "")
        return sender.roles if told is None else sender.roles | told

    def is_exempt(self, sender: Sender) -> bool:
        """True for staff, bots and ourselves: counted, never judged."""
        return sender.roles is not Role.VIEWER or (sender.id or "") in self._roles  # a flag without bits is one object

    def rename(self, old_id: str, new: Sender) -> None:
        """A sender goes on under another id: everything known follows. Of what the id stood for before, mutes and
        strikes stay, roles do not."""
        if new.id is None:
            return
        if new.id == old_id:  # an account that changed its name: commands find it under the new one at once
            if (known := self._senders.get(old_id)) is not None:
                known.sender = new
            return
        if (memory := self._senders.pop(old_id, None)) is not None:
            memory.sender = new
            self._senders[new.id] = memory
        self.permits.rename(old_id, new.id)
        if (mute := self._muted.pop(old_id, None)) is not None:
            self.mute(new.id, mute.action_id, mute.until_s, mute.episode)
        self.set_roles(new.id, self._roles.pop(old_id, Role.VIEWER))
        for strike in self._strikes.pop(old_id, ()):
            self.strike(new.id, strike.at_s, strike.code)

    # -- mutes ------------------------------------------------------------------------------------------------------

    def mute(self, sender_id: str, action_id: str, until_s: float | None, episode: str = "") -> None:
        """From now on the sender's lines stay off; ``until_s`` None until lifted. A longer mute is never shortened.

        ``action_id`` is empty while the case is being written; ``episode`` is the one the muted lines belong to.
        """
        known = self._muted.get(sender_id)
        if known is not None and known.outlasts(until_s):
            return
        if known is not None and known.until_s is not None and until_s is not None and until_s - known.until_s < 0.001:
            until_s = known.until_s  # the same mute, now with its case: not a microsecond longer
        self._muted[sender_id] = _Mute(action_id, until_s, episode or f"muted:{sender_id}")
        if len(self._muted) > self._mutes_bound:
            self._sweep_mutes()

    def _sweep_mutes(self) -> None:
        self._muted = {
            sender_id: mute
            for sender_id, mute in self._muted.items()
            if mute.until_s is None or mute.until_s > self.now_s
        }
        self._mutes_bound = len(self._muted) + MUTES_SWEPT

    def unmute(self, sender_id: str) -> None:
        """The sender may speak again."""
        self._muted.pop(sender_id, None)

    def is_muted(self, sender_id: str | None, at_s: float) -> bool:
        """True while a mute or ban of ours runs."""
        if sender_id is None or sender_id not in self._muted:
            return False
        until_s = self._muted[sender_id].until_s
        if until_s is not None and until_s <= at_s:
            del self._muted[sender_id]
            return False
        return True

    def muted_episode(self, sender_id: str) -> str:
        """The episode for which a muted sender is muted."""
        return self._muted[sender_id].episode

    def absorb(self, changes: Changes, episode: str, *, strikes: bool) -> None:
        """Take over what a committed change means for the lines to come: mutes begin, end, are revoked.

        ``episode`` is that of the changed case. ``strikes`` False: they were counted when the lines were judged.
        """
        for strike in changes.strikes:
            self._attribute(strike.sender_id, strike.at.timestamp(), changes.code, new=strikes)
        for sender_id in changes.strikes_cleared:
            self.clear_strikes(sender_id, changes.code)
        for entry in changes.entries:
            match entry:
                case ActionOrdered(action=action) if action.kind in (ActionKind.MUTE, ActionKind.BAN):
                    self.mute(action.respondent, action.id, action.until.timestamp() if action.until else None, episode)
                case MeasureRevoked() | MeasureEnded() | MeasureLapsed():
                    self._lift(entry.action_id)
                case OutcomeRecorded(action_id=action_id, status=MeasureStatus.DRIFTED):
                    self._lift(action_id)  # somebody lifted it on the platform: what a person did there counts
                case _:
                    pass

    def _lift(self, action_id: str) -> None:
        for sender_id, mute in list(self._muted.items()):
            if mute.action_id == action_id:
                del self._muted[sender_id]

    # -- strikes and invited phrases --------------------------------------------------------------------------------

    def strike(self, sender_id: str, at_s: float, code: str = "") -> None:
        """A counted fault of a sender (also restored from the store at the start). ``code``: its case, "" unknown yet."""
        self._strikes.setdefault(sender_id, []).append(_Strike(at_s, code))
        self._strikes.move_to_end(sender_id)
        if len(self._strikes) > STRUCK_KEPT:
            self._strikes.popitem(last=False)

    def _attribute(self, sender_id: str, at_s: float, code: str, *, new: bool) -> None:
        """A committed strike: a new one, or the case of one that was counted when the lines were judged."""
        if new:
            self.strike(sender_id, at_s, code)
            return
        known = self._strikes.get(sender_id, [])
        for place, strike in enumerate(known):
            if not strike.code and abs(strike.at_s - at_s) < 0.001:
                known[place] = _Strike(strike.at_s, code)
                return

    def strikes(self, sender_id: str) -> tuple[float, ...]:
        """The instants of a sender's counted faults, oldest first; which still count is the ladder's business."""
        return tuple(sorted(strike.at_s for strike in self._strikes.get(sender_id, ())))

    def clear_strikes(self, sender_id: str, code: str = "") -> None:
        """An overturned decision: its case's faults no longer count, nor do those whose case is not known. Without a
        ``code`` all of the sender's."""
        kept = [strike for strike in self._strikes.pop(sender_id, ()) if code and strike.code not in ("", code)]
        if kept:
            self._strikes[sender_id] = kept
        if (memory := self._senders.get(sender_id)) is not None:
            memory.flood_since_s = None
            memory.flood_lines = 0

    def invite(self, folded: str, at_s: float) -> None:
        """The platform asks viewers to type this: not a wave for the next ten minutes."""
        self._invited[folded] = at_s
        if len(self._invited) > 50:
            self._invited.popitem(last=False)

    def is_invited(self, folded: str, at_s: float) -> bool:
        """True when the platform asked for this text lately."""
        at = self._invited.get(folded)
        return at is not None and at_s - at <= SPAN_KEPT.total_seconds()


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
        if not number:
            return text
