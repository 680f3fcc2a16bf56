"""Which rows an erasure takes away, table by table, on the writer's own connection (norm P3-1b), for `storage.erasure`.

The history's chain stays: of an entry only salt and body go, its commitment says nothing. A legal hold stops everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, exists, literal, or_, select, update
from sqlalchemy import func as sql
from sqlalchemy.sql.elements import ColumnElement

from cases.dossier import DossierKind
from cases.dossiers.legal_hold import KIND as HOLD
from cases.dossiers.legal_hold import REFERRAL, is_held
from cases.model import CaseState, CaseStatus, MeasureStatus
from cases.redaction import ERASED, without_people
from cases.retention import Schedule
from storage import facts, schema
from storage.batch import LAST_ORDINAL
from storage.dossier_log import last_number
from storage.dossier_rows import decode_dossier
from storage.parts import REPORTED
from storage.rows import decode_state, encode

_GOES_ON = tuple(status for status in CaseStatus if status.waits or status is CaseStatus.APPEALED)
_LIVE = (MeasureStatus.IN_FORCE, MeasureStatus.PARTIAL, MeasureStatus.UNCONFIRMED, MeasureStatus.UNSUPPORTED)
_GONE = ERASED + "/"


@dataclass(slots=True)
class Tally:
    """What went: names of rows, by kind of data."""

    rows: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, names: Iterable[Any]) -> None:
        """Take in what one statement erased."""
        found = [str(name) for name in names]
        if found:
            self.rows[kind] += found

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind."""
        return {kind: len(names) for kind, names in sorted(self.rows.items())}

    @property
    def names(self) -> list[str]:
        """Every row, as kind and key: what the proof's digest is made of."""
        return [f"{kind}:{name}" for kind, names in self.rows.items() for name in names]


# -- what is due ----------------------------------------------------------------------------------------------------------


def due_cases(schedule: Schedule, now: datetime, keep: frozenset[str], limit: int) -> Select[Any]:
    """Codes of the cases whose people are due: closed so long ago, nothing runs, no appeal is possible any more."""
    cases, edge = schema.cases.c, schedule.edge("person", now)
    return (
        select(cases.code)
        .where(cases.last_at <= edge, cases.status.not_in(_GOES_ON), or_(~_is_gone(), _has_bodies()))
        .where(cases.code.not_in(keep), ~_entry_after(edge), ~_appealable(now), ~_runs())
        .order_by(cases.ordinal)
        .limit(limit)
    )


def due_records(schedule: Schedule, now: datetime, keep: frozenset[str], limit: int) -> Select[Any]:
    """Codes of the cases of which nothing is kept any more: their people are gone already."""
    cases, edge = schema.cases.c, schedule.edge("record", now)
    old = select(cases.code).where(_is_gone(), cases.last_at <= edge, cases.code.not_in(keep), ~_entry_after(edge))
    return old.order_by(cases.ordinal).limit(limit)


def due_dossiers(kind: DossierKind, now: datetime, keep: frozenset[str], limit: int) -> Select[Any]:
    """Ids of this kind's dossiers that are over for as long as the kind says."""
    table, over = schema.dossiers.c, kind.machine.final | kind.resting
    theirs = table.kind == kind.name, table.status.in_(sorted(over)), table.last_at <= now - kind.retention
    return select(table.id).where(*theirs, table.id.not_in(keep)).order_by(table.number).limit(limit)


def _is_gone() -> ColumnElement[bool]:
    """The people of this case were erased; something may have happened to it since."""
    return schema.cases.c.episode == literal(_GONE) + schema.cases.c.code


def _has_bodies() -> ColumnElement[bool]:
    rows, bodies = schema.history.c, schema.history_body.c
    return exists().where(rows.code == schema.cases.c.code, rows.seq == bodies.seq)


def _entry_after(edge: datetime) -> ColumnElement[bool]:
    rows = schema.history.c
    return exists().where(rows.code == schema.cases.c.code, rows.at > edge)


def _appealable(now: datetime) -> ColumnElement[bool]:
    table = schema.statements.c
    return exists().where(table.code == schema.cases.c.code, table.appeal_until > now)


def _runs() -> ColumnElement[bool]:
    table = schema.outbox.c
    return exists().where(table.code == schema.cases.c.code, _is_live(table))


