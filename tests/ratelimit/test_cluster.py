"""Near-identical lines are found, different ones kept apart, and memory stays small."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from ratelimit import cluster
from ratelimit.cluster import LEEWAY, LONGEST, REORDERED, Cluster, ClusterIndex
from ratelimit.likeness import _likeness, likeness

short_texts = st.text("ab哈东 ", max_size=12) | st.sampled_from(
    ["buy cheap viewers now", "buy cheap viewers n0w", "x" * 300]
)


def near(text: str, exemplar: str) -> bool:
    """Fairly near to what a cluster began with, or made of the same."""
    one, other = likeness(text[:LONGEST]), likeness(exemplar)
    bags = ["".join(sorted(each)) for each in (one, other)]
    return fuzz.ratio(one, other) >= 80 - LEEWAY or fuzz.ratio(*bags) >= REORDERED - LEEWAY


def ids(index: ClusterIndex, *texts: str) -> list[str]:
    return [index.add(text, 0.0).id for text in texts]


def test_the_same_text_is_one_cluster() -> None:
    index = ClusterIndex()
    assert [index.add("hello there", at_s) for at_s in (1.0, 2.0)] == [
        Cluster("c1", 1, 1.0, "hello there", variants=1),
        Cluster("c1", 2, 1.0, "hello there", variants=1),
    ]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "variant", ["buy cheap viewers n0w", "buy cheap viewers now 7", "uy cheap viewers now", "buy cheep viewers now"]
)
def test_a_variant_joins(variant: str, strict: bool) -> None:
    assert ids(ClusterIndex(strict=strict), "buy cheap viewers now", variant) == ["c1", "c1"]


@pytest.mark.parametrize("strict", [False, True])
def test_another_text_is_another_cluster(strict: bool) -> None:
    index = ClusterIndex(strict=strict)
    assert ids(index, "buy cheap viewers now", "what a lovely stream", "主播今天真好看", "主播今天吃什么") == [
        "c1",
        "c2",
        "c3",
        "c4",
    ]


def test_very_short_texts_are_only_ever_equal() -> None:
    assert ids(ClusterIndex(), "abc", "abd", "abc", "", "") == ["c1", "c2", "c1", "c3", "c3"]


def test_a_chain_of_small_edits_does_not_wander() -> None:
    index = ClusterIndex(strict=True)
    start, end = "abcdefghijklmnopqrst", "ABCDEFGHIJKLMNOPQRST"
    chain = [end[:n] + start[n:] for n in range(len(start) + 1)]
    clusters = [index.add(text, 0.0) for text in chain]
    assert clusters[0].id != clusters[-1].id
    assert all(fuzz.ratio(text, one.exemplar) >= 80 - LEEWAY for text, one in zip(chain, clusters, strict=True))


def test_after_a_long_silence_a_text_begins_a_new_cluster() -> None:
    index = ClusterIndex(quiet_s=600)
    found = [index.add("hello there", at_s) for at_s in (0.0, 600.0, 1200.0, 1800.1)]
    assert [(one.id, one.size, one.first_s) for one in found] == [
        ("c1", 1, 0.0), ("c1", 2, 0.0), ("c1", 3, 0.0), ("c2", 1, 1800.1),
    ]  # fmt: skip


def test_a_variant_does_not_revive_a_cluster_that_is_over() -> None:
    index = ClusterIndex(quiet_s=600)
    index.add("buy cheap viewers now", 0.0)
    assert index.add("buy cheap viewers n0w", 601.0).id == "c2"


def test_the_latest_texts_are_known_and_the_oldest_forgotten() -> None:
    index = ClusterIndex(capacity=200)
    texts = [f"{random.Random(n).getrandbits(80):020x}" for n in range(400)]
    first = ids(index, *texts)
    assert ids(index, *reversed(texts[-150:])) == list(reversed(first[-150:]))
    assert index.add(texts[0], 0.0).size == 1


@given(st.lists(short_texts, max_size=60), st.booleans())
def test_every_line_has_a_cluster_of_similar_ones(texts: list[str], strict: bool) -> None:
    index = ClusterIndex(capacity=8, strict=strict)
    for text in texts:
        found = index.add(text, 0.0)
        assert found.size >= 1
        assert found.exemplar == text[:LONGEST] or near(text, found.exemplar)


@given(st.lists(short_texts, max_size=60), st.booleans())
def test_the_same_lines_give_the_same_clusters(texts: list[str], strict: bool) -> None:
    assert ids(ClusterIndex(strict=strict), *texts) == ids(ClusterIndex(strict=strict), *texts)


@given(st.lists(short_texts, max_size=40))
def test_strict_misses_nothing(texts: list[str]) -> None:
    """A text that begins a cluster is below the threshold to everything before it, or too far from the beginnings."""
    index = ClusterIndex(strict=True, capacity=1000)
    seen: dict[str, Cluster] = {}
    for text in texts:
        cut = text[:200]
        found = index.add(text, 0.0)
        if found.size == 1 and len(cut) >= 4:
            for other, theirs in seen.items():
                alike = len(other) >= 4 and fuzz.ratio(likeness(cut), likeness(other)) >= 85
                assert not (alike and near(cut, theirs.exemplar))
        seen[cut] = found


@pytest.mark.parametrize(("length", "least"), [(8, 0.90), (25, 0.85)])
def test_recall_against_strict(length: int, least: float) -> None:
    """A raid of variants amid random lines; what strict finds, the index mostly finds too."""
    chance = random.Random(7)
    raid = _line(chance, length)
    stream = [_variant(chance, raid) if chance.random() < 0.4 else _line(chance, length) for _ in range(4000)]
    quick, strict = ClusterIndex(), ClusterIndex(strict=True)
    pairs = [(quick.add(text, 0.0).size > 1, strict.add(text, 0.0).size > 1) for text in stream]
    found = sum(mine for mine, theirs in pairs if theirs) / sum(theirs for _, theirs in pairs)
    assert found >= least


@pytest.mark.parametrize("length", [4, 10, 30, 200])
@pytest.mark.parametrize("strict", [False, True])
def test_a_full_room_takes_at_most_150_kib(length: int, strict: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "likeness", _likeness)  # its memo is the process's, not a room's
    chance = random.Random(1)
    index = ClusterIndex(strict=strict)
    tracemalloc.start()
    try:
        before, most = tracemalloc.get_traced_memory()[0], 0
        for number in range(min(1500, 100_000 // length)):
            index.add("".join(chr(0x4E00 + chance.randrange(20_000)) for _ in range(length)), 1e9 + number / 10)
            most = max(most, tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert most - before <= 150 * 1024


@pytest.mark.parametrize("arguments", [(49.0, 200), (101.0, 200), (80.0, 0)])
def test_settings_that_cannot_be_are_refused(arguments: tuple[float, int]) -> None:
    with pytest.raises(ValueError, match="threshold must be"):
        ClusterIndex(*arguments)


def _line(chance: random.Random, length: int) -> str:
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(length))


def _variant(chance: random.Random, text: str) -> str:
    letters = list(text)
    for _ in range(max(1, len(text) // 10)):
        place = chance.randrange(len(letters))
        letters[place : place + chance.randrange(2)] = [chance.choice("0123456789")] * chance.randrange(2)
    return "".join(letters)
