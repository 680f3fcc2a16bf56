"""From changes to rows, and back: pure. What one intent changes becomes the rows it writes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from cases import history as entries
from cases.evidence import canonical, digest_of, scrubbed, storable
from cases.history import AnyEntry, Changes, Entry
from cases.model import CaseState, Evidence, MeasureStatus, OrderedAction, Statement
from cases.sentence import Severity
from storage.chain import SALT_BYTES, Head, commit, link
from storage.owed import add_owed
from storage.parts import add_parts
from storage.row import Row, Rows
from storage.vault import Keys, token_hash

_S = TypeVar("_S", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()
_entry_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(AnyEntry)
_state_decoder = msgspec.json.Decoder(CaseState)
_statement_decoder = msgspec.json.Decoder(Statement)
_evidence_decoder = msgspec.json.Decoder(Evidence)


def encode(value: msgspec.Struct) -> str:
    """JSON text of a value that `clean` has seen."""
    return _encoder.encode(value).decode()


def clean(value: _S) -> _S:
    """The value with every text storable; the same object when it is already."""
    return _cleaned(value)[0]


def _cleaned(value: _S) -> tuple[_S, str]:
    """The value as `clean` makes it, with its JSON text: one spelling shows whether it is clean and is what is stored."""
    try:
        spelled = _encoder.encode(value)
        if b"\\u0000" not in spelled:
            return value, spelled.decode()
    except UnicodeEncodeError:
        pass
    scrubbed_value = msgspec.convert(scrubbed(msgspec.to_builtins(value)), type(value))
    return scrubbed_value, encode(scrubbed_value)


def clean_changes(given: Changes) -> tuple[Changes, tuple[str, ...]]:
    """Changes whose entries can be stored, with the JSON text of each: the same changes when that is so already.

    Where an entry had to be cleaned, the state is to be folded anew, so that it equals the fold of what is stored.
    """
    cleaned = [_cleaned(entry) for entry in given.entries]
    bodies = tuple(body for _, body in cleaned)
    if all(entry is kept for entry, (kept, _) in zip(given.entries, cleaned, strict=True)):
        return given, bodies
    return msgspec.structs.replace(given, entries=tuple(kept for kept, _ in cleaned), state=None), bodies


def decode_entry(body: str) -> AnyEntry:
    """An entry from its stored body."""
    entry: AnyEntry = _entry_decoder.decode(body)
    return entry


def decode_state(text: str) -> CaseState:
    """A state from its column."""
    return _state_decoder.decode(text)


def decode_statement(body: str) -> Statement:
    """A statement from its stored body; its token is empty."""
    return _statement_decoder.decode(body)


def decode_evidence(body: str) -> Evidence:
    """Evidence from its stored body."""
    return _evidence_decoder.decode(body)


def case_row(state: CaseState, ordinal: int, number: int) -> Row:
    """The row of a new case."""
    fixed = ("room", "kind", "episode", "opened_at", "category", "rule", "dry_run", "automatic")
    return {
        "ordinal": ordinal,
        "code": state.code,
        "number": number,
        **{name: getattr(state, name) for name in fixed},
        **moving_columns(state),
    }


def moving_columns(state: CaseState) -> Row:
    """The columns of a case that change as its history grows."""
    return {
        "status": state.status,
        "last_at": state.last_at,
        "severity": state.severity,
        "version": state.version,
        "state": encode(state),
    }


def rows_of(
    changes: Changes,
    bodies: Iterable[str],
    before: CaseState | None,
    state: CaseState,
    head: Head,
    now: datetime,
    keys: Keys,
) -> Rows:
    """The rows of one intent. ``changes`` are clean, with the ``bodies`` of their entries; ``state`` is what they led to
    from ``before``.

    ``now`` dates what comes without an entry. Raises ValueError for a receipt of a report nobody made.
    """
    rows = Rows(head)
    at = changes.entries[-1].at if changes.entries else now
    for entry, body in zip(changes.entries, bodies, strict=True):
        add_history(rows, state.code, entry, body)
    _add_actions(rows, before, state, changes, at)
    _add_respondents(rows, before, state)
    _add_reports(rows, state, changes, keys)
    _add_documents(rows, state, changes)
    _add_waiting(rows, state, changes, at)
    add_parts(rows, changes.entries, before, state, keys)
    add_owed(rows, changes, state.code, state.room, at)
    add_processed(rows, changes, state.code, state.room, now)
    return rows


def add_processed(rows: Rows, changes: Changes, code: str, room: str, now: datetime) -> None:
    """The command's message was carried out; ``room`` is "" where it came from none."""
    if changes.processed is not None:
        key = storable(changes.processed)
        rows.inserts.append(("processed", {"room": room, "message_id": key, "code": code, "at": now}))


def add_history(rows: Rows, code: str, entry: Entry, body: str) -> None:
    """One more entry of the chain; ``body`` is its JSON text."""
    salt = os.urandom(SALT_BYTES)
    seq, tag = rows.head.seq + 1, str(entry.__struct_config__.tag)
    commitment = commit(salt, body)
    digested = link(rows.head.hash, seq, code, entry.at, tag, commitment)
    row = {
        "seq": seq,
        "code": code,
        "at": entry.at,
        "entry": tag,
        "prev_hash": rows.head.hash,
        "commitment": commitment,
        "hash": digested,
    }
    rows.inserts.append(("history", row))
    rows.inserts.append(("history_body", {"seq": seq, "salt": salt, "body": body}))
    rows.head = Head(seq, digested)