def _is_live(table: Any) -> ColumnElement[bool]:
    """A row of the outbox that waits, or a mute or ban that runs."""
    runs = table.kind.in_(("mute", "ban")) & table.status.in_(_LIVE)
    return or_(table.status == MeasureStatus.PENDING, runs)


def held(connection: Connection) -> frozenset[str]:
    """Codes and ids of everything a legal hold or a referral keeps."""
    table = schema.dossiers.c
    states = connection.scalars(select(table.state).where(table.kind.in_((HOLD.name, REFERRAL))))
    return frozenset(one.about for one in map(decode_dossier, states) if one.about and is_held(one.about, [one]))


# -- what goes ------------------------------------------------------------------------------------------------------------


def erase_people(connection: Connection, codes: Sequence[str], now: datetime, tally: Tally) -> None:
    """Everybody's data in these cases; their codes, times and measures stay until the record is due."""
    _erase_bodies(connection, codes, tally)
    reports = list(connection.scalars(select(schema.reports.c.id).where(schema.reports.c.code.in_(codes))))
    erase_contacts(connection, reports, tally)
    erase_files(connection, [*codes, *reports], now, tally)
    evidence = schema.evidence
    gone = update(evidence).where(evidence.c.code.in_(codes), evidence.c.body.is_not(None)).values(body=None)
    tally.add("evidence", connection.scalars(gone.returning(evidence.c.id)))
    for table, key in ((schema.statements, "id"), (schema.respondents, "code"), (schema.appeals, "id")):
        _delete(connection, table, key, tally, table.c.code.in_(codes))
    _erase_reporters(connection, codes, tally)
    outbox, timers = schema.outbox.c, schema.timers.c
    _delete(connection, schema.outbox, "action_id", tally, outbox.code.in_(codes), ~_is_live(outbox))
    _delete(connection, schema.timers, "ref", tally, timers.code.in_(codes), timers.done_at.is_not(None))
    _delete(connection, schema.notices, "id", tally, schema.notices.c.code.in_(codes))
    _change_states(connection, codes, tally)


def _erase_bodies(connection: Connection, codes: Sequence[str], tally: Tally) -> None:
    entries = select(schema.history.c.seq).where(schema.history.c.code.in_(codes))
    _delete(connection, schema.history_body, "seq", tally, schema.history_body.c.seq.in_(entries))


def _erase_reporters(connection: Connection, codes: Sequence[str], tally: Tally) -> None:
    reports, parts = schema.reports, schema.participations.c
    named = reports.c.code.in_(codes), reports.c.reporter != ""
    gone = update(reports).where(*named).values(reporter="", token_hash=None)
    tally.add("reports", connection.scalars(gone.returning(reports.c.id)))
    _delete(connection, schema.participations, "code", tally, parts.code.in_(codes), parts.part == REPORTED)


def _change_states(connection: Connection, codes: Sequence[str], tally: Tally) -> None:
    for row in connection.execute(select(schema.cases.c.state).where(schema.cases.c.code.in_(codes))).all():
        put_state(connection, without_people(decode_state(row.state)))
    tally.add("cases", codes)


def put_state(connection: Connection, state: CaseState) -> None:
    """Write a case's state and key anew; its history does not grow by it."""
    table = schema.cases
    values = {"state": encode(state), "episode": state.episode}
    connection.execute(update(table).where(table.c.code == state.code).values(values))


def erase_contacts(connection: Connection, reports: Sequence[str], tally: Tally) -> None:
    """The key that opens each address, and the address; that one was given stays."""
    table = schema.contacts
    theirs = table.c.report_id.in_(reports), table.c.wrapped_key.is_not(None)
    gone = update(table).where(*theirs).values(wrapped_key=None, sealed=b"")
    tally.add("contacts", connection.scalars(gone.returning(table.c.report_id)))


def erase_files(connection: Connection, about: Sequence[str], now: datetime, tally: Tally) -> None:
    """The files given with these reports or matters, by their keys, with their names."""
    table = schema.attachments
    theirs = table.c.about.in_(about), table.c.erased_at.is_(None)
    values = {"wrapped_key": None, "sealed": None, "name": "", "erased_at": now}
    tally.add("attachments", connection.scalars(update(table).where(*theirs).values(values).returning(table.c.id)))


