"""What can happen to a case and to everything in it, as tables (norm N2.3, N3.1 to N3.3).

A case is one machine; its reports, actions, statements, proposed bans, appeals and letters are machines inside it. One
entry of the history makes one move of the case and at most one of what it is about. `cases.lifecycle` folds by these
tables, `cases.registrar` refuses by them, the pages draw their buttons from them. A state that a move does not change
leads to itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from cases.machine import BEGINNING, Machine, Move, by
from cases.model import (
    ActorKind,
    AppealStatus,
    CaseStatus,
    LetterStatus,
    MeasureStatus,
    ProposalStatus,
    ReportStatus,
    StatementStatus,
)
from cases.needs import Need, instant, one_of, text
from cases.sentence import Measure, Severity

REFUSALS = {
    "outside-categories": "nothing that can be reported here",
    "other-room": "not about this room",
    "no-violation": "no violation can be seen",
    "repeated": "reported and judged before, without new facts",
    "unintelligible": "cannot be understood",
    "own-dispute": "a private quarrel that broke no rule here",
    "malformed": "not a report at all",
}
"""Why a report may be turned away, by code; ``malformed`` alone is for the program too (norm N2.3-1)."""

_K = ActorKind
STAFF = by(_K.MODERATOR, _K.OWNER, _K.OPERATOR, _K.SUPERVISOR)
"""Who may judge a report; the conflicts and the roster (`cases.conflicts`, `cases.staff`) bar some of them."""
ANYBODY = frozenset(ActorKind)
SYSTEM = by(_K.BOT)
REVIEWERS = STAFF | by(_K.REVIEWER)
REPORTERS = by(_K.VIEWER, _K.SUPPORT, _K.MODERATOR, _K.OWNER, _K.OPERATOR, _K.BOT)

_S = CaseStatus
_WAITING = (_S.OPEN, _S.REVIEW, _S.PANEL)
_DONE = (_S.DECIDED, _S.APPEALED, _S.UPHELD)
_GOING = (*_WAITING, *_DONE)
_SEVERITY = one_of(*Severity)


def stay(states: Iterable[str]) -> dict[str, str]:
    """Steps that change nothing: what may happen in these states."""
    return {state: state for state in states}


def to(target: str, *sources: str) -> dict[str, str]:
    """Steps that lead from each of the sources to one state."""
    return dict.fromkeys(sources, target)


_REPORT_ID: dict[str, Need] = {"report": text(40)}
_ACTION_ID: dict[str, Need] = {"action": text(40)}
_REASON: dict[str, Need] = {"reason": text()}

CASE = Machine(
    "case",
    (
        Move("open", to(_S.OPEN, BEGINNING), REPORTERS, zh="立案"),
        Move("begin", to(_S.DECIDED, BEGINNING), SYSTEM | STAFF, zh="直接处置立案"),
        Move("report", stay(_GOING), REPORTERS, zh="举报"),
        Move(
            "accept",
            {_S.OPEN: _S.REVIEW, **stay(_GOING[1:])},
            STAFF | SYSTEM,
            needs=_REPORT_ID,
            allows={"category": text(40), "severity": _SEVERITY, "reason": text(300)},
            meets=("triage_human", "life_or_child"),
            zh="受理",
        ),
        Move(
            "ask",
            stay(_GOING),
            STAFF | SYSTEM,
            needs={**_REPORT_ID, "missing": text(500)},
            meets=("triage_human", "life_or_child"),
            zh="要求补充",
        ),
        Move("supply", stay(_GOING), REPORTERS, needs={**_REPORT_ID, "text": text()}, zh="补充"),
        Move(
            "refuse",
            stay(_GOING),
            STAFF | SYSTEM,
            needs={**_REPORT_ID, "code": one_of(*REFUSALS), "reason": text()},
            meets=("triage_human", "life_or_child"),
            zh="不予受理",
        ),
        Move("close-report", stay(_GOING), STAFF | SYSTEM, needs=_REPORT_ID, zh="答复举报人"),
        Move("freeze", stay(_S), ANYBODY, zh="固定证据"),
        Move("look", stay(_S), REVIEWERS, meets=("life_or_child",), zh="查看上下文"),
        Move(
            "classify",
            stay(_GOING),
            STAFF,
            needs={"category": text(40), "severity": _SEVERITY, "reason": text(300)},
            allows={"rule": text(40)},
            zh="分类标记",
        ),
        Move(
            "convene",
            {**to(_S.PANEL, *_WAITING), **stay(_DONE)},
            REVIEWERS | SYSTEM,
            needs=_REASON,
            starts=("panel",),
            zh="多轮审核",
        ),
        Move("deliberate", stay(_GOING), REVIEWERS | SYSTEM, meets=("panel",), zh="合议"),
        Move("declare-conflict", stay(_S), ANYBODY, needs=_REASON, zh="申明回避"),
        Move("judge", {**to(_S.DECIDED, *_WAITING), **stay(_DONE)}, SYSTEM, zh="自动处置"),
        Move(
            "measure",
            {**to(_S.DECIDED, *_WAITING), **stay(_DONE)},
            STAFF,
            needs={"measure": one_of(*Measure), "rule": text(40)},
            allows={
                "respondent": text(200),
                "span_s": text(20),
                "reason": text(),
                "severity": _SEVERITY,
                "ground": one_of("rule", "illegal"),
                "provision": text(300),
            },
            meets=("review_severe", "review_moderate", "review_minor", "panel"),
            zh="处置",
        ),
        Move("order", stay(_S), STAFF | SYSTEM | by(_K.REVIEWER), zh="下达执行"),
        Move(
            "dismiss",
            to(_S.DISMISSED, *_WAITING),
            STAFF,
            needs=_REASON,
            meets=("review_severe", "review_moderate", "review_minor", "panel"),
            zh="不予处置",
        ),
        Move("reasons", stay(_DONE), STAFF, needs=_REASON, meets=("command_reasons",), zh="补写理由"),
        Move("propose", stay(_DONE), STAFF, starts=("ban_second",), zh="提议封禁"),
        Move("second", stay(_DONE), STAFF, meets=("ban_second",), starts=("ban_review",), zh="复核封禁"),
        Move(
            "decline",
            stay(_S),
            STAFF | SYSTEM | by(_K.REVIEWER),
            allows=_REASON,
            meets=("ban_second",),
            zh="不同意封禁",
        ),
        Move("confirm", stay(_DONE), STAFF, allows=_ACTION_ID, meets=("provisional_expiry",), zh="确认暂行处置"),
        Move(
            "review-ban",
            stay(_DONE),
            STAFF,
            needs={**_ACTION_ID, **_REASON, "outcome": one_of("keep", "lift")},
            meets=("ban_review",),
            zh="复查封禁",
        ),
        Move("lift", stay(_S), STAFF | SYSTEM | by(_K.REVIEWER), needs=_REASON, zh="解除"),
        Move("lapse", stay(_S), SYSTEM, zh="失效"),
        Move("end", stay(_S), SYSTEM, zh="到期"),
        Move("outcome", stay(_S), SYSTEM, zh="执行结果"),
        Move("inform", stay(_S), ANYBODY, allows={"at": instant()}, zh="告知"),
        Move("undo", to(_S.UNDONE, _S.DECIDED), STAFF, allows=_REASON, zh="撤回"),
        Move("appeal", to(_S.APPEALED, *_DONE, _S.DISMISSED), by(_K.VIEWER, _K.SUPPORT), needs=_REASON, zh="申诉"),
        Move("hear", stay((_S.APPEALED,)), ANYBODY, zh="听取意见"),
        Move("uphold", to(_S.UPHELD, _S.APPEALED), REVIEWERS, needs=_REASON, zh="维持"),
        Move("overturn", to(_S.OVERTURNED, _S.APPEALED), REVIEWERS, allows=_REASON, zh="推翻"),
        Move("overturn-in-part", to(_S.DECIDED, _S.APPEALED), REVIEWERS, zh="部分推翻"),
        Move("answer-one", stay((_S.APPEALED,)), REVIEWERS, zh="答复其中一件申诉"),
        Move("keep-refusal", to(_S.DISMISSED, _S.APPEALED), REVIEWERS, zh="维持不予受理"),
        Move("reopen", to(_S.OPEN, _S.APPEALED), REVIEWERS, zh="重新受理"),
        Move("note", stay(_S), ANYBODY, zh="记录"),
    ),
)
"""The case. ``overturn-in-part`` leaves it decided for its other respondents, or with some of its measures; ``answer-one``
answers one appeal while another waits; ``keep-refusal`` and ``reopen`` answer the objection of a refused reporter."""
ANSWERS = {
    _S.UPHELD: "uphold",
    _S.OVERTURNED: "overturn",
    _S.DECIDED: "overturn-in-part",
    _S.APPEALED: "answer-one",
    _S.DISMISSED: "keep-refusal",
    _S.OPEN: "reopen",
}
"""The move that the answer to an appeal makes, by where it leaves the case."""

_R = ReportStatus
REPORT = Machine(
    "report",
    (
        Move("receive", to(_R.RECEIVED, BEGINNING), REPORTERS, zh="收到"),
        Move("accept", to(_R.ACCEPTED, _R.RECEIVED, _R.NEEDS_INFO), STAFF | SYSTEM, zh="受理"),
        Move("ask", to(_R.NEEDS_INFO, _R.RECEIVED), STAFF | SYSTEM, zh="要求补充"),
        Move("supply", {_R.NEEDS_INFO: _R.RECEIVED, _R.ACCEPTED: _R.ACCEPTED}, REPORTERS, zh="补充"),
        Move("refuse", to(_R.REFUSED, _R.RECEIVED, _R.NEEDS_INFO), STAFF | SYSTEM, zh="不予受理"),
        Move("reopen", to(_R.RECEIVED, _R.REFUSED, _R.ANSWERED), REVIEWERS, zh="异议成立"),
        Move("close-report", to(_R.ANSWERED, _R.RECEIVED, _R.NEEDS_INFO, _R.ACCEPTED), STAFF | SYSTEM, zh="答复"),
    ),
)
"""One person's report. A decision answers every report that waits; a refused one stays refused."""

