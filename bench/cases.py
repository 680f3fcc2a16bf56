"""What a hundred thousand cases cost: the queue and a case are found as quickly as among a thousand."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from bench.row import Row
from cases.deadlines import Terms
from cases.history import Addressee, Changes, Judged, Letter, Opened, Receipt, ReportTaken
from cases.lifecycle import fold
from cases.model import BOT, Actor, ActorKind, CaseKind, CaseStatus, Refusal, Report, Respondent
from cases.ports import ByRespondent, CaseFilter, DeadlineFilter
from cases.sentence import Measure, Severity
from storage import Keys, Storage, open_storage
from storage.audit import verify
from storage.batch import Batch, Known, flush
from storage.chain import START
from storage.codes import CodeBook
from storage.rows import clean_changes, rows_of
from streams.events import RoomKey

FEW, MANY = 1_000, 100_000
GATE = 2.0
"""Every query costs at most so many times what it costs among a hundredth of the cases."""
KEYS = Keys.ephemeral(b"bench")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BUSY, QUIET = RoomKey("bench:busy"), RoomKey("bench:quiet")
IN_QUIET = 5
WRITTEN_AT_ONCE = 2_000
HALF_AN_HOUR = timedelta(minutes=30)
TERMS = Terms()

Query = Callable[[Storage, "Stored"], Awaitable[object]]


def run(quick: bool) -> list[Row]:
    """Every row. ``quick`` asks fewer times."""
    return asyncio.run(_run(rounds=40 if quick else 200))


class Stored:
    """What is known of a store that was filled: how many cases, and the middle one."""

    def __init__(self, cases: int) -> None:
        self.cases = cases
        self.end = BEGIN + timedelta(minutes=cases)
        self.middle = _code(cases // 2)
        self.token = KEYS.token("report", f"{_code(_reported(cases // 2))}-r1")


async def _run(rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="danmod-bench-") as folder:
        async with _filled(Path(folder), FEW) as few, _filled(Path(folder), MANY) as many:
            rows = [
                await _compared(name, query, (few, Stored(FEW)), (many, Stored(MANY)), rounds)
                for name, query in QUERIES
            ]
        return [*rows, await _verifying(Path(folder) / f"{MANY}.db")]


async def _compared(
    name: str, query: Query, few: tuple[Storage, Stored], many: tuple[Storage, Stored], rounds: int
) -> Row:
    """By turns; of each the quickest counts, because a machine's other load only ever adds to a few milliseconds."""
    pairs = [(await _seconds(query, *many), await _seconds(query, *few)) for _ in range(rounds)]
    ours, other = (min(times) for times in zip(*pairs, strict=True))
    return Row(
        name=f"{name}: {MANY:,} cases against {FEW:,}",
        ours=f"{ours * 1e3:.2f} ms",
        other=f"{other * 1e3:.2f} ms",
        ratio=ours / other,
        gate=None,
        ceiling=GATE,
    )


async def _seconds(query: Query, storage: Storage, stored: Stored) -> float:
    start = time.perf_counter()
    answer = await query(storage, stored)
    spent = time.perf_counter() - start
    assert answer, "a query that finds nothing measures nothing"
    return spent


async def _find_by_respondent(storage: Storage, stored: Stored) -> object:
    """As ``!why`` and a moderator's command do: inside the writer."""
    ref = ByRespondent(BUSY, f"sender-{stored.cases // 2}")
    return await storage.log.apply(ref, lambda state, fresh: Refusal("seen", "found") if state else Refusal("", ""))


QUERIES: tuple[tuple[str, Query], ...] = (
    ("the queue, 50 open cases", lambda s, _: s.reader.cases(CaseFilter(status=CaseStatus.OPEN))),
    ("the queue of a quiet room", lambda s, _: s.reader.cases(CaseFilter(room=QUIET, status=CaseStatus.OPEN))),
    ("the last 20 cases of a room", lambda s, _: s.reader.cases(CaseFilter(room=BUSY, limit=20))),
    ("the cases of the last half hour", lambda s, of: s.reader.cases(CaseFilter(since=of.end - HALF_AN_HOUR))),
    (
        "the cases of the last half hour in a room",
        lambda s, of: s.reader.cases(CaseFilter(room=BUSY, since=of.end - HALF_AN_HOUR)),
    ),
    ("the cases of one person", lambda s, of: s.reader.cases(CaseFilter(respondent=f"sender-{of.cases // 2}"))),
    ("one case by its code", lambda s, of: s.reader.case(of.middle)),
    ("one case's history", lambda s, of: s.reader.history(of.middle)),
    ("one report by its token", lambda s, of: s.reader.report_by_token(of.token)),
    ("the latest case of a respondent", _find_by_respondent),
    ("deadlines to warn of", lambda s, of: s.deadlines.to_warn(of.end + timedelta(days=9), limit=50)),
    ("deadlines that run in a room", lambda s, _: s.deadlines.deadlines(DeadlineFilter(room=QUIET, running=True))),
    ("letters that wait", lambda s, of: s.letters.pending(of.end + timedelta(days=9), limit=50)),
)


