"""Text to Invocation: is this line one of our commands, and which words follow it? Pure; never raises.

Forgiving about how people type: full-width letters, marks and spaces, quotes of every kind, invisible characters, a
leading reply `@name`. Not forgiving about names: their letters stay as typed, for a look-alike is another person.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

LONGEST = 2_000
"""Characters of a line that are looked at; the rest of a longer line is no part of the command."""


class CommandName(enum.StrEnum):
    """Every command danmod knows."""

    REPORT = "report"
    APPEAL = "appeal"
    MUTE = "mute"
    UNMUTE = "unmute"
    WARN = "warn"
    DELETE = "delete"
    BAN = "ban"
    UNBAN = "unban"
    UNDO = "undo"
    CASE = "case"
    WHY = "why"
    PERMIT = "permit"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    DISMISS = "dismiss"
    CONFIRM = "confirm"
    LINK = "link"
    SHIELD = "shield"
    NUKE = "nuke"
    OVERLAY = "overlay"
    RULES = "rules"
    RIGHTS = "rights"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as it was typed.

    ``arguments`` are the words after it, quoted words joined; ``rest`` is the same as one tidy text. ``addressed`` is the
    name in a reply's leading ``@name``, "" when there was none. ``mistyped``: ``command`` is only what was probably meant,
    and nothing of it is done.
    """

    command: CommandName
    arguments: tuple[str, ...] = ()
    rest: str = ""
    addressed: str = ""
    mistyped: bool = False


CHINESE: Mapping[str, CommandName] = {
    word: command
    for command, words in {
        CommandName.REPORT: "举报 舉報",
        CommandName.APPEAL: "申诉 申訴",
        CommandName.MUTE: "禁言",
        CommandName.UNMUTE: "解禁",
        CommandName.WARN: "警告",
        CommandName.DELETE: "删除 刪除",
        CommandName.BAN: "封禁",
        CommandName.UNBAN: "解封",
        CommandName.UNDO: "撤回",
        CommandName.CASE: "案件",
        CommandName.WHY: "为何 為何 爲何",
        CommandName.PERMIT: "放行",
        CommandName.UPHOLD: "维持 維持",
        CommandName.OVERTURN: "推翻",
        CommandName.DISMISS: "驳回 駁回",
        CommandName.CONFIRM: "确认 確認",
        CommandName.LINK: "绑定 綁定",
        CommandName.SHIELD: "护盾 護盾",
        CommandName.NUKE: "清场 清場",
        CommandName.OVERLAY: "叠层 疊層",
        CommandName.RULES: "规则 規則",
        CommandName.RIGHTS: "权利 權利",
        CommandName.HELP: "帮助 幫助",
    }.items()
    for word in words.split()
}
"""The Chinese words, simplified and traditional."""

WORDS: Mapping[str, CommandName] = {
    **{command.value: command for command in CommandName},
    "r": CommandName.REPORT,
    "del": CommandName.DELETE,
    **CHINESE,
}
"""Every word a command may be called by."""

LAST_WORDS = frozenset({"last", "上一条", "上一條"})
"""What people write for the line before theirs."""

_TAKES_CODE = frozenset(
    {
        CommandName.APPEAL,
        CommandName.CASE,
        CommandName.WHY,
        CommandName.UNDO,
        CommandName.UPHOLD,
        CommandName.OVERTURN,
        CommandName.DISMISS,
        CommandName.CONFIRM,
        CommandName.LINK,
    }
)
_SHORTEST_NEAR, _TWO_WRONG_FROM, _LONGEST_NEAR = 5, 7, 12
_LONG_WORDS = tuple(word for word in WORDS if word.isascii() and len(word) >= _SHORTEST_NEAR)
_QUOTES = {'"': '"“”„＂', "“": '"”“＂', "”": '"”“', "„": '"”“', "＂": '"＂”', "'": "'’", "‘": "'’", "’": "'’"}
_QUOTES |= {"「": "」", "『": "』", "«": "»", "《": "》", "【": "】", "`": "`"}
_LEAD = re.compile(r"(?:(?:回复|回覆|回復)[ :：]?)?[@＠]([^ @＠:：,，]{1,60})(?: ?[,，:：] ?| )")
_WORD = re.compile(r"[^\s@#＠＃" + "".join(map(re.escape, _QUOTES)) + r"]+")
_SEPARATORS = " :：,，;；、"
_EDGE_MARKS = ":：,，.。!！?？;；、~～"
CODE = re.compile(r"[A-Z][0-9][A-Z0-9]{2,6}")
"""The shape of a case code: a letter, a digit, then any of both."""


def parse(text: str, *, prefix: str = "!") -> Invocation | None:
    """The command a line of chat is, None when it is not one of ours.

    ``prefix`` is one ASCII mark, taken full-width as well. Chinese words need no prefix where a target, or a case code
    for those that take one, follows.
    """
    if text[:1].isalnum() and text[0] not in _BARE_STARTS:
        return None  # most lines end here, for the cost of one character
    plain = tidy(text[:LONGEST])
    found = _command(plain, prefix)
    if found is not None or not (lead := _LEAD.match(plain)):
        return found
    found = _command(plain[lead.end() :], prefix)
    return found and Invocation(found.command, found.arguments, found.rest, lead[1].strip())


