"""Checking what is stored, without any key: the chain of the history, its bodies, cases, dossiers, readings, evidence.

A row that was changed, removed, put elsewhere or cut off at the end is named. What was lawfully erased (salt and body
are gone, the commitment stays) is counted, not complained about.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select
from sqlalchemy import func as sql

from cases.dossier import DossierKind
from cases.dossiers import KINDS
from cases.history import ACCESS, AccessNoted, EvidenceFrozen
from cases.lifecycle import fold
from storage import schema
from storage.bodies import bodies_of
from storage.chain import START, Head, commit, link
from storage.chain_end import load_head
from storage.database import at_file, locate, read, reading_engine
from storage.dossier_log import Kinds
from storage.dossier_rows import folded
from storage.revisions import check_file
from storage.rows import decode_entry, encode

_BATCH = 1000

Progress = Callable[[int, int], None]
"""Called now and then with what is done and what there is; each entry counts twice, in the chain and in its case."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What the check found. ``problem`` is one sentence naming the first bad row, None when all is well."""

    entries: int
    cases: int
    erased: int
    """Entries whose body was erased."""
    problem: str | None = None
    dossiers: int = 0

    @property
    def sound(self) -> bool:
        """True when nothing was changed, removed, reordered or cut."""
        return self.problem is None


class _BadRow(Exception):
    """The sentence that names the first bad row."""


async def verify(url_or_path: str, on_progress: Progress | None = None, kinds: Kinds = KINDS) -> AuditReport:
    """Check the database at a URL or in a SQLite file; danmod may be running on it. ``kinds`` are the dossiers there are.

    Raises ValueError for a URL of another kind and StorageError when the database cannot be read at all.
    """
    place = locate(url_or_path) if "://" in url_or_path else at_file(Path(url_or_path))
    check_file(place, must_exist=True)
    engine = reading_engine(place)
    try:
        return await read(engine, lambda connection: _Audit(connection, on_progress or _silent, kinds).run())
    finally:
        await engine.dispose()


def _silent(_done: int, _total: int) -> None:
    """Nobody wants to know."""


