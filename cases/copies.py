"""Machine-readable copies of what is kept about one person, for that person (norm P3-1c), and a file for claims (N4.3-2b).

Everything is listed by name: what is not named here is in no copy. A respondent's copy holds nothing of a report, not
even that or when there was one; a reporter's copy nothing of the respondent but what the reporter is told anyway.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from cases.dossier import Dossier, DossierKind
from cases.history import (
    ActionOrdered,
    AppealDecided,
    Appealed,
    Judged,
    MeasureEnded,
    MeasureRevoked,
    OutcomeRecorded,
)
from cases.model import (
    ActionKind,
    Appeal,
    CaseState,
    CaseStatus,
    Evidence,
    EvidenceLine,
    OrderedAction,
    Report,
    Statement,
)
from cases.ports import HistoryRow

FORMAT = "danmod-copy/1"
_IN_FILE = ("case", "room", "you", "statements", "lines", "measures", "appeals", "events")
_LIFTS = (ActionKind.UNMUTE, ActionKind.UNBAN)


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that is kept of one case, before anything is chosen from it."""

    state: CaseState
    statements: Sequence[Statement] = ()
    evidence: Sequence[Evidence] = ()
    history: Sequence[HistoryRow] = ()


def copy_for_respondent(kept: Kept, sender_id: str, now: datetime, dossiers: Iterable[Dossier] = ()) -> dict[str, Any]:
    """What is kept about a respondent of a case. ``dossiers`` are those the person opened and proved to hold.

    Plain values for JSON. Raises KeyError when this account is no respondent of the case.
    """
    person = kept.state.respondent(sender_id)
    if person is None:
        raise KeyError(sender_id)
    return {
        **_head(kept.state, "respondent", now),
        "you": {"account": person.id, "name": person.name},
        "statements": [_statement(one) for one in kept.statements if one.respondent == sender_id],
        "lines": [_line(line) for line in own_lines(kept, sender_id)],
        "measures": [_action(one) for one in kept.state.actions if one.respondent == sender_id],
        "appeals": [_appeal(one) for one in kept.state.appeals if one.respondent == sender_id and not one.report],
        "events": _events(kept, sender_id),
        "matters": [_matter(each) for each in dossiers],
    }


def copy_for_reporter(kept: Kept, report_id: str, now: datetime, dossiers: Iterable[Dossier] = ()) -> dict[str, Any]:
    """What is kept about a reporter of a case. Raises KeyError when the case has no such report."""
    report = kept.state.report(report_id)
    if report is None:
        raise KeyError(report_id)
    return {
        **_head(kept.state, "reporter", now),
        "report": _report(report),
        "outcome": _outcome(kept.state),
        "objections": [_appeal(one) for one in kept.state.appeals if one.report == report_id],
        "matters": [_matter(each) for each in dossiers],
        "not_here": "the e-mail address, if you gave one, is kept encrypted apart; you gave it and can withdraw it",
    }


def evidence_file(kept: Kept, sender_id: str, now: datetime) -> dict[str, Any]:
    """A dated file for a claim: what was decided about this person and what became of it, with the digests that the
    history remembers. It names no reporter, and not how many there were."""
    copied = copy_for_respondent(kept, sender_id, now)
    content = {
        name: copied[name] for name in ("case", "room", "you", "statements", "lines", "measures", "appeals", "events")
    }
    content["record"] = {"status": _public_status(kept.state.status), "cleared": cleared(kept.state)}
    return {
        "format": "danmod-evidence-file/1",
        "dated": now.isoformat(),
        "content": content,
        "digest": digest_of(content),
    }


def respondent_of(kept: Kept, statement_id: str) -> str:
    """Whom a statement is for. Raises KeyError when there is none, or it was erased."""
    for one in kept.statements:
        if one.id == statement_id:
            return one.respondent
    raise KeyError(statement_id)


def may_copy(matter: Dossier) -> bool:
    """True for a granted request to see or copy, and for a claim whose file was handed over."""
    if matter.kind == "disclosure":
        return matter.status == "file-given"
    return (
        matter.kind == "rights_request" and matter.status == "granted" and matter.fields["what"] in ("access", "copy")
    )


def cleared(state: CaseState) -> bool:
    """True when nothing stands against the respondent: set aside on appeal, taken back, or nothing found."""
    return state.status in (CaseStatus.OVERTURNED, CaseStatus.UNDONE, CaseStatus.DISMISSED)


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a copy's content in one canonical form (JSON, keys sorted), 64 hexadecimal digits."""
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def own_lines(kept: Kept, sender_id: str) -> tuple[EvidenceLine, ...]:
    """The judged lines of this respondent, as the platform brought them.

    A line quoted in a form is a reporter's wording and has no message id; it is nobody's but the reporter's. Of people
    who go by one name only lines whose ids were judged for this account are surely theirs.
    """
    person = kept.state.respondent(sender_id)
    if person is None:
        return ()
    judged = _judged_ids(kept, sender_id)
    alone = sum(other.name == person.name for other in kept.state.respondents) == 1
    lines = (line for part in kept.evidence for line in part.lines if line.judged and line.message_id)
    mine = (line for line in lines if line.message_id in judged or (alone and line.sender == person.name))
    return tuple({line.message_id: line for line in mine}.values())


