"""Trials: a scene played into a real (or made-up) evening, in a room of its own, and what became of its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.scorecard.engine import Fate, Room
from bench.scorecard.logs import Chat, Part, Session
from cases.policy import RoomPolicy
from streams.events import Message, Role, Sender
from streams.sandbox.attacks import Kind, Scene

BEFORE, AFTER_S, MOST_DURING = 400, 20.0, 1_500
"""Lines of the evening before a scene begins; seconds heard after it; most lines of the evening heard meanwhile."""
HEARD = (100, 400, 400)
"""So many of the lines before are heard: danmod was started some minutes ago, or long ago."""
OFTEN = {"single": 8, "shared-link": 8}
"""Scenes of one line are tried so many times as often as others."""
REGULAR_LINES = 4
"""Lines before the scene that make somebody a regular of the room: one more than a warmed-up account writes."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One scene and the fates of its lines (without those said as cover), in order; ``bystanders``: those of the lines of
    the evening said meanwhile. ``part`` is that of the evening."""

    kind: Kind
    source: str
    part: Part
    lines: list[Fate]
    bystanders: list[Fate]


def trials(kinds: list[Kind], seeds: int, chat: Chat, policy: RoomPolicy) -> Iterator[Trial]:
    """Every kind so many times, each time in another evening; the same arguments give the same trials."""
    evenings = [session for session in chat.sessions if session.has_people and len(session.lines) > 2 * BEFORE]
    for kind in kinds:
        for seed in range(seeds * OFTEN.get(kind.name, 1)):
            chance = Random(f"{kind.name} {seed}")
            source = chance.choice(list(dict.fromkeys(session.source for session in evenings)))
            session = chance.choice([each for each in evenings if each.source == source])
            yield play(kind, chance, session, policy)


def play(kind: Kind, chance: Random, session: Session, policy: RoomPolicy) -> Trial:
    """One scene, begun at any line of the evening that has enough lines before it."""
    begin = chance.randrange(BEFORE, len(session.lines) - BEFORE // 4)
    first = session.lines[begin]
    scene = kind.make(chance, _regulars(session.lines[begin - BEFORE : begin]))
    before = session.lines[begin - (BEFORE if kind.name in OFTEN else chance.choice(HEARD)) : begin]
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


def _regulars(lines: list[Message]) -> list[str]:
    """The ids of the viewers who wrote several lines, in the order in which they came."""
    said: dict[str, int] = {}
    for line in lines:
        if line.sender.id is not None and line.sender.roles is Role.VIEWER:
            said[line.sender.id] = said.get(line.sender.id, 0) + 1
    return [sender_id for sender_id, count in said.items() if count >= REGULAR_LINES]


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