class _Audit:
    """One run over one snapshot."""

    def __init__(self, connection: Connection, on_progress: Progress, kinds: Kinds) -> None:
        self._connection = connection
        self._kinds = kinds
        self._on_progress = on_progress
        self._total = 2 * (connection.scalar(select(sql.count()).select_from(schema.history)) or 0)
        self._done = 0
        self._head = START
        self._entries_of: Counter[str] = Counter()
        self._erased_of: Counter[str] = Counter()
        self._cases = 0
        self._dossiers = 0

    def run(self) -> AuditReport:
        problem = None
        try:
            self._check_chain()
            self._check_end()
            self._check_cases()
            self._check_dossiers()
            self._check_readings()
            self._check_nothing_is_missing()
            self._check_evidence()
        except _BadRow as bad:
            problem = str(bad)
        return AuditReport(self._head.seq, self._cases, self._erased_of.total(), problem, self._dossiers)

    def _check_chain(self) -> None:
        for row in self._history():
            self._check_link(row)
            self._check_body(row)
            self._entries_of[row.code] += 1
            self._head = Head(row.seq, row.hash)
            self._advance(1)

    def _check_link(self, row: Any) -> None:
        if row.seq != self._head.seq + 1:
            raise _BadRow(f"entry {self._head.seq + 1} of the history is missing (entry {row.seq} comes next)")
        if row.prev_hash != self._head.hash:
            raise _BadRow(f"entry {row.seq} ({row.entry} of {_named(row.code)}) does not follow the entry before it")
        try:
            expected = link(row.prev_hash, row.seq, row.code, row.at, row.entry, row.commitment)
        except (AttributeError, ValueError):
            expected = b""
        if row.hash != expected:
            raise _BadRow(f"entry {row.seq} ({row.entry} of {_named(row.code)}) was changed")

    def _check_body(self, row: Any) -> None:
        if row.body is None:
            self._erased_of[row.code] += 1
        elif commit(row.salt, row.body) != row.commitment:
            raise _BadRow(f"the body of entry {row.seq} ({row.entry} of {_named(row.code)}) was changed")

    def _check_end(self) -> None:
        stored = load_head(self._connection)
        if stored.seq > self._head.seq:
            raise _BadRow(f"the history was cut: entry {self._head.seq + 1} of {stored.seq} is missing")
        if stored != self._head:
            raise _BadRow(f"the history ends with entry {self._head.seq}, but the store remembers entry {stored.seq}")

    def _check_cases(self) -> None:
        table, last = schema.cases.c, -1
        page = select(table.ordinal, table.code, table.version, table.state).order_by(table.ordinal).limit(_BATCH)
        while rows := self._connection.execute(page.where(table.ordinal > last)).all():
            bodies = bodies_of(self._connection, [row.code for row in rows])
            for row in rows:
                self._check_state(row.code, row.version, row.state, bodies[row.code], _folded)
            self._cases, last = self._cases + len(rows), rows[-1].ordinal

    def _check_dossiers(self) -> None:
        table, last = schema.dossiers.c, ""
        page = select(table.id, table.kind, table.version, table.state).order_by(table.id).limit(_BATCH)
        while rows := self._connection.execute(page.where(table.id > last)).all():
            bodies = bodies_of(self._connection, [row.id for row in rows])
            for row in rows:
                fold_kind = partial(_folded_dossier, self._kinds.get(row.kind), row.id)
                self._check_state(row.id, row.version, row.state, bodies[row.id], fold_kind)
            self._dossiers, last = self._dossiers + len(rows), rows[-1].id

    def _check_state(
        self, code: str, version: int, state: str, bodies: list[str | None], folded: Callable[[Iterable[str]], str]
    ) -> None:
        entries = self._entries_of.pop(code, 0)
        if entries != version:
            raise _BadRow(f"{_named(code)} counts {version} entries, but its history has {entries}")
        kept = [body for body in bodies if body is not None]
        if len(kept) == len(bodies) and state != folded(kept):
            raise _BadRow(f"the state of {_named(code)} is not what its history says")
        self._advance(entries)

    def _advance(self, entries: int) -> None:
        before, self._done = self._done, self._done + entries
        if self._done // _BATCH > before // _BATCH or self._done == self._total:
            self._on_progress(self._done, self._total)

    def _check_readings(self) -> None:
        """Each row by which a reading is found says what its entry says; an erased entry has no row to be compared."""
        rows, bodies, found = schema.access_log.c, schema.history_body.c, 0
        joined = schema.access_log.outerjoin(schema.history_body, bodies.seq == rows.seq)
        page, last = select(schema.access_log, bodies.body).select_from(joined).order_by(rows.seq).limit(_BATCH), 0
        while read := self._connection.execute(page.where(rows.seq > last)).all():
            for row in read:
                self._check_reading(row)
                found += row.body is not None
            last = read[-1].seq
        entries = self._entries_of.pop(ACCESS, 0) - self._erased_of[ACCESS]
        self._advance(entries + self._erased_of[ACCESS])
        if found != entries:
            raise _BadRow(f"the history tells of {entries} readings, but {found} are listed")

    def _check_reading(self, row: Any) -> None:
        entry = None if row.body is None else decode_entry(row.body)
        if isinstance(entry, AccessNoted):
            told = (entry.at, entry.by.ref, entry.by.kind, entry.by.name, entry.what, entry.ref, entry.why)
            if told == (row.at, row.who, row.role, row.name, row.what, row.ref, row.why):
                return
        if entry is not None:
            raise _BadRow(f"the reading {row.seq} was changed")

    def _check_nothing_is_missing(self) -> None:
        """A case or dossier whose every body was erased may be gone; its proof is a dossier of its own."""
        left = (code for code, entries in self._entries_of.items() if entries > self._erased_of[code])
        orphan = next(left, None)
        if orphan is not None:
            raise _BadRow(f"{_named(orphan)} is missing, but the history tells of it")

    def _check_evidence(self) -> None:
        stored = {(row.code, row.digest) for row in self._evidence()}
        for code, digest in self._frozen_digests():
            if (code, digest) not in stored:
                raise _BadRow(f"the evidence {digest[:12]}… of case {code} is missing")

    def _evidence(self) -> Iterator[Any]:
        """Rows of the evidence, each checked against its digest."""
        table, last = schema.evidence.c, 0
        page = select(schema.evidence).order_by(table.id).limit(_BATCH)
        while rows := self._connection.execute(page.where(table.id > last)).all():
            for row in rows:
                if row.body is not None and hashlib.sha256(row.body.encode()).hexdigest() != row.digest:
                    raise _BadRow(f"the evidence {row.digest[:12]}… of case {row.code} was changed")
                yield row
            last = rows[-1].id

    def _frozen_digests(self) -> Iterator[tuple[str, str]]:
        """Every digest the history remembers."""
        for row in self._history(EvidenceFrozen):
            entry = None if row.body is None else decode_entry(row.body)
            if isinstance(entry, EvidenceFrozen):
                yield row.code, entry.digest

    def _history(self, kind: type[EvidenceFrozen] | None = None) -> Iterator[Any]:
        """Rows of the history with their bodies, a page at a time, in the order of their numbers."""
        rows, bodies = schema.history.c, schema.history_body.c
        joined = schema.history.outerjoin(schema.history_body, bodies.seq == rows.seq)
        page = select(schema.history, bodies.salt, bodies.body).select_from(joined).order_by(rows.seq).limit(_BATCH)
        if kind is not None:
            page = page.where(rows.entry == str(kind.__struct_config__.tag))
        last = 0
        while found := self._page(page, rows.seq, last):
            yield from found
            last = found[-1].seq

    def _page(self, page: Select[Any], seq: Any, last: int) -> Sequence[Any]:
        """The next rows; row by row when one of them cannot even be read, so that it can be named."""
        try:
            return self._connection.execute(page.where(seq > last)).all()
        except ValueError:
            pass
        try:
            return self._connection.execute(page.where(seq > last).limit(1)).all()
        except ValueError:
            raise _BadRow(f"entry {last + 1} of the history was changed: it cannot be read") from None


def _folded(bodies: Iterable[str]) -> str:
    try:
        return encode(fold(None, map(decode_entry, bodies)))
    except (ValueError, msgspec.MsgspecError):
        return ""


def _folded_dossier(kind: DossierKind | None, dossier_id: str, bodies: Iterable[str]) -> str:
    try:
        return "" if kind is None else encode(folded(kind, None, tuple(map(decode_entry, bodies)), dossier_id))
    except (ValueError, msgspec.MsgspecError):
        return ""


def _named(code: str) -> str:
    """A case, dossier or reading as a sentence names it."""
    if code == ACCESS:
        return "the readings"
    return f"dossier {code}" if "-" in code else f"case {code}"
