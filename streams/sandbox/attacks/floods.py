"""One account that floods: the same again and again, nearly the same, or too much of everything."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from streams.sandbox.attacks.evasions import EVASIONS
from streams.sandbox.attacks.scene import Kind, Said, Scene, every, newcomers
from streams.sandbox.attacks.texts import ordinary, phrases, push

_SMALL_CHANGES = ("suffix", "slips", "case", "stretched", "separators")
_TAILS = ("", "!", "！！", "~", "。", " .", "???", " ^^", "啊", "呀", " pls", "…")


def repeat(chance: Random, known: Sequence[str]) -> Scene:
    """One account says one text eight to forty times."""
    text = _text(chance)
    return _alone(chance, known, [text] * chance.randint(8, 40))


def near_repeat(chance: Random, known: Sequence[str]) -> Scene:
    """One account says one text again and again, a little changed each time."""
    text = _text(chance)
    changes = chance.sample(_SMALL_CHANGES, 2)
    texts = [_changed(chance, text, changes) for _ in range(chance.randint(8, 40))]
    return _alone(chance, known, texts)


def fast(chance: Random, known: Sequence[str]) -> Scene:
    """One account writes one to five different lines a second."""
    count, style = chance.randint(15, 45), chance.choice(("lines", "lines", "keys", "counting"))
    texts = {
        "lines": lambda: ordinary(chance, chance.choice(("zh", "en")), count),
        "keys": lambda: ["".join(chance.choices("asdfghjklqwertyuiop;/[]", k=chance.randint(3, 22))) for _ in range(count)],
        "counting": lambda: [f"{place}{chance.choice(('', '!', ' go', '次'))}" for place in range(1, count + 1)],
    }[style]()  # fmt: skip
    least_s = chance.uniform(0.1, 0.5)
    return _said(_somebody(chance, known), every(chance, count, least_s, least_s + chance.uniform(0.1, 0.5)), texts)


def _text(chance: Random) -> str:
    return chance.choice(phrases("loud")) if chance.random() < 0.4 else push(chance)


def _changed(chance: Random, text: str, changes: list[str]) -> str:
    text = text if chance.random() < 0.3 else EVASIONS[chance.choice(changes)](chance, text)
    return text + chance.choice(_TAILS)


def _alone(chance: Random, known: Sequence[str], texts: list[str]) -> Scene:
    least_s = chance.choice((0.15, 0.5, 1.0, 2.0))
    return _said(_somebody(chance, known), every(chance, len(texts), least_s, least_s * 2), texts)


def _somebody(chance: Random, known: Sequence[str]) -> str:
    """A newcomer, or now and then somebody known here who lost patience."""
    return chance.choice(known) if known and chance.random() < 0.3 else newcomers(chance, 1)[0]


def _said(name: str, at: list[float], texts: list[str]) -> Scene:
    return [Said(at_s, name, text) for at_s, text in zip(at, texts, strict=True)]


FLOODS = (
    Kind("repeat", "alone", "one account says one text again and again", repeat),
    Kind("near-repeat", "alone", "one account says nearly the same again and again", near_repeat),
    Kind("fast", "fast", "one account writes one to five different lines a second", fast),
)