async def _verifying(file: Path) -> Row:
    start, report = time.perf_counter(), await verify(str(file))
    spent = time.perf_counter() - start
    assert report.sound, report.problem
    return Row(
        name=f"danmod audit verify, {report.entries:,} entries of {report.cases:,} cases",
        ours=f"{report.entries / spent:,.0f} entries/s",
        other="",
        ratio=spent,
        gate=None,
        note="seconds",
    )


# -- filling a store ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _filled(folder: Path, cases: int) -> AsyncIterator[Storage]:
    """A store with so many cases, a minute apart: each tenth is a report that waits, with its deadline and letter."""
    url = f"sqlite:///{folder / f'{cases}.db'}"
    async with open_storage(url, keys=KEYS) as storage:
        writer, plain = storage._writer, storage._plain
        await writer.do(plain, lambda connection: _fill(connection, cases))
        yield storage


def _fill(connection: Connection, cases: int) -> None:
    head = START
    for first in range(0, cases, WRITTEN_AT_ONCE):
        batch = Batch(head, first)
        for number in range(first, min(first + WRITTEN_AT_ONCE, cases)):
            _add(batch, number)
        flush(connection, batch)
        head = batch.head


def _add(batch: Batch, number: int) -> None:
    changes, bodies = clean_changes(_waiting(number) if _is_report(number) else _judged(number))
    state = fold(None, changes.entries)
    batch.add(Known(number, state), rows_of(changes, bodies, None, state, batch.head, BEGIN, KEYS), begins=True)


def _is_report(number: int) -> bool:
    return number % 10 == 0


def _reported(number: int) -> int:
    return number - number % 10


def _code(number: int) -> str:
    return CodeBook(KEYS.code_key).code(number)


def _room(number: int) -> RoomKey:
    if number < IN_QUIET * 10:
        return QUIET
    return BUSY if number % 3 == 0 else RoomKey(f"bench:room-{number % 97}")


def _opened(number: int, kind: CaseKind) -> Opened:
    return Opened(
        at=BEGIN + timedelta(minutes=number),
        by=BOT,
        code=_code(number),
        room=_room(number),
        kind=kind,
        episode=f"flood:{number}",
        category="flood",
        rule="R1",
        severity=Severity.MINOR,
        dry_run=False,
    )


def _judged(number: int) -> Changes:
    opened = _opened(number, CaseKind.AUTOMATIC)
    entry = Judged(
        at=opened.at,
        by=BOT,
        respondent=Respondent(f"sender-{number}", "Somebody"),
        message_ids=("m1",),
        measures=(Measure.HIDE,),
        severity=Severity.MINOR,
        rule="R1",
        checks=("repeat",),
        facts=("5 copies in 10 s",),
        automatic=True,
    )
    return Changes(entries=(opened, entry))


def _waiting(number: int) -> Changes:
    opened = _opened(number, CaseKind.REPORT)
    report = Report(f"{opened.code}-r1", f"reporter-{number}", "chat", opened.at, "insult", "rude")
    taken = ReportTaken(
        at=opened.at,
        by=Actor(ActorKind.VIEWER, report.reporter),
        report=report,
        respondent=Respondent(f"sender-{number}", "Somebody"),
    )
    return Changes(
        entries=(opened, taken),
        receipts=(Receipt(report.id, KEYS.token("report", report.id)),),
        deadlines=(TERMS.start("triage_human", report.id, opened.code, opened.room, opened.at),),
        letters=(Letter(Addressee.REPORTER, report.id, "received", {"code": opened.code}),),
    )
