"""Many accounts that push one text: all at once or slowly, plainly or each with another spelling, fresh or warmed up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from streams.sandbox.attacks.evasions import EVASIONS, works_on
from streams.sandbox.attacks.scene import Kind, Said, Scene, every, in_order, instants, newcomers, spread
from streams.sandbox.attacks.texts import PUSHES, contact, filled, look_alike, ordinary, push

Mutate = Callable[[Random, str], str]
LONGEST = 200
"""Most characters of a line; longer ones are refused by many platforms."""
READABLE = (
    "full-width",
    "circled",
    "styled",
    "homoglyphs",
    "zero-width",
    "bidi",
    "traditional",
    "separators",
    "emoji",
    "homophones",
    "reordered",
    "case",
)
"""Evasions that leave a contact as it must be typed: who wants to be reached uses no others."""


def wave(chance: Random, known: Sequence[str]) -> Scene:
    """Ten to eighty fresh accounts say one text, word for word."""
    text = push(chance)
    return pushed(chance, lambda: text)


def mutating(name: str, chance: Random, known: Sequence[str]) -> Scene:
    """Ten to eighty fresh accounts say one text, each spelling it another way by one evasion."""
    evasion = EVASIONS[name]
    text = _fitting(chance, evasion)
    return pushed(chance, lambda: evasion(chance, text))


def mixed(chance: Random, known: Sequence[str]) -> Scene:
    """Ten to eighty fresh accounts say one text, each spelling it by one to three evasions."""
    text = push(chance)
    names = chance.sample(sorted(EVASIONS), chance.randint(2, 5))
    return pushed(chance, lambda: _mixed(chance, text, names))


def contacts(chance: Random, known: Sequence[str]) -> Scene:
    """One advertisement whose contact each account spells with other look-alikes, or which names another each time."""
    advert = chance.choice([each for each in PUSHES if "{contact}" in each.text])
    reach = contact(chance, advert.language)
    if chance.random() < 0.5:
        return pushed(chance, lambda: advert.text.replace("{contact}", look_alike(chance, reach)))
    return pushed(chance, lambda: filled(chance, advert))


def warm(chance: Random, known: Sequence[str]) -> Scene:
    """Accounts that wrote one to three ordinary lines some minutes before push one text, plainly or spelled anew."""
    mutate = _perhaps_mutating(chance)
    text, names = push(chance), newcomers(chance, chance.randint(10, 60))
    begin_s, language = chance.uniform(180.0, 600.0), chance.choice(("zh", "en"))
    cover = [
        Said(chance.uniform(0.0, begin_s - 60.0), name, said, cover=True)
        for name in names
        for said in ordinary(chance, language, chance.randint(1, 3))
    ]
    at = instants(chance, len(names), begin_s)
    return in_order(cover + [Said(*one, mutate(chance, text)) for one in zip(at, names, strict=True)])


def drip(chance: Random, known: Sequence[str]) -> Scene:
    """Thirty fresh accounts push one text in ten minutes, one after the other."""
    mutate, text = _perhaps_mutating(chance), push(chance)
    at = spread(chance, 30, 600.0) if chance.random() < 0.5 else every(chance, 30, 10.0, 30.0)
    return [Said(*one, mutate(chance, text)) for one in zip(at, newcomers(chance, 30), strict=True)]


def single(chance: Random, known: Sequence[str]) -> Scene:
    """One advertisement with a contact, said once by an account never seen here."""
    text = push(chance, "advert")
    if chance.random() < 0.4:
        text = EVASIONS[chance.choice(READABLE)](chance, text)
    return [Said(0.0, newcomers(chance, 1)[0], text)]


def pushed(chance: Random, text: Callable[[], str]) -> Scene:
    """The lines of a wave: every account once, in some waves twice or three times."""
    names = newcomers(chance, chance.choice((chance.randint(10, 20), chance.randint(10, 80))))
    turns = chance.choice((1, 1, 1, 2, 3))
    speakers = [name for _ in range(turns) for name in chance.sample(names, len(names))]
    return [Said(*one, text()) for one in zip(instants(chance, len(speakers)), speakers, strict=True)]


def _fitting(chance: Random, evasion: Mutate) -> str:
    """A text on which this evasion works."""
    while not works_on(evasion, text := push(chance)):
        pass
    return text


def _perhaps_mutating(chance: Random) -> Mutate:
    if chance.random() < 0.5:
        return lambda chance, text: text
    names = chance.sample(sorted(EVASIONS), 2)
    return partial(_mixed, names=names)


def _mixed(chance: Random, text: str, names: list[str]) -> str:
    for name in chance.sample(names, chance.randint(1, min(3, len(names)))):
        other = EVASIONS[name](chance, text)
        text = other if len(other) <= LONGEST else text
    return text


WAVES = (
    Kind("wave", "wave", "fresh accounts push one text, word for word", wave),
    *(
        Kind(
            f"wave-{name}",
            "wave",
            f"fresh accounts push one text, each spelling it anew: {name}",
            partial(mutating, name),
        )
        for name in EVASIONS
    ),
    Kind("wave-mixed", "wave", "fresh accounts push one text, each by several evasions", mixed),
    Kind("wave-contacts", "wave", "fresh accounts push one advertisement, each spelling its contact anew", contacts),
    Kind("warm", "slow", "accounts that chatted a little before push one text", warm),
    Kind("drip", "slow", "thirty fresh accounts push one text in ten minutes", drip),
    Kind("single", "single", "one advertisement with a contact, by an account never seen here", single),
)
