"""The crowds: the same seed writes the same lines, and each crowd is what its name says."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest

from streams.sandbox.crowd import CROWDS, REGULARS, CrowdKind, CrowdLine, calm, cheer, flooder, raid, reporters
from streams.sandbox.names import clean_name, clean_text
from streams.sandbox.room import LINE_LIMIT
from streams.sandbox.server import SandboxServer

SEEDS = range(20)


def lines_of(kind: CrowdKind, seed: int) -> list[CrowdLine]:
    return list(islice(CROWDS[kind](seed), 300))


@pytest.mark.parametrize("kind", CROWDS)
def test_a_seed_decides_everything(kind: CrowdKind) -> None:
    assert lines_of(kind, 7) == lines_of(kind, 7)
    assert len({tuple(lines_of(kind, seed)) for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("kind", CROWDS)
def test_every_line_can_be_said_in_a_room(kind: CrowdKind) -> None:
    for seed in SEEDS:
        for line in lines_of(kind, seed):
            assert line.delay_s > 0
            assert clean_name(line.name) == line.name
            assert clean_text(line.text) == line.text != ""
            assert len(line.text) <= LINE_LIMIT


def test_a_calm_evening_repeats_nothing_for_a_long_time_and_nobody_speaks_twice_in_a_row() -> None:
    lines = list(islice(calm(3), 90))
    assert len({line.text for line in lines}) == 90
    assert all(first.name != second.name for first, second in pairwise(lines))
    assert {line.name for line in lines} <= set(REGULARS)


def test_those_who_cheer_are_regulars_and_many_cheer_alike() -> None:
    lines = list(cheer(3))
    assert {line.name for line in lines} == set(REGULARS)
    assert len({line.text[:2] for line in lines}) <= 3


def test_a_raid_is_thirty_accounts_nobody_has_seen_with_one_text_and_hardly_two_equal_lines() -> None:
    first, second = list(raid(3)), list(raid(4))
    names = {line.name for line in first}
    assert len(names) == 30
    assert not names & set(REGULARS)
    assert not names & {line.name for line in second}
    assert len({line.text for line in first}) > 50


def test_a_flooder_is_one_person_writing_at_four_lines_a_second() -> None:
    lines = list(flooder(3))
    assert len({line.name for line in lines}) == 1
    assert len(lines) / sum(line.delay_s for line in lines) > 3


def test_reporters_name_the_one_who_was_rude_in_both_languages() -> None:
    for seed in SEEDS:
        rude, *reports = reporters(seed)
        assert len({report.name for report in reports}) == 4
        assert all(f"@{rude.name} " in report.text for report in reports)
        assert any("举报" in report.text for report in reports)


async def test_a_muted_flooder_of_the_crowd_is_not_heard(server: SandboxServer) -> None:
    room = server.room("demo")
    name = next(flooder(1)).name
    room.mute(room.enter(name).id, 3600, "flooding", 1_800_000_000.0)
    await server.play("demo", "flooder", pace=0)
    assert not room.lines
    await server.play("demo", "raid", pace=0)
    assert len(room.lines) == 60


async def test_two_raids_in_one_room_come_from_different_accounts(server: SandboxServer) -> None:
    await server.play("demo", "raid", pace=0)
    await server.play("demo", "raid", pace=0)
    assert len({line.sender.id for line in server.room("demo").lines.values()}) == 60
