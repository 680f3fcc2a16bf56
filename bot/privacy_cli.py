"""`danmod audit key|self`, `danmod keys rotate`, `danmod privacy …`: proofs about the store, and what only few may do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.act_cli import AsOption, ConfigOption, calling
from bot.casework import shelves_of
from bot.checkpoints import checkpoints_of
from bot.clock import SteadyClock
from bot.config import ConfigError, Settings, terms_of
from bot.desk_api import OPERATOR, Answer
from bot.office import Office
from bot.self_audit import Report, SelfAudit
from cases.docket import Docket
from cases.dossiers import KINDS
from cases.house import House
from cases.registrar import Registrar
from storage import Keys, KeysError, Storage, open_keys, open_storage
from storage.checkpoints import Compared, compare
from storage.contacts import contact_beside
from storage.database import LockedError
from storage.rotation import Rotated

keys_app = typer.Typer(help="The key file.", no_args_is_help=True, rich_markup_mode=None)


privacy_app = typer.Typer(
    help="What only the privacy officer may do, with a second person.", no_args_is_help=True, rich_markup_mode=None
)


@privacy_app.callback()
def _privacy() -> None:
    """What only the privacy officer may do, with a second person."""


@keys_app.callback()
def _keys() -> None:
    """The key file."""


def hook_into(
    app: typer.Typer,
    audit_app: typer.Typer,
    settings_of: Callable[[Path | None], Settings],
    say: Callable[[Any], None],
) -> None:
    """Add these commands to the command line."""

    @audit_app.command("key")
    def key_(config: ConfigOption = None) -> None:
        """The public key of the checkpoints; keep it elsewhere, and anybody can check them without a secret."""
        say(Keys.open(settings_of(config).keys.file, create=False).public_key)

    @audit_app.command("self")
    def self_(config: ConfigOption = None) -> None:
        """Look at keys, roles, history, retention, deadlines and dependencies now; exit 1 names what was found."""
        report = asyncio.run(_audited(settings_of(config)))
        for finding in report.findings:
            say(finding)
        if report.findings:
            raise typer.Exit(1)
        say(f"{len(report.checks)} checks, nothing found")

    @keys_app.command("noted")
    def noted(
        where: Annotated[str, typer.Argument(help="Where a copy of the key file is kept, in your own words.")],
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Note that the key file was copied to a safe place; the self-audit asks for it."""
        settings = settings_of(config)
        edition = Keys.open(settings.keys.file, create=False).edition
        wanted = {"move": "note-backup", "fields": {"where": where, "keys": edition}}
        show(asyncio.run(asked(settings, who, "open", "assessment", wanted)))

    @keys_app.command("rotate")
    def rotate(config: ConfigOption = None) -> None:
        """Seal addresses and files under a new key and forget the old: older copies of the database stay closed."""
        settings = settings_of(config)
        rotated = asyncio.run(_rotated(settings))
        say(f"Addresses and files under the new key: {rotated.wrapped}. The old key is gone from {settings.keys.file}.")
        if rotated.closed:
            say(f"Under no key of the file, left as they are: {rotated.closed}. An older database was put back.")
        say("Pseudonyms, tokens and case codes stay as they are.")
        say("Copy the key file anew, throw its older copies away, then `danmod keys noted WHERE`.")
        asyncio.run(_audited(settings))

    @privacy_app.command("ask-identity")
    def ask_identity(
        case: str,
        report: Annotated[str, typer.Argument(help="The report, like A7K2-r1; `danmod cases show` names it.")],
        why: Annotated[str, typer.Option(help="The reason; it is written down, and the supervisors are told.")],
        who: AsOption = OPERATOR,
        config: ConfigOption = None,
    ) -> None:
        """Ask to learn who a reporter is; a second person has to approve."""
        wanted = {"move": "ask", "about": case, "fields": {"report": report, "reason": why}}
        show(asyncio.run(asked(settings_of(config), who, "open", "identity-opening", wanted)))

    @privacy_app.command("approve-identity")
    def approve_identity(opening: str, who: AsOption = OPERATOR, config: ConfigOption = None) -> None:
        """Approve that a reporter's identity is opened; not by whoever asked."""
        show(asyncio.run(asked(settings_of(config), who, "move", opening, "approve", {})))

    @privacy_app.command("open-identity")
    def open_identity(opening: str, who: AsOption = OPERATOR, config: ConfigOption = None) -> None:
        """Open an approved identity: the address the reporter left is printed, once."""
        settings = settings_of(config)
        answer = asyncio.run(asked(settings, who, "move", opening, "open", {}))
        show(answer)
        contact = asyncio.run(_contact(settings, str(answer.body["fields"]["report"])))
        say(contact or "the reporter left no address, or it was erased")

    def show(answer: Answer) -> None:
        if answer.status >= 400:
            say(f"refused ({answer.body.get('reason', answer.status)}): {answer.body.get('detail', '')}")
            raise typer.Exit(1)
        say(f"{answer.body['id']}: {answer.body['status']}")

    app.add_typer(keys_app, name="keys")
    app.add_typer(privacy_app, name="privacy")


async def _contact(settings: Settings, report_id: str) -> str | None:
    keys = await open_keys(settings.keys.file, settings.storage.url)
    return await contact_beside(settings.storage.url, keys, report_id)


async def asked(settings: Settings, who: str, what: str, *arguments: Any) -> Answer:
    """Ask the desk as this member of staff, danmod running or not."""
    ref, _, role = who.partition(":")
    async with calling(settings, ref, role) as call:
        return await call(what, *arguments)


async def _audited(settings: Settings) -> Report:
    """Audit, and put it on record. Raises ConfigError beside a running danmod, which does so itself."""
    keys = await open_keys(settings.keys.file, settings.storage.url)
    try:
        async with open_storage(settings.storage.url, keys=keys, profile=settings.profile) as storage:
            office = await office_over(settings, storage, keys)
            return await SelfAudit(settings, storage, keys, office, clock=SteadyClock()).audit()
    except LockedError:
        raise ConfigError(
            "danmod is running and audits itself once a day: `danmod dossiers list --kind audit-report`"
        ) from None


async def _rotated(settings: Settings) -> Rotated:
    """Rotate under a bar. Raises KeysError, StorageError, and LockedError beside a running danmod."""
    keys = Keys.open(settings.keys.file, create=False)
    async with open_storage(settings.storage.url, keys=keys, profile=settings.profile) as storage:
        columns = TextColumn("keys"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("keys", total=None)
            return await storage.rotate_keys(
                settings.keys.file, lambda done, total: bar.update(task, completed=done, total=total)
            )


async def office_over(settings: Settings, storage: Storage, keys: Keys) -> Office:
    """An office over an open storage beside which no danmod runs."""
    house = House(settings.profile, language=settings.language, terms=terms_of(settings))
    registrar, docket = Registrar(keys, house), Docket(KINDS, house)
    office = Office(shelves_of(storage), registrar, docket, lambda room, applied: None, clock=SteadyClock())
    await office.refresh_house()
    return office


async def compared(settings: Settings, key: str) -> Compared:
    """The history against its checkpoints; ``key`` "" takes that of the key file where it is here, else the file's own."""
    return await compare(
        settings.storage.url, checkpoints_of(settings), key or await asyncio.to_thread(_key_of, settings)
    )


def _key_of(settings: Settings) -> str:
    try:
        return Keys.open(settings.keys.file, create=False).public_key
    except KeysError:
        return ""
