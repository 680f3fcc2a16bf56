"""One person's erasure in one case, as a granted request says (norm P3-1c): what the plan keeps is not touched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, select, update

from cases.dossier import Dossier
from cases.erasing import plan
from cases.model import CaseState
from cases.redaction import without_reporter, without_respondent
from storage import schema
from storage.erasing import Tally, erase_contacts, erase_files, held, put_state
from storage.parts import REPORTED
from storage.rows import decode_state

_SHORTEST = 3
"""A shorter name is looked for only where it stands alone."""


def erase_for(connection: Connection, request: Dossier, now: datetime) -> Tally:
    """Carry out a granted erasure; nothing for a request about no case, or about nobody in it."""
    tally = Tally()
    text = connection.scalar(select(schema.cases.c.state).where(schema.cases.c.code == request.about))
    if text is None:
        return tally
    state, subject = decode_state(text), str(request.fields.get("subject", ""))
    keep = frozenset(request.fields.get("kept") or ())
    is_held = state.code in held(connection)
    if state.report(subject) is not None:
        items = _items(state, True, is_held, None) - keep
        _erase_reporter(connection, state, subject, items, now, tally)
    elif (sender_id := _respondent(state, subject)) is not None:
        _erase_respondent(connection, state, sender_id, _items(state, False, is_held, sender_id) - keep, tally)
    return tally


def _items(state: CaseState, reporter: bool, is_held: bool, sender_id: str | None) -> frozenset[str]:
    """What nothing keeps, as things stand now: since the request was granted a hold may have begun."""
    items = plan(state, reporter=reporter, held=is_held, sender_id=sender_id)
    return frozenset(item.kind for item in items if not item.because)


def _respondent(state: CaseState, subject: str) -> str | None:
    """Whom a statement's id, or an account id, means in this case; None: nobody."""
    action = state.action(subject)
    sender_id = subject if action is None else action.respondent
    return sender_id if state.respondent(sender_id) is not None else None


def _erase_respondent(
    connection: Connection, state: CaseState, sender_id: str, items: frozenset[str], tally: Tally
) -> None:
    person = state.respondent(sender_id)
    assert person is not None  # asked before
    marks = (sender_id, person.name)
    code = state.code
    if "lines" in items:
        rows = connection.execute(
            select(schema.evidence.c.id, schema.evidence.c.body).where(schema.evidence.c.code == code)
        )
        theirs = [row.id for row in rows if row.body is not None and _tells_of(row.body, marks)]
        connection.execute(update(schema.evidence).where(schema.evidence.c.id.in_(theirs)).values(body=None))
        tally.add("evidence", theirs)
    for item, table in (("statement", schema.statements), ("appeal", schema.appeals)):
        if item in items:
            gone = delete(table).where(table.c.code == code, table.c.respondent == sender_id).returning(table.c.id)
            tally.add(table.name, connection.scalars(gone))
    if "name" in items:
        _erase_bodies(connection, code, marks, tally)
        people = schema.respondents.c
        theirs_alone = people.code == code, people.sender_id == sender_id
        gone = delete(schema.respondents).where(*theirs_alone).returning(people.code)
        tally.add("respondents", connection.scalars(gone))
        put_state(connection, without_respondent(state, sender_id))


def _erase_reporter(
    connection: Connection, state: CaseState, report_id: str, items: frozenset[str], now: datetime, tally: Tally
) -> None:
    report = state.report(report_id)
    assert report is not None  # asked before
    if "contact" in items:
        erase_contacts(connection, [report_id], tally)
    if not {"pseudonym", "note"} <= items:
        return
    erase_files(connection, [report_id], now, tally)
    if report.reporter:
        _erase_bodies(connection, state.code, (report.reporter, report_id), tally)
    reports, parts = schema.reports, schema.participations
    connection.execute(update(reports).where(reports.c.id == report_id).values(reporter="", token_hash=None))
    # Which digest is whose only the keys tell; those of the others are written again with the next step that needs them.
    connection.execute(delete(parts).where(parts.c.code == state.code, parts.c.part == REPORTED))
    put_state(connection, without_reporter(state, report_id))
    tally.add("reports", [report_id])


def _erase_bodies(connection: Connection, code: str, marks: Iterable[str], tally: Tally) -> None:
    """Salt and body of every entry that tells of the person; the chain keeps the commitment."""
    rows, bodies = schema.history.c, schema.history_body.c
    joined = schema.history.join(schema.history_body, bodies.seq == rows.seq)
    found = connection.execute(select(rows.seq, bodies.body).select_from(joined).where(rows.code == code)).all()
    theirs = [row.seq for row in found if _tells_of(row.body, marks)]
    connection.execute(delete(schema.history_body).where(bodies.seq.in_(theirs)))
    tally.add("history_body", theirs)


def _tells_of(body: str, marks: Iterable[str]) -> bool:
    """Whether a JSON text holds one of these, alone or within a longer text."""
    spelled = [msgspec.json.encode(mark).decode() for mark in marks if mark]
    return any(word in body or (len(word) - 2 >= _SHORTEST and word[1:-1] in body) for word in spelled)
