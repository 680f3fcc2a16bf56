"""A case as one JSON document: state, history, evidence, statements. No reporter can be recognised in it (norm N1.3-4), and
personal data that somebody disclosed is masked wherever people wrote words (norm N2.2-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cases.masking import masked_words
from cases.ports import CaseReader

FORMAT = "danmod-case/1"
WORDS = frozenset({"text", "note", "added", "answer", "reason", "reasons", "facts", "detail", "finding", "argument"})
"""Where people's words stand; numbers elsewhere are accounts and instants."""


async def case_file(reader: CaseReader, code: str) -> dict[str, Any] | None:
    """The whole file of a case; None when there is none."""
    state = await reader.case(code)
    if state is None:
        return None
    aliases = {report.reporter: f"reporter {place}" for place, report in enumerate(state.reports, 1)}
    aliases |= {victim: f"victim {place}" for place, victim in enumerate(state.victims, 1) if victim not in aliases}
    document = {
        "format": FORMAT,
        "case": msgspec.to_builtins(state),
        "history": [
            {"seq": row.seq, **(msgspec.to_builtins(row.entry) if row.entry else {"entry": "erased"})}
            for row in await reader.history(code)
        ],
        "evidence": msgspec.to_builtins(list(await reader.evidence(code))),
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