def erase_records(connection: Connection, codes: Sequence[str], tally: Tally) -> None:
    """The rest of these cases. That they were, and when, the chain still says."""
    cases = schema.cases.c
    _remember(connection, LAST_ORDINAL, connection.scalar(select(sql.max(cases.ordinal))))
    reports = select(schema.reports.c.id).where(schema.reports.c.code.in_(codes))
    connection.execute(delete(schema.contacts).where(schema.contacts.c.report_id.in_(reports)))
    for table in (schema.evidence, schema.votes, schema.participations, schema.outbox, schema.timers, schema.notices):
        connection.execute(delete(table).where(table.c.code.in_(codes)))
    for table in (schema.strikes, schema.statements, schema.appeals, schema.respondents, schema.reports):
        connection.execute(delete(table).where(table.c.code.in_(codes)))
    _erase_bodies(connection, codes, tally)
    _delete(connection, schema.cases, "code", tally, cases.code.in_(codes), kind="records")


def erase_dossiers(connection: Connection, kind: str, ids: Sequence[str], now: datetime, tally: Tally) -> None:
    """These dossiers with their histories' bodies, letters, files and deadlines."""
    table = schema.dossiers.c
    _remember(connection, last_number(kind), connection.scalar(select(sql.max(table.number)).where(table.kind == kind)))
    _erase_bodies(connection, ids, tally)
    erase_files(connection, ids, now, tally)
    _delete(connection, schema.letters, "id", tally, schema.letters.c.about.in_(ids))
    _delete(connection, schema.deadlines, "key", tally, schema.deadlines.c.about.in_(ids))
    _delete(connection, schema.dossiers, "id", tally, table.id.in_(ids))


def _remember(connection: Connection, name: str, highest: int | None) -> None:
    """The highest number ever given, so that none is given twice."""
    facts.put(connection, name, str(max(highest or 0, int(facts.get(connection, name) or 0))))


def erase_old_rows(
    connection: Connection, schedule: Schedule, now: datetime, keep: frozenset[str], limit: int, tally: Tally
) -> None:
    """What has a time of its own: letters, errands, strikes, repeats, deadlines, readings."""
    letters, outbox, notices = schema.letters.c, schema.outbox.c, schema.notices.c
    errand = schedule.edge("errand", now)
    done = (outbox.settled_at <= errand) & ~_is_live(outbox)
    over = or_(notices.sent_at <= errand, notices.lapsed_at <= errand)
    told = sql.coalesce(letters.sent_at, letters.held_at) <= schedule.edge("letter", now)
    old: Mapping[Table, tuple[str, str, ColumnElement[bool]]] = {
        schema.letters: ("id", "about", told),
        schema.outbox: ("action_id", "code", done),
        schema.timers: ("ref", "code", schema.timers.c.done_at <= errand),
        schema.notices: ("id", "code", over),
        schema.strikes: ("id", "code", schema.strikes.c.at <= schedule.edge("strike", now)),
        schema.processed: ("message_id", "code", schema.processed.c.at <= schedule.edge("repeat", now)),
        schema.deadlines: ("ref", "about", schema.deadlines.c.started_at <= schedule.edge("deadline", now)),
    }
    for table, (key, about, is_old) in old.items():
        names = connection.scalars(select(table.c[key]).where(is_old, table.c[about].not_in(keep)).limit(limit)).all()
        _delete(connection, table, key, tally, is_old, table.c[about].not_in(keep), table.c[key].in_(names))
    _erase_readings(connection, schedule.edge("reading", now), keep, limit, tally)


def _erase_readings(connection: Connection, edge: datetime, keep: frozenset[str], limit: int, tally: Tally) -> None:
    table = schema.access_log
    old = select(table.c.seq).where(table.c.at <= edge, table.c.ref.not_in(keep)).order_by(table.c.seq).limit(limit)
    entries = connection.scalars(old).all()
    _delete(connection, table, "seq", tally, table.c.seq.in_(entries))
    _delete(connection, schema.history_body, "seq", tally, schema.history_body.c.seq.in_(entries))


def _delete(
    connection: Connection, table: Table, key: str, tally: Tally, *theirs: ColumnElement[bool], kind: str = ""
) -> None:
    gone = delete(table).where(*theirs).returning(table.c[key])
    tally.add(kind or table.name, connection.scalars(gone))