_M = MeasureStatus
_LIVE = (_M.PENDING, _M.IN_FORCE, _M.PARTIAL, _M.UNCONFIRMED, _M.UNSUPPORTED, _M.DRIFTED)
OUTCOMES = {
    _M.PENDING: "retry",
    _M.IN_FORCE: "take-hold",
    _M.PARTIAL: "take-hold-in-part",
    _M.UNCONFIRMED: "doubt",
    _M.DRIFTED: "drift",
    _M.UNSUPPORTED: "leave-to-hand",
    _M.REFUSED: "fail",
}
"""The move of an action that each answer of the platform makes."""
ACTION = Machine(
    "action",
    (
        Move("order", to(_M.PENDING, BEGINNING), STAFF | SYSTEM | by(_K.REVIEWER), zh="下达"),
        Move("retry", to(_M.PENDING, *_LIVE), SYSTEM, zh="重试"),
        Move("take-hold", to(_M.IN_FORCE, *_LIVE), SYSTEM, zh="生效"),
        Move("take-hold-in-part", to(_M.PARTIAL, *_LIVE), SYSTEM, zh="部分生效"),
        Move("drift", to(_M.DRIFTED, *_LIVE), SYSTEM, zh="被平台上的人解除"),
        Move("doubt", to(_M.UNCONFIRMED, *_LIVE), SYSTEM, zh="未确认"),
        Move("leave-to-hand", to(_M.UNSUPPORTED, *_LIVE), SYSTEM, zh="须人工执行"),
        Move("fail", to(_M.REFUSED, *_LIVE), SYSTEM, zh="平台拒绝"),
        Move("confirm", stay((*_LIVE, _M.ENDED)), STAFF, zh="确认"),
        Move("end", to(_M.ENDED, *_LIVE), SYSTEM, zh="到期"),
        Move("lift", to(_M.REVOKED, *_LIVE), STAFF | SYSTEM | by(_K.REVIEWER), zh="撤销"),
        Move("lapse", to(_M.LAPSED, *_LIVE, _M.ENDED), SYSTEM, zh="失效"),
    ),
)
"""One imperative for the platform. ``lapse``: an automatic measure nobody confirmed, or one whose reasons never came."""

