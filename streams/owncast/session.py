"""The sans-I/O core: frames of Owncast in, events out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streams.events import Event, FeedChanged, FeedState, Message, MessageRemoved, Role, RoomKey, Sender, SenderRenamed
from streams.owncast.body import text_of
from streams.owncast.frames import Told, User, instant_of, read
from streams.session import Frame, SessionOver

WELCOME_CAP_S = 20.0
"""The server says who we are at once; without that we are not in."""

_OVER = {
    "ERROR_NEEDS_REGISTRATION": "Owncast does not know this chat token: register the bot's chat user anew",
    "ERROR_USER_DISABLED": "the bot's chat user is disabled on this server: its owner must enable it",
}
_LATER = {
    "ERROR_MAX_CONNECTIONS_EXCEEDED": "the server's chat is full",
    "CHAT_DISABLED": "chat is switched off on this server",
}


class OwncastSession:
    """One connection. ``is_own`` tells a line of ours by its writer and text; ``seen`` is told every line's id.

    ``missed`` are the lines of the server's history that came while we were away.
    """

    def __init__(
        self,
        room: RoomKey,
        now_s: float,
        *,
        is_own: Callable[[str, str], bool],
        seen: Callable[[Message], None],
        missed: Iterable[Told] = (),
    ) -> None:
        self.unread = 0
        """Lines of frames that could not be understood."""
        self.me: User | None = None
        """Who the server says we are; None before it did."""
        self._room = room
        self._is_own = is_own
        self._seen = seen
        self._missed = list(missed)
        self._events: list[Event] = []
        self._began_s = now_s

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one frame. Raises SessionOver when the server shuts us out."""
        told, unread = read(data)
        self.unread += unread
        for event in told:
            self._take(event, now_s)

    def events_received(self) -> list[Event]:
        """What was understood since the last call."""
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[Frame]:
        """Nothing, ever: danmod speaks by HTTP, as the socket allows three lines in two seconds alone."""
        return []

    def advance(self, now_s: float) -> None:
        """Raises SessionOver when the server never said who we are."""
        if now_s >= self.next_deadline_s:
            raise SessionOver(f"Owncast did not let us in within {WELCOME_CAP_S:g} s")

    @property
    def next_deadline_s(self) -> float:
        """Until the welcome: when waiting for it ends. After it a dead socket is found by websocket pings (every 20 s)."""
        return self._began_s + WELCOME_CAP_S if self.me is None else float("inf")

    @property
    def established(self) -> bool:
        """True once the server said who we are."""
        return self.me is not None

    def _take(self, told: Told, now_s: float) -> None:
        match told.type:
            case "CONNECTED_USER_INFO" if told.user is not None:
                self._welcomed(told.user, now_s)
            case "CHAT" if told.user is not None and told.user.id and told.visible and self.me is not None:
                self._events.append(self._message(told, told.user, now_s))
            case "VISIBILITY-UPDATE" if not told.visible:
                at_s = instant_of(told.timestamp, now_s)
                self._events.extend(MessageRemoved(self._room, at_s, message_id=gone) for gone in told.ids)
            case "NAME_CHANGE" if told.user is not None and told.user.id:
                at_s = instant_of(told.timestamp, now_s)
                self._events.append(SenderRenamed(self._room, at_s, told.user.id, self._sender(told.user, "")))
            case kind if kind in _OVER:
                raise SessionOver(_OVER[kind], for_good=True)
            case kind if kind in _LATER:
                raise SessionOver(_LATER[kind])
            case _:
                pass  # joins, actions, the server's own lines: nothing to judge

    def _welcomed(self, user: User, now_s: float) -> None:
        """In: say so, then what was missed. Told again after a change of name or rights."""
        first, self.me = self.me is None, user
        if first:
            self._events.append(FeedChanged(self._room, now_s, FeedState.LIVE, self._rights(user)))
            missed, self._missed = self._missed, []
            for told in missed:
                self._take(told, now_s)

    def _rights(self, user: User) -> str:
        return "" if user.is_moderator else "danmod is no moderator here: it can disable nobody"

    def _message(self, told: Told, user: User, now_s: float) -> Message:
        text = text_of(told.body)
        message = Message(
            room=self._room,
            id=told.id,
            sender=self._sender(user, text),
            text=text,
            sent_s=instant_of(told.timestamp, now_s),
        )
        self._seen(message)
        return message

    def _sender(self, user: User, text: str) -> Sender:
        roles = Role.VIEWER
        if user.is_moderator:
            roles |= Role.MODERATOR
        if user.is_bot:
            roles |= Role.BOT
        if (self.me is not None and user.id == self.me.id) or (user.is_bot and self._is_own(user.id, text)):
            roles |= Role.BOT | Role.SELF
        return Sender(user.id, user.display_name, roles, instant_of(user.created_at, 0.0) or None)
