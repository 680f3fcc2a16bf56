"""Files that people gave with a report: encrypted, each under a key of its own; erasing the key erases the file."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from storage import schema
from storage.database import read
from storage.vault import Keys, SealedContact

_table = schema.attachments.c
_ABOUT = (_table.id, _table.about, _table.name, _table.media_type, _table.size_bytes, _table.digest, _table.given_at)
Write = Callable[[Callable[[Connection], Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it is listed. ``about`` is the report's id, ``digest`` its SHA-256, ``content`` None unless asked for."""

    id: str
    about: str
    name: str
    media_type: str
    size_bytes: int
    digest: str
    given_at: datetime
    content: bytes | None = field(default=None, repr=False)


class StoredAttachments:
    """Keeps and opens them. ``write`` runs a function of a connection inside the writer's transaction."""

    def __init__(self, write: Write, readers: AsyncEngine, keys: Keys) -> None:
        self._write = write
        self._readers = readers
        self._keys = keys

    async def keep(self, about: str, name: str, media_type: str, content: bytes, now: datetime) -> Attachment:
        """Keep a file. The same file given again about the same thing is one. Raises StorageError."""
        digest = hashlib.sha256(content).hexdigest()
        file_id = file_name(about, content)
        sealed = self._keys.seal_file(file_id, content)
        told = Attachment(file_id, storable(about), storable(name), media_type, len(content), digest, now)

        def put(connection: Connection) -> None:
            if connection.scalar(select(_table.id).where(_table.id == file_id)) is None:
                connection.execute(insert(schema.attachments).values(_values(told, sealed)))

        await self._write(put)
        return told

    async def about(self, about: str) -> Sequence[Attachment]:
        """The files given about something that are not erased, oldest first; without their content."""
        mine = _table.about == storable(about), _table.erased_at.is_(None)
        query = select(*_ABOUT).where(*mine).order_by(_table.given_at, _table.id)
        return await read(self._readers, lambda connection: [_listed(row) for row in connection.execute(query)])

    async def open(self, file_id: str) -> Attachment | None:
        """One file with its content; None for one that never was, or is erased. Raises KeysError."""
        query = select(schema.attachments).where(_table.id == storable(file_id))
        row = await read(self._readers, lambda connection: connection.execute(query).first())
        if row is None or row.wrapped_key is None or row.sealed is None:
            return None
        content = self._keys.open_file(row.id, SealedContact(row.wrapped_key, row.sealed))
        return _listed(row, content)

    async def erase(self, about: str, now: datetime) -> None:
        """Erase the files given about something: their keys and contents go, that they were there stays."""
        mine = _table.about == storable(about), _table.erased_at.is_(None)
        change = update(schema.attachments).where(*mine).values(wrapped_key=None, sealed=None, name="", erased_at=now)
        await self._write(lambda connection: connection.execute(change) and None)


def file_name(about: str, content: bytes) -> str:
    """The id under which a file about something is kept, known before it is."""
    digest = hashlib.sha256(content).hexdigest()
    return hashlib.blake2b(f"{about}:{digest}".encode(), digest_size=16).hexdigest()


def _values(file: Attachment, sealed: SealedContact) -> dict[str, Any]:
    return {
        "id": file.id,
        "about": file.about,
        "name": file.name,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "digest": file.digest,
        "given_at": file.given_at,
        "wrapped_key": sealed.wrapped_key,
        "sealed": sealed.sealed,
        "erased_at": None,
    }


def _listed(row: Any, content: bytes | None = None) -> Attachment:
    return Attachment(row.id, row.about, row.name, row.media_type, row.size_bytes, row.digest, row.given_at, content)
