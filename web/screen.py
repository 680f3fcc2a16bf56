"""What one room's screens may show: lines in their hold, lines shown, lines taken back. Pure; bounded in every part."""

from __future__ import annotations

import heapq
from collections import OrderedDict, deque
from collections.abc import Iterable

import msgspec

from streams.events import RoomKey
from web.shown import shown, shown_name

FEED_LINES = 200
"""Last shown lines kept for the feed page."""
HELD_CAP = 5_000
"""Lines waiting in the hold; what comes on top is kept off: the overlay fails closed."""
LAST_SECOND = 4_102_444_800.0
"""The year 2100: a platform that tells a later instant is wrong, and dates end somewhere in every browser."""
STALE_AFTER_S = 10.0
"""After a pause, lines that would have been shown longer ago are let go: their moment is over."""
REMEMBERED = 600
"""Ids of shown lines, and of hidden lines, that are remembered so that a later word about them is understood."""


class FeedLine(msgspec.Struct, frozen=True, gc=False):
    """A judged line on its way to the screens.

    ``at_s`` is Unix time, ``role`` one of viewer, moderator, owner, bot. ``sender_key`` is opaque, good for one run, and
    never leaves the server; None: the platform hides the sender.
    """

    room: RoomKey
    id: str
    name: str
    text: str
    at_s: float
    role: str = "viewer"
    sender_key: str | None = None


class ShownLine(msgspec.Struct, frozen=True, gc=False):
    """A line as a screen gets it: no key of the sender, texts made fit for showing."""

    id: str
    name: str
    text: str
    at: float
    role: str


class Changed(msgspec.Struct, frozen=True, gc=False):
    """What changed on a room's screens since the last look; a screen applies clear, show, hide, in this order."""

    show: tuple[ShownLine, ...]
    hide: tuple[str, ...]
    clear: bool

    def __bool__(self) -> bool:
        return bool(self.show or self.hide or self.clear)


class Screen:
    """The lines of one room."""

    def __init__(self) -> None:
        self.kept_off = 0
        """Lines never to be shown, by verdict or because the hold was full."""
        self._due: list[tuple[float, int, str]] = []
        self._held: dict[str, tuple[int, FeedLine]] = {}
        self._shown: OrderedDict[str, str | None] = OrderedDict()
        self._hidden: OrderedDict[str, None] = OrderedDict()
        self._feed: deque[ShownLine] = deque(maxlen=FEED_LINES)
        self._hide: list[str] = []
        self._clear = False
        self._order = 0
        self.paused = False
        """Nothing new is shown, until somebody lets it go on."""

    @property
    def lines(self) -> tuple[ShownLine, ...]:
        """The last shown lines, oldest first."""
        return tuple(self._feed)

    @property
    def stirs(self) -> bool:
        """True while there is something to release or to tell."""
        return bool(self._due or self._hide or self._clear)

    @property
    def waiting(self) -> int:
        """How many lines are in the hold."""
        return len(self._held)

    def line(self, message_id: str) -> ShownLine | None:
        """A line that is on the feed, None for anything else."""
        return next((line for line in self._feed if line.id == message_id), None)

    def hold(self, line: FeedLine, due_s: float) -> None:
        """Let the line wait until ``due_s``. A line that is known already, or hidden, is not shown (again)."""
        message_id = _utf8(line.id)
        if message_id in self._held or message_id in self._shown:
            return
        if message_id in self._hidden or len(self._held) >= HELD_CAP:
            self.keep_off(message_id)
            return
        self._order += 1
        self._held[message_id] = (self._order, line)
        heapq.heappush(self._due, (due_s, self._order, message_id))
        if len(self._due) > 2 * HELD_CAP:
            self._compact()

    def keep_off(self, message_id: str) -> None:
        """Never show this line; take it back if it was shown."""
        self.kept_off += 1
        self.hide((message_id,))

    def hide(self, message_ids: Iterable[str]) -> None:
        """Cancel lines in the hold, take shown lines back, and remember the ids so that none of them comes later."""
        taken: set[str] = set()
        for message_id in map(_utf8, message_ids):
            self._held.pop(message_id, None)
            if message_id in self._shown:
                del self._shown[message_id]
                taken.add(message_id)
            _remember(self._hidden, message_id)
        if taken:
            self._hide.extend(taken)
            self._feed = deque((line for line in self._feed if line.id not in taken), maxlen=FEED_LINES)

    def unhide(self, message_id: str) -> bool:
        """Forget that this line was hidden; False when it was not, or nobody remembers."""
        if (known := _utf8(message_id)) not in self._hidden:
            return False
        del self._hidden[known]
        return True

    def hide_sender(self, sender_key: str) -> None:
        """Hide every line of a sender that waits or is remembered."""
        held = [known for known, (_, line) in self._held.items() if line.sender_key == sender_key]
        self.hide([*held, *(known for known, key in self._shown.items() if key == sender_key)])

    def clear(self) -> None:
        """Hide everything that waits or is shown."""
        self.hide([*self._held, *self._shown])
        self._hide.clear()
        self._feed.clear()
        self._clear = True

    def resume(self, now_s: float) -> None:
        """Go on after a pause, with what is fresh."""
        self.paused = False
        for due_s, order, message_id in self._due:
            if now_s - due_s > STALE_AFTER_S and self._held.get(message_id, (0,))[0] == order:
                del self._held[message_id]
                self.kept_off += 1
        self._compact()

    def release(self, now_s: float) -> tuple[ShownLine, ...]:
        """The lines whose hold is over, which are shown from now on; none during a pause."""
        released: list[ShownLine] = []
        while not self.paused and self._due and self._due[0][0] <= now_s:
            _, order, message_id = heapq.heappop(self._due)
            if self._held.get(message_id, (0,))[0] == order:
                released.append(self._show(self._held.pop(message_id)[1]))
        return tuple(released)

    def changed(self, now_s: float | None) -> Changed:
        """What changed since the last call. ``now_s`` None: nothing is released."""
        hide, clear = tuple(self._hide), self._clear
        self._hide, self._clear = [], False
        return Changed(() if now_s is None else self.release(now_s), hide, clear)

    def _compact(self) -> None:
        """Let go of what was cancelled in the hold."""
        self._due = [row for row in self._due if self._held.get(row[2], (0,))[0] == row[1]]
        heapq.heapify(self._due)

    def _show(self, line: FeedLine) -> ShownLine:
        made = shown_line(line)
        _remember(self._shown, made.id, line.sender_key)
        self._feed.append(made)
        return made


def shown_line(line: FeedLine) -> ShownLine:
    """A line made fit for showing."""
    at_s = line.at_s if 0 <= line.at_s < LAST_SECOND else 0.0
    return ShownLine(_utf8(line.id), shown_name(line.name), shown(line.text), at_s, line.role)


def _utf8(message_id: str) -> str:
    """The id as it can be sent: a platform may cut one in the middle of a character."""
    return message_id if message_id.isascii() else message_id.encode("utf-8", "replace").decode()


def _remember(
    memory: OrderedDict[str, str | None] | OrderedDict[str, None], key: str, value: str | None = None
) -> None:
    memory[key] = value  # type: ignore[assignment]  # both kinds take None; only the first is given a word
    memory.move_to_end(key)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
