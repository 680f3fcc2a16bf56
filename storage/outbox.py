"""What waits to be done: actions, notices and timers, written with the cases and taken by the enforcement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select, union_all, update
from sqlalchemy import func as sql
from sqlalchemy.ext.asyncio import AsyncEngine

from cases.history import Notice, Timer
from cases.model import ActionKind, MeasureStatus, OrderedAction
from cases.ports import NoticeRow, OutboxRow, TimerRow
from storage import schema
from storage.database import read
from storage.writer import Clerk, Writer
from streams.events import RoomKey

_actions = schema.outbox.c
_notices = schema.notices.c
_timers = schema.timers.c


class StoredOutbox:
    """Implements the port `Outbox`. Looking uses the readers' connections, taking the writer's."""

    def __init__(self, writer: Writer, clerk: Clerk, readers: AsyncEngine) -> None:
        self._writer = writer
        self._clerk = clerk
        self._readers = readers

    async def pending(self, now: datetime, limit: int = 100) -> Sequence[OutboxRow]:
        """Actions that are due, oldest first.

        Of each respondent only the oldest waiting one: a lift never overtakes the mute before it, even when that one
        was postponed.
        """
        query = _next_of_each(schema.outbox).where(_actions.due_at <= now).order_by(_actions.position).limit(limit)
        return await read(self._readers, lambda connection: [_outbox_row(row) for row in connection.execute(query)])

    async def measures_waiting(self, before: datetime) -> Sequence[OutboxRow]:
        """Mutes and bans ordered before ``before`` that still wait, due or not, oldest first."""
        waiting = _actions.status == MeasureStatus.PENDING
        measures = _actions.kind.in_((ActionKind.MUTE, ActionKind.BAN))
        old = select(schema.outbox).where(waiting, measures, _actions.ordered_at < before)
        query = old.order_by(_actions.position)
        return await read(self._readers, lambda connection: [_outbox_row(row) for row in connection.execute(query)])

    async def postpone(self, action_id: str, until: datetime, detail: str) -> None:
        """Note a failed attempt of an action that still waits; try again at ``until``."""
        change = update(schema.outbox).where(_actions.action_id == action_id, _actions.status == MeasureStatus.PENDING)
        values = {"attempts": _actions.attempts + 1, "due_at": until, "detail": detail}
        await self._write(lambda connection: connection.execute(change.values(values)) and None)

    async def take_notices(
        self,
        room: RoomKey,
        now: datetime,
        max_age: timedelta,
        held: Collection[str] = (),
        late: Collection[str] = (),
    ) -> Sequence[NoticeRow]:
        """The unsent notices of a room, marked as sent before they are answered; older ones lapse, but for whispers of the
        cases ``late``. Those of the cases ``held`` stay.

        A private text is erased as it is taken: it may hold a secret link.
        """
        taken: Sequence[NoticeRow] = await self._write(
            lambda connection: _take(connection, room, now - max_age, now, held, late)
        )
        return taken

    async def rooms_with_notices(self) -> Sequence[RoomKey]:
        """The rooms that are owed a notice, in the order of their names."""
        query = select(_notices.room).where(*_unsent()).distinct().order_by(_notices.room)
        return await read(self._readers, lambda connection: [RoomKey(room) for room in connection.scalars(query)])

    async def timers_due(self, now: datetime) -> Sequence[TimerRow]:
        """Timers whose instant has come, oldest first."""
        waiting = select(schema.timers).where(_timers.done_at.is_(None), _timers.due_at <= now)
        query = waiting.order_by(_timers.due_at, _timers.ref)
        return await read(self._readers, lambda connection: [_timer_row(row) for row in connection.execute(query)])

    async def next_due(self) -> datetime | None:
        """The earliest instant at which an action or a timer becomes due, None when nothing waits."""
        actions = _next_of_each(sql.min(_actions.due_at).label("due_at"))
        timers = select(sql.min(_timers.due_at)).where(_timers.done_at.is_(None))
        both = union_all(actions, timers)
        due = await read(self._readers, lambda connection: [instant for instant in connection.scalars(both) if instant])
        return min(due, default=None)

    async def _write(self, work: Callable[[Connection], Any]) -> Any:
        return await self._writer.do(self._clerk, work)


def _next_of_each(what: Any) -> Select[Any]:
    """Of each respondent the oldest action that still waits, due or not."""
    earlier = schema.outbox.alias("earlier")
    blocked = exists().where(
        earlier.c.room == _actions.room,
        earlier.c.sender_id == _actions.sender_id,
        earlier.c.status == MeasureStatus.PENDING,
        earlier.c.position < _actions.position,
    )
    return select(what).where(_actions.status == MeasureStatus.PENDING, ~blocked)


def _unsent() -> tuple[Any, Any]:
    return _notices.sent_at.is_(None), _notices.lapsed_at.is_(None)


def _take(
    connection: Connection, room: RoomKey, since: datetime, now: datetime, held: Collection[str], late: Collection[str]
) -> list[NoticeRow]:
    waiting = select(schema.notices).where(_notices.room == room, *_unsent()).order_by(_notices.id)
    rows = [row for row in connection.execute(waiting) if row.code not in held]
    lasting = [row.created_at >= since or (row.private_to is not None and row.code in late) for row in rows]
    young = [row for row, lasts in zip(rows, lasting, strict=True) if lasts]
    old = [row for row, lasts in zip(rows, lasting, strict=True) if not lasts]
    _mark(connection, young, sent_at=now)
    _mark(connection, old, lapsed_at=now)
    return [_notice_row(row) for row in young]


def _mark(connection: Connection, rows: Sequence[Row[Any]], **values: datetime) -> None:
    ids = [row.id for row in rows]
    private = [row.id for row in rows if row.private_to is not None]
    if ids:
        connection.execute(update(schema.notices).where(_notices.id.in_(ids)).values(values))
    if private:
        connection.execute(update(schema.notices).where(_notices.id.in_(private)).values(text="", secret=""))


def _outbox_row(row: Row[Any]) -> OutboxRow:
    return OutboxRow(
        action=_action(row),
        room=RoomKey(row.room),
        respondent_name=row.name,
        code=row.code,
        reason=row.reason,
        attempts=row.attempts,
        due_at=row.due_at,
    )


def _action(row: Row[Any]) -> OrderedAction:
    return OrderedAction(
        id=row.action_id,
        kind=ActionKind(row.kind),
        respondent=row.sender_id,
        status=MeasureStatus(row.status),
        ordered_at=row.ordered_at,
        until=row.until,
        message_id=row.message_id,
        undoes=row.undoes,
        detail=row.detail,
    )


def _notice_row(row: Row[Any]) -> NoticeRow:
    return NoticeRow(row.id, RoomKey(row.room), Notice(row.text, row.private_to, row.secret), row.created_at, row.code)


def _timer_row(row: Row[Any]) -> TimerRow:
    return TimerRow(Timer(row.kind, row.ref, row.due_at), row.code, RoomKey(row.room))
