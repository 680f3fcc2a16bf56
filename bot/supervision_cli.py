"""`danmod staff sample|supervision|flags`: how the work of staff is checked.

What is only counted is read from the database; what changes goes through the office (`bot.act_cli`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from bot import supervision
from bot.act_cli import calling
from bot.config import Settings
from bot.desk_api import OPERATOR, Answer
from cases.sampling import week_of
from storage import open_beside, open_keys

ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--config", "-c", help="The configuration file; config.toml where there is one."),
]
Say = Callable[[Any], None]
Run = Callable[[Callable[[Settings], Coroutine[Any, Any, int]], Path | None], None]


def hook_into(app: typer.Typer, run: Run, say: Say) -> None:
    """Add these commands to those about staff."""

    @app.command("sample")
    def sample(
        week: Annotated[str, typer.Option(help="The ISO week, like 2026-W47; the last one when left out")] = "",
        config: ConfigOption = None,
    ) -> None:
        """Draw a week's cases for supervisors to judge anew."""
        run(lambda settings: _sample(settings, week, say), config)

    @app.command("supervision")
    def supervision_(config: ConfigOption = None) -> None:
        """How often judgements agree, which weeks nobody checked, what is late."""
        run(lambda settings: _supervision(settings, say), config)

    @app.command("flags")
    def flags(
        matters: Annotated[bool, typer.Option("--open", help="Open a matter of conduct for each.")] = False,
        config: ConfigOption = None,
    ) -> None:
        """What in the record looks like an abuse of office; a person judges."""
        run(lambda settings: _flags(settings, say, matters=matters), config)


def told(answer: Answer, say: Say, done: str) -> int:
    """Say how it went; 1 for a refusal."""
    if answer.status >= 400:
        say(f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}")
        return 1
    say(done.format(**answer.body))
    return 0


async def _sample(settings: Settings, week: str, say: Say) -> int:
    week = week or week_of(datetime.now(UTC) - timedelta(days=7))
    keys = await open_keys(settings.keys.file, settings.storage.url)
    async with open_beside(settings.storage.url) as beside:
        if await supervision.start_of(beside.dossiers, week) is not None:
            say(f"{week} is sampled already")
            return 1
        drawn = await supervision.sample(beside.reader, beside.dossiers, keys, week, secrets.token_hex(8))
    async with calling(settings, OPERATOR, "") as call:
        for one in drawn.drawn:
            if not one.supervisor:
                say(f"{one.code}: no supervisor without a part in it")
                continue
            fields = supervision.fields_of(drawn, one)
            told(await call("open", "check", {"fields": fields, "about": one.code}), say, f"{{id}}: {one.code}")
    say(f"{week}: {len(drawn.drawn)} cases drawn from start {drawn.start}")
    return 0


async def _supervision(settings: Settings, say: Say) -> int:
    async with open_beside(settings.storage.url) as beside:
        now = await supervision.state(beside.reader, beside.dossiers, datetime.now(UTC))
    rate = now.agreement
    share = "none judged yet" if rate.rate is None else f"{rate.rate:.0%} ({rate.low:.0%} to {rate.high:.0%})"
    say(f"judgements that agree: {share}, of {rate.judged}")
    lines = {
        "weeks nobody checked": now.gaps,
        "waiting": now.waiting,
        "overdue": now.overdue,
        "missing": now.weaknesses,
    }
    for name, found in lines.items():
        if found:
            say(f"{name}: {', '.join(found)}")
    return 1 if now.gaps or now.overdue else 0


async def _flags(settings: Settings, say: Say, *, matters: bool) -> int:
    async with open_beside(settings.storage.url) as beside:
        found = await supervision.flags(beside.reader, beside.dossiers, beside.access, datetime.now(UTC))
        known = await supervision.known_flags(beside.dossiers)
    for flag in found:
        say(f"{flag.kind}: {flag.about}: {flag.what}")
    if matters and found:
        async with calling(settings, OPERATOR, "") as call:
            for flag in found:
                if (flag.about, flag.told) in known:
                    continue
                fields = {"what": flag.told, "source": "flag"}
                wanted = {"fields": fields, "about": flag.about, "room": flag.room or ""}
                told(await call("open", "conduct", wanted), say, "{id}")
    if not found:
        say("nothing stands out")
    return 1 if found else 0
