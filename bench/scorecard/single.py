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
from cases.policy import RoomPolicy
from streams.events import Message, Role, Sender

LONGEST = 120
BETWEEN = 25
"""Lines of the evening between one text and the next."""
SPAM = frozenset({"spam", "ad"})
HAM = frozenset({"ham", "not_offensive"})
_CONTACT = re.compile(
    r"https?:|www\.|t\.me|\b[\w-]+\s*\.\s*(com|net|org|cc|top|xyz|me|vip|shop|io|tv|be|gl|ly|co|ru|club|info)\b|@\w{4,}"
    r"|(?:[qv加➕+＋薇微卫威喂维徽q扣企鹅电][\W_]*){1,2}(?:信|x|q|心|群|鹅|报)?\W*[a-z0-9]{5,}|\d{3,}[\s-]*\d{3,}|[qv]q?群",
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
    evenings = [each for each in chat.sessions if each.has_people]
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
    room, place, recent = Room(evening.lines[0].room, policy), 0, list[Sender]()
    for number, text in enumerate(texts):
        for _ in range(BETWEEN * 4 if number == 0 else BETWEEN):
            line = evening.lines[place % len(evening.lines)]
            if place and place % len(evening.lines) == 0:
                room = Room(evening.lines[0].room, policy)
            room.hear(line)
            if line.sender.id is not None and line.sender.roles is Role.VIEWER:
                recent = [*recent[-40:], line.sender]
            place += 1
        sender = recent[number % len(recent)] if known else Sender(f"new-{number}", f"new-{number}")
        yield room.hear(Message(line.room, f"single-{number}", sender, text, line.sent_s))