def _add_actions(rows: Rows, before: CaseState | None, state: CaseState, changes: Changes, at: datetime) -> None:
    """New rows of the outbox as the whole change leaves them, and what it changes of older ones."""
    for seq, entry in enumerate(changes.entries, rows.head.seq - len(changes.entries) + 1):
        if isinstance(entry, entries.ActionOrdered):
            action = state.action(entry.action.id) or entry.action
            rows.actions.append(_outbox_row(state, entry, action, seq, _severity(action, changes, state), at))
    if before is None or before.actions == state.actions[: len(before.actions)]:
        return
    for old, new in zip(before.actions, state.actions, strict=False):
        if new is not old and new != old:
            rows.action_changes[new.id] = {
                "status": new.status,
                "detail": new.detail,
                "until": new.until,
                "settled_at": _settled(new, at),
            }


def _settled(action: OrderedAction, at: datetime) -> datetime | None:
    return None if action.status is MeasureStatus.PENDING else at


def _severity(action: OrderedAction, changes: Changes, state: CaseState) -> Severity:
    """Of what was judged last about this respondent in the same change; without that, of the whole case."""
    judged = (entry for entry in reversed(changes.entries) if isinstance(entry, entries.Judged))
    return next((entry.severity for entry in judged if entry.respondent.id == action.respondent), state.severity)


def _outbox_row(
    state: CaseState, entry: Entry, action: OrderedAction, position: int, severity: Severity, at: datetime
) -> Row:
    respondent = state.respondent(action.respondent)
    return {
        "action_id": action.id,
        "position": position,
        "code": state.code,
        "room": state.room,
        "kind": action.kind,
        "sender_id": action.respondent,
        "name": respondent.name if respondent is not None else "",
        "message_id": action.message_id,
        "until": action.until,
        "undoes": action.undoes,
        "ordered_by": entry.by.ref,
        "ordered_at": action.ordered_at,
        "reason": f"{state.rule} ({state.code})",
        "status": action.status,
        "detail": action.detail,
        "attempts": 0,
        "due_at": entry.at,
        "settled_at": _settled(action, at),
        "severity": severity,
    }


def _add_respondents(rows: Rows, before: CaseState | None, state: CaseState) -> None:
    known = len(before.respondents) if before is not None else 0
    for person in state.respondents[known:]:
        row = {"code": state.code, "sender_id": person.id, "room": state.room, "name": person.name}
        rows.inserts.append(("respondents", row))


def _add_reports(rows: Rows, state: CaseState, changes: Changes, keys: Keys) -> None:
    if not state.reports and not changes.receipts:
        return
    receipts = {receipt.report_id: receipt for receipt in changes.receipts}
    known = {report.id for report in state.reports}
    for report_id in receipts:
        if report_id not in known:
            raise ValueError(f"case {state.code} has no report {report_id} to give a receipt for")
    for entry in changes.entries:
        if isinstance(entry, entries.ReportTaken):
            receipt = receipts.get(entry.report.id)
            rows.inserts.append(("reports", _report_row(state, entry, receipt)))
            if receipt is not None and receipt.contact:
                rows.inserts.append(("contacts", _contact_row(entry, receipt.contact, keys)))


def _report_row(state: CaseState, entry: entries.ReportTaken, receipt: entries.Receipt | None) -> Row:
    report = entry.report
    return {
        "id": report.id,
        "code": state.code,
        "room": state.room,
        "reporter": report.reporter,
        "channel": report.channel,
        "category": report.category,
        "received_at": report.at,
        "token_hash": None if receipt is None else token_hash(receipt.token),
        "status": report.status,
    }


def _contact_row(entry: entries.ReportTaken, contact: str, keys: Keys) -> Row:
    sealed = keys.seal_contact(entry.report.id, contact)
    return {
        "report_id": entry.report.id,
        "wrapped_key": sealed.wrapped_key,
        "sealed": sealed.sealed,
        "given_at": entry.at,
    }


def _add_documents(rows: Rows, state: CaseState, changes: Changes) -> None:
    for evidence in changes.evidence:
        rows.inserts.append(("evidence", _evidence_row(state, evidence)))
    for statement in changes.statements:
        rows.inserts.append(("statements", _statement_row(state, clean(statement))))


def _evidence_row(state: CaseState, evidence: Evidence) -> Row:
    body = canonical(evidence)
    return {
        "code": state.code,
        "kind": evidence.kind,
        "captured_at": evidence.captured_at,
        "digest": digest_of(body),
        "body": body.decode(),
    }


def _statement_row(state: CaseState, statement: Statement) -> Row:
    return {
        "id": statement.id,
        "code": state.code,
        "respondent": statement.respondent,
        "issued_at": statement.issued_at,
        "appeal_until": statement.appeal_until,
        "token_hash": token_hash(statement.token),
        "body": encode(msgspec.structs.replace(statement, token="")),
    }


def _add_waiting(rows: Rows, state: CaseState, changes: Changes, at: datetime) -> None:
    place = {"code": state.code, "room": state.room}
    for timer in changes.timers:
        rows.timers.append({"kind": timer.kind, "ref": timer.ref, "due_at": timer.due_at, "done_at": None, **place})
    rows.timers_done = dict.fromkeys(changes.timers_done, at)
    for notice in map(clean, changes.notices):
        row = {"text": notice.text, "private_to": notice.private_to, "secret": notice.secret, "created_at": at, **place}
        rows.inserts.append(("notices", row))
    rows.strikes_cleared = {storable(sender_id): at for sender_id in changes.strikes_cleared}
    rows.strikes = [
        {"sender_id": storable(strike.sender_id), "at": strike.at, "cleared_at": None, **place}
        for strike in changes.strikes
    ]
