"""One room's judging: a line is heard, then judged. What `run`, `replay`, the scorecard and the test box all go through.

`Judging.hear` folds and remembers a line; `Judging.judge` finds its cluster, asks the checks, and answers with the
verdict: the decisions it led to, and how long the overlay waits for it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from cases.checks import Seen
from cases.courtesy import is_courtesy
from cases.crowd import Known, known
from cases.customs import Customs
from cases.nuke import Nukes
from cases.policy import Decision, RoomPolicy, hold, judge
from cases.room_memory import Line, RoomMemory
from cases.sentence import Severity
from cases.shield import Shield
from ratelimit.cluster import SHORTEST, Cluster, ClusterIndex
from ratelimit.echoes import Echo, Echoes, worth_asking
from ratelimit.fold import fold
from ratelimit.laughter import emotion
from ratelimit.limits import Usage
from streams.events import Message

SHORT_WORD = 32
"""The longest argument of a `!word` that is taken for somebody's bot command or a vote."""
UNACQUAINTED = 0.5
"""A room in which more of the lines than this come from people never seen before cannot tell who is a stranger."""


class Verdict(NamedTuple):
    """What was judged of a line. ``decisions`` may be about earlier lines too, or about those alone.

    ``hold`` is how long the overlay waits before it shows the line, None when the line itself is kept off.
    """

    decisions: list[Decision]
    hold: timedelta | None


class Judging:
    """Judges the lines of one room. ``names`` begins the names of its clusters, so that a wave after a restart is not
    taken for one before it. ``echoes`` is what the installation's rooms have in common, None: each stands for itself."""

    def __init__(self, memory: RoomMemory, *, names: str = "", echoes: Echoes | None = None) -> None:
        self.memory = memory
        self._names = names
        self._echoes = echoes
        self._clusters = ClusterIndex()
        self.shield = Shield()
        self.nukes = Nukes()
        self.customs = Customs()

    def hear(self, message: Message, at_s: float) -> Line:
        """Remember a line that arrived at ``at_s`` (Unix seconds; the room's clock never steps back)."""
        return self.memory.add(message, fold(message.text), self.memory.clamp(at_s))

    def judge(self, line: Line, usage: Usage, policy: RoomPolicy, *, command: bool, late: bool = False) -> Verdict:
        """The verdict on a line just heard. ``command``: it is one of ours, which may be as alike as it likes; ``late``:
        too old for an automatic measure. Marks the lines that decisions are about as judged."""
        return self.decide(self.look(line, usage, policy, command=command), policy, command=command, late=late)

    def look(self, line: Line, usage: Usage, policy: RoomPolicy, *, command: bool = False) -> Seen:
        """A line just heard with everything that checks look at; it is put into its cluster."""
        message, memory = line.message, self.memory
        exempt = memory.is_exempt(message.sender)
        plain = command or is_plain(message) or memory.is_invited(line.folded, line.at_s)
        echo = None
        if not plain and not exempt and len(line.folded) >= SHORTEST:
            cluster = self._clusters.add(line.folded, line.at_s)
            memory.cluster(line, self._names + cluster.id, cluster.size)
            echo = None if self._echoes is None else self._heard_elsewhere(line, cluster, self._echoes)
        sender = memory.sender(message.sender.id) if message.sender.id else None
        return Seen(line, usage, memory, sender, policy.checks.thresholds, plain, exempt, self.customs, echo)

    def _heard_elsewhere(self, line: Line, cluster: Cluster, echoes: Echoes) -> Echo | None:
        """Where else this text was said. None for what any crowd says, for a copy from another room, and where nearly
        everybody is a stranger."""
        sender, is_known = line.message.sender.id, known(line) is Known.WELL
        if sender is None or line.message.mirrored:
            return None
        if not worth_asking(line.folded, newcomer=not is_known, size=cluster.size):
            return None
        if self.customs.mix.share(Known.FRESH) > UNACQUAINTED or line.message.text.lstrip()[:1] in ("!", "！"):
            return None
        if emotion(line.folded) is not None or is_courtesy(line.folded):
            return None
        return echoes.hear(cluster.exemplar, self.memory.room, sender, line.at_s, known=is_known)

    def decide(self, seen: Seen, policy: RoomPolicy, *, command: bool = False, late: bool = False) -> Verdict:
        """The verdict on what was looked at; see `judge`."""
        line, memory = seen.line, self.memory
        nuked = None if late or command else self.nukes.hit(line, memory, can_delete=policy.can_delete)
        decisions = [] if late else [nuked] if nuked else judge(seen, policy)
        if not late:
            decisions += self.shield.keep_off(seen, decisions, policy.shield)
        for decision in decisions:
            memory.mark(decision.line, held=decision.severity is Severity.MINOR)
        if not decisions and not seen.exempt and seen.sender is not None and not line.message.mirrored:
            self.customs.learn(line, seen.usage)
        held = None if line.judged else self.shield.hold(seen, hold(seen, policy), policy.shield)
        return Verdict(decisions, held)


def is_plain(message: Message) -> bool:
    """A canned phrase, or a bare `!word` with at most one short argument: a vote, or another bot's command."""
    if message.canned:
        return True
    if message.text.lstrip()[:1] not in ("!", "！"):
        return False
    words = message.text.split()
    return len(words) <= 2 and len(words[0]) > 1 and all(len(word) <= SHORT_WORD for word in words)
