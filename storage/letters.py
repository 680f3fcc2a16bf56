"""Letters that wait to be sent, and all that were written, for the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select, update
from sqlalchemy import func as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.evidence import storable
from cases.history import Addressee, Letter
from cases.ports import LetterRow
from storage import schema
from storage.database import read

_table = schema.letters.c
_WAITING = _table.sent_at.is_(None), _table.held_at.is_(None)
Write = Callable[[Callable[[Connection], Any]], Any]


class StoredLetters:
    """Implements the port `Letters`. ``write`` runs a function of a connection inside the writer's transaction."""

    def __init__(self, write: Write, readers: AsyncEngine) -> None:
        self._write = write
        self._readers = readers

    async def pending(self, now: datetime, limit: int = 100) -> Sequence[LetterRow]:
        """Letters that are neither sent nor held, and due, oldest first."""
        query = select(schema.letters).where(*_WAITING, _table.due_at <= now).order_by(_table.due_at, _table.id)
        return await self._rows(query.limit(limit))

    async def sent(self, letter_id: int, channel: str, now: datetime) -> None:
        """It went out by this channel."""
        await self._change(letter_id, sent_at=now, channel=storable(channel))

    async def postpone(self, letter_id: int, until: datetime, detail: str) -> None:
        """Note a failed attempt; try again at ``until``."""
        await self._change(letter_id, attempts=_table.attempts + 1, due_at=until, detail=storable(detail))

    async def hold(self, letter_id: int, now: datetime, detail: str) -> None:
        """Give up sending: from now on it is only to be read on the page."""
        await self._change(letter_id, held_at=now, detail=storable(detail))

    async def letters_to(self, to: Addressee, ref: str, limit: int = 50) -> Sequence[LetterRow]:
        """What one addressee was told, oldest first; of more than ``limit`` the latest."""
        theirs = select(schema.letters).where(_table.addressee == to, _table.ref == storable(ref))
        rows = await self._rows(theirs.order_by(_table.id.desc()).limit(limit))
        return rows[::-1]

    async def next_letter(self) -> datetime | None:
        """The earliest instant at which a letter is due, None when none waits."""
        query = select(sql.min(_table.due_at)).where(*_WAITING)
        return await read(self._readers, lambda connection: connection.scalar(query))

    async def _rows(self, query: Select[Any]) -> list[LetterRow]:
        return await read(self._readers, lambda connection: [_row(row) for row in connection.execute(query)])

    async def _change(self, letter_id: int, **values: Any) -> None:
        change = update(schema.letters).where(_table.id == letter_id, *_WAITING).values(values)
        await self._write(lambda connection: connection.execute(change) and None)


def _row(row: Row[Any]) -> LetterRow:
    letter = Letter(Addressee(row.addressee), row.ref, row.key, msgspec.json.decode(row.words))
    waiting = (row.created_at, row.due_at, row.attempts, row.sent_at, row.held_at, row.channel, row.detail)
    return LetterRow(row.id, letter, row.about, row.room, *waiting)
