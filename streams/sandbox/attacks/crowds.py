"""Innocents who look like an attack: a crowd that rejoices, votes, greets or quotes; a fan who cannot hold back.

What is said by people known in the room is said under their names; where few are known, newcomers fill the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from streams.sandbox.attacks.scene import Kind, Said, Scene, every, in_order, newcomers, spread
from streams.sandbox.attacks.texts import contact, ordinary, phrases

_VOTES = [answers.split(" | ") for answers in phrases("vote")]
_MARKS = ("❤", "🎉", "<3", "👋", "✨", "")


def chorus(chance: Random, known: Sequence[str]) -> Scene:
    """Something happens, and everybody cheers: short, alike, many of them two or three times."""
    favourites = chance.sample(phrases("cheer"), chance.randint(1, 4))
    names = _crowd(chance, known, chance.randint(20, 90), regular=0.7)
    at = spread(chance, len(names) * 2, chance.uniform(6.0, 30.0))
    return [Said(at_s, chance.choice(names), _held(chance, chance.choice(favourites))) for at_s in at]


def refrain(chance: Random, known: Sequence[str]) -> Scene:
    """A crowd says one phrase of six to fifteen characters, many of them known here, some new."""
    text = chance.choice(phrases("refrain"))
    names = _crowd(chance, known, chance.randint(15, 60), regular=0.7)
    at = spread(chance, len(names), chance.uniform(5.0, 40.0))
    return [Said(*one, _held(chance, text)) for one in zip(at, names, strict=True)]


def vote(chance: Random, known: Sequence[str]) -> Scene:
    """A vote: hundreds of people, a handful of answers."""
    answers = chance.choice(_VOTES)
    names = _crowd(chance, known, chance.randint(30, 250), regular=0.3)
    at = spread(chance, len(names), chance.uniform(5.0, 30.0))
    return [Said(*one, chance.choice(answers)) for one in zip(at, names, strict=True)]


def copypasta(chance: Random, known: Sequence[str]) -> Scene:
    """People known here paste one long text for fun."""
    return pasted(chance, known, chance.choice(phrases("pasta")))


def pasted(chance: Random, known: Sequence[str], text: str) -> Scene:
    """Five to twenty-five people known here paste this text within a minute and a half."""
    names = list(known) or newcomers(chance, 12)
    names = chance.sample(names, min(len(names), chance.randint(5, 25)))
    at = spread(chance, len(names), chance.uniform(10.0, 90.0))
    return [Said(*one, text) for one in zip(at, names, strict=True)]


def friendly_raid(chance: Random, known: Sequence[str]) -> Scene:
    """Twenty to sixty viewers of another room come over and say where they come from."""
    text = chance.choice(phrases("raid")).format(name=chance.choice(phrases("host")), mark=chance.choice(_MARKS))
    names = newcomers(chance, chance.randint(20, 60))
    at = spread(chance, len(names), 20.0)
    return [Said(*one, text + chance.choice(("", "", "", "!", " ❤"))) for one in zip(at, names, strict=True)]


def excited_fan(chance: Random, known: Sequence[str]) -> Scene:
    """One fan writes eight to fifteen short different lines a minute, and greets three times."""
    name = chance.choice(known) if known and chance.random() < 0.6 else newcomers(chance, 1)[0]
    greeting = chance.choice(phrases("greeting"))
    count = chance.randint(16, 40)
    texts = [
        chance.choice(phrases("excited")) if chance.random() < 0.7 else chance.choice(ordinary(chance, "zh", 3))
        for _ in range(count)
    ]
    at = every(chance, count + 3, 3.5, 8.0)
    return [Said(*one) for one in zip(at, [name] * (count + 3), [greeting] * 3 + texts, strict=True)]


def greeting(chance: Random, known: Sequence[str]) -> Scene:
    """The stream begins: everybody who comes says the same greeting, one after the other."""
    text = chance.choice(phrases("greeting"))
    names = newcomers(chance, chance.randint(15, 80))
    at = spread(chance, len(names), chance.uniform(30.0, 240.0))
    return [Said(*one, text + chance.choice(("", "", "~", "！", "!"))) for one in zip(at, names, strict=True)]


def giveaway(chance: Random, known: Sequence[str]) -> Scene:
    """The streamer gives something away: hundreds of people, most of them new, type the keyword."""
    word = chance.choice(phrases("keyword"))
    names = _crowd(chance, known, chance.randint(80, 350), regular=0.15)
    at = spread(chance, len(names), chance.uniform(15.0, 90.0))
    return [Said(*one, word) for one in zip(at, names, strict=True)]


def awaiting(chance: Random, known: Sequence[str]) -> Scene:
    """Fans wait for the stream and say so every five to twenty seconds."""
    names = _crowd(chance, known, chance.randint(1, 5), regular=0.5)
    lines = []
    for name in names:
        text, least_s = chance.choice(phrases("awaited")), chance.uniform(5.0, 10.0)
        at = every(chance, chance.randint(8, 25), least_s, 2 * least_s, chance.uniform(0.0, 30.0))
        lines += [Said(at_s, name, text) for at_s in at]
    return in_order(lines)


def shared_link(chance: Random, known: Sequence[str]) -> Scene:
    """Somebody known here names a link or a number in passing: nothing of it is pushed."""
    name = chance.choice(known) if known else newcomers(chance, 1)[0]
    language = chance.choice(("zh", "en"))
    said = chance.choice([each for each in phrases("link") if each.isascii() == (language == "en")])
    return [Said(0.0, name, said.replace("{contact}", contact(chance, language)))]


def _crowd(chance: Random, known: Sequence[str], count: int, regular: float) -> list[str]:
    """So many different people, a share of them known here as far as there are."""
    regulars = chance.sample(list(known), min(len(known), round(count * regular)))
    people = regulars + newcomers(chance, count - len(regulars))
    chance.shuffle(people)
    return people


def _held(chance: Random, text: str) -> str:
    """A cheer with its last character held a little longer, or with marks."""
    return text + chance.choice(("", "", "", text[-1] * chance.randint(1, 4), "!", "！！"))


CROWDS_OF_INNOCENTS = (
    Kind("chorus", "innocent", "a crowd cheers alike", chorus),
    Kind("refrain", "innocent", "a crowd says one phrase", refrain),
    Kind("vote", "innocent", "hundreds vote", vote),
    Kind("copypasta", "innocent", "people known here paste one long text", copypasta),
    Kind("friendly-raid", "innocent", "the viewers of another room come over and greet", friendly_raid),
    Kind("excited-fan", "innocent", "one fan writes a line every few seconds", excited_fan),
    Kind("greeting", "innocent", "everybody who comes says the same greeting", greeting),
    Kind("giveaway", "innocent", "hundreds of newcomers type the keyword of a giveaway", giveaway),
    Kind("awaiting", "innocent", "fans say every few seconds that they wait", awaiting),
    Kind("shared-link", "innocent", "somebody known here names a link or a number in passing", shared_link),
)
