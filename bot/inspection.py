"""An inspection's bundle, collected from a store that may be in use: rules, registers, numbers, proofs (norm P4-1).

Without an order no personal data is in it. What an order covers, the inspection's own dossier says, and handing it over
is a move of that dossier: made, and so recorded, before the file is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.case_file import case_file
from bot.config import Settings, terms_of
from bot.public_house import kept_of
from cases.bundle import Bundle, bundle
from cases.categories import CATEGORIES
from cases.copies import evidence_file, respondent_of
from cases.deadlines import TERMS
from cases.dossier import Dossier, DossierKind
from cases.dossiers import KINDS, complaint, standard
from cases.dossiers.incident import affected
from cases.dossiers.inspection import may_hold_personal
from cases.dossiers.policy import plain, rulebook
from cases.model import Refusal
from cases.ports import CaseFilter, DossierFilter
from storage import Beside, open_beside
from storage.audit import verify
from storage.fields import FIELDS
from storage.proofs import chain_rows

MOST = 10_000
MOST_CASES = 1_000_000


async def people_in(settings: Settings, dump: str) -> tuple[str, ...]:
    """Whose data a leaked dump holds, as the refs that `tell-persons` of an incident takes. Raises StorageError."""
    async with open_beside(settings.storage.url) as beside:
        return affected(dump, await beside.reader.cases(CaseFilter(limit=MOST_CASES)))


async def claim_file(settings: Settings, disclosure: str, now: datetime) -> dict[str, Any] | Refusal:
    """The dated evidence file for whoever claims harm (norm N4.3-2b). Refusals: ``unknown_dossier``, ``no_order`` (an
    identity was asked for), ``unknown_case``. Raises StorageError."""
    async with open_beside(settings.storage.url) as beside:
        claim = await beside.dossiers.dossier(disclosure)
        if claim is None or claim.kind != "disclosure":
            return Refusal("unknown_dossier", f"there is no disclosure {disclosure}")
        if claim.fields["wants"] != "evidence":
            return Refusal("no_order", f"{claim.id} asks for {claim.fields['wants']}, not for an evidence file")
        state = await beside.reader.case(claim.about)
        if state is None:
            return Refusal("unknown_case", f"{claim.about} is no longer kept")
        kept = await kept_of(beside.reader, state)
        try:
            return evidence_file(kept, respondent_of(kept, str(claim.fields.get("subject", ""))), now)
        except KeyError:
            return Refusal("unknown_case", f"{claim.id} names no statement of {claim.about}")


async def collect(
    settings: Settings, now: datetime, inspection: str = "", cases: Sequence[str] = ()
) -> Bundle | Refusal:
    """The bundle. Refusals: ``unknown_dossier``, ``no_order`` (naming the cases), ``unknown_case``. Raises StorageError."""
    url = settings.storage.url
    async with open_beside(url) as beside:
        dossier = await beside.dossiers.dossier(inspection) if inspection else None
        refused = _refused(dossier, inspection, cases)
        if refused is not None:
            return refused
        parts = {**await _records(settings, beside, now), **_registers(settings)}
        for code in cases:
            whole = await case_file(beside.reader, code)
            if whole is None:
                return Refusal("unknown_case", f"there is no case {code}")
            parts[f"personal/{code}.json"] = whole
    parts["audit/report.json"] = asdict(await verify(url))
    about = {"inspection": inspection, "authority": str(dossier.fields["authority"])} if dossier else {}
    return bundle(parts, await chain_rows(url), now, about)


def _refused(dossier: Dossier | None, inspection: str, cases: Sequence[str]) -> Refusal | None:
    if inspection and (dossier is None or dossier.kind != "inspection"):
        return Refusal("unknown_dossier", f"there is no inspection {inspection}")
    barred = [code for code in cases if dossier is None or not may_hold_personal(dossier, code)]
    if barred:
        return Refusal("no_order", f"no order on record covers {', '.join(barred)}: personal data stays here")
    return None


async def _records(settings: Settings, beside: Beside, now: datetime) -> dict[str, Any]:
    """Rules and numbers: nothing in them is about one person."""

    async def every(kind: str) -> Sequence[Dossier]:
        return await beside.dossiers.dossiers(DossierFilter(kind=kind, limit=MOST))

    book = rulebook([*await every("policy"), *await every("interpretation")])
    points = standard.checklist(await every("standard"), now)
    return {
        "controller.json": {**settings.controller.model_dump(), "profile": str(settings.profile)},
        "rules.json": [
            {
                "version": version.number,
                "effective_at": version.effective_at and version.effective_at.isoformat(),
                "rules": [plain(rule) for rule in version.rules.values()],
            }
            for version in book.versions
        ],
        "categories.json": [asdict(one) for one in CATEGORIES],
        "statistics/counts.json": await beside.reader.counts(),
        "statistics/complaints.json": asdict(complaint.figures(await every("complaint"))),
        "standards.json": {
            name: [{"point": point.fields["point"], "shown": str(how)} for point, how in rows]
            for name, rows in points.items()
        },
    }


def _registers(settings: Settings) -> dict[str, Any]:
    """What is kept and why, by when each step is due, and how each kind of matter is handled."""
    terms = terms_of(settings)
    return {
        "registers/fields.json": {
            table: {name: asdict(field) for name, field in fields.items()} for table, fields in FIELDS.items()
        },
        "registers/deadlines.json": {
            key: {
                "clause": term.clause,
                "seconds": terms.span(key).total_seconds(),
                "ceiling_seconds": term.ceiling.total_seconds(),
                "working_days": term.working_days,
            }
            for key, term in TERMS.items()
        },
        "registers/matters.json": {name: _kind(kind) for name, kind in KINDS.items()},
    }


def _kind(kind: DossierKind) -> Mapping[str, Any]:
    return {
        "clause": kind.clause,
        "readers": sorted(kind.readers),
        "retention_days": kind.retention.days,
        "moves": [{"name": move.name, "steps": dict(move.steps), "by": sorted(move.by)} for move in kind.machine.moves],
    }
