"""`danmod replay`, and two settings over the same chat with `--compare`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from bot.compare import Comparison, Overturned, compare, overturned_in, told
from bot.config import ConfigError, Settings, load
from bot.replay import Fallen, Replay, total_bytes
from cases.ports import StorageError
from storage import SchemaMismatch, open_reading
from streams.replay import Recording

Say = Callable[[str], Any]


async def replay(paths: list[Path], settings: Settings, decisions: Path | None, batch: int, say: Say) -> int:
    """Replay logs; write every decision to a file where one is named. 1 when a line could not be used."""
    recording = Recording(paths)
    with _progress("replaying", total_bytes(paths)) as advance, _written(decisions) as keep:
        read = 0

        def on_lines(count: int) -> None:
            nonlocal read
            step = recording.bytes_read - read
            advance(step if step >= 0 else recording.bytes_read)  # the next file began
            read = recording.bytes_read

        summary = await Replay(settings, batch).run(recording, keep, on_lines)
    say(
        f"{summary.lines} lines, {summary.decisions} decisions, {summary.mutes} mutes, {summary.cases} cases; "
        f"{summary.stepped_back} times stepped back, {summary.repeated} repeated ids"
    )
    return _unused(recording, say)


async def compared(
    files: tuple[Path, Path], paths: list[Path], cases: str, out: Path | None, batch: int, say: Say
) -> int:
    """Replay logs under two settings and say what differs; ``cases`` is the database to read overturned decisions from, "":
    that of the first settings, where there is one. 1 when a line could not be used."""
    before, after = (load(file) for file in files)
    overturned = await _overturned(cases, before, say)
    with _progress("comparing", 2 * total_bytes(paths)) as advance:
        found, recording = await compare(before, after, paths, overturned, advance, batch)
    for line in told(found):
        say(line)
    _write(out, found, files)
    return _unused(recording, say)


def _write(out: Path | None, found: Comparison, files: tuple[Path, Path]) -> None:
    named = {"before": str(files[0]), "after": str(files[1]), **found.document()}
    if out is not None:
        out.write_text(json.dumps(named, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


async def _overturned(url: str, before: Settings, say: Say) -> list[Overturned] | None:
    """What appeals set aside. A database that was named must be there. Raises ConfigError, SchemaMismatch, StorageError."""
    try:
        async with open_reading(url or before.storage.url) as reader:
            return await overturned_in(reader)
    except ValueError as fault:
        raise ConfigError(str(fault)) from None
    except (StorageError, SchemaMismatch) as fault:
        if url:
            raise
        say(f"overturned decisions were not looked at: {fault}")
        return None


@contextmanager
def _written(file: Path | None) -> Iterator[Callable[[Fallen], Any]]:
    """Writes every decision as JSON Lines; nowhere without a file."""
    if file is None:
        yield lambda fallen: None
        return
    with file.open("w", encoding="utf-8") as out:
        yield lambda fallen: out.write(json.dumps(fallen.row(), ensure_ascii=False) + "\n")


def _unused(recording: Recording, say: Say) -> int:
    for reason, count in recording.bad.most_common():
        say(f"{count} lines skipped: {reason}")
    return 1 if recording.bad else 0


@contextmanager
def _progress(text: str, total: int) -> Iterator[Callable[[int], None]]:
    with bar(text) as shown:
        task = shown.add_task(text, total=total)
        yield lambda step: shown.advance(task, step)


def bar(text: str, done: ProgressColumn | None = None) -> Progress:
    """A bar on standard error; ``done`` None: it counts."""
    counted = done or MofNCompleteColumn()
    return Progress(TextColumn(text), BarColumn(), counted, TimeRemainingColumn(), console=Console(stderr=True))
