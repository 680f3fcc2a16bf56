"""Opening a storage: lock, check, migrate, compare keys, start the writer; and all of it backwards at the end."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.dossiers import KINDS
from cases.model import Profile
from cases.ports import StorageError
from storage import facts, runs, schema
from storage.access import StoredAccessLog, StoredAccessReader
from storage.attachments import StoredAttachments
from storage.case_log import CaseClerk, StoredCaseLog
from storage.chain import Head
from storage.chain_end import ChainEnd, load_head
from storage.contacts import StoredContacts
from storage.database import (
    LockedError,
    Place,
    at_file,
    claim,
    locate,
    lock,
    read,
    reading_engine,
    writing_engine,
    writings,
)
from storage.deadlines import StoredDeadlineBook, StoredDeadlineReader
from storage.dossier_log import DossierClerk, Kinds, StoredDossierLog
from storage.dossier_reader import StoredDossierReader
from storage.erasure import EraseClerk, StoredErasure
from storage.letters import StoredLetters
from storage.outbox import StoredOutbox
from storage.reader import StoredCaseReader
from storage.revisions import check_file, prepare, require_current
from storage.rooms import StoredRooms
from storage.rotation import ROTATIONS, Rotated, Tell, rotate
from storage.tail import check_tail, unproved
from storage.vault import Keys, KeysError
from storage.writer import LARGEST_GROUP, PlainClerk, Writer, sentence

Clock = Callable[[], datetime]
FINGERPRINT = "key_fingerprint"
"""The name under which the table ``meta`` remembers the keys the database was written under."""
PROFILE = "profile"
"""The name under which the table ``meta`` tells the triggers how much of the norm binds."""
_PROBED_AT = "probed_at"


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Beside:
    """A view beside a danmod that may be running: reading what is stored, and the stored rooms."""

    reader: StoredCaseReader
    rooms: StoredRooms
    dossiers: StoredDossierReader
    access: StoredAccessReader
    deadlines: StoredDeadlineReader
    gaps: runs.StoredGaps


class Storage:
    """An open storage: the ports of `cases.ports`.

    ``log``, ``reader`` and ``outbox`` are those of cases, ``docket`` and ``dossiers`` those of dossiers; ``deadlines``,
    ``letters`` and ``access`` belong to both.
    """

    def __init__(self, writer: Writer, readers: AsyncEngine, keys: Keys, clock: Clock, kinds: Kinds = KINDS) -> None:
        plain, chain = PlainClerk(), ChainEnd()
        cases, dossiers = CaseClerk(keys, clock, chain), DossierClerk(kinds, keys, clock, chain)
        self._writer = writer
        self._plain = plain
        self._clock = clock
        self._probe: asyncio.Future[Any] | None = None
        self._readers = readers
        self.log = StoredCaseLog(writer, cases)
        self.reader = StoredCaseReader(readers)
        self.docket = StoredDossierLog(writer, dossiers)
        self.dossiers = StoredDossierReader(readers)
        self.deadlines = StoredDeadlineBook(writer, cases, dossiers, readers)
        self.letters = StoredLetters(lambda work: writer.do(plain, work), readers)
        self.access = StoredAccessLog(writer, dossiers, readers)
        self.erasure = StoredErasure(writer, EraseClerk(cases, dossiers), readers, kinds)
        self.contacts = StoredContacts(lambda report: self.erasure.withdraw(report, clock()), readers, keys)
        self.attachments = StoredAttachments(lambda work: writer.do(plain, work), readers, keys)
        self.outbox = StoredOutbox(writer, plain, readers)
        self.rooms = StoredRooms(lambda work: writer.do(plain, work), readers, clock)
        self.gaps = runs.StoredGaps(readers)

    def writable(self) -> bool:
        """False after the database refused to write, until it writes again; asking makes it try."""
        if not self._writer.healthy and (self._probe is None or self._probe.done()):
            now = self._clock()
            self._probe = self._writer.submit(
                self._plain, lambda connection: facts.put(connection, _PROBED_AT, str(now))
            )
            self._probe.add_done_callback(_look_at)
        return self._writer.healthy

    async def head(self) -> Head:
        """The end of the stored history. Raises StorageError."""
        return await read(self._readers, load_head)

    async def check_tail(self, since: Head) -> tuple[Head, str | None]:
        """Check what was added to the history since an earlier end; see `storage.tail`."""
        return await read(self._readers, lambda connection: check_tail(connection, since))

    async def unproved_erasures(self) -> int:
        """How many entries lost their bodies without a proof."""
        return await read(self._readers, unproved)

    async def rotate_keys(self, file: Path, tell: Tell) -> Rotated:
        """Rotate the keys that wrap; close this storage then, it goes on with the old ones. See `storage.rotation`."""
        return await rotate(file, lambda work: self._writer.do(self._plain, work), tell)

    async def begin_run(self, now: datetime) -> runs.Run:
        """Count this start of danmod, and tell how it stands among the others."""
        run: runs.Run = await self._writer.do(self._plain, lambda connection: runs.begin(connection, now))
        return run

    async def note(self, name: str, value: str) -> None:
        """Note something about this installation that holds nobody's data, in place of what it was before."""
        await self._writer.do(self._plain, lambda connection: facts.put(connection, name, value))

    async def noted(self, name: str) -> str | None:
        """What was noted under this name; None when nothing was."""
        return await read(self._readers, lambda connection: facts.get(connection, name))

    async def note_alive(self, now: datetime) -> None:
        """Danmod lives: what the next start counts its absence from."""
        await self._writer.do(self._plain, lambda connection: runs.note_alive(connection, now))


