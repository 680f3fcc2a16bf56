"""`danmod cases queue`: what waits for a person, the most pressing first; beside a running bot or without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.act_cli import AsOption, ConfigOption, calling, who_is
from bot.config import Settings
from bot.desk_api import OPERATOR
from cases.catalogue import say as text
from cases.catalogue import span_words

COLUMNS = ("code", "room", "severity", "status", "waits", "next step by", "remarks")


def hook_into(
    cases_app: typer.Typer, settings_of: Callable[[Path | None], Settings], say: Callable[[Any], None]
) -> None:
    """Add the command to `danmod cases`."""

    @cases_app.command("queue")
    def queue(
        limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """What waits for a person, the most pressing first."""
        code = asyncio.run(_queue(settings_of(config), who, limit, say))
        if code:
            raise typer.Exit(code)


async def _queue(settings: Settings, who: str, limit: int, say: Callable[[Any], None]) -> int:
    async with calling(settings, *who_is(who)) as call:
        answer = await call("queue", {"limit": str(limit)})
    if answer.status >= 400:
        say(f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}")
        return 1
    rows = answer.body["queue"]
    say(_table(rows, settings.language) if rows else "nothing waits")
    if answer.body["more"]:
        say(text(settings.language, "queue.more", n=str(answer.body["more"])))
    return 0


def _table(rows: list[dict[str, Any]], language: str) -> Table:
    table = Table(*COLUMNS, box=None)
    for row in rows:
        remarks = [text(language, f"queue.{word}") for word in row["remarks"] if word != "brigade"]
        remarks += [row["brigade"]] if row["brigade"] else []
        waits = span_words(timedelta(seconds=row["waits_s"]), language)
        step = f"{row['step']} {row['due_at'][:16]}".strip()
        table.add_row(row["code"], row["room"], row["severity"], row["status"], waits, step, ", ".join(remarks))
    return table
