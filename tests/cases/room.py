"""A room to try checks and the policy in: people speak, real counters count, and each line is judged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from cases.checks import CHECKS, CheckSettings, Finding, Seen, Thresholds
from cases.judging import Judging
from cases.policy import Decision, RoomPolicy, hold
from cases.room_memory import Line, RoomMemory
from cases.siege import ShieldMode, ShieldPolicy
from ratelimit.echoes import Echoes
from ratelimit.fold import fold
from ratelimit.limits import WINDOWS, Hit, Usage, Window
from ratelimit.memory_gauge import MemoryGauge
from streams.events import Message, Role, RoomKey, Sender

ROOM = RoomKey("irc:#talk")
START_S = 1_777_636_800.0


def usage(**counts: int) -> Usage:
    """An answer of the counters, by window name: ``usage(s10=8)``; the rest is 1."""
    return Usage(tuple(counts.get(window.name, 1) for window in WINDOWS))


def counted(window: Window, count: int) -> Usage:
    """An answer in which one window holds so many lines."""
    return usage(**{window.name: count})


def viewer(name: str, roles: Role = Role.VIEWER) -> Sender:
    """A sender whose id is the name in small letters."""
    return Sender(name.lower(), name, roles)


@dataclass
class Room:
    """One room with its clock. Lines are looked at in the way the pipeline does it."""

    memory: RoomMemory = field(default_factory=lambda: RoomMemory(ROOM))
    policy: RoomPolicy = field(default_factory=lambda: RoomPolicy(shield=ShieldPolicy(mode=ShieldMode.OFF)))
    now_s: float = START_S
    gauge: MemoryGauge = field(default_factory=MemoryGauge)
    echoes: Echoes | None = None
    judging: Judging = field(init=False)

    def __post_init__(self) -> None:
        self.judging = Judging(self.memory, echoes=self.echoes)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now_s += seconds

    def see(self, sender: Sender | str, text: str, *, plain: bool = False, mirrored: bool = False) -> Seen:
        """A line arrives and is counted, not judged."""
        who = viewer(sender) if isinstance(sender, str) else sender
        counts = self.count(who)
        number = self.memory.lines[-1].number + 1 if self.memory.lines else 1
        message = Message(ROOM, f"m{number}", who, text, self.now_s, mirrored=mirrored)
        return self.judging.look(self.judging.hear(message, self.now_s), counts, self.policy, command=plain)

    def count(self, who: Sender) -> Usage:
        """One more line in the counters."""
        (answer,) = self.gauge.count_now([Hit(ROOM, who.id, int(self.now_s * 1000))])
        return answer

    def judge(self, seen: Seen) -> list[Decision]:
        """The verdict; judged lines are marked."""
        return self.judging.decide(seen, self.policy).decisions

    def say(self, sender: Sender | str, text: str, *, plain: bool = False, mirrored: bool = False) -> list[Decision]:
        """A line arrives and is judged."""
        return self.judge(self.see(sender, text, plain=plain, mirrored=mirrored))

    def find(self, sender: Sender | str, text: str, *, plain: bool = False) -> list[str]:
        """A line arrives; the names of the checks that find it."""
        seen = self.see(sender, text, plain=plain)
        return [finding.check for check in CHECKS if (finding := check.ask(seen)) is not None]

    def hold_s(self, seen: Seen) -> float:
        """How long the overlay waits for it."""
        return hold(seen, self.policy).total_seconds()

    def settle(self, people: int = 30, lines: int = 5, gap_s: float = 5.0) -> None:
        """People talk for a while, so that they are known here."""
        for turn in range(lines):
            for number in range(people):
                self.say(f"Regular{number}", remark(turn * people + number))
                self.wait(gap_s)

    def change(self, **thresholds: object) -> None:
        """Other thresholds."""
        checks = self.policy.checks
        new = replace(checks.thresholds, **thresholds)  # type: ignore[arg-type]  # as given
        self.policy = replace(self.policy, checks=CheckSettings(new, checks.modes))


TALK = (
    "what a jump that was",
    "I missed the boss, how many tries",
    "this map is my favourite",
    "hello from Lisbon tonight",
    "his aim got better since March",
    "anyone know this song",
    "the soundtrack slaps honestly",
    "wait for the second door",
    "my cat sits on the keyboard",
    "good evening everybody here",
)
SAYINGS = (
    (
        "the jump",
        "that boss",
        "this map",
        "his aim",
        "her song",
        "the second door",
        "my cat",
        "tonight's run",
        "our team",
    ),
    (
        "surprised",
        "bothers",
        "reminds",
        "saves",
        "delights",
        "confuses",
        "beats",
        "slows down",
        "calms",
        "wakes",
        "tires",
    ),
    (
        "nobody here",
        "me every time",
        "the whole village",
        "my sister in Lisbon",
        "an honest player",
        "anyone with ears",
    ),
    ("", "since March", "on a Tuesday", "for no reason", "without a map", "before tea", "like last year"),
)


def remark(number: int) -> str:
    """One of some thousand things people say, each time quite another one."""
    return " ".join(
        words[number * step % len(words)] for words, step in zip(SAYINGS, (1, 5, 7, 3), strict=True)
    ).strip()


def line(memory: RoomMemory, sender: Sender, text: str, at_s: float = START_S, id: str = "") -> Line:
    """One line straight into a memory."""
    number = memory.lines[-1].number + 1 if memory.lines else 1
    return memory.add(Message(memory.room, id or f"m{number}", sender, text, at_s), fold(text), memory.clamp(at_s))


def words(found: list[Finding]) -> list[str]:
    """The checks' names."""
    return [finding.check for finding in found]


THRESHOLDS = Thresholds()
SECOND = timedelta(seconds=1)