@asynccontextmanager
async def open_storage(
    url: str,
    *,
    keys: Keys,
    clock: Clock = utc_now,
    profile: Profile = Profile.SOLO,
    kinds: Kinds = KINDS,
    in_memory: bool = False,
    largest_group: int = LARGEST_GROUP,
) -> AsyncIterator[Storage]:
    """Open the database at ``url`` for the one process that writes.

    ``profile`` says which constraints bind, ``kinds`` which dossiers there are. ``in_memory`` True: a private store that is
    gone at the end; ``url`` is then not looked at. Raises ValueError for a
    URL of another kind, LockedError while another danmod runs on it, SchemaMismatch, KeysError for foreign keys, and
    StorageError for a database that cannot be used; each in one sentence.
    """
    async with AsyncExitStack() as stack:
        place = _private_place(stack) if in_memory else locate(url)
        held = lock(place)
        if held is not None:
            stack.callback(held.release)
        await prepare(place)
        readers = reading_engine(place)
        stack.push_async_callback(readers.dispose)
        writer = Writer(await stack.enter_async_context(writings(place)), claim, largest_group)
        stack.push_async_callback(writer.close)
        await writer.start()
        await writer.do(PlainClerk(), lambda connection: _check_keys(connection, keys))
        await writer.do(PlainClerk(), lambda connection: facts.put(connection, PROFILE, profile))
        yield Storage(writer, readers, keys, clock, kinds)


@asynccontextmanager
async def open_beside(url: str, *, clock: Clock = utc_now) -> AsyncIterator[Beside]:
    """Open the database for a look, or to edit the stored rooms, while danmod may be running on it.

    An absent database is made, an older file brought up to date, but never while danmod runs on it. Raises as
    `open_storage`, but for the lock and the keys.
    """
    place = locate(url)
    await _prepare_beside(place)
    engine, readers = writing_engine(place), reading_engine(place)
    try:
        rooms = StoredRooms(lambda work: _written(engine, work), readers, clock)
        yield Beside(
            StoredCaseReader(readers),
            rooms,
            StoredDossierReader(readers),
            StoredAccessReader(readers),
            StoredDeadlineReader(readers),
            runs.StoredGaps(readers),
        )
    finally:
        await engine.dispose()
        await readers.dispose()


@asynccontextmanager
async def open_reading(url: str) -> AsyncIterator[StoredCaseReader]:
    """Open the database to read cases and nothing else: none is made, none is brought up to date.

    Raises ValueError for a URL of another kind, StorageError where there is no database, SchemaMismatch.
    """
    place = locate(url)
    check_file(place, must_exist=True)
    await require_current(place)
    readers = reading_engine(place)
    try:
        yield StoredCaseReader(readers)
    finally:
        await readers.dispose()


async def _prepare_beside(place: Place) -> None:
    """Prepare under the lock; where a running danmod holds it, the schema must be right already."""
    try:
        held = lock(place)
    except LockedError:
        await require_current(place)
        return
    try:
        await prepare(place)
    finally:
        if held is not None:
            held.release()


async def open_keys(path: Path, url: str) -> Keys:
    """The key file for this database, made when both are new.

    Raises KeysError, naming the consequence, when the file is missing and the database is not new; StorageError when
    the database cannot be looked at.
    """
    place = locate(url)
    if not await asyncio.to_thread(path.exists) and await _fingerprint(place) is not None:
        raise KeysError(
            f"the key file {path} is missing, but {place} was written under it: without it reporters' contacts, receipts "
            "and statement links are lost; restore your copy of the key file, or begin with a new database"
        )
    return Keys.open(path, create=True)


async def _fingerprint(place: Place) -> str | None:
    """The fingerprint the database remembers, None for a new one."""
    check_file(place)
    if place.file is not None and not place.file.exists():
        return None
    engine = reading_engine(place)
    try:
        return await read(engine, _stored_fingerprint)
    finally:
        await engine.dispose()


def _stored_fingerprint(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, schema.meta.name):
        return None
    return facts.get(connection, FINGERPRINT)


def _check_keys(connection: Connection, keys: Keys) -> KeysError | None:
    """Remember the keys of a new database; the error, as the answer to the caller, when they are others than before."""
    stored = facts.get(connection, FINGERPRINT)
    if stored is None:
        facts.put(connection, FINGERPRINT, keys.fingerprint)
    elif stored != keys.fingerprint:
        return KeysError(
            "the key file does not belong to this database: with other keys reporters' contacts, receipts and statement "
            "links cannot be opened; restore the key file the database was written under"
        )
    if int(facts.get(connection, ROTATIONS) or 0) > keys.rotations:
        return KeysError(
            "the key file is a copy from before the last `danmod keys rotate`: reporters' contacts cannot be opened with "
            "it; restore the copy you made afterwards"
        )
    return None


def _private_place(stack: AsyncExitStack) -> Place:
    """A file of its own in a folder that is removed at the end: the same code, nothing kept."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="danmod-", ignore_cleanup_errors=True))
    return at_file(Path(folder) / "private.db", durable=False)


async def _written(engine: AsyncEngine, work: Callable[[Connection], Any]) -> Any:
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(sentence(error)) from error


def _look_at(probe: asyncio.Future[Any]) -> None:
    """A failed probe is no news: the writer has logged it."""
    if not probe.cancelled():
        probe.exception()