_P = ProposalStatus
PROPOSAL = Machine(
    "proposal",
    (
        Move("propose", to(_P.PROPOSED, BEGINNING), STAFF, starts=("ban_second",), zh="提议"),
        Move("second", to(_P.SECONDED, _P.PROPOSED), STAFF, meets=("ban_second",), zh="复核同意"),
        Move(
            "decline",
            to(_P.DECLINED, _P.PROPOSED),
            STAFF | SYSTEM | by(_K.REVIEWER),
            meets=("ban_second",),
            zh="不同意",
        ),
        Move("lapse", to(_P.LAPSED, _P.PROPOSED), SYSTEM, zh="失效"),
    ),
)
"""A ban that waits for a second person; the mute that came with it goes on when it lapses (norm N3.1-2c)."""

_T = StatementStatus
STATEMENT = Machine(
    "statement",
    (
        Move("issue", to(_T.ISSUED, BEGINNING), STAFF | SYSTEM, zh="作出"),
        Move("inform", {_T.ISSUED: _T.INFORMED, _T.INFORMED: _T.INFORMED}, ANYBODY, zh="告知"),
        Move("revoke", to(_T.REVOKED, _T.ISSUED, _T.INFORMED), STAFF | SYSTEM | by(_K.REVIEWER), zh="撤销"),
    ),
)
"""The written reasons for one respondent. It is revoked with the decision it explains."""