def _judged_ids(kept: Kept, sender_id: str) -> frozenset[str]:
    entries = (row.entry for row in kept.history if isinstance(row.entry, Judged))
    return frozenset(mid for entry in entries if entry.respondent.id == sender_id for mid in entry.message_ids)


def _head(state: CaseState, role: str, now: datetime) -> dict[str, Any]:
    return {"format": FORMAT, "made_at": now.isoformat(), "role": role, "case": state.code, "room": state.room}


def _statement(one: Statement) -> dict[str, Any]:
    return {
        "measures": [str(measure) for measure in one.measures],
        "rule": one.rule,
        "facts": list(one.facts),
        "decided": "automatically" if one.automatic else "by a person",
        "issued_at": one.issued_at.isoformat(),
        "until": one.until.isoformat() if one.until else None,
        "appeal_until": one.appeal_until.isoformat(),
    }


def _line(line: EvidenceLine) -> dict[str, Any]:
    return {"at": line.at.isoformat(), "text": line.text, "message": line.message_id}


def _action(one: OrderedAction) -> dict[str, Any]:
    return {
        "what": str(one.kind),
        "lifts": one.kind in _LIFTS,
        "ordered_at": one.ordered_at.isoformat(),
        "until": one.until.isoformat() if one.until else None,
        "status": str(one.status),
    }


def _appeal(one: Appeal) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "reasons": one.reasons,
        "evidence": list(one.evidence),
        "status": str(one.status),
        "answer": one.answer,
        "answered_at": one.decided_at.isoformat() if one.decided_at else None,
        "findings": [{"argument": each.argument, "finding": each.finding} for each in one.findings],
    }


def _events(kept: Kept, sender_id: str) -> list[dict[str, str]]:
    """What happened to this person in the case, by the kind of entry; nothing of what came before the decision."""
    mine = {one.id for one in kept.state.actions if one.respondent == sender_id}
    appeals = {one.id for one in kept.state.appeals if one.respondent == sender_id and not one.report}
    return [
        {"at": row.entry.at.isoformat(), "what": str(row.entry.__struct_config__.tag)}
        for row in kept.history
        if row.entry is not None and _concerns(row.entry, sender_id, mine, appeals)
    ]


def _concerns(entry: Any, sender_id: str, actions: set[str], appeals: set[str]) -> bool:
    match entry:
        case Judged(respondent=person):
            return person.id == sender_id
        case ActionOrdered(action=action):
            return action.respondent == sender_id
        case OutcomeRecorded(action_id=ref) | MeasureEnded(action_id=ref) | MeasureRevoked(action_id=ref):
            return ref in actions
        case Appealed(appeal=appeal):
            return appeal.id in appeals
        case AppealDecided(appeal_id=ref):
            return ref in appeals
        case _:
            return False


def _report(report: Report) -> dict[str, Any]:
    return {
        "at": report.at.isoformat(),
        "channel": report.channel,
        "category": report.category,
        "note": report.note,
        "added": list(report.added),
        "status": str(report.status),
        "answer": report.answer,
    }


def _outcome(state: CaseState) -> dict[str, Any]:
    """What the receipt page says as well: how it stands and which kinds of measures were taken."""
    taken = state.measures if not (state.status.waits or cleared(state)) else ()
    return {"status": str(state.status), "measures": [str(measure) for measure in taken]}


def _public_status(status: CaseStatus) -> str:
    """How it stands; whether a report waits is not for the respondent's file."""
    return "open" if status.waits else str(status)


def _matter(dossier: Dossier) -> dict[str, Any]:
    """One of the own dossiers: what was asked and answered, and when; not who handled it."""
    names = (
        "text",
        "what",
        "words",
        "reply",
        "answer",
        "reason",
        "satisfaction",
        "harm",
        "wants",
        "correction",
        "kept",
    )
    return {
        "number": dossier.id,
        "status": dossier.status,
        "steps": [{"at": step.at.isoformat(), "what": step.move} for step in dossier.steps],
        "fields": {name: dossier.fields[name] for name in names if name in dossier.fields},
    }


def is_own(dossier: Dossier, kinds: Mapping[str, DossierKind]) -> bool:
    """True for a kind whose opener gets a token: only these belong into a person's copy."""
    return dossier.kind in kinds and kinds[dossier.kind].tokened
