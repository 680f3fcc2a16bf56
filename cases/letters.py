"""Who is told what, when: read off the entries of a change. Pure (norm N3.2-1a, N3.2-1b, N3.3).

A reporter gets three letters: received, accepted or refused, and the result; a later change of the result is told as well.
What a reporter reads says what was done and why in general terms, nothing private of the respondent; what a respondent
reads says nothing of any reporter: no name, no count, no instant of a report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.categories import Branch, category
from cases.history import (
    Addressee,
    AnyEntry,
    AppealCompleted,
    AppealDecided,
    Appealed,
    AppealOverdue,
    Dismissed,
    Letter,
    Reexamined,
    Undone,
)
from cases.house import House
from cases.masking import masked
from cases.model import Appeal, AppealStatus, CaseState, CaseStatus, Profile, Report, ReportStatus
from cases.sentence import Severity

REPORT_KEYS = tuple(
    f"report_{word}"
    for word in (
        "received",
        "rights_holder",
        "needs_info",
        "accepted",
        "refused",
        "result",
        "nothing_done",
        "undone",
        "overturned",
        "partial",
    )
)
"""The letters to a reporter about the own report."""


_OWN_WORDS = frozenset({"reason", "answer", "missing", "detail"})
"""Words of a letter that a person wrote."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What the letters are read from. ``before`` None: the case began with this change."""

    before: CaseState | None
    after: CaseState
    house: House

    @property
    def code(self) -> dict[str, str]:
        """The words every letter may use."""
        return {"code": self.after.code}


def letters(before: CaseState | None, entries: Sequence[AnyEntry], after: CaseState, house: House) -> list[Letter]:
    """The letters of one change, in the order of its entries. A dry run writes none."""
    if after.dry_run:
        return []
    change = _Change(before, after, house)
    written = [*_about_reports(change, tuple(entries))]
    for entry in entries:
        write = _WRITERS.get(type(entry))
        written.extend(write(change, entry) if write else ())
    return [_masked(letter) for letter in {(one.to, one.ref, one.key): one for one in written}.values()]


def _masked(letter: Letter) -> Letter:
    """The letter without personal data that somebody disclosed: people's own words may repeat it (norm N2.2-2)."""
    kept = {name: masked(word) if name in _OWN_WORDS else word for name, word in letter.words.items()}
    return Letter(letter.to, letter.ref, letter.key, kept)


# -- reporters ----------------------------------------------------------------------------------------------------------


def _to_reporter(report: Report, key: str, words: Mapping[str, str]) -> Letter:
    return Letter(Addressee.REPORTER, report.id, f"report_{key}", dict(words))


def _about_reports(change: _Change, entries: tuple[AnyEntry, ...]) -> Iterator[Letter]:
    """Each report whose standing changed, by its new standing: whichever way it came about, the reporter is told once."""
    known = {report.id: report for report in change.before.reports} if change.before else {}
    reason = next((entry.reason for entry in entries if isinstance(entry, Dismissed)), "")
    for report in change.after.reports:
        old = known.get(report.id)
        if old is None:
            yield _to_reporter(report, "received", change.code)
        if old is None and report.third_party and category(report.category).branch is Branch.RIGHTS:
            yield _to_reporter(report, "rights_holder", change.code)
        if (ReportStatus.RECEIVED if old is None else old.status) is not report.status:
            yield from _standing(change, old, report, report.answer or reason)


def _standing(change: _Change, old: Report | None, report: Report, text: str) -> Iterator[Letter]:
    match report.status:
        case ReportStatus.NEEDS_INFO:
            yield _to_reporter(report, "needs_info", {**change.code, "missing": text})
        case ReportStatus.REFUSED:
            yield _to_reporter(report, "refused", {**change.code, "reason": text})
        case ReportStatus.ACCEPTED:
            yield _to_reporter(report, "accepted", change.code)
        case ReportStatus.ANSWERED:
            if old is None or old.status is not ReportStatus.ACCEPTED:
                yield _to_reporter(report, "accepted", change.code)
            if change.after.measures and change.after.status is not CaseStatus.DISMISSED:
                yield _to_reporter(report, "result", {**change.code, "rule": change.after.rule})
            else:
                yield _to_reporter(report, "nothing_done", {**change.code, "reason": text})


