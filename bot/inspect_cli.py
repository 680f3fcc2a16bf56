"""`danmod inspect`: a bundle for an authority that verifies offline (norm P4-1), an evidence file for a claim (N4.3-2b),
and whose data a leaked file holds (P1-3).

What is handed over is first noted in the matter's own history; what is refused there is not written.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from bot.act_cli import AsOption, ConfigOption, calling, who_is
from bot.config import ConfigError, Settings
from bot.desk_api import OPERATOR
from bot.inspection import claim_file, collect, people_in
from cases.model import Refusal

inspect_app = typer.Typer(
    help="Files for authorities and claims, noted on record.", no_args_is_help=True, rich_markup_mode=None
)


@inspect_app.callback()
def _inspect() -> None:
    """Files for authorities and claims, noted on record."""


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

    @inspect_app.command("evidence")
    def evidence_(
        disclosure: Annotated[str, typer.Argument(help="The claim it answers, like disclosure-2.")],
        out: Annotated[Path, typer.Argument(metavar="OUT.json", help="The file to write; it must not exist.")],
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """The dated evidence file for whoever was harmed by a false report; it names no reporter."""
        settings = settings_of(config)
        _check_free(out)
        made = asyncio.run(claim_file(settings, disclosure, datetime.now(UTC)))
        if isinstance(made, Refusal):
            say(f"refused ({made.reason}): {made.detail}")
            raise typer.Exit(1)
        content = json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
        record = Record(disclosure, "give-file", {"digest": made["digest"]}, who)
        if not _placed(settings, out, content, record, say):
            raise typer.Exit(1)
        say(f"{out}: its content's SHA-256 is {made['digest']}")

    @inspect_app.command("affected")
    def affected_(
        dump: Annotated[Path, typer.Argument(help="The data that leaked: a database file, a log, any text.")],
        config: ConfigOption = None,
    ) -> None:
        """Whose data a leaked file holds: the persons to name when an incident's notices go out."""
        if not dump.is_file():
            raise ConfigError(f"there is no file {dump}")
        people = asyncio.run(people_in(settings_of(config), dump.read_bytes().decode("utf-8", "replace")))
        say(",".join(people) or "nobody of the cases kept here")

    app.add_typer(inspect_app, name="inspect")


@dataclass(frozen=True, slots=True)
class Record:
    """The move that notes a handing over in its dossier."""

    dossier: str
    move: str
    fields: Mapping[str, str]
    who: str


def _hand_over(
    settings: Settings, out: Path, inspection: str, cases: tuple[str, ...], who: str, say: Callable[[Any], None]
) -> bool:
    """Collect a bundle, and place it. False: refused."""
    _check_free(out)
    made = asyncio.run(collect(settings, datetime.now(UTC), inspection, cases))
    if isinstance(made, Refusal):
        say(f"refused ({made.reason}): {made.detail}")
        return False
    fields = {"digest": made.digest} | ({"cases": ",".join(cases)} if cases else {})
    record = Record(inspection, "deliver", fields, who) if inspection else None
    if not _placed(settings, out, made.content, record, say):
        return False
    say(f"{out}: {len(made.content)} bytes, SHA-256 {made.digest}")
    return True


def _check_free(out: Path) -> None:
    if out.exists():
        raise ConfigError(f"{out} exists already; choose another name")


def _placed(settings: Settings, out: Path, content: bytes, record: Record | None, say: Callable[[Any], None]) -> bool:
    """Write beside, record, put in place: what is on record exists, and what was refused does not. False: refused."""
    beside = out.with_name(f"{out.name}.part")
    beside.write_bytes(content)
    refused = asyncio.run(_recorded(settings, record)) if record else ""
    if refused:
        beside.unlink()
        say(refused)
        return False
    beside.rename(out)
    return True


async def _recorded(settings: Settings, record: Record) -> str:
    """Note what is handed over in its dossier's own history; the refusal as a sentence, "" when it is noted."""
    async with calling(settings, *who_is(record.who)) as call:
        answer = await call("move", record.dossier, record.move, dict(record.fields))
    if answer.status < 400:
        return ""
    return f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}"
