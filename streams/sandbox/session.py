"""The sans-I/O core of the adapter: frames of the sandbox in, events out."""

from __future__ import annotations

from collections.abc import Callable

from streams.connection import Frame, SessionOver
from streams.events import (
    Event,
    FeedChanged,
    FeedState,
    Message,
    MessageRemoved,
    Role,
    RolesChanged,
    RoomClosed,
    RoomKey,
    RoomLive,
    RoomSilenced,
    Sender,
    SenderFreed,
    SenderSilenced,
)
from streams.sandbox.frames import (
    Account,
    Closed,
    Freed,
    Line,
    Live,
    Removed,
    RoleName,
    Roles,
    RoomSilence,
    ServerFrame,
    Silenced,
    Welcome,
    decode_server_frame,
)

SILENCE_CAP_S = 45.0
"""The server gives a sign of life every 15 seconds; three missed ones mean it is gone."""

_ROLES: dict[RoleName, Role] = {
    "viewer": Role.VIEWER,
    "moderator": Role.MODERATOR,
    "streamer": Role.OWNER,
    "bot": Role.BOT | Role.SELF,
}


class SandboxSession:
    """One connection to one room. ``seen`` is told the id of every line, so that the next dial can go on behind it."""

    def __init__(self, room: RoomKey, now_s: float, seen: Callable[[str], None]) -> None:
        self.unknown = 0
        """Frames that could not be understood."""
        self._room = room
        self._seen = seen
        self._events: list[Event] = []
        self._heard_s = now_s
        self._established = False

    def receive_data(self, data: Frame, now_s: float) -> None:
        """Take one frame; one that is not understood is counted and dropped."""
        self._heard_s = now_s
        try:
            frame = decode_server_frame(data)
        except ValueError:
            self.unknown += 1
            return
        if isinstance(frame, Welcome):
            self._begin(frame, now_s)
        elif self._established and (event := self._event(frame)):
            self._events.append(event)

    def events_received(self) -> list[Event]:
        """What was understood since the last call."""
        events, self._events = self._events, []
        return events

    def data_to_send(self) -> list[Frame]:
        """Nothing, ever: the bot acts by HTTP."""
        return []

    def advance(self, now_s: float) -> None:
        """Raises SessionOver when the server has been silent too long."""
        if now_s >= self.next_deadline_s:
            raise SessionOver(f"the sandbox has been silent for {SILENCE_CAP_S:g} s")

    @property
    def next_deadline_s(self) -> float:
        """When the silence becomes too long."""
        return self._heard_s + SILENCE_CAP_S

    @property
    def established(self) -> bool:
        """True after the welcome."""
        return self._established

    def _begin(self, welcome: Welcome, now_s: float) -> None:
        """In: say so, then what was missed, then what stands."""
        self._established = True
        self._events.append(FeedChanged(self._room, now_s, FeedState.LIVE))
        self._events.extend(self._message(line) for line in welcome.lines)
        if welcome.silence:
            self._events.append(RoomSilenced(self._room, welcome.silence.at_s, True, welcome.silence.until_s))

    def _event(self, frame: ServerFrame) -> Event | None:
        """The event of one frame; None for what does not concern us."""
        room = self._room
        match frame:
            case Line():
                return self._message(frame)
            case Removed(id=line_id, at_s=at_s):
                return MessageRemoved(room, at_s, message_id=line_id)
            case Silenced():
                return SenderSilenced(room, frame.at_s, frame.sender_id, frame.until_s, frame.banned)
            case Freed(sender_id=sender_id, at_s=at_s):
                return SenderFreed(room, at_s, sender_id)
            case Roles(sender=sender, at_s=at_s):
                return RolesChanged(room, at_s, sender.id, _ROLES[sender.role])
            case RoomSilence(on=on, at_s=at_s, until_s=until_s):
                return RoomSilenced(room, at_s, on, until_s)
            case Live(at_s=at_s):
                return RoomLive(room, at_s)
            case Closed(at_s=at_s):
                return RoomClosed(room, at_s)
            case _:
                return None

    def _message(self, line: Line) -> Message:
        self._seen(line.id)
        return Message(
            room=self._room,
            id=line.id,
            sender=_sender(line.sender),
            text=line.text,
            sent_s=line.at_s,
            reply_to=line.reply_to,
            reply_to_sender=line.reply_to_sender,
        )


def _sender(account: Account) -> Sender:
    return Sender(account.id, account.name, _ROLES[account.role])
