"""An evening of made-up chat, for where no logs are at hand: regulars and passers-by, talk, laughter, sudden cheers.

It is kinder than real chat: what it shows is that nothing is grossly wrong, not how many people are hit for nothing.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from streams.events import Message, RoomKey, Sender
from streams.sandbox.attacks import INNOCENTS, scene
from streams.sandbox.attacks.texts import ordinary

REGULARS, LINES, EARLY = 60, 3_000, 300
BEGIN_S = 1_700_000_000.0
_LINES = Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines()
_WORDS = {words[0]: words[1:] for words in (line.split("|") for line in _LINES)}
"""Who did what, and what people say in between: ``kind|word|word…``, one kind a line."""


def evening(seed: int, room: RoomKey) -> list[Message]:
    """Some hours of one room; the same seed is the same evening. A cheer or a vote comes now and then."""
    chance = Random(f"evening {seed}")
    regulars = scene.newcomers(chance, REGULARS)
    pace_s, at_s, found = chance.choice((0.7, 2.0, 5.0)), BEGIN_S, list[tuple[float, str, str]]()
    while len(found) < LINES:
        at_s += chance.expovariate(1 / pace_s)
        found.append((at_s, _somebody(chance, regulars), _something(chance)))
        if len(found) > EARLY and chance.random() < 0.002:
            kind = INNOCENTS[chance.choice(("chorus", "refrain", "vote", "copypasta"))]
            found += [(at_s + said.at_s, said.name, said.text) for said in kind.make(chance, regulars)]
    return [
        Message(room, str(place), Sender(name, name), text, at_s)
        for place, (at_s, name, text) in enumerate(sorted(found))
    ]


def _somebody(chance: Random, regulars: list[str]) -> str:
    """Few people say much and many say little; one line in twenty is by somebody who never comes back."""
    if chance.random() < 0.05:
        return scene.newcomers(chance, 1)[0]
    return regulars[int(len(regulars) * chance.random() ** 1.5)]


def _something(chance: Random) -> str:
    """A short word, one of the lines everybody says, or a sentence of one to three clauses."""
    kind = chance.random()
    if kind < 0.3:
        return chance.choice(_WORDS["short"]) * chance.choice((1, 1, 1, 2, 3))
    if kind < 0.35:
        return ordinary(chance, chance.choice(("zh", "en")), 1)[0]
    text = _clause(chance)
    while chance.random() < 0.5:
        text += chance.choice(_WORDS["between"]) + _clause(chance)
    return text + chance.choice(_WORDS["tail"])


def _clause(chance: Random) -> str:
    words = [chance.choice(_WORDS[kind]) for kind in ("who", "did", "what")]
    return (" " if all(word.isascii() for word in words) else "").join(words)
