"""One wanted room: who it is on Twitch, what we hear of it, what we may do there."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.events import FeedState, RoomKey, name_of
from streams.twitch.topics import FOR_MODERATORS


@dataclass(eq=False)
class Room:
    """``broadcaster_id`` is "" until Twitch told it. ``made`` maps the topics we are subscribed to on this socket to the
    subscriptions' ids, ``refused`` those we are not to the reason. ``state`` is what was last told of the room."""

    key: RoomKey
    broadcaster_id: str = ""
    made: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    state: FeedState = FeedState.CONNECTING
    reason: str = ""
    moderators_known: bool = False
    failures: int = 0
    due_s: float = 0.0
    """When to ask for what is missing again."""

    @property
    def login(self) -> str:
        """The channel's login name."""
        return name_of(self.key).lower()

    @property
    def live(self) -> bool:
        """True while we hear its chat."""
        return self.state is FeedState.LIVE

    @property
    def moderates(self) -> bool:
        """True while Twitch tells us what it tells moderators alone."""
        return not FOR_MODERATORS.isdisjoint(self.made)

    def forget_socket(self) -> None:
        """The socket is gone, and every subscription with it."""
        self.made.clear()
        self.refused.clear()
        self.state, self.reason, self.due_s = FeedState.CONNECTING, "", 0.0
        self.moderators_known = False