def _undone(change: _Change, entry: Undone) -> Iterator[Letter]:
    for report in change.after.reports:
        yield _to_reporter(report, "undone", change.code)


# -- appeals ------------------------------------------------------------------------------------------------------------


def _to_appellant(appeal: Appeal, key: str, words: Mapping[str, str]) -> Letter:
    """A reporter's objection is answered to the report, a respondent's appeal to the appeal itself."""
    if appeal.report:
        return Letter(Addressee.REPORTER, appeal.report, key, dict(words))
    return Letter(Addressee.RESPONDENT, appeal.id, key, dict(words))


def _appealed(change: _Change, entry: Appealed) -> Iterator[Letter]:
    appeal = entry.appeal
    if appeal.status is AppealStatus.NEEDS_INFO:
        until = f"{appeal.cure_until:%Y-%m-%d %H:%M} UTC" if appeal.cure_until else ""
        yield _to_appellant(appeal, "appeal_needs_info", {**change.code, "until": until})
        return
    yield _to_appellant(appeal, "appeal_received", change.code)
    yield from _to_be_heard(change, appeal)


def _completed(change: _Change, entry: AppealCompleted) -> Iterator[Letter]:
    appeal = _appeal(change, entry.appeal_id)
    yield _to_appellant(appeal, "appeal_received", change.code)
    yield from _to_be_heard(change, appeal)


def _to_be_heard(change: _Change, appeal: Appeal) -> Iterator[Letter]:
    """Who reviews it, and who may comment: those who decided, and the reporters by their receipts."""
    yield Letter(Addressee.STAFF, _reviewers(change.house), "appeal_to_review", change.code)
    for ref in change.after.deciders:
        yield Letter(Addressee.STAFF, ref, "appeal_comment", change.code)
    if not appeal.report:
        for report in change.after.reports:
            yield Letter(Addressee.REPORTER, report.id, "report_appealed", change.code)


def _reviewers(house: House) -> str:
    return "role:owner" if house.profile is Profile.SOLO and not house.staff.members else "role:reviewer"


def _overdue(change: _Change, entry: AppealOverdue) -> Iterator[Letter]:
    appeal = _appeal(change, entry.appeal_id)
    severe = change.after.severity is Severity.SEVERE
    yield _to_appellant(appeal, "appeal_suspended" if entry.suspended else "appeal_late", change.code)
    yield Letter(
        Addressee.STAFF, "role:operator", "appeal_severe_late" if severe else "appeal_not_answered", change.code
    )


def _decided(change: _Change, entry: AppealDecided) -> Iterator[Letter]:
    appeal = _appeal(change, entry.appeal_id)
    key = ("objection_" if appeal.report else "appeal_") + entry.outcome.value
    yield _to_appellant(appeal, key, {**change.code, "answer": entry.answer})
    if appeal.report or entry.outcome is AppealStatus.UPHELD:
        return
    for report in change.after.reports:
        yield _to_reporter(report, entry.outcome.value, change.code)


def _reexamined(change: _Change, entry: Reexamined) -> Iterator[Letter]:
    yield Letter(Addressee.STAFF, "role:moderator", "appeal_reexamine", {**change.code, "cause": entry.cause})


def _appeal(change: _Change, appeal_id: str) -> Appeal:
    return next(one for one in change.after.appeals if one.id == appeal_id)


_WRITERS: Mapping[type[Any], Callable[[_Change, Any], Iterator[Letter]]] = {
    Undone: _undone,
    Appealed: _appealed,
    AppealCompleted: _completed,
    AppealOverdue: _overdue,
    AppealDecided: _decided,
    Reexamined: _reexamined,
}
"""Which entries tell somebody something."""

KEYS = frozenset(
    {
        *REPORT_KEYS,
        "report_appealed",
        "appeal_received",
        "appeal_needs_info",
        "appeal_to_review",
        "appeal_comment",
        "appeal_late",
        "appeal_suspended",
        "appeal_not_answered",
        "appeal_severe_late",
        "appeal_reexamine",
        *(f"{kind}_{outcome}" for kind in ("appeal", "objection") for outcome in ("upheld", "overturned")),
        "appeal_partial",
    }
)
"""Every letter of a case; the catalogue has a text for each (``letter.<key>``)."""
