"""Many senders pushing one text: a wave. A crowd's chorus is left alone.

Neither length nor number decides. What speaks for a wave and what for a chorus is weighed, as in a court: each piece of
evidence has its points and stands in the finding in words. People weigh most: a chorus has this room's people in it, a wave
has not (`cases.crowd`). Then what the text is: disguised letters, a contact, a text nobody known here ever said; against it
a greeting, a cheer, a single word, a very short text. Then how it began: together with much else, as an audience's answer to
what it sees, or on its own and as evenly as a clock.

Enough points keep the lines of those who are not known here off, quietly: reversible, and nobody's fault. To be muted takes
more: many points, several people, and proof in the text itself, a contact or letters in disguise. A courtesy is never proof.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from math import log2
from typing import NamedTuple

from cases.checks.elsewhere import Elsewhere, elsewhere, is_elsewhere
from cases.checks.seen import Finding, Seen, Weight, contact_of
from cases.contacts import Contact, ContactKind
from cases.courtesy import is_courtesy
from cases.crowd import Known, Leaning, is_new_account, known, leaning
from cases.room_memory import Line
from cases.rules import ADVERTISING
from cases.signals import Signals
from ratelimit.limits import ROOM_TEMPO
from ratelimit.obfuscation import obfuscation
from streams.events import Role

WAVE_LINES = 48
"""So many of a cluster's latest lines show whether it is a wave; looking at more would only cost more."""
TEXTS_READ = 6
"""So many of them are read for contacts and disguise."""
TAKEN_BACK_S = 60.0
"""Lines that are kept off without certainty bring the alike ones of so long before with them; older ones were seen."""
SETTLED = 0.3
"""A room in which so many of the lines come from people known there is settled."""
CONTACT, DISGUISE = 5.5, 6.0
"""The points of a contact in the texts, and of letters in disguise."""
SPARED_PROVEN = 3.5
"""What is taken off for a courtesy or a command that has a contact or letters in disguise; without, it is much more."""
HANDFUL = 10
"""Fewer people may be playing with words."""
STORM, STORM_S = 10, 15.0
"""So many people who never said anything else, with one link within so many seconds, are no conversation."""
QUOTED = 60
"""A text longer than this is rather quoted for fun than pushed."""
BEGUN_HERE = -3.0
"""What speaks against a push where somebody known here said it first; little enough not to clear it."""
MOST_BY_PEOPLE = 9.0
"""However many take part, who they are counts so much and no more: the text has its say."""


def wave(seen: Seen) -> Finding | None:
    """Many senders pushing one text, found at the line of one who is not known here."""
    if not _may_be(seen):
        return None
    span_s = seen.thresholds.wave_span.total_seconds()
    lines = _others_too(seen, span_s) or [seen.line]
    people = {line.message.sender.id: line for line in reversed(lines)}  # each with the first line
    away = elsewhere(seen, len(people))
    if len(people) < seen.thresholds.wave_senders and not away.enough:
        return None
    who = leaning((known(line) for line in people.values()), seen.customs.mix)
    if not who.pushes(known(seen.line)):
        return None
    case = _weighed(seen, lines, list(people.values()), who, away)
    if case.points < seen.thresholds.wave_points:
        return None
    grave = case.proven and len(people) >= seen.thresholds.wave_mute_senders
    weight = Weight.GRAVE if grave and case.points >= seen.thresholds.wave_mute_points else Weight.HOLD
    since_s = seen.line.at_s - (span_s if weight is Weight.GRAVE else TAKEN_BACK_S)
    pushed = tuple(line for line in lines if line.at_s >= since_s and who.pushes(known(people[line.message.sender.id])))
    signals = (*_what(lines, len(people), away), *case.signals)
    return Finding("wave", ADVERTISING, signals, pushed, seen.line.cluster, weight=weight)


def _what(lines: list[Line], people: int, away: Elsewhere) -> Signals:
    """What happened: how many wrote it here, and in how many rooms others did."""
    here = (("senders", str(people)), ("span", _span(lines))) if people > 1 else ()
    return (*here, ("other_rooms", str(away.rooms))) if away.rooms else here


def _may_be(seen: Seen) -> bool:
    """False for nearly every line: it is alone, a command, too short, or by somebody known here."""
    line = seen.line
    if line.cluster is None or seen.plain or known(line) is Known.WELL:
        return False
    if seen.sender is None or not (seen.memory.is_crowd(line.cluster) or is_elsewhere(seen)):
        return False
    return len(line.folded) >= seen.thresholds.wave_length or (
        contact_of(line.message.text, seen.thresholds.allowed) is not None
    )


