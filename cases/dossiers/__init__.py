"""The kinds of dossiers, each with its table of moves in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping

from cases.dossier import DossierKind
from cases.dossiers import (
    alarm,
    audit_report,
    check,
    check_mode,
    complaint,
    concern,
    conduct,
    disclosure,
    erasure,
    identity_opening,
    improvement,
    incident,
    inspection,
    interpretation,
    legal_hold,
    policy,
    public_note,
    referral,
    rights_request,
    shield,
    staff,
    standard,
    standing,
)

_ALL: tuple[DossierKind, ...] = (
    alarm.KIND,
    audit_report.KIND,
    audit_report.ASSESSMENT,
    check.KIND,
    check_mode.KIND,
    complaint.KIND,
    concern.KIND,
    conduct.KIND,
    disclosure.KIND,
    erasure.KIND,
    identity_opening.KIND,
    improvement.KIND,
    improvement.PERIOD,
    incident.KIND,
    inspection.KIND,
    rights_request.KIND,
    shield.KIND,
    staff.KIND,
    interpretation.KIND,
    legal_hold.KIND,
    policy.KIND,
    public_note.KIND,
    referral.KIND,
    standard.KIND,
    standing.KIND,
)

KINDS: Mapping[str, DossierKind] = {kind.name: kind for kind in _ALL}
"""Every kind by its name."""