_A = AppealStatus
APPEAL = Machine(
    "appeal",
    (
        Move("appeal", to(_A.OPEN, BEGINNING), by(_K.VIEWER, _K.SUPPORT), needs=_REASON, zh="申诉"),
        Move("appeal-without-reasons", to(_A.NEEDS_INFO, BEGINNING), by(_K.VIEWER, _K.SUPPORT), zh="未写理由的申诉"),
        Move("complete", to(_A.OPEN, _A.NEEDS_INFO), by(_K.VIEWER, _K.SUPPORT, _K.BOT), zh="补充"),
        Move("uphold", to(_A.UPHELD, _A.OPEN, _A.NEEDS_INFO), REVIEWERS, needs=_REASON, zh="维持"),
        Move("overturn", to(_A.OVERTURNED, _A.OPEN, _A.NEEDS_INFO), REVIEWERS, zh="推翻"),
        Move("overturn-in-part", to(_A.PARTIAL, _A.OPEN, _A.NEEDS_INFO), REVIEWERS, needs=_REASON, zh="部分推翻"),
    ),
)
"""One respondent's objection."""

_L = LetterStatus
LETTER = Machine(
    "letter",
    (
        Move("queue", to(_L.QUEUED, BEGINNING), ANYBODY, zh="待发"),
        Move("send", to(_L.SENT, _L.QUEUED), SYSTEM, zh="送达"),
        Move("hold", to(_L.HELD, _L.QUEUED), by(_K.PRIVACY, _K.OPERATOR), needs=_REASON, zh="暂缓"),
        Move("release", to(_L.QUEUED, _L.HELD), by(_K.PRIVACY, _K.OPERATOR, _K.BOT), zh="放行"),
    ),
)
"""Something one person is told. Held only so that somebody suspected of a crime is not warned, for a limited time."""

MACHINES = {machine.name: machine for machine in (CASE, REPORT, ACTION, PROPOSAL, STATEMENT, APPEAL, LETTER)}
"""Every machine of cases by its name."""
