"""What one may know of a case: everybody by its code, a reporter and a respondent by their secret tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import structlog
from aiohttp import web

from cases.categories import category
from cases.hearing import APPEALS_EACH, refused_reports
from cases.history import Addressee
from cases.masking import masked
from cases.model import (
    ActionKind,
    Appeal,
    CaseState,
    CaseStatus,
    EvidenceLine,
    MeasureStatus,
    OrderedAction,
    ReportStatus,
    Statement,
)
from cases.ports import StorageError
from cases.sentence import Measure
from cases.signals import retold
from web.deps import DEPS
from web.forms import Draft, new_key
from web.lookup import check_guesses, code_of, missed, token_of
from web.receipt_page import own_report
from web.render import page, words_for

log = structlog.get_logger(__name__)

_OVER = (CaseStatus.DISMISSED, CaseStatus.OVERTURNED, CaseStatus.UNDONE)


async def case(request: web.Request) -> web.Response:
    """The public page: rule, measures, scope, end, how to appeal. No name, text, evidence or number."""
    check_guesses(request)
    reader = request.app[DEPS].reader
    code = code_of(request.match_info["code"])
    state, statements = await reader.case(code), await reader.statements(code)
    if state is None or _is_closed(state, statements, _now(request)):
        return missed(request, "case")
    return page(
        request,
        "case.html",
        case=state,
        rule=_rule(request, state, state.rule),
        measures=state.measures,
        runs=bool(state.in_force()),
        until=_end(state.in_force()),
        appeal_until=_all_end(state, statements),
        informed=all(_appeal_ends(state, statement) for statement in statements),
        banned=any(action.kind is ActionKind.BAN for action in state.in_force()),
    )


def _rule(request: web.Request, state: CaseState, rule: str) -> str:
    """The rule in the words of the version the case is judged by."""
    return request.app[DEPS].rulebook().told(rule, state.policy_version, words_for(request).language)


def _appeal_ends(state: CaseState, letter: Statement) -> datetime | None:
    """The last instant to appeal a decision; None while its person was not informed, for then no time runs."""
    informed_at = state.informed_at(letter.respondent, letter.issued_at)
    return None if informed_at is None else informed_at + (letter.appeal_until - letter.issued_at)


def _all_end(state: CaseState, statements: Iterable[Statement]) -> datetime | None:
    """When nobody can appeal any more; None while somebody was not informed, or there is nothing to appeal."""
    ends = [_appeal_ends(state, statement) for statement in statements]
    return None if None in ends else max((end for end in ends if end), default=None)


def _is_closed(state: CaseState, statements: Iterable[Statement], now: datetime) -> bool:
    """True when the public has nothing left to know: set aside, a dry run, or run out together with every appeal."""
    if state.status in _OVER or state.dry_run:
        return True
    if state.status.waits or state.status is CaseStatus.APPEALED or state.in_force():
        return False
    ends = _all_end(state, statements)
    return ends is not None and ends < now


def _end(actions: Iterable[OrderedAction]) -> datetime | None:
    """The latest end of what runs; None when it has none (a ban), or nothing runs."""
    ends = [action.until for action in actions]
    return max((end for end in ends if end), default=None) if None not in ends else None


async def receipt(request: web.Request) -> web.Response:
    """A reporter's own progress, in plain words."""
    check_guesses(request)
    token = token_of(request.match_info["token"])
    found = await request.app[DEPS].reader.report_by_token(token)
    if found is None:
        return missed(request, "receipt")
    state, report_id = found
    report = next((report for report in state.reports if report.id == report_id), None)
    return page(
        request,
        "receipt.html",
        case=state,
        report=report,
        stage=_stage(state),
        token=token,
        letters=await request.app[DEPS].letters(Addressee.REPORTER, report_id),
        own=await own_report(request, report_id),
        findings=await request.app[DEPS].findings(state, report_id),
        may_add=report is not None and report.status in (ReportStatus.NEEDS_INFO, ReportStatus.ACCEPTED),
        draft=Draft(),
        key=new_key(),
        done=request.query.get("done", ""),
        objections=[appeal for appeal in state.appeals if appeal.report == report_id],
        may_object=_may_object(state, report_id),
        may_remark=state.status is CaseStatus.APPEALED and any(one.status.waits for one in state.appeals),
        measures=[measure for measure in state.measures if measure is not Measure.REMIND],
    )


def _may_object(state: CaseState, report_id: str) -> bool:
    """A refused reporter may object once, and once more on something new; one at a time."""
    own = [appeal for appeal in state.appeals if appeal.report == report_id]
    waits = any(appeal.status.waits for appeal in own)
    return report_id in refused_reports(state) and not waits and len(own) < APPEALS_EACH and not state.dry_run


def _stage(state: CaseState) -> int:
    """How far a report has come: 1 received, 2 judged, 3 judged again on appeal."""
    if state.status.waits:
        return 1
    return 3 if state.status in (CaseStatus.UPHELD, CaseStatus.OVERTURNED) else 2


