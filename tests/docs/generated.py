"""The parts of the documents that are made from the code: ``python -m tests.docs.generated`` writes them anew.

Such a part stands between ``<!-- made: NAME -->`` and ``<!-- /made -->``. `test_docs.py` fails when one is stale.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from cases.catalogue import span_words
from cases.deadlines import TERMS
from cases.dossiers import KINDS
from cases.machine import BEGINNING, Machine, Move
from cases.machines import CASE, MACHINES
from cases.model import CaseStatus
from streams.bilibili.open_route import OpenRoute
from streams.bilibili.web_route import WebRoute
from streams.douyu.feed import DouyuPlatform
from streams.irc.feed import IrcPlatform
from streams.owncast.feed import OwncastPlatform
from streams.owncast.settings import OwncastSettings
from streams.platform import Capabilities, MuteCapability
from streams.sandbox.feed import CAPABILITIES as SANDBOX
from streams.twitch.account import capabilities_of
from streams.twitch.oauth import SCOPES
from tests.norm.proofs import Proof, accounts
from tests.streams.irc.test_session import ROOM, Talk

ROOT = Path(__file__).parent.parent.parent
MADE = re.compile(r"(<!-- made: ([\w-]+) -->\n).*?(<!-- /made -->)", re.DOTALL)

# -- the configuration ------------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """One key of the example: its section, its example or default as TOML, its meaning; ``optional``: commented out."""

    section: str
    name: str
    value: str
    meaning: str
    optional: bool


def example() -> str:
    """The text of `config.example.toml`."""
    return (ROOT / "config.example.toml").read_text(encoding="utf-8")


def whole_example() -> dict[str, Any]:
    """The example with every optional key and section taken into use."""
    return tomllib.loads(re.sub(r"(?m)^#(?=[\w\[])", "", example()))


def keys() -> Iterator[Key]:
    """Every key of the example in order. A comment above several keys belongs to all of them."""
    section, comment, after_key = "", list[str](), False
    for line in example().splitlines():
        if line.startswith("# "):
            comment = [*([] if after_key else comment), line[2:].strip()]
            after_key = False
        elif (heading := re.fullmatch(r"#?\[+([\w.]+)\]+", line)) is not None:
            section, comment = heading[1], []
        elif (pair := re.fullmatch(r"(#?)(\w+) = (.*)", line)) is not None:
            yield Key(section, pair[2], pair[3], " ".join(comment), bool(pair[1]))
            after_key = True
        elif not line:
            comment, after_key = [], False


def configuration() -> str:
    """The keys as one table a section."""
    lines: list[str] = []
    section = None
    for key in keys():
        if key.section != section:
            section = key.section
            title = f"`[{section}]`" if section not in ("", "rooms") else "`[[rooms]]`" if section else "At the top"
            lines += ["", f"### {title}", "", "| key | default or example | meaning |", "| --- | --- | --- |"]
        lines.append(f"| `{key.name}` | `{key.value}` | {key.meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines[1:]) + "\n"


# -- the lifecycle of a case ------------------------------------------------------------------------------------------


def lifecycle() -> str:
    """The moves of a case that lead from one status to another as a diagram, drawn from its table."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for source in (BEGINNING, *CaseStatus):
        goals: dict[str, list[str]] = {}
        for move in CASE.moves:
            goal = move.steps.get(source, source)
            if goal != source:
                goals.setdefault(goal, []).append(move.name)
        lines += [f"    {source or '[*]'} --> {goal}: {', '.join(words)}" for goal, words in goals.items()]
    return "\n".join([*lines, *(f"    {status} --> [*]" for status in sorted(CASE.final)), "```"]) + "\n"


# -- what can be done where -------------------------------------------------------------------------------------------


def platforms() -> Mapping[str, Capabilities]:
    """What danmod can do on each platform with the rights it asks for, as the adapters themselves say it."""
    admin = SimpleNamespace(live=True, facts=SimpleNamespace(is_guest=False), is_admin=True, line_limit=20)
    nothing = cast(Any, None)
    web = WebRoute(nothing, nothing, nothing, nothing, nothing)
    return {
        "irc": _irc(),
        "bilibili-open": OpenRoute(nothing, nothing, nothing, nothing).capabilities(cast(Any, admin)),
        "bilibili-web": web.capabilities(cast(Any, admin)),
        "twitch": capabilities_of(frozenset(SCOPES), moderates=True),
        "owncast": _owncast(),
        "douyu": DouyuPlatform(clock=lambda: 0.0, chance=lambda: 0.0).capabilities(ROOM),
        "sandbox": SANDBOX,
    }


def _irc() -> Capabilities:
    session = Talk().inside().session
    platform = IrcPlatform(cast(Any, SimpleNamespace()), clock=lambda: 0.0, chance=lambda: 0.0)
    platform._place = lambda room: (session, session.channel(room))  # type: ignore[method-assign]  # no socket needed
    return platform.capabilities(ROOM)


