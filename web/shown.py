"""What strangers wrote, made fit for showing: same words, no control over the page. Pure.

Nothing here is escaping (templates and ``textContent`` do that). It bounds length and stacked marks, and makes controls
visible: a bidirectional override could reach beyond its element, a newline beyond its row.
"""

from __future__ import annotations

import re
import unicodedata

NAME_CAP = 40
"""Longest name shown, in characters."""
TEXT_CAP = 300
"""Longest line shown, in characters."""
MARKS_CAP = 3
"""Combining marks kept on one character; no living script needs more."""

_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff\ufff9-\ufffb]")
_JOINERS = "\u200d\ufe0e\ufe0f\u200c"
_PLAIN = re.compile(r"[ -~\u3000-\u3029\u3030-\u3098\u309b-\u9fff\uac00-\ud7a3\uff01-\uffee]*")


def shown(text: str, cap: int = TEXT_CAP) -> str:
    """The text as one line of at most ``cap`` characters (an ellipsis included), safe to set beside other text."""
    short = text[: cap * 8]
    if _PLAIN.fullmatch(short):
        return _cut(short, cap)
    one_line = _SPACES.sub(" ", short)
    return _cut(_calm(_CONTROLS.sub("\ufffd", one_line)), cap)


def shown_name(name: str) -> str:
    """A name as shown; a name of nothing visible becomes an underscore."""
    kept = shown(name, NAME_CAP).strip()
    return kept if any(_visible(character) for character in kept) else "_"


def _visible(character: str) -> bool:
    return (
        unicodedata.category(character) not in ("Cf", "Cc", "Zs", "Mn", "Me", "Cn") and character not in "\u3164\u115f"
    )


def _calm(text: str) -> str:
    """The text with at most MARKS_CAP combining marks in a row."""
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MARKS_CAP or character in _JOINERS:
            kept.append(character)
    return "".join(kept)


def _cut(text: str, cap: int) -> str:
    if len(text) <= cap:
        return text
    end = cap - 1
    while end > 0 and (text[end] in _JOINERS or text[end - 1] == "\u200d" or unicodedata.combining(text[end])):
        end -= 1
    return text[: end or cap - 1] + "…"
