"""The evasions: each really writes a text in another way, and who undoes what it does reads the text again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from random import Random

import pytest
from rapidfuzz import fuzz

from streams.sandbox.attacks.evasions import (
    EVASIONS,
    FORMAL_NUMERALS,
    LEET,
    LOOK_ALIKES,
    MARKS,
    PICTURES,
    PLAIN_NUMERALS,
    SEPARATORS,
    SPELLINGS,
    invisible,
    works_on,
)
from streams.sandbox.attacks.texts import PUSHES, filled, push

TEXTS = [filled(Random(place), each) for place, each in enumerate(PUSHES)]


def without(characters: str) -> Callable[[str], str]:
    return lambda text: "".join(each for each in text if each not in characters)


def undone(table: dict[str, str]) -> Callable[[str], str]:
    """Every character back to the one that stands for it."""
    back = {other: key for key, others in table.items() for other in others}
    return lambda text: alike("".join(back.get(each, each) for each in text).lower())


def alike(text: str) -> str:
    """Letters and digits that look alike in the first place are one."""
    return text.translate(str.maketrans("il|0", "111o"))


def runs_of_one(text: str) -> str:
    return re.sub(r"(.)\1+", r"\1", text)


def characters(text: str) -> list[str]:
    return sorted(each for each in text if each.isalnum())


NUMERALS = {str(digit): PLAIN_NUMERALS[digit] + FORMAL_NUMERALS[digit] for digit in range(10)}
UNDO: dict[str, Callable[[str], object]] = {
    "full-width": lambda text: unicodedata.normalize("NFKC", text),
    "styled": lambda text: unicodedata.normalize("NFKC", text).lower(),
    "homoglyphs": undone(LOOK_ALIKES),
    "zero-width": lambda text: "".join(each for each in text if not invisible(each)),
    "bidi": lambda text: "".join(each for each in text if not invisible(each)),
    "combining": without(MARKS),
    "traditional": undone({key: spelling.traditional for key, spelling in SPELLINGS.items()}),
    "numerals": undone(NUMERALS),
    "leetspeak": undone(LEET),
    "separators": without(SEPARATORS),
    "emoji": without(PICTURES),
    "stretched": runs_of_one,
    "other-number": lambda text: re.sub(r"[0-9]{4,}", "#", text),
    "reordered": characters,
    "case": str.casefold,
}
"""What makes a plain text and its evasion equal; for the others likeness has to do."""


@pytest.mark.parametrize("name", EVASIONS)
def test_it_writes_the_text_in_another_way_and_not_always_in_the_same(name: str) -> None:
    fitting = [text for text in TEXTS if works_on(EVASIONS[name], text)]
    assert len(fitting) >= 5
    for text in fitting:
        written = {EVASIONS[name](Random(seed), text) for seed in range(30)}
        assert written - {text}, text
    assert max(len({EVASIONS[name](Random(seed), text) for seed in range(30)}) for text in fitting) >= 4


@pytest.mark.parametrize("name", UNDO)
def test_who_undoes_it_reads_the_text_again(name: str) -> None:
    undo = UNDO[name]
    for text in TEXTS:
        for seed in range(8):
            assert undo(EVASIONS[name](Random(seed), text)) == undo(text), text


def test_circles_and_brackets_are_letters_and_digits_all_the_same() -> None:
    black = str.maketrans("⓿❶❷❸❹❺❻❼❽❾", "0123456789")
    for text in TEXTS:
        for seed in range(8):
            plain = unicodedata.normalize("NFKC", EVASIONS["circled"](Random(seed), text).translate(black))
            assert re.sub(r"[()]", "", plain) == re.sub(r"[()]", "", unicodedata.normalize("NFKC", text.lower()))


@pytest.mark.parametrize("name", ["suffix", "slips", "swapped", "repeated"])
def test_most_of_the_text_stays(name: str) -> None:
    for text in TEXTS:
        for seed in range(8):
            written = EVASIONS[name](Random(seed), text)
            assert fuzz.partial_ratio(re.sub(r"\W", "", text), re.sub(r"\W", "", written)) >= 50.0, written


def test_halves_and_sounds_can_be_put_together_again() -> None:
    for text in TEXTS:
        for seed in range(8):
            whole = EVASIONS["halves"](Random(seed), text)
            for key, spelling in SPELLINGS.items():
                whole = whole.replace(spelling.halves, key) if spelling.halves and key in text else whole
            assert fuzz.ratio(whole, text) >= 90.0
            sounds = EVASIONS["sounds"](Random(seed), text)
            assert _sounded(sounds) == _sounded(text)


def _sounded(text: str) -> str:
    return "".join(SPELLINGS[each].sound if each in SPELLINGS else each for each in text)


def test_homophones_sound_the_same_wherever_the_sound_is_known() -> None:
    for text in TEXTS:
        for seed in range(8):
            written = EVASIONS["homophones"](Random(seed), text)
            assert len(written) == len(text)
            assert sum(one != other for one, other in zip(text, written, strict=True)) <= max(1, round(len(text) / 2))


def test_texts_to_push_have_8_to_40_characters_in_both_languages_and_every_style() -> None:
    assert {(each.style, each.language) for each in PUSHES} == {
        (style, language) for style in ("advert", "slogan", "nonsense") for language in ("zh", "en")
    }
    lengths = [len(push(Random(seed))) for seed in range(400)]
    assert min(lengths) >= 8
    assert max(lengths) <= 40
