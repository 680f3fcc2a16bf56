"""`danmod replay --compare`: what other settings would decide otherwise, and what they would not get wrong again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import instant
from bot.config import CHECK_NAMES
from cases import intents
from cases.model import Evidence, EvidenceKind, EvidenceLine, Respondent
from cases.ports import Applied, ByCode
from streams.events import room_key
from tests.bot.bureau import MAX, bureau
from tests.bot.test_replay import row, write
from tests.cases.matter import judged

COPY = "look at me now"
ALL_OFF = "[limits.modes]\n" + "\n".join(f'{name} = "off"' for name in CHECK_NAMES)


def evening(lines: int = 600) -> list[dict[str, object]]:
    """Forty people talk; now and then somebody copies one line for half a minute."""
    rows: list[dict[str, object]] = []
    for number in range(lines):
        copying = number % 150 >= 110
        who, text = (
            (f"flooder{number // 150}", COPY) if copying else (f"viewer{number % 40}", f"thought {number * 7919}")
        )
        rows.append(row(1000.0 + number, who, text))
    return rows


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write(tmp_path / "chat.jsonl", evening())


def config(folder: Path, name: str, text: str = "") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text + f'\n[storage]\nurl = "sqlite:///{folder}/none.db"\n')
    return path


def compared(*arguments: str | Path, code: int = 0) -> list[str]:
    result = CliRunner().invoke(app, ["replay", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output.splitlines()


def differences(tmp_path: Path, log: Path, first: str, second: str) -> dict[str, Any]:
    out = tmp_path / "out.json"
    files = config(tmp_path, "a", first), config(tmp_path, "b", second)
    compared("--compare", *files, log, "--json", out)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_the_same_settings_change_nothing(tmp_path: Path, log: Path) -> None:
    found = differences(tmp_path, log, "", "")
    assert found["counts"] == {"added": 0, "dropped": 0, "changed": 0}
    assert found["decisions"]["before"] == found["decisions"]["after"] > 50
    assert found["lines"] == 600


def test_what_is_dropped_with_a_check_in_shadow_is_added_the_other_way_round(tmp_path: Path, log: Path) -> None:
    quiet = '[limits]\nmodes = { repeat = "shadow", sender-rate = "shadow" }'
    there, back = differences(tmp_path, log, "", quiet), differences(tmp_path, log, quiet, "")
    assert there["counts"]["dropped"] == back["counts"]["added"] > 10
    assert there["counts"]["added"] == back["counts"]["dropped"] == 0
    assert set(there["by_check"]["dropped"]) <= {"repeat", "sender-rate", "muted", "wave"}
    assert there["by_measure"]["dropped"]["hide"] == there["counts"]["dropped"]
    lines = [one["index"] for one in there["differences"]]
    assert lines == sorted(lines)


def test_what_is_milder_is_changed(tmp_path: Path, log: Path) -> None:
    found = differences(tmp_path, log, "", '[limits]\nmodes = { repeat = "hide", sender-rate = "hide" }')
    assert found["counts"]["changed"] > 10
    changed = [one for one in found["differences"] if one["kind"] == "changed"]
    assert all(one["after"]["mute_seconds"] is None for one in changed)
    assert {"remind", "mute"} & {measure for one in changed for measure in one["before"]["measures"]}


def test_it_is_deterministic_and_shows_samples(tmp_path: Path, log: Path) -> None:
    files = config(tmp_path, "a"), config(tmp_path, "b", "[limits]\nrepeat_lines = 8")
    first = compared("--compare", *files, log)
    assert compared("--compare", *files, log, "--batch", "7") == first
    said = "\n".join(first)
    assert "600 lines; " in said
    assert "dropped: " in said
    assert f": {COPY} – hide" in said
    assert "overturned decisions were not looked at: there is no database" in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--json", "x.json"], "go with --compare"),
        (["--compare", "a.toml", "b.toml", "--decisions", "d.jsonl"], "writes with --json"),
        (["--compare", "a.toml", "gone.toml"], "gone.toml"),
        (["--compare", "a.toml", "b.toml", "--cases", "sqlite:///gone.db"], "there is no database"),
        (["--compare", "a.toml", "b.toml", "--cases", "mysql://x"], "must be sqlite:///FILE or postgresql://"),
    ],
)
def test_bad_usage_is_told(
    tmp_path: Path, log: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config(tmp_path, "a")
    config(tmp_path, "b")
    result = CliRunner().invoke(app, ["replay", str(log), *arguments])
    assert told in str(result.exception)
    assert not (tmp_path / "gone.db").exists()


async def overturned_flood(file: Path, t: float, text: str) -> str:
    """A case about one line, which an appeal set aside; its code."""
    ann = Respondent("ann", "Ann")
    line = EvidenceLine("x1", "Ann", text, instant(t), judged=True)
    async with bureau(file=file) as it:
        fact = judged(
            room=room_key("bilibili", "talk"),
            respondent=ann,
            message_ids=("x1",),
            evidence=Evidence(EvidenceKind.AT_ONCE, it.clock.now, (line,)),
        )
        state = await it.apply_new("flood:ann", it.registrar.judge(fact, it.clock.now))
        appeal = it.registrar.appeal(intents.AppealMade("ann", "it was a song", "m9"), it.clock.now)
        assert isinstance(await it.storage.log.apply(ByCode(state.code), appeal), Applied)
        answer = await it.office.act(state.code, "overturn", MAX, {"reason": "it was a song"})
        assert isinstance(answer, Applied), answer
        return state.code


async def test_overturned_decisions_that_would_not_be_made_again_are_named(tmp_path: Path) -> None:
    log = write(tmp_path / "chat.jsonl", [row(1000.0 + number, "ann", COPY) for number in range(9)])
    code = await overturned_flood(tmp_path / "cases.db", 1007.2, COPY)
    before = (tmp_path / "cases.db").read_bytes()
    files = config(tmp_path, "a"), config(tmp_path, "b", ALL_OFF)
    said = await asyncio.to_thread(compared, "--compare", *files, log, "--cases", f"sqlite:///{tmp_path}/cases.db")
    assert "overturned on appeal: 1 lines, 1 of them decided again before, 1 otherwise after" in said
    assert any(line.startswith(f"  {code}: 7 talk ann: {COPY}") for line in said)
    assert (tmp_path / "cases.db").read_bytes() == before, "it was only read"
