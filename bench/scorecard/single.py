"""Texts that somebody judged by hand, each said once: by an account never seen before, then by somebody known there.

Only lines of chat length count, and of the advertisements only those that name a way to reach somebody, as a plain look
tells (not the detector's). Texts that begin alike are taken once: otherwise they would be a wave.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from bench.scorecard.engine import Fate, Room
from bench.scorecard.logs import Chat, Part, Row, Session, part_of
from bench.scorecard.trials import Regulars
from cases.policy import RoomPolicy
from streams.events import Message, Sender

LONGEST = 120
BEFORE, BETWEEN = 1_500, 25
"""Lines of the evening before the first text, and between one text and the next."""
SPAM = frozenset({"spam", "ad"})
HAM = frozenset({"ham", "not_offensive"})
_CONTACT = re.compile(
    r"https?:|www\.|\b[\w-]{2,}\s*(?:\.|dot)\s*(?:com|net|org|cc|top|xyz|me|vip|shop|io|tv|be|ly|co|ru|club|info)\b|@\w{5,}"
    r"|(?:(?<![a-z])(?:vx|wx|v|qq|q|tg|whatsapp|telegram)(?![a-z])|[微威薇徽喂卫][信芯心新]|扣扣|企鹅|[乞企]鹅|电报|飞机|加[微薇威VvQq])"
    r"[\W_]*[号群搜:：]?[\W_]*[a-z0-9][a-z0-9_-]{4,}|\d(?:[\s.-]?\d){6,}",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Singles:
    """One source's texts of one label in one part: how many were said and kept off, by newcomers and by regulars."""

    source: str
    label: str
    part: Part
    said: int = 0
    held: int = 0
    regulars_said: int = 0
    regulars_held: int = 0
    fates: list[Fate] = field(default_factory=list)


def has_contact(text: str) -> bool:
    """True for a text that names a way to reach somebody, as far as a plain pattern tells."""
    return _CONTACT.search(unicodedata.normalize("NFKC", text)) is not None


def singles(chat: Chat, policy: RoomPolicy, most: int | None) -> Iterator[Singles]:
    """The labelled texts, at most ``most`` of every source, label and part (None: all)."""
    evenings = [each for each in chat.sessions if each.has_people and len(each.lines) > 2 * BEFORE]
    if not evenings:
        return
    evening = max(evenings, key=lambda each: len(each.lines))
    groups: dict[tuple[str, str, Part], list[str]] = {}
    for row in chat.labelled:
        if _counts(row):
            groups.setdefault((row.source, "ad" if row.label in SPAM else "ordinary", part_of(row.text)), []).append(
                row.text
            )
    for (source, label, part), texts in groups.items():
        found = Singles(source, label, part)
        chosen = _different(Random(f"{source} {label}").sample(texts, len(texts)))[:most]
        found.fates = list(_said(chosen, evening, policy, known=False))
        found.said, found.held = len(found.fates), sum(fate.hidden for fate in found.fates)
        by_regulars = list(_said(chosen[: len(chosen) // 4], evening, policy, known=True))
        found.regulars_said, found.regulars_held = len(by_regulars), sum(fate.hidden for fate in by_regulars)
        yield found


def _counts(row: Row) -> bool:
    if len(row.text) > LONGEST or not row.text.strip():
        return False
    return row.label in HAM or (row.label in SPAM and has_contact(row.text))


def _different(texts: list[str]) -> list[str]:
    return list({text[:10].casefold(): text for text in texts}.values())


def _said(texts: list[str], evening: Session, policy: RoomPolicy, known: bool) -> Iterator[Fate]:
    """The fates of the texts, said one by one into the evening by newcomers, or by people who wrote there lately."""
    heard = _Heard(evening, policy)
    for number, text in enumerate(texts):
        heard.go_on(BEFORE if number == 0 else BETWEEN)
        sender = heard.regular(number) if known else Sender(f"new-{number}", f"new-{number}")
        yield heard.say(Message(heard.latest.room, f"single-{number}", sender, text, heard.latest.sent_s))


class _Heard:
    """A room that hears an evening bit by bit; when the evening is over it begins anew, with an empty memory."""

    def __init__(self, evening: Session, policy: RoomPolicy) -> None:
        self._lines, self._policy = evening.lines, policy
        self.latest = self._lines[0]
        self._begin()

    def _begin(self) -> None:
        self._place = 0
        self._room = Room(self.latest.room, self._policy)
        self._regulars = Regulars()

    def go_on(self, count: int) -> None:
        """Hear so many lines more."""
        if self._place + count > len(self._lines):
            self._begin()
            count = BEFORE
        for line in self._lines[self._place : self._place + count]:
            self._room.hear(line)
            self._regulars.note(line)
            self.latest = line
        self._place += count

    def regular(self, number: int) -> Sender:
        """One of the latest regulars."""
        names = list(self._regulars.names())[-40:]
        return Sender(names[number % len(names)], "")

    def say(self, message: Message) -> Fate:
        """Hear a line that is not of the evening."""
        return self._room.hear(message)
