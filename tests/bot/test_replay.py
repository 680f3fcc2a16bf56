"""`danmod replay`: its formats as promised, its answers the same twice and for every batch size."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import Settings
from bot.replay import Keep, Replay
from streams.replay import Recording

FIELDS = ["index", "t", "room", "user", "text", "measures", "mute_seconds", "severity", "checks", "cluster", "case"]
FLOOD = "look at me now"
ADVERT = "cheap followers fast, only at www.star-shop.com now"


def row(t: float | None, user: str | None, text: str, **more: object) -> dict[str, object]:
    return {"t": t, "room": "talk", "user": user, "text": text, **more}


def storm(seed: int = 7, lines: int = 1500) -> list[dict[str, object]]:
    """An evening with talk, floods, two waves and moderators, in two rooms."""
    chance, t, rows = random.Random(seed), 1000.0, []
    for number in range(lines):
        t += chance.choice([0.05, 0.3, 1.0])
        kind = chance.random()
        room = {"room": chance.choice(["talk", "other"])}
        if kind < 0.2:
            rows.append(row(t, f"flooder{number // 200}", FLOOD, **room))
        elif kind < 0.3:
            rows.append(row(t, f"guest{number}", f"{ADVERT} {number % 90}", **room))
        elif kind < 0.32:
            rows.append(row(t, "mona", f"!mute @flooder{number // 200} 30s R1", role="mod", **room))
        elif kind < 0.33:
            rows.append(row(t, "mona", f"!unmute @flooder{number // 200}", roles=["moderator"], **room))
        else:
            rows.append(row(t, f"viewer{number % 40}", f"thought {chance.randrange(9999)} of mine", **room))
    return rows


def write(path: Path, rows: Iterable[object]) -> Path:
    data = "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in rows)
    path.write_bytes(gzip.compress(data.encode()) if path.suffix == ".gz" else data.encode())
    return path


async def replayed(*paths: Path, batch: int = 512) -> str:
    """The decisions file of a replay."""
    rows: list[str] = []
    keep: Keep = lambda fallen: rows.append(json.dumps(fallen.row(), ensure_ascii=False) + "\n")  # noqa: E731 - one line
    await Replay(Settings(), batch).run(Recording(list(paths)), keep, lambda count: None)
    return "".join(rows)


async def decided(*paths: Path, batch: int = 512) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await replayed(*paths, batch=batch)).splitlines()]


def command(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["replay", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


async def test_every_line_of_the_decisions_file_has_exactly_the_promised_fields(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [row(100 + n * 0.2, "ann", FLOOD) for n in range(12)])
    decisions = await decided(log)
    assert decisions
    for decision in decisions:
        assert list(decision) == FIELDS
        assert (decision["room"], decision["user"], decision["text"]) == ("talk", "ann", FLOOD)
        assert decision["t"] == 100 + decision["index"] * 0.2
        assert decision["measures"] == sorted(decision["measures"])
        assert decision["severity"] in ("minor", "moderate", "severe")
        assert isinstance(decision["checks"], list)
        assert decision["case"].isalnum()
    (mute,) = [decision for decision in decisions if decision["mute_seconds"] is not None]
    assert "mute" in mute["measures"]
    assert mute["mute_seconds"] == 300
    assert isinstance(mute["mute_seconds"], int)


async def test_plain_and_packed_logs_say_the_same(tmp_path: Path) -> None:
    rows = storm(lines=300)
    assert await replayed(write(tmp_path / "a.jsonl", rows)) == await replayed(write(tmp_path / "b.jsonl.gz", rows))


async def test_twice_is_the_same(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", storm())
    first = await replayed(log)
    assert first.count("\n") > 100
    assert await replayed(log) == first


@pytest.mark.parametrize("batch", [1, 7, 5000])
async def test_the_batch_size_changes_nothing(tmp_path: Path, batch: int) -> None:
    log = write(tmp_path / "a.jsonl", storm())
    one, other = await decided(log), await decided(log, batch=batch)
    assert other == one


async def test_a_waves_earlier_lines_are_decided_with_their_own_index(tmp_path: Path) -> None:
    rows = [row(200 + n * 0.5, f"guest{n}", f"{ADVERT} {n:02d}") for n in range(8)]
    decisions = await decided(write(tmp_path / "a.jsonl", [row(199, "ann", "hello"), *rows]))
    assert {decision["index"] for decision in decisions} == set(range(1, 9))
    earlier = [decision for decision in decisions if decision["t"] > 199.5 + 0.5 * decision["index"]]
    assert earlier, "lines that were found only when the wave was recognised"
    for decision in earlier:
        assert decision["text"] == rows[decision["index"] - 1]["text"]
        assert decision["user"] == rows[decision["index"] - 1]["user"]
    assert len({decision["case"] for decision in decisions}) == 1
    assert len({decision["cluster"] for decision in decisions}) == 1


async def test_several_logs_count_on_and_each_room_has_its_own_clock(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", [row(5000, "ann", "hello")])
    second = write(tmp_path / "b.jsonl", [row(100 + n * 0.2, "ben", FLOOD, room="other") for n in range(12)])
    decisions = await decided(first, second)
    assert {decision["room"] for decision in decisions} == {"other"}
    assert min(decision["index"] for decision in decisions) == 4
    assert max(decision["t"] for decision in decisions) < 200


async def test_nobody_is_never_measured(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [row(100 + n * 0.2, None, FLOOD) for n in range(20)])
    assert all(decision["mute_seconds"] is None for decision in await decided(log))


async def test_staff_and_bots_are_known_by_their_roles(tmp_path: Path) -> None:
    for number, role in enumerate(("mod", "moderator", "owner", "broadcaster", "bot")):
        one = write(tmp_path / f"{number}.jsonl", [row(100 + n * 0.2, "x", FLOOD, role=role) for n in range(12)])
        two = write(tmp_path / f"{number}s.jsonl", [row(100 + n * 0.2, "x", FLOOD, roles=[role]) for n in range(12)])
        assert await decided(one) == await decided(two) == []


async def test_a_repeated_id_is_one_line_and_other_keys_are_ignored(tmp_path: Path) -> None:
    rows = [row(100 + n * 0.1, "ann", FLOOD, id="same", platform="any", badge=3, name="Ann") for n in range(20)]
    assert await decided(write(tmp_path / "a.jsonl", rows)) == []


async def test_time_that_steps_back_is_clamped(tmp_path: Path) -> None:
    rows = [row(100, "ann", "hello"), row(40, "ben", "earlier"), *[row(10, "cem", FLOOD) for _ in range(12)]]
    decisions = await decided(write(tmp_path / "a.jsonl", rows))
    assert {decision["t"] for decision in decisions} == {100.0}


@pytest.mark.parametrize(
    "bad",
    ["{", "[]", "null", '{"t": 1}', '{"t": "x", "room": "r", "user": "u", "text": "x"}', "\ufeff{}", "NaN",
     '{"t": null, "room": "talk", "user": "u", "text": "x"}', '{"t": 1e400, "room": "talk", "user": "u", "text": "x"}',
     '{"t": 1, "room": "talk", "user": 5, "text": "x"}', "[" * 5000],
)  # fmt: skip
def test_a_bad_line_is_counted_told_and_skipped(tmp_path: Path, bad: str) -> None:
    rows = [row(100 + n * 0.2, "ann", FLOOD) for n in range(12)]
    log, out = write(tmp_path / "a.jsonl", [bad, *rows]), tmp_path / "out.jsonl"
    code, said = command(log, "--decisions", out)
    assert code == 1
    assert "12 lines" in said
    assert "1 lines skipped" in said
    indices = [json.loads(line)["index"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert min(indices) == 4, "bad lines count in the index too"


def test_a_good_log_is_fine(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [row(100, "ann", "hello"), "", row(101, "ben", "你好 𝒳 \U0001f600")])
    code, said = command(log)
    assert code == 0
    assert "2 lines, 0 decisions" in said


def test_an_empty_log_is_fine(tmp_path: Path) -> None:
    assert command(write(tmp_path / "a.jsonl", []))[0] == 0


def test_a_cut_archive_is_told(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl.gz", storm(lines=400))
    log.write_bytes(log.read_bytes()[:-60])
    code, said = command(log)
    assert code == 1
    assert "damaged or cut" in said


def test_lone_surrogates_do_not_stop_a_replay(tmp_path: Path) -> None:
    half = r'"room": "talk", "user": "ann", "text": "look at me \ud800 now"}'
    rows = [f'{{"t": {100 + number}, {half}' for number in range(12)]
    log, out = write(tmp_path / "a.jsonl", rows), tmp_path / "out.jsonl"
    code, _ = command(log, "--decisions", out)
    assert code in (0, 1)
    for line in out.read_text(encoding="utf-8").splitlines():
        assert list(json.loads(line)) == FIELDS


def test_a_configuration_changes_what_is_too_much(tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", [row(100 + n * 0.2, "ann", FLOOD) for n in range(12)])
    config = tmp_path / "config.toml"
    config.write_text('[storage]\nurl = "sqlite:////nowhere/never.db"\n[limits]\nrepeat_lines = 11\nburst_lines = 99\n')
    code, said = command(log, "-c", config)
    assert (code, "2 decisions" in said) == (0, True), said


def test_a_log_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["replay", str(tmp_path / "none.jsonl")])
    assert "there is no file" in str(result.exception)