async def statement(request: web.Request) -> web.Response:
    """The full statement of reasons, for the one person it is about."""
    check_guesses(request)
    reader, token = request.app[DEPS].reader, token_of(request.match_info["token"])
    if await reader.statement_by_token(token) is None:
        return missed(request, "statement")
    found = await _informed(request, token)
    if found is None:
        return missed(request, "statement")
    state, letter = found
    evidence = [line for part in await reader.evidence(state.code) for line in part.lines]
    appeals = [appeal for appeal in state.appeals if appeal.respondent == letter.respondent and not appeal.report]
    return page(
        request,
        "statement.html",
        case=state,
        statement=msgspec.structs.replace(letter, facts=_facts(letter, words_for(request).language)),
        token=token,
        rule=_rule(request, state, letter.rule),
        lines=_own_lines(state, letter, evidence),
        actions=_own_actions(state, letter),
        changed_end=_changed_end(state, letter, await reader.statements(state.code)),
        appeals=appeals,
        letters=[row for one in appeals for row in await request.app[DEPS].letters(Addressee.RESPONDENT, one.id)],
        appeal_until=_appeal_ends(state, letter),
        may_appeal=_may_appeal(state, letter, appeals, _now(request)),
        may_remark=any(appeal.status.waits for appeal in appeals),
        settled=state.status in _OVER or any(appeal.status.waits for appeal in appeals),
    )


def _facts(letter: Statement, language: str) -> tuple[str, ...]:
    """What was seen, in the reader's language; personal data somebody disclosed is not shown again."""
    return tuple(retold(masked(fact), language) for fact in letter.facts)


async def _informed(request: web.Request, token: str) -> tuple[CaseState, Statement] | None:
    """The statement a token opens, once its person counts as informed; a store that is away only delays that."""
    deps = request.app[DEPS]
    try:
        await deps.opened(token)
    except StorageError:
        log.warning("being informed not noted")
    return await deps.reader.statement_by_token(token)


def _own_lines(state: CaseState, letter: Statement, lines: Iterable[EvidenceLine]) -> list[EvidenceLine]:
    """The judged lines of this respondent; nobody else's, and none as a reporter quoted it: that has no message id, and
    its wording is the reporter's (norm N1.3-4). Personal data they disclosed is not shown again (norm N2.2-2)."""
    person = state.respondent(letter.respondent)
    if person is None:
        return []
    seen = (line for line in lines if line.judged and line.message_id and line.sender == person.name)
    shown = (msgspec.structs.replace(line, text=masked(line.text)) for line in seen)
    return list({line.message_id: line for line in shown}.values())


def _own_actions(state: CaseState, letter: Statement) -> list[OrderedAction]:
    kinds = (ActionKind.DELETE, ActionKind.MUTE, ActionKind.BAN)
    return [action for action in state.actions if action.respondent == letter.respondent and action.kind in kinds]


@dataclass(frozen=True, slots=True)
class ChangedEnd:
    """A mute that does not run as its statement says. ``until`` None: it does not run any more."""

    until: datetime | None


def _changed_end(state: CaseState, letter: Statement, statements: Iterable[Statement]) -> ChangedEnd | None:
    """What an appeal made of the end a statement tells; None: nothing. What was shortened or goes on after it was suspended
    is a mute without a statement of its own."""
    mute = _standing_for(state, letter, statements)
    if mute is None or letter.until is None or mute.status in (MeasureStatus.ENDED, MeasureStatus.REFUSED):
        return None
    if mute not in state.in_force(letter.respondent):
        return ChangedEnd(None)
    return None if mute.until == letter.until else ChangedEnd(mute.until)


def _standing_for(state: CaseState, letter: Statement, statements: Iterable[Statement]) -> OrderedAction | None:
    """The latest mute that was ordered under a statement: from then on until the person's next statement."""
    theirs = [one.issued_at for one in statements if one.respondent == letter.respondent]
    until = min((at for at in theirs if at > letter.issued_at), default=None)
    mutes = [one for one in _own_actions(state, letter) if one.kind is ActionKind.MUTE]
    under = [one for one in mutes if letter.issued_at <= one.ordered_at and (until is None or one.ordered_at < until)]
    return under[-1] if under else None


def _may_appeal(state: CaseState, letter: Statement, appeals: list[Appeal], now: datetime) -> bool:
    waits = any(appeal.status.waits for appeal in appeals)
    ends = _appeal_ends(state, letter)
    return state.status not in _OVER and not waits and (ends is None or now <= ends)


async def desk(request: web.Request) -> web.Response:
    """For moderators: what waits for a person, the most pressing first, and the chat command that decides it."""
    deps = request.app[DEPS]
    week = await deps.public.last_week()
    return page(request, "desk.html", queue=await deps.queue(), week=week, now=_now(request), labels=_label)


def _label(code: str, language: str) -> str:
    return category(code).label(language)


def _now(request: web.Request) -> datetime:
    return datetime.fromtimestamp(request.app[DEPS].clock(), UTC)