def _owncast() -> Capabilities:
    settings = OwncastSettings("http://owncast.invalid", "integration", "moderator")
    platform = OwncastPlatform(settings, cast(Any, None), clock=lambda: 0.0, chance=lambda: 0.0)
    me = SimpleNamespace(me=SimpleNamespace(is_moderator=True))
    platform._session = lambda room: me  # type: ignore[method-assign,assignment,return-value]  # no socket needed
    return platform.capabilities(ROOM)


WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "head": "| | IRC (channel operator) | Bilibili, open route | Bilibili, web route (room admin) "
        "| Twitch (moderator) | Owncast (both tokens) | Douyu | sandbox |",
        "hide": "keep a line off overlay and feed",
        "delete": "delete one line in the chat",
        "mute": "mute on the platform",
        "ban": "ban on the platform",
        "say": "answer in the chat",
        "yes": "yes",
        "no": "no",
        "from": "{least} and up",
        "between": "{least} to {most}",
    },
    "zh": {
        "head": "| | IRC（频道管理员） | 哔哩哔哩开放平台 | 哔哩哔哩网页方式（房管） "
        "| Twitch（管理员） | Owncast（两个令牌） | 斗鱼 | 沙盒 |",
        "hide": "叠层与弹幕流中隐藏",
        "delete": "删除单条弹幕",
        "mute": "在平台禁言",
        "ban": "在平台封禁",
        "say": "在弹幕中回复",
        "yes": "可以",
        "no": "不可以",
        "from": "{least}起",
        "between": "{least}至{most}",
    },
}
UNITS = {"en": (" s", " h", " d"), "zh": ("秒", "小时", "天")}


