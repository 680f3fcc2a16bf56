"""Trials: a scene played into a real (or made-up) evening, in a room of its own, and what became of its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from bench.scorecard.engine import Fate, Room
from bench.scorecard.logs import Chat, Part, Session
from cases.policy import RoomPolicy
from streams.events import Message, Role, Sender
from streams.sandbox.attacks import Kind, Scene

BEFORE, AFTER_S, MOST_DURING = 400, 20.0, 1_500
"""Least lines of the evening before a scene begins; seconds heard after it; most lines of the evening heard meanwhile."""
BEFORE_S, MOST_BEFORE = 300.0, 1_500
"""In a busy room so many seconds are heard before, though not more lines than this."""
HEARD = (100, MOST_BEFORE, MOST_BEFORE)
"""At most so many of the lines before are heard: danmod was started some minutes ago, or long ago."""
OFTEN = {"single": 8, "shared-link": 8}
"""Scenes of one line are tried so many times as often as others."""
REGULAR_LINES, REGULAR_AFTER_S = 4, 120.0
"""Who wrote so many lines, one more than a warmed-up account, the first of them so long ago, is a regular of the room."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One scene and the fates of its lines (without those said as cover), in order; ``bystanders``: those of the lines of
    the evening said meanwhile. ``part`` is that of the evening."""

    kind: Kind
    source: str
    part: Part
    lines: list[Fate]
    bystanders: list[Fate]


def trials(kinds: list[Kind], seeds: range, chat: Chat, policy: RoomPolicy) -> Iterator[Trial]:
    """Every kind with every seed, each time in another evening; the same arguments give the same trials. None where no
    session is long enough and tells who wrote."""
    evenings = [session for session in chat.sessions if session.has_people and len(session.lines) > 2 * BEFORE]
    for kind in kinds if evenings else ():
        often = OFTEN.get(kind.name, 1)
        for seed in range(seeds.start * often, seeds.stop * often):
            chance = Random(f"{kind.name} {seed}")
            source = chance.choice(list(dict.fromkeys(session.source for session in evenings)))
            session = chance.choice([each for each in evenings if each.source == source])
            yield play(kind, chance, session, policy)


def play(kind: Kind, chance: Random, session: Session, policy: RoomPolicy) -> Trial:
    """One scene, begun at any line of the evening that has enough lines before it."""
    begin = chance.randrange(BEFORE, len(session.lines) - BEFORE // 4)
    first, earlier = session.lines[begin], _earlier(session.lines, begin)
    scene = kind.make(chance, list(Regulars(earlier).names()))
    before = earlier if kind.name in OFTEN else earlier[-chance.choice(HEARD) :]
    end_s = first.sent_s + scene[-1].at_s + AFTER_S
    during = [line for line in session.lines[begin : begin + MOST_DURING] if line.sent_s <= end_s]
    room, meanwhile = Room(first.room, policy), {line.id for line in during}
    heard = sorted([*before, *during, *messages_of(scene, first)], key=lambda line: line.sent_s)
    fates = [room.hear(message) for message in heard]
    return Trial(
        kind,
        session.source,
        session.part,
        lines=[fate for fate in fates if fate.message.id.startswith("scene-")],
        bystanders=[fate for fate in fates if fate.message.id in meanwhile],
    )


def _earlier(lines: list[Message], begin: int) -> list[Message]:
    """The lines before this one: as many as belong to a scene."""
    since_s, place = lines[begin].sent_s - BEFORE_S, begin - BEFORE
    while place > 0 and begin - place < MOST_BEFORE and lines[place - 1].sent_s >= since_s:
        place -= 1
    return lines[place:begin]


class Regulars:
    """The viewers who have written several lines for a while."""

    def __init__(self, lines: Iterable[Message] = ()) -> None:
        self._said: dict[str, list[float]] = {}
        self._now_s = 0.0
        for line in lines:
            self.note(line)

    def note(self, line: Message) -> None:
        """Somebody wrote."""
        self._now_s = line.sent_s
        if line.sender.id is not None and line.sender.roles is Role.VIEWER:
            self._said.setdefault(line.sender.id, []).append(line.sent_s)

    def names(self) -> Iterator[str]:
        """The ids of those who are regulars by now, in the order in which they came."""
        for sender_id, said in self._said.items():
            if len(said) >= REGULAR_LINES and self._now_s - said[0] >= REGULAR_AFTER_S:
                yield sender_id


def messages_of(scene: Scene, first: Message) -> list[Message]:
    """A scene's lines as messages of a room where it begins with a line said there; the ids of those said as cover begin
    with ``cover-``, those of the others with ``scene-``."""
    return [
        Message(
            first.room,
            f"{'cover' if said.cover else 'scene'}-{place}",
            Sender(said.name, said.name),
            said.text,
            first.sent_s + said.at_s,
        )
        for place, said in enumerate(scene)
    ]
