"""The rooms that are watched: their memory, their policy, and how well they are seen.

A room that sees nothing for a minute, or only senders the platform hides, is *blind*: not moderated, and it says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from cases.judging import Judging
from cases.model import Mode
from cases.policy import RoomPolicy
from cases.room_memory import RoomMemory
from ratelimit.echoes import Echoes
from streams.events import FeedChanged, FeedState, Message, RoomKey
from streams.platform import Capabilities

BLIND_AFTER_S = 60.0
ON_AIR_S = 600.0
"""A room that said something in the last ten minutes is on air."""
MASKED_LINES = 20
"""A room whose last so many lines were all by hidden senders is blind."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Evidence to be taken once twenty lines have followed, or at ``due_s``."""

    episode: str
    respondent: str | None
    after_number: int
    due_s: float


@dataclass(slots=True)
class WatchedRoom:
    """One room and everything the engine keeps for it."""

    key: RoomKey
    mode: Mode
    policy: RoomPolicy
    language: str
    capabilities: Callable[[], Capabilities]
    run_id: str = ""
    """Begins the names of clusters, so that a wave after a restart is not taken for one before it."""
    state: FeedState = FeedState.CONNECTING
    reason: str = "not connected yet"
    state_since_s: float = 0.0
    last_event_s: float | None = None
    least_lag_s: float | None = None
    masked: deque[bool] = field(default_factory=lambda: deque(maxlen=MASKED_LINES))
    episodes: dict[str, float] = field(default_factory=dict)
    aftermaths: list[Aftermath] = field(default_factory=list)
    staff: set[str] = field(default_factory=set)
    link_warning: bool = False
    """The room is told not to open links of strangers after a wave of them."""
    lost: str = ""
    """What danmod could do here and no longer can, in a sentence; "" while nothing is lost."""
    echoes: Echoes | None = None
    """What the installation's rooms have in common; None: this room stands for itself."""
    memory: RoomMemory = field(init=False)
    judging: Judging = field(init=False)

    def __post_init__(self) -> None:
        self.memory = RoomMemory(self.key)
        self.judging = Judging(self.memory, names=self.run_id, echoes=self.echoes)

    @property
    def dry_run(self) -> bool:
        """True while cases are only written, never enforced."""
        return self.mode is Mode.DRY_RUN

    def refresh(self) -> None:
        """Take over what the platform can delete right now; asked once a batch."""
        can_delete = self.capabilities().delete
        if self.policy.can_delete != can_delete:
            self.policy = replace(self.policy, can_delete=can_delete)

    def feed_changed(self, change: FeedChanged) -> None:
        """The feed told how it is."""
        if change.state is not self.state:
            self.state_since_s = change.at_s
        self.state, self.reason = change.state, change.reason
        self.last_event_s = change.at_s

    def saw(self, message: Message, at_s: float) -> None:
        """A line arrived: the room is seen, or only hidden senders are."""
        self.last_event_s = at_s
        self.masked.append(message.sender.id is None)

    def is_late(self, message: Message, now_s: float, most_s: float) -> bool:
        """True for a line that took ``most_s`` longer from its sender to us than the quickest line of this room.

        A platform whose clock is wrong for every line (or a recording played again) is not late, only off. A line from
        the future has no lag: else one of them would make every later line late.
        """
        lag_s = max(0.0, now_s - message.sent_s)
        if self.least_lag_s is None or lag_s < self.least_lag_s:
            self.least_lag_s = lag_s
        return lag_s - self.least_lag_s > most_s

    def is_on_air(self, now_s: float) -> bool:
        """True while the room talks: then people look at its reports sooner."""
        lines = self.memory.lines
        return bool(lines) and now_s - lines[-1].at_s <= ON_AIR_S

    def seen_as(self, now_s: float) -> tuple[FeedState, str]:
        """How the room is seen now, with a sentence for the operator when it is not well."""
        if len(self.masked) == MASKED_LINES and all(self.masked):
            return FeedState.BLIND, "the platform hides who writes: log in with an account to moderate"
        if self.state is FeedState.CONNECTING and now_s - self.state_since_s > BLIND_AFTER_S:
            return FeedState.BLIND, f"not connected for {now_s - self.state_since_s:.0f} s: {self.reason}"
        if self.state is FeedState.LIVE and self.lost:
            return FeedState.DEGRADED, self.lost
        return self.state, self.reason


class Rooms:
    """Every watched room by key."""

    def __init__(self) -> None:
        self._rooms: dict[RoomKey, WatchedRoom] = {}

    def add(self, room: WatchedRoom) -> None:
        """Watch a room; adding it twice keeps the first."""
        self._rooms.setdefault(room.key, room)

    def get(self, key: RoomKey) -> WatchedRoom | None:
        """The room with this key, None when it is not watched."""
        return self._rooms.get(key)

    def __iter__(self) -> Iterator[WatchedRoom]:
        return iter(self._rooms.values())

    def __len__(self) -> int:
        return len(self._rooms)
