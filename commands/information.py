"""What anybody may ask: why, how a case stands, the rules, the rights, the commands. Answers by public code name nobody."""

from __future__ import annotations

from datetime import timedelta

from cases.explained import why_phrase
from cases.model import ActionKind, CaseState, CaseStatus, OrderedAction
from commands.arguments import case_code
from commands.asking import Asked, Handled
from commands.viewer import UNDECIDED, own_decisions


async def why(asked: Asked) -> Handled:
    """``!why [code]``: the rule, one phrase and until when; without a code, of the latest decision on the sender."""
    code = _code(asked)
    if code is None:
        own = await own_decisions(asked)
        return await _reasons(asked, own[0]) if own else asked.refuse("why_nothing")
    state = await _looked_up(asked, code)
    if isinstance(state, Handled):
        return state
    return _standing(asked, state) if state.dry_run or state.status in UNDECIDED else await _reasons(asked, state)


async def case(asked: Asked) -> Handled:
    """``!case code``: how the case stands, nothing else."""
    code = _code(asked)
    if code is None:
        return asked.refuse("no_code", command=asked.word)
    state = await _looked_up(asked, code)
    return state if isinstance(state, Handled) else _standing(asked, state)


async def rules(asked: Asked) -> Handled:
    """``!rules``: the house rules by id."""
    version = asked.parts.registrar.house.rulebook.at(asked.now)
    listed = "; ".join(f"{rule.id} {rule.told(asked.room.language)}" for rule in version.rules.values())
    return Handled(asked.reply("rules", rules=listed, url=_url(asked, "/rights")))


async def rights(asked: Asked) -> Handled:
    """``!rights``: what a viewer may ask and object to."""
    return Handled(asked.reply("rights", url=_url(asked, "/rights")))


async def help_(asked: Asked) -> Handled:
    """``!help``: the commands this person may give."""
    return Handled(asked.reply("help_staff" if asked.staff else "help", url=_url(asked, "/rights")))


def pointer(asked: Asked) -> Handled:
    """For a command of ours with a wrong letter: which one was probably meant, and where all of them stand. Once a minute a
    person and room, staff too: the word may have been meant for another bot."""
    who = asked.pseudonym if asked.sender.id is not None else f"masked {asked.key}"
    if not asked.parts.hints.allows(who, asked.now.timestamp()):
        return Handled(None, refused="mistyped")
    return Handled(asked.reply("mistyped", command=asked.word, url=_url(asked, "/rights")), refused="mistyped")


def _code(asked: Asked) -> str | None:
    words = asked.invocation.arguments
    return case_code(words[0]) if words else None


def _url(asked: Asked, path: str) -> str:
    return asked.room.public_url.rstrip("/") + path if asked.room.public_url else ""


async def _looked_up(asked: Asked, code: str) -> CaseState | Handled:
    """The case of a public code. Guessing is slow: each person may ask only so often."""
    if not asked.staff and not asked.parts.lookups.allows(asked.pseudonym, asked.now.timestamp()):
        return Handled(None, refused="too_often")
    state = await asked.parts.reader.case(code)
    if state is None or (state.dry_run and not asked.staff):
        return asked.refuse("unknown_case")
    return state


def _standing(asked: Asked, state: CaseState) -> Handled:
    status = "dry_run" if state.dry_run else state.status.value
    return Handled(asked.reply("case", code=state.code, status=asked.text(f"status_{status}")))


async def _reasons(asked: Asked, state: CaseState) -> Handled:
    if state.status in (CaseStatus.OVERTURNED, CaseStatus.UNDONE):
        return _standing(asked, state)
    running = state.in_force(asked.sender.id if state.respondent(asked.sender.id or "") else None)
    values = {"code": state.code, "rule": state.rule, "phrase": await _phrase(asked, state)}
    if any(action.kind is ActionKind.BAN for action in running):
        return Handled(asked.reply("why_ban", **values))
    mute = max((action for action in running if action.until), key=_end, default=None)
    if mute is None or _end(mute) <= asked.now.timestamp():
        return Handled(asked.reply("why_over", **values))
    left = timedelta(seconds=max(1, round(_end(mute) - asked.now.timestamp())))
    until = f"{mute.until:%Y-%m-%d %H:%M} UTC"
    return Handled(asked.reply("why_mute", until=until, span=asked.span(left), **values))


async def _phrase(asked: Asked, state: CaseState) -> str:
    """The rule in words; for the person concerned and for staff also what the check saw. By the code alone anybody asks,
    and hears no number."""
    rule, language = asked.rule_words(state.rule, state), asked.room.language
    concerned = state.respondent(asked.sender.id or "")
    person = concerned or next(iter(state.respondents), None)
    if person is None or (concerned is None and not asked.staff):
        return rule
    entries = [row.entry for row in await asked.parts.reader.history(state.code)]
    seen = why_phrase(entries, person.id, language)
    return asked.text("why_seen", phrase=rule, seen=seen) if seen else rule


def _end(action: OrderedAction) -> float:
    return action.until.timestamp() if action.until else 0.0
