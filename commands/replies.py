"""What we say back: replies, their fit to a platform's line, and the reply budget of a room.

Pure. A reply never names a reporter, and a receipt never names the target (norm N1.3-4).
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import timedelta

from cases.catalogue import say
from streams.events import Sender

NOTICE_GAP = timedelta(seconds=45)
"""A room hears at most one notice in this time, answers to moderators and to appeals apart."""
CODES_KEPT = 40
NOTICES_KEPT = 6
NAME_LENGTH = 24
_ELLIPSIS = "…"
_FORMATS_KEPT = frozenset("\u200c\u200d")


@dataclass(frozen=True, slots=True)
class Reply:
    """One line to say. ``to`` is whom it answers, None: the room. ``private``: by whisper where the platform has it.

    ``urgent`` goes out at once, past the budget. ``code`` marks a receipt, which may be batched with others, and names the
    case of a private notice; None: neither.
    """

    text: str
    to: Sender | None = None
    private: bool = False
    urgent: bool = False
    code: str | None = None


def clean(text: str) -> str:
    """Text that is safe to say: one line, no controls, no direction overrides, nothing another bot would obey."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Zs") else c for c in text if _is_sayable(c))
    return " ".join(spaced.split()).lstrip(" /.\\!！")


def fit(text: str, limit: int | None) -> str:
    """The text within ``limit`` characters, shortened with ``…`` between two graphemes. None: no limit."""
    cleaned = clean(text)
    if limit is None or len(cleaned) <= limit:
        return cleaned
    if limit <= 0:
        return ""
    end = limit - 1
    while end > 0 and not _is_boundary(cleaned, end):
        end -= 1
    return cleaned[:end].rstrip() + _ELLIPSIS


def short_name(name: str) -> str:
    """A display name as we repeat it: one line, no marks stacked to the sky, at most 24 characters."""
    marks, kept = 0, []
    for character in clean(name):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= 2:
            kept.append(character)
    return fit("".join(kept), NAME_LENGTH) or "?"


def _is_sayable(character: str) -> bool:
    category = unicodedata.category(character)
    return category != "Cs" and (category != "Cf" or character in _FORMATS_KEPT)


def _is_boundary(text: str, place: int) -> bool:
    """True when the text may be cut before ``place`` without breaking a grapheme."""
    after, before = text[place], text[place - 1]
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or after == "\u200d" or before == "\u200d":
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\u1160" <= after <= "\u11ff":
        return False
    return not (_is_flag(after) and _flags_before(text, place) % 2)


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, place: int) -> int:
    count = 0
    while place - count > 0 and _is_flag(text[place - count - 1]):
        count += 1
    return count


class HintLimit:
    """One hint a person in so much time, so that nobody can make the bot talk. Remembers a bounded number of people."""

    def __init__(self, span: timedelta = timedelta(seconds=60), people: int = 5_000) -> None:
        self._span_s = span.total_seconds()
        self._people = people
        self._last: OrderedDict[str, float] = OrderedDict()

    def allows(self, key: str, now_s: float) -> bool:
        """True when a hint may be given now; it then counts as given."""
        last = self._last.get(key)
        if last is not None and 0 <= now_s - last < self._span_s:
            return False
        self._last[key] = now_s
        self._last.move_to_end(key)
        if len(self._last) > self._people:
            self._last.popitem(last=False)
        return True


class ReplyBudget:
    """A room's budget of notices: what may not be said yet waits, receipts together in one line.

    Bounded: 40 codes and 6 other notices wait; ``dropped`` counts what found no place.
    """

    def __init__(self, language: str, gap: timedelta = NOTICE_GAP) -> None:
        self.language = language
        self.dropped = 0
        self._gap_s = gap.total_seconds()
        self._last_s: float | None = None
        self._codes: OrderedDict[str, None] = OrderedDict()
        self._notices: deque[Reply] = deque()

    def offer(self, reply: Reply, now_s: float, line_limit: int | None = None) -> list[Reply]:
        """What to say now because of this reply: urgent and private ones at once, others when the budget allows."""
        if reply.urgent or reply.private:
            return [reply]
        self._keep(reply)
        return self.advance(now_s, line_limit)

    def advance(self, now_s: float, line_limit: int | None = None) -> list[Reply]:
        """What is due at ``now_s``: nothing, or one notice with as many waiting receipts as its line holds."""
        due_s = self.due_s()
        if due_s is None or now_s < due_s:
            return []
        self._last_s = now_s
        return [self._receipts(line_limit) if self._codes else self._notices.popleft()]

    def due_s(self) -> float | None:
        """When `advance` will have something to say; None when nothing waits."""
        if not self._codes and not self._notices:
            return None
        return 0.0 if self._last_s is None else self._last_s + self._gap_s

    def _keep(self, reply: Reply) -> None:
        if reply.code is not None:
            self._codes[reply.code] = None
            if len(self._codes) > CODES_KEPT:
                self._codes.popitem(last=False)
                self.dropped += 1
        elif all(reply.text != waiting.text for waiting in self._notices):
            self._notices.append(reply)
            if len(self._notices) > NOTICES_KEPT:
                self._notices.popleft()
                self.dropped += 1

    def _receipts(self, line_limit: int | None) -> Reply:
        codes = list(self._codes)
        count = len(codes)
        while count > 1 and line_limit is not None and len(self._receipt_line(codes[:count], line_limit)) > line_limit:
            count -= 1
        for code in codes[:count]:
            del self._codes[code]
        return Reply(
            fit(self._receipt_line(codes[:count], line_limit), line_limit), code=codes[0] if count == 1 else None
        )

    def _receipt_line(self, codes: list[str], line_limit: int | None) -> str:
        gap = " " if self.language.startswith("zh") or (line_limit or 999) <= 40 else ", "
        return say(self.language, "chat.receipts", line_limit, codes=gap.join(codes))