def _others_too(seen: Seen, span_s: float) -> list[Line]:
    """The latest lines of the cluster by people whose id is known, and who are no staff."""
    memory = seen.memory
    found = memory.cluster_lines(seen.line.cluster or "", seen.line.at_s - span_s)[-WAVE_LINES:]
    return [
        line
        for line in found
        if line.message.sender.id is not None
        and not line.message.mirrored
        and not memory.is_exempt(line.message.sender)
    ]


class _Case(NamedTuple):
    points: float
    proven: bool
    signals: tuple[tuple[str, str], ...]


class _Evidence(NamedTuple):
    points: float
    signal: tuple[str, str] | None = None


def _weighed(seen: Seen, lines: list[Line], people: list[Line], who: Leaning, away: Elsewhere) -> _Case:
    """All evidence together. What the texts hold is read only where it can matter: reading costs most."""
    evidence = [
        *_by_people(people, who, away.strangers),
        *_by_text(seen.line, seen),
        *_by_spelling(lines),
        *_by_start(seen, lines),
    ]
    courtesy = is_courtesy(seen.line.folded)
    spared = courtesy or _is_command(seen.line) or _greets_sponsor(seen)
    points = sum(one.points for one in evidence)
    if points + CONTACT + DISGUISE - (SPARED_PROVEN if spared else 0.0) < seen.thresholds.wave_points:
        return _Case(points, False, ())
    spared = spared or _is_asked_for(seen)
    texts = lines[-TEXTS_READ:]
    contacts = [found for line in texts if (found := contact_of(line.message.text, seen.thresholds.allowed))]
    disguised = sum(1 for line in texts if is_disguised(line))
    if contacts and not any(known(line) is Known.WELL for line in texts):  # else it is the room's own link
        evidence.append(_Evidence(CONTACT if any(found.sure for found in contacts) else 3.0, ("contact", "")))
    if disguised:
        many = disguised > 1 and disguised * 3 > len(texts)
        evidence.append(_Evidence(DISGUISE if many else 1.0, ("disguised", str(disguised))))
    if spared:
        evidence.append(_Evidence(-SPARED_PROVEN if contacts or disguised else -9.0))
    signals = tuple(one.signal for one in evidence if one.signal is not None)
    proven = not courtesy and (_is_proven(seen, contacts, disguised, len(texts)) or _storms(lines, people, contacts))
    return _Case(sum(one.points for one in evidence), proven, signals)


def _is_asked_for(seen: Seen) -> bool:
    """True for what staff, or a bot of theirs, said before anybody else: "type I want it to take part"."""
    text, memory = seen.line.folded, seen.memory
    first = (memory.cluster_begin(seen.line.cluster or "") or seen.line).number
    return any(
        text in line.folded
        and line.number < first
        and memory.is_exempt(line.message.sender)
        and Role.SELF not in memory.roles(line.message.sender)
        for line in memory.lines
    )


def _is_command(line: Line) -> bool:
    """A vote or somebody's command, with an argument of several words."""
    return line.message.text.lstrip()[:1] in ("!", "！")


def _greets_sponsor(seen: Seen) -> bool:
    """True for a text whose only contact is welcome here."""
    text, allowed = seen.line.message.text, seen.thresholds.allowed
    return bool(allowed) and contact_of(text, allowed) is None and contact_of(text, ()) is not None


def _is_proven(seen: Seen, contacts: list[Contact], disguised: int, texts: int) -> bool:
    """True when the texts show what they are for: an account or a number to write to. A link, or letters in disguise, show
    it only in a room whose own people are known; among strangers they may be its own joke."""
    sure = [found for found in contacts if found.sure]
    personal = sum(1 for found in sure if found.kind not in (ContactKind.LINK, ContactKind.POINTER))
    if personal * 2 >= texts:
        return True
    return max(len(sure), disguised) * 2 >= texts and seen.customs.mix.share(Known.WELL) >= SETTLED


def _storms(lines: list[Line], people: list[Line], contacts: list[Contact]) -> bool:
    """True for one link by so many people at once, none of whom ever said anything else here, that it is no conversation:
    proof in a room just joined too, where nobody is known yet."""
    if len(people) < STORM or not contacts or any(known(line) is not Known.FRESH for line in people):
        return False
    return all(found.sure for found in contacts) and lines[-1].at_s - lines[-STORM].at_s <= STORM_S


