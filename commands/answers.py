"""What moderators answer: an appeal (uphold, overturn) and a report that asks for nothing (dismiss)."""

from __future__ import annotations

from cases import intents
from cases.evidence import storable
from cases.history import Changes
from cases.model import ActorKind, AppealStatus, CaseState, CaseStatus, Refusal
from cases.ports import ByCode, CaseFilter, Decide
from commands.arguments import case_code
from commands.asking import NOTE_LENGTH, Asked, Handled


async def uphold(asked: Asked) -> Handled:
    """``!uphold [code] reason``: the decision stands. Of several arguments each has its finding, with ``|`` between."""
    return await _answer(asked, AppealStatus.UPHELD)


async def overturn(asked: Asked) -> Handled:
    """``!overturn [code] [reason]``: the decision is set aside and undone."""
    return await _answer(asked, AppealStatus.OVERTURNED)


async def dismiss(asked: Asked) -> Handled:
    """``!dismiss code reason``: nothing is done about a report."""
    code, reason = _words(asked)
    if code is None:
        return asked.refuse("no_code", command=asked.word)
    wanted = intents.DismissCommanded(asked.actor, reason, asked.message.id)
    answer = await asked.apply(ByCode(code), asked.parts.registrar.dismiss(wanted, asked.now))
    return asked.settle(answer, "dismissed", code=code)


async def _answer(asked: Asked, outcome: AppealStatus) -> Handled:
    code, reason = _words(asked)
    found = code or await _only_appeal(asked)
    if isinstance(found, Handled):
        return found
    answer = await asked.apply(ByCode(found), _decide(asked, outcome, reason))
    return asked.settle(answer, outcome.value, code=found)


def _decide(asked: Asked, outcome: AppealStatus, reason: str) -> Decide:
    """Whether somebody uninvolved could answer is known only with the case's state."""

    def decide(state: CaseState | None, fresh: str) -> Changes | Refusal:
        involved = len(state.deciders) if state is not None else 0
        others = asked.room.moderators_known > involved or _reviewers(asked)
        findings = tuple(part.strip() for part in reason.replace("｜", "|").split("|")) if "|" in reason else ()
        wanted = intents.AppealAnswered(asked.actor, outcome, reason, others, asked.message.id, findings=findings)
        return asked.parts.registrar.answer(wanted, asked.now)(state, fresh)

    return decide


def _reviewers(asked: Asked) -> bool:
    """True when the house has appeal reviewers, in the room or in the pool of the installation."""
    return bool(asked.parts.registrar.house.staff.holders(ActorKind.REVIEWER, room=asked.key))


async def _only_appeal(asked: Asked) -> str | Handled:
    """The code of the room's one open appeal; a hint when there is none or more than one."""
    waiting = await asked.parts.reader.cases(CaseFilter(room=asked.key, status=CaseStatus.APPEALED, limit=4))
    if not waiting:
        return asked.refuse("no_appeal")
    if len(waiting) > 1:
        return asked.refuse("which_appeal", codes=" ".join(state.code for state in waiting))
    return waiting[0].code


def _words(asked: Asked) -> tuple[str | None, str]:
    """The code the command begins with, None when it names none, and the reason."""
    words = asked.invocation.arguments
    code = case_code(words[0]) if words else None
    return code, storable(" ".join(words[1:] if code else words))[:NOTE_LENGTH]
