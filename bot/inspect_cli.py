"""`danmod inspect bundle OUT.zip`: what an authority may see, in a file that verifies offline (norm P4-1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from bot.act_cli import AsOption, ConfigOption, calling
from bot.config import ConfigError, Settings
from bot.desk_api import OPERATOR
from bot.inspection import collect
from cases.bundle import Bundle
from cases.model import Refusal

inspect_app = typer.Typer(
    help="Inspections by authorities: a bundle that verifies offline.", no_args_is_help=True, rich_markup_mode=None
)


@inspect_app.callback()
def _inspect() -> None:
    """Inspections by authorities: a bundle that verifies offline."""


def hook_into(app: typer.Typer, settings_of: Callable[[Path | None], Settings], say: Callable[[Any], None]) -> None:
    """Add these commands to the command line."""

    @inspect_app.command("bundle")
    def bundle_(
        out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="The file to write; it must not exist.")],
        inspection: Annotated[str, typer.Option(help="The inspection it answers, like inspection-3.")] = "",
        case: Annotated[
            Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
            typer.Option("--case", help="A case whose file an order of this inspection names; as often as needed."),
        ] = None,
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Rules, registers, numbers and proofs in one zip. Personal data only on an order that is on record."""
        codes = tuple(dict.fromkeys(code.upper() for code in case or ()))
        if not _hand_over(settings_of(config), out, inspection, codes, who, say):
            raise typer.Exit(1)

    app.add_typer(inspect_app, name="inspect")


def _hand_over(
    settings: Settings, out: Path, inspection: str, cases: tuple[str, ...], who: str, say: Callable[[Any], None]
) -> bool:
    """Write beside, record, put in place: what is on record exists, and what was refused does not. False: refused."""
    if out.exists():
        raise ConfigError(f"{out} exists already; choose another name")
    made = asyncio.run(collect(settings, datetime.now(UTC), inspection, cases))
    if isinstance(made, Refusal):
        say(f"refused ({made.reason}): {made.detail}")
        return False
    beside = out.with_name(f"{out.name}.part")
    beside.write_bytes(made.content)
    refused = asyncio.run(_recorded(settings, inspection, cases, made, who)) if inspection else ""
    if refused:
        beside.unlink()
        say(refused)
        return False
    beside.rename(out)
    say(f"{out}: {len(made.content)} bytes, SHA-256 {made.digest}")
    return True


async def _recorded(settings: Settings, inspection: str, cases: tuple[str, ...], made: Bundle, who: str) -> str:
    """Note in the inspection's own history what is handed over; the refusal as a sentence, "" when it is noted."""
    ref, _, role = who.partition(":")
    fields = {"digest": made.digest} | ({"cases": ",".join(cases)} if cases else {})
    async with calling(settings, ref, role) as call:
        answer = await call("move", inspection, "deliver", fields)
    if answer.status < 400:
        return ""
    return f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}"