def _by_people(people: list[Line], who: Leaning, away: int = 0) -> list[_Evidence]:
    """Who takes part and how many: each doubling of a crowd without people of this room makes it less likely one. So do
    the strangers who say it in other rooms, ``away``."""
    count = len(people)
    crowd = count + away
    fresh = sum(1 for line in people if known(line) is Known.FRESH)
    little = sum(1 for line in people if known(line) is Known.LITTLE)
    found = [
        _Evidence(
            min(who.total, MOST_BY_PEOPLE) * 0.15
            + min(log2(crowd), 4.0)
            - (3.0 if crowd == 2 else 1.0 if crowd == 3 else 0.5)
        )
    ]
    if fresh and count > 1:
        found.append(_Evidence(0.0, ("newcomers", str(fresh))))
    if little:
        found.append(_Evidence(-0.9 * little / count, ("little_known", str(little))))
    found.append(_Evidence(-3.0 * (count - fresh - little) / count))
    young = sum(1 for line in people if is_new_account(line))
    if young * 2 >= count:
        found.append(_Evidence(2.0, ("new_accounts", str(young))))
    return found


def _by_text(line: Line, seen: Seen) -> list[_Evidence]:
    """How much the text says, and whether it is said in the words of this room."""
    substance = _substance(line.folded)
    said = seen.customs.vocabulary.share(line.folded)
    odd = _oddity(substance, len(line.folded))
    return [
        _Evidence(min(substance, 18) / 3.0 - odd),
        _Evidence(-4.0 * said, ("unheard", "") if said < 0.5 else None),
    ]


def _oddity(substance: int, length: int) -> float:
    """What speaks against a push in the size of a text: a cheer is shorter, and what is quoted for fun is longer."""
    if substance < 6:
        return 2.0 if substance <= 3 else 1.5
    return 2.5 if length > QUOTED else 0.0


def _by_spelling(lines: list[Line]) -> list[_Evidence]:
    """People who type the same thing by themselves write it partly alike, partly each in their way. A script writes it all
    alike, or no two alike; so does a handful of people who play with words, whence a little less for few of them."""
    if len(lines) < 3:
        return []
    texts = Counter(line.message.text for line in lines)
    (_, alike), *_ = texts.most_common(1)
    if alike == len(lines):
        return [_Evidence(0.0, ("identical", ""))]
    different = len(texts) > 0.8 * len(lines) and len(lines) >= 4
    playful = 1.0 if different and len({line.message.sender.id for line in lines}) < HANDFUL else 0.0
    return [_Evidence(-3.5 * alike / len(lines) - playful, ("variants", str(len(texts))) if different else None)]


def _by_start(seen: Seen, lines: list[Line]) -> list[_Evidence]:
    """How it began: evenly as a clock is a sign of a script; somebody known here who said it first began no push."""
    gaps = [later.at_s - earlier.at_s for earlier, later in pairwise(lines[-9:])]
    if len(gaps) >= 5 and _is_even(gaps):
        return [_Evidence(1.0, ("even", ""))]
    began = seen.memory.cluster_begin(seen.line.cluster or "")
    if began is not None and known(began) is Known.WELL:
        return [_Evidence(BEGUN_HERE)]
    now_s, usual = seen.line.at_s, seen.customs.tempo.room
    others = seen.usage.count(ROOM_TEMPO) - sum(1 for line in lines if now_s - line.at_s <= 10.0)
    return [_Evidence(-1.0)] if others > 2.0 * usual + 3.0 else []


def _is_even(gaps: list[float]) -> bool:
    """True for gaps of some length whose standard deviation is less than a fifth of their mean."""
    mean = sum(gaps) / len(gaps)
    return mean > 0.1 and sum((gap - mean) ** 2 for gap in gaps) < len(gaps) * (0.2 * mean) ** 2


def is_disguised(line: Line) -> bool:
    """True for letters made to look different to a program and alike to a reader, or in capitals at random."""
    return _disguised(line.message.text, line.folded)


@lru_cache(maxsize=512)
def _disguised(text: str, folded: str) -> bool:
    """As `is_disguised` says; a wave's lines are looked at again and again."""
    return obfuscation(text, folded) >= 2 or sum(1 for word in _WORD.findall(text) if _JUMBLED.search(word)) >= 2


_WORD = re.compile(r"[A-Za-z]{3,}")
_JUMBLED = re.compile("[a-z][A-Z]+[a-z]+[A-Z]|[A-Z][a-z]+[A-Z]+[a-z]+[A-Z]")
_PIECE = re.compile(r"[a-z0-9\u00c0-\u024f\u0370-\u052f]+|\w")


def _substance(folded: str) -> int:
    """How much a text says: its different words, three for each, and its different single characters."""
    return sum(3 if len(piece) > 1 else 1 for piece in set(_PIECE.findall(folded)))


def _span(lines: list[Line]) -> str:
    return f"{max(1.0, lines[-1].at_s - lines[0].at_s):.0f}"