def nearly(text: str, *, prefix: str = "!") -> Invocation | None:
    """What a line with our prefix probably meant, where a letter or two are wrong; None for anything else.

    Only long words are near enough to be meant for us: a short one, and one that is far from all of ours, is another
    bot's, and not ours to answer.
    """
    if narrow(text[:1]) != prefix or (run := _WORD.match(tidy(text[1:LONGEST]))) is None:
        return None
    word = narrow(visible(run[0])).casefold().rstrip(_EDGE_MARKS)
    if not _SHORTEST_NEAR <= len(word) <= _LONGEST_NEAR or word in WORDS:
        return None
    wrong = 1 if len(word) < _TWO_WRONG_FROM else 2
    near = min(((OSA.distance(word, one, score_cutoff=wrong), one) for one in _LONG_WORDS), default=(wrong + 1, ""))
    return Invocation(WORDS[near[1]], mistyped=True) if near[0] <= wrong else None


def narrow(text: str) -> str:
    """Full-width letters, digits and marks as ASCII; nothing else changes."""
    return text.translate(_NARROW)


def tidy(text: str) -> str:
    """One line of text that every database and console takes: no controls, no lone surrogates, single spaces."""
    source = text if text.isprintable() else "".join(map(_plain, text))
    return " ".join(word for spaced in source.split() if (word := _edges(spaced)))


def visible(text: str) -> str:
    """The text without characters that draw nothing."""
    return "".join(character for character in text if not is_invisible(character))


def is_invisible(character: str) -> bool:
    """True for a character that draws nothing: formats, fillers, variation selectors, tags."""
    return character > "~" and (character in _FILLERS or unicodedata.category(character) == "Cf")


_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800") | {chr(code) for code in range(0xFE00, 0xFE10)}
_BARE_STARTS = frozenset(word[0] for word in CHINESE) | {"回"}
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return "\ufffd" if character == "\0" else " "
    return "\ufffd" if category == "Cs" else character


def _edges(word: str) -> str:
    start, end = 0, len(word)
    while start < end and is_invisible(word[start]):
        start += 1
    while end > start and is_invisible(word[end - 1]):
        end -= 1
    return word[start:end]


def _command(plain: str, prefix: str) -> Invocation | None:
    if plain and narrow(plain[0]) == prefix:
        return _prefixed(plain[1:].lstrip())
    return _bare(plain)


def _prefixed(body: str) -> Invocation | None:
    run = _WORD.match(body)
    if run is None:
        return None
    word = narrow(visible(run[0])).casefold().rstrip(_EDGE_MARKS)
    if word in WORDS:
        return _invocation(WORDS[word], body[run.end() :])
    glued = next((chinese for chinese in CHINESE if body.startswith(chinese)), None)
    return _invocation(CHINESE[glued], body[len(glued) :]) if glued else None


def _bare(body: str) -> Invocation | None:
    if body[:1] not in _BARE_STARTS:
        return None
    word = next((chinese for chinese in CHINESE if body.startswith(chinese)), None)
    if word is None:
        return None
    made = _invocation(CHINESE[word], body[len(word) :])
    return made if made.arguments and _names_something(made.command, made.arguments[0]) else None


def _names_something(command: CommandName, argument: str) -> bool:
    if argument[:1] in ("@", "#"):
        return len(argument) > 1
    code = narrow(visible(argument)).rstrip(_EDGE_MARKS)
    return argument.casefold() in LAST_WORDS or (command in _TAKES_CODE and CODE.fullmatch(code.upper()) is not None)


def _invocation(command: CommandName, rest: str) -> Invocation:
    words = tuple(_words(rest.lstrip(_SEPARATORS)))
    return Invocation(command, words, " ".join(words))


def _words(text: str) -> Iterator[str]:
    """Words apart by spaces; a quoted name becomes one word that begins with its mark."""
    first = True
    while text := text.lstrip(" "):
        mark = {"@": "@", "＠": "@", "#": "#", "＃": "#"}.get(text[0], "")
        body = text[1:].lstrip(" ") if mark else text
        quoted, after = _quoted(body)
        if quoted:
            yield (mark or ("@" if first else "")) + quoted.removeprefix("@" if mark or first else "")
        else:
            word, _, after = body.partition(" ")
            yield mark + word
        text, first = after, False


def _quoted(text: str) -> tuple[str, str]:
    """What stands between quotes at the start of the text, and what follows; two times nothing when it does not."""
    closers = _QUOTES.get(text[:1], "")
    ends = [place for place, mark in enumerate(text) if place and mark in closers and _closes(text, place)]
    if not ends or not (inside := text[1 : ends[0]].strip(" ")):
        return "", ""
    return inside, text[ends[0] + 1 :]


def _closes(text: str, place: int) -> bool:
    """An apostrophe within a word closes nothing."""
    after = text[place + 1 : place + 2]
    return text[place] not in "'’" or not after.isalnum()
