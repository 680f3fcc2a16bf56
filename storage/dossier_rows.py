"""From a dossier's change to its rows, and back: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from cases.dossier import Dossier, DossierKind, fold_dossier
from cases.evidence import storable
from cases.history import (
    ACCESS,
    AccessNoted,
    AnyEntry,
    Changes,
    DeadlineMissed,
    DeadlineWarned,
    DossierEntry,
    DossierMoved,
)
from storage.chain import Head
from storage.owed import add_owed
from storage.row import Row, Rows
from storage.rows import add_history, add_processed, clean, decode_entry, encode
from storage.vault import Keys, token_hash

_dossier_decoder = msgspec.json.Decoder(Dossier)


def decode_dossier(text: str) -> Dossier:
    """A dossier from its column."""
    return _dossier_decoder.decode(text)


def as_stored(entry: AnyEntry) -> AnyEntry:
    """The entry as it will be read again: what was filled in is then plain JSON, every text storable."""
    return decode_entry(encode(clean(entry)))


def folded(kind: DossierKind, dossier: Dossier | None, entries: Sequence[AnyEntry], fresh: str) -> Dossier:
    """The dossier after these entries. Raises ValueError for entries of another dossier, another kind, or none."""
    for entry in entries:
        if isinstance(entry, DossierMoved):
            expected = fresh if dossier is None else dossier.id
            if (entry.id, entry.kind) != (expected, kind.name):
                raise ValueError(f"this is {expected}, a {kind.name}; got a step of {entry.id}, a {entry.kind}")
        dossier = fold_dossier(dossier, kind.machine, _of_dossier(entry))
    if dossier is None:
        raise ValueError(f"a {kind.name} begins with a move, got no entry")
    return dossier


def _of_dossier(entry: AnyEntry) -> DossierEntry:
    if isinstance(entry, DossierMoved | DeadlineWarned | DeadlineMissed):
        return entry
    raise ValueError(f"{type(entry).__name__} cannot happen to a dossier")


def dossier_rows(changes: Changes, dossier: Dossier, head: Head, now: datetime) -> Rows:
    """What one step writes beside the dossier's own row. ``now`` dates what comes without an entry."""
    rows = Rows(head)
    for entry in changes.entries:
        add_history(rows, dossier.id, entry, encode(entry))
    at = changes.entries[-1].at if changes.entries else now
    add_owed(rows, changes, dossier.id, dossier.room, at)
    add_processed(rows, changes, dossier.id, dossier.room or "", now)
    return rows


def dossier_row(dossier: Dossier, number: int, token_hashed: bytes | None) -> Row:
    """The whole row of a dossier."""
    return {
        "id": dossier.id,
        "kind": dossier.kind,
        "number": number,
        "status": dossier.status,
        "room": dossier.room,
        "about": dossier.about,
        "opened_at": dossier.opened_at,
        "last_at": dossier.last_at,
        "version": dossier.version,
        "token_hash": token_hashed,
        "state": encode(dossier),
    }


def opener_token(kind: DossierKind, dossier_id: str, keys: Keys) -> bytes | None:
    """What is stored of the secret token of who opened it; None for a kind that gives none."""
    return token_hash(keys.token("dossier", dossier_id)) if kind.tokened else None


def access_rows(noted: AccessNoted, head: Head) -> Rows:
    """What one reading writes: its entry in the chain, and a row to find it by."""
    rows, entry = Rows(head), clean(noted)
    add_history(rows, ACCESS, entry, encode(entry))
    row = {
        "seq": rows.head.seq,
        "at": entry.at,
        "who": entry.by.ref,
        "role": entry.by.kind,
        "name": entry.by.name,
        "what": entry.what,
        "ref": entry.ref,
        "why": entry.why,
    }
    rows.inserts.append(("access_log", row))
    return rows


def plain_id(dossier_id: str) -> str:
    """An id as it is stored."""
    return storable(dossier_id).strip().lower()
