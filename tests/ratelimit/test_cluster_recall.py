"""How many lines of a wave are seen as one, by every evasion apart, amid the chat of a room."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from ratelimit.cluster import ClusterIndex
from ratelimit.fold import fold
from streams.sandbox.attacks.evasions import EVASIONS
from streams.sandbox.attacks.texts import ordinary
from streams.sandbox.attacks.waves import WAVES

WAVES_TRIED = 24
SEEN_BEFORE = 3
"""A line counts as seen when so many lines of its wave stand in its cluster already."""
NOT_COUNTED = 5
"""The first lines of a wave, by which it is known."""

SYNONYMS_AND_CONTACTS = {
    "wave-swapped": 0.90,  # two of three words are others: half of a short text
    "wave-contacts": 0.85,  # an English advertisement is half contact, each line another
    "wave-mixed": 0.95,
    "drip": 0.95,
    "warm": 0.95,
}


def recall(kind: str) -> float:
    """The share of a wave's later lines that join what came before, over many waves."""
    make = next(one.make for one in WAVES if one.name == kind)
    found = counted = 0
    for seed in range(WAVES_TRIED):
        chance = Random(f"{kind}-{seed}")
        scene = [said for said in make(chance, ()) if not said.cover]
        index, known = ClusterIndex(), Counter[str]()
        for number, said in enumerate(scene):
            for text in ordinary(chance, chance.choice(("zh", "en")), 2):
                if len(folded := fold(text)) >= 4:
                    index.add(folded, said.at_s)
            name = index.add(fold(said.text), said.at_s).id
            counted += number >= NOT_COUNTED
            found += number >= NOT_COUNTED and known[name] >= SEEN_BEFORE
            known[name] += 1
    return found / counted


@pytest.mark.parametrize("kind", [one.name for one in WAVES if one.name != "single"])
def test_lines_of_a_wave_are_one(kind: str) -> None:
    assert recall(kind) >= SYNONYMS_AND_CONTACTS.get(kind, 0.985)


def test_every_evasion_is_measured() -> None:
    assert {f"wave-{name}" for name in EVASIONS} <= {one.name for one in WAVES}