def capabilities(language: str) -> str:
    """What can be done where, as a table."""
    words, found = WORDS[language], platforms().values()
    flag: Callable[[bool], str] = lambda can: words["yes" if can else "no"]  # noqa: E731 - a word
    rows = {
        "hide": [flag(True) for _ in found],
        "delete": [flag(can.delete) for can in found],
        "mute": [_mute(can.mute, language) for can in found],
        "ban": [flag(can.ban) for can in found],
        "say": [flag(can.say) for can in found],
    }
    lines = [words["head"], f"| --- |{' --- |' * len(found)}"]
    lines += [f"| {words[name]} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines) + "\n"


def _mute(can: MuteCapability | None, language: str) -> str:
    words = WORDS[language]
    if can is None:
        return words["no"]
    least = _span(can.minimum, language)
    if can.maximum is None:
        return words["from"].format(least=least)
    return words["between"].format(least=least, most=_span(can.maximum, language))


def _span(span: timedelta, language: str) -> str:
    seconds = int(span.total_seconds())
    size, unit = next(
        (size, place) for size, place in ((86400, 2), (3600, 1), (1, 0)) if seconds % size == 0 and seconds >= size
    )
    return f"{seconds // size}{UNITS[language][unit]}"


# -- every machine ----------------------------------------------------------------------------------------------------


def moves(language: str) -> str:
    """Every state machine as a diagram and a table: cases and their parts first, then the kinds of dossiers."""
    parts = [_machine(machine, "", language) for machine in MACHINES.values()]
    parts += [_machine(kind.machine, kind.zh if language == "zh" else "", language) for kind in KINDS.values()]
    return "\n".join(parts)


def _machine(machine: Machine, title: str, language: str) -> str:
    heading = f"## {title}（{machine.name}）" if title else f"## {machine.name}"
    lines = [heading, "", "```mermaid", "stateDiagram-v2"]
    for (source, target), names in _arrows(machine, language).items():
        lines.append(f"    {source or '[*]'} --> {target}: {', '.join(names)}")
    lines += [f"    {state} --> [*]" for state in machine.states if state in machine.final]
    lines += ["```", "", MOVES_HEAD[language]]
    lines += [_move_row(move, language) for move in machine.moves]
    return "\n".join(lines) + "\n"


def _arrows(machine: Machine, language: str) -> Mapping[tuple[str, str], list[str]]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in machine.moves:
        for source, target in move.steps.items():
            if source != target:
                arrows.setdefault((source, target), []).append(_named(move, language))
    return arrows


def _named(move: Move, language: str) -> str:
    return move.zh if language == "zh" and move.zh else move.name


def _move_row(move: Move, language: str) -> str:
    ways = [f"{source or '–'} → {target}" for source, target in move.steps.items() if source != target]
    stays = [source for source, target in move.steps.items() if source == target]
    steps = "<br>".join([*ways, *([f"{'仍为' if language == 'zh' else 'stays'} {', '.join(stays)}"] if stays else [])])
    needs = ", ".join(f"`{name}`" for name in move.needs) or "–"
    allows = f" (+ {', '.join(f'`{name}`' for name in move.allows)})" if move.allows else ""
    guards = "<br>".join((guard.__doc__ or guard.__name__).splitlines()[0] for guard in move.guards) or "–"
    clocks = ", ".join([*(f"starts `{key}`" for key in move.starts), *(f"meets `{key}`" for key in move.meets)])
    who = ", ".join(sorted(move.by))
    name = f"{move.zh} `{move.name}`" if language == "zh" and move.zh else f"`{move.name}`"
    return f"| {name} | {steps} | {who} | {needs}{allows} | {guards}{f'<br>{clocks}' if clocks else ''} |"


MOVES_HEAD = {
    "en": "| move | from → to | who | fill in | guards and deadlines |\n| --- | --- | --- | --- | --- |",
    "zh": "| 动作 | 状态变化 | 谁 | 须填 | 条件与期限 |\n| --- | --- | --- | --- | --- |",
}


def deadlines(language: str) -> str:
    """Every deadline with its default and its ceiling."""
    rows = [DEADLINES_HEAD[language]]
    for term in TERMS.values():
        live = (
            f" ({_length(term.live, language)} {'直播中' if language == 'zh' else 'while live'})" if term.live else ""
        )
        days = term.working_days
        span, ceiling = _length(term.span, language, days), _length(term.ceiling, language, days)
        rows.append(f"| `{term.key}` | {span}{live} | {ceiling} | {term.clause} |")
    return "\n".join(rows) + "\n"


def _length(span: timedelta, language: str, working_days: bool = False) -> str:
    said = span_words(span, "zh-CN" if language == "zh" else "en")
    if not working_days:
        return said
    return f"{span.days} 个工作日" if language == "zh" else f"{span.days} working days"


DEADLINES_HEAD = {
    "en": "| deadline | default | at most | clause |\n| --- | --- | --- | --- |",
    "zh": "| 期限 | 默认 | 上限 | 条款 |\n| --- | --- | --- | --- |",
}


# -- the norm ---------------------------------------------------------------------------------------------------------


def norm(language: str) -> str:
    """Every clause: what danmod does, where it lives, and the tests that prove it."""
    rows = [NORM_HEAD[language]]
    for account in accounts().values():
        clause = account.clause
        title = clause.zh if language == "zh" else clause.title
        state = NORM_STATE[language][not account.missing]
        proofs = "<br>".join(
            f"{NORM_ASPECT[language][aspect]}: {_proofs(account.proofs.get(aspect, []), language)}"
            for aspect in clause.aspects
        )
        lives = "<br>".join(f"`{place}`" for place in clause.lives)
        deadline = f" *{clause.deadline}.*" if clause.deadline else ""
        rows.append(f"| {clause.id} | {title} | {clause.behaviour}{deadline} | {lives} | {state} | {proofs} |")
    return "\n".join(rows) + "\n"


def _proofs(proofs: list[Proof], language: str) -> str:
    if not proofs:
        return NORM_NONE[language]
    named = [f"`{proof.path.removeprefix('tests/')}::{proof.test}`" for proof in proofs[:3]]
    more = f" +{len(proofs) - 3}" if len(proofs) > 3 else ""
    return ", ".join(named) + more


NORM_HEAD = {
    "en": "| clause | | what danmod does | lives in | state | tests |\n| --- | --- | --- | --- | --- | --- |",
    "zh": "| 条款 | | danmod 的做法 | 代码 | 状态 | 测试 |\n| --- | --- | --- | --- | --- | --- |",
}
NORM_STATE = {"en": {True: "proven", False: "**in part**"}, "zh": {True: "已证明", False: "**部分**"}}
NORM_ASPECT = {
    "en": {"behaviour": "behaviour", "bad-input": "bad input", "deadline": "deadline"},
    "zh": {"behaviour": "行为", "bad-input": "异常输入", "deadline": "期限"},
}
NORM_NONE = {"en": "**none**", "zh": "**无**"}


# -- writing ----------------------------------------------------------------------------------------------------------

PARTS: Mapping[str, Callable[[], str]] = {
    "configuration": configuration,
    "lifecycle": lifecycle,
    "capabilities-en": lambda: capabilities("en"),
    "capabilities-zh": lambda: capabilities("zh"),
    "moves-en": lambda: moves("en"),
    "moves-zh": lambda: moves("zh"),
    "deadlines-en": lambda: deadlines("en"),
    "deadlines-zh": lambda: deadlines("zh"),
    "norm-en": lambda: norm("en"),
    "norm-zh": lambda: norm("zh"),
}
"""Every part that is made, by its name."""


def documents() -> list[Path]:
    """Every page of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def renewed(text: str) -> str:
    """A page with its made parts as they should be. Raises KeyError for a part nobody makes."""
    return MADE.sub(lambda found: found[1] + PARTS[found[2]]() + found[3], text)


def main() -> None:
    """Write every made part anew."""
    for path in documents():
        text = path.read_text(encoding="utf-8")
        if (fresh := renewed(text)) != text:
            path.write_text(fresh, encoding="utf-8")
            print(path.relative_to(ROOT))  # noqa: T201 - a tool's answer


if __name__ == "__main__":
    main()
