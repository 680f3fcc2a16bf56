"""A case as one JSON document: state, history, evidence, statements. No reporter can be recognised in it (norm N1.3-4), and
personal data that somebody disclosed is masked wherever people wrote words (norm N2.2-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cases.explained import explained
from cases.masking import masked_words
from cases.ports import CaseReader

FORMAT = "danmod-case/1"
WORDS = frozenset(
    {"text", "note", "added", "answer", "reason", "reasons", "facts", "detail", "finding", "argument", "value", "words"}
)
"""Where people's words stand; numbers elsewhere are accounts and instants."""


MEMBERS_SHOWN = 20


async def case_file(reader: CaseReader, code: str, language: str = "en") -> dict[str, Any] | None:
    """The whole file of a case, explained in a language; None when there is none."""
    state = await reader.case(code)
    if state is None:
        return None
    aliases = {report.reporter: f"reporter {place}" for place, report in enumerate(state.reports, 1)}
    aliases |= {victim: f"victim {place}" for place, victim in enumerate(state.victims, 1) if victim not in aliases}
    history, evidence = await reader.history(code), list(await reader.evidence(code))
    document = {
        "format": FORMAT,
        "case": msgspec.to_builtins(state),
        "history": [
            {"seq": row.seq, **(msgspec.to_builtins(row.entry) if row.entry else {"entry": "erased"})}
            for row in history
        ],
        "evidence": msgspec.to_builtins(evidence),
        "explained": explained([row.entry for row in history], evidence, language).document(),
        "statements": [_without_token(msgspec.to_builtins(row)) for row in await reader.statements(code)],
    }
    return {key: masked_words(_aliased(value, aliases), WORDS) for key, value in document.items()}


def _without_token(statement: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != "token"}


def _aliased(value: Any, aliases: dict[str, str]) -> Any:
    """Every reporter's pseudonym replaced by an alias of this file alone."""
    if isinstance(value, str):
        return aliases.get(value, value)
    if isinstance(value, dict):
        return {key: _aliased(item, aliases) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_aliased(item, aliases) for item in value]
    return value


def describe(document: dict[str, Any]) -> Iterator[str]:
    """The file in plain lines, for a terminal."""
    case = document["case"]
    dry = ", dry run" if case["dry_run"] else ""
    yield f"case {case['code']} in {case['room']}: {case['status']} ({case['kind']}{dry})"
    yield f"rule {case['rule']}, {case['category']}, {case['severity']}, {case['lines']} lines judged"
    for person in case["respondents"]:
        yield f"respondent {person['name']} ({person['id']})"
    yield from _why_lines(document.get("explained") or {"decisions": (), "members": ()})
    yield from (_report_line(report) for report in case["reports"])
    yield from _panel_lines(case.get("panel"))
    for action in case["actions"]:
        until = f" until {action['until']}" if action.get("until") else ""
        detail = f": {action['detail']}" if action["detail"] else ""
        yield f"action {action['id']} {action['kind']} {action['respondent']}{until}: {action['status']}{detail}"
    for appeal in case["appeals"]:
        yield f"appeal {appeal['id']}: {appeal['status']}: {appeal['reasons']}"
    for capture in document["evidence"]:
        yield f"evidence {capture['kind']} at {capture['captured_at']}"
        yield from (f"  fact: {fact}" for fact in capture["facts"])
        yield from (f"  {'>' if line['judged'] else ' '} {line['sender']}: {line['text']}" for line in capture["lines"])
    for entry in document["history"]:
        yield f"{entry['seq']:>6} {entry.get('at', ''):<32} {entry['entry']}"


def _why_lines(explained: dict[str, Any]) -> Iterator[str]:
    """What the checks saw when they decided, each time once, and whose lines were alike."""
    told = [("; ".join(seen["words"] for seen in one["seen"]), one) for one in explained["decisions"]]
    first = dict(reversed(told))
    for words, one in reversed(first.items()):
        looks_for = ", ".join(f"{name} ({explained['looks_for'][name]})" for name in one["checks"])
        yield f"why, {one['at']}: {words} – {looks_for}"
    senders = list(dict.fromkeys(line["sender"] for line in explained["members"]))
    if senders:
        more = f" and {len(senders) - MEMBERS_SHOWN} more" if len(senders) > MEMBERS_SHOWN else ""
        yield f"alike: {len(explained['members'])} lines by {', '.join(senders[:MEMBERS_SHOWN])}{more}"


def _report_line(report: dict[str, Any]) -> str:
    urgent = ", a life or a child may be at risk" if report["urgent"] else ""
    return f"report {report['id']}: {report['status']}: {report['category']}{urgent}: {report['note'] or 'no words'}"


def _panel_lines(panel: dict[str, Any] | None) -> Iterator[str]:
    """Who sits, how many have voted, and what was decided; no vote."""
    if panel is None:
        return
    for one in panel["rounds"]:
        voted = f"{len(one['sealed'])} of {len(one['members'])} have voted"
        yield f"panel {one['number']} ({one['why']}): {', '.join(one['members'])}; {one['outcome'] or voted}"
    if panel["severity"] is not None:
        yield f"the panel found it {panel['severity']}; to be done: {panel['measure'] or 'nothing'}"
