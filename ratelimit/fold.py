"""One canonical form of a text, under which common evasions become equal. For comparing and matching, never for showing.

What :func:`fold` does, in this order, and gives up:

1. Cut at :data:`CAP` characters. Compatibility forms (full width, circled, mathematical, ligatures) become plain (NFKC).
2. Invisible characters go: zero-width, bidi controls, variation selectors, tags, soft hyphens, fillers, lone surrogates.
3. Case goes (casefold), and so do accents and stacked marks. Kana keep their voicing marks, Hangul stays composed, and
   the vowel signs of Indic and South-East Asian scripts stay: they are letters.
4. Letters of other scripts that look like Latin ones become those (`confusables.txt`), traditional characters become
   simplified (`traditional.txt`). Digits stay digits: 666 is a word here.
5. Spaces, punctuation and symbols between letters go: ``f.u_c k`` → ``fuck``, ``你 好！`` → ``你好``. One space stays
   where words of two and more letters meet a word (``hello world``, ``a cat``), so that word limits survive.
6. What is said three and more times in a row is said once: ``soooo`` → ``so``, ``哈哈哈`` → ``哈``, ``hahahah`` → ``ha``,
   ``加群加群加群`` → ``加群``; two stay (``look``, ``haha``), unless all of a text is something longer said twice. ``23333``
   becomes the word ``233``.
7. Disguises that take neighbours to see are undone (:mod:`ratelimit.disguise`): emoji between the letters, Chinese
   numerals for digits, digits for letters, characters written as their parts.

A text of nothing but punctuation keeps it, without spaces (``???`` → ``?``, ``？！`` → ``?!``), so that no two
different ones become equal by becoming empty. Emoji are kept as letters are. Only a text of spaces and invisible
characters folds to the empty string. Folding a folded text changes nothing.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path

from ratelimit.disguise import HAN_DISGUISES, SHORTEST_REPEATED, shorten, undisguise, unit

CAP = 2000
"""The longest text looked at, and the longest answer, in characters (one of them may grow to 18 under NFKC)."""

MEMO_TEXT_CAP = 256
"""Longer texts are not remembered, so that the memo stays small."""


def fold(text: str) -> str:
    """The canonical form of a text. Takes any string, never raises."""
    return _remembered(text) if len(text) <= MEMO_TEXT_CAP else _fold(text)


def _fold(text: str) -> str:
    folded = text if len(text) <= CAP else text[:CAP]
    if folded[-1:] in _LAST_MARKS and (bare := folded.rstrip(_LAST_MARKS))[-1:].isalnum():
        folded = bare
    if _UNLIKE_HAN(folded) is None and unit(folded) is folded and shorten(folded) is folded:
        return folded
    for _ in range(_ROUNDS):
        plain = _plain(folded)
        short = shorten(plain)
        folded = undisguise(unit(short) if len(short) >= SHORTEST_REPEATED else short)[:CAP]
        settled = folded == plain or (folded == short and " " not in plain)
        if settled and (folded.isascii() or unicodedata.is_normalized("NFKC", folded)):
            break
    return text if folded == text else folded  # one string in memory where nothing changed, as with most Chinese lines


_ROUNDS = 64
"""One round is enough unless what was taken out makes neighbours compose, a disguise is undone or the cut splits a word;
each further round only makes the text shorter or plainer."""

_remembered = functools.lru_cache(maxsize=1 << 14)(_fold)


def _plain(text: str) -> str:
    """The text with every character made plain, and joined."""
    is_ascii = text.isascii()
    compatible = text if is_ascii else unicodedata.normalize("NFKC", text)
    if "$" in compatible or "@" in compatible:
        compatible = _SIGN.sub(_letter, compatible)
    plain = compatible.encode().translate(_ASCII, _GONE).decode() if is_ascii else compatible.translate(_TABLE)
    if " " not in plain:
        return plain
    plain = plain.strip(" ")
    if " " in plain:
        return _join(plain)
    return plain or _marks(compatible)


def _letter(sign: re.Match[str]) -> str:
    return _SIGNS[sign[0]]


def _join(text: str) -> str:
    """Take out the spaces beside scripts written without them and between single letters; one space elsewhere."""
    if not text.isascii():
        text = _BARE_SPACES.sub("", text)
    if "  " in text:
        text = " ".join(text.split())
    begins = text[1:2] == " " and text[3:4] in _LIMIT
    if not begins and (text[-2:-1] != " " or text[-4:-3] not in _LIMIT) and _SINGLES.search(text) is None:
        return text
    joined: list[str] = []
    single = False
    for word in text.split(" "):
        if single and len(word) == 1:
            joined[-1] += word
        else:
            joined.append(word)
            single = len(word) == 1
    return " ".join(joined)


def _marks(text: str) -> str:
    """The form of a text that is nothing but punctuation and symbols."""
    visible = (one for one in text if _TABLE[ord(one)] == " " and not one.isspace() and one not in _BLANK)
    return "".join(visible)


class _Table(dict[int, str]):
    """What each character becomes, worked out when it is first met. Separators become one space."""

    def __missing__(self, code: int) -> str:
        becomes = _become(chr(code))
        if len(self) < _TABLE_CAP:
            self[code] = becomes
        return becomes


_TABLE_CAP = 1 << 15
"""More than the characters of any chat; a flood of rare ones is worked out each time instead of remembered."""


def _become(character: str, depth: int = 0) -> str:
    """What one character of an NFKC text becomes."""
    category = unicodedata.category(character)
    if character in _INVISIBLE or category in ("Cf", "Cs") or (category == "Cc" and not character.isspace()):
        return ""
    if category in ("Mn", "Me"):
        return "" if _is_decoration(character) else character
    if character in _BLANK or (category[0] in "ZPC" and character.isspace()) or category[0] == "P":
        return " "
    if category in ("Sm", "Sc", "Sk"):
        return " "
    becomes = _unaccented(unicodedata.normalize("NFKC", character.casefold()))
    becomes = "".join(_LOOKS_LIKE.get(one, one) for one in becomes)
    if becomes == character or depth == 3:
        return becomes
    return "".join(_become(one, depth + 1) for one in becomes)


def _unaccented(text: str) -> str:
    """Without the accents that are part of a character."""
    parts = unicodedata.normalize("NFD", text)
    if len(parts) == len(text) or any(mark in parts for mark in _KANA_MARKS):
        return text
    return unicodedata.normalize("NFC", "".join(part for part in parts if not _is_decoration(part)))


def _is_decoration(mark: str) -> bool:
    """True for marks a reader looks past; False for letters and for the vowel signs of scripts that need theirs."""
    if unicodedata.category(mark) == "Me":
        return True
    return unicodedata.category(mark) == "Mn" and unicodedata.name(mark, "").startswith(_DECORATIONS)


def _load(name: str) -> dict[str, str]:
    """The pairs of a table file."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    return {row[i]: row[i + 1] for row in rows for i in range(0, len(row), 2)}


_DECORATIONS = (
    "COMBINING",
    "HEBREW POINT",
    "HEBREW ACCENT",
    "HEBREW MARK",
    "ARABIC",
    "VARIATION SELECTOR",
    "MONGOLIAN",
)
_KANA_MARKS = ("\u3099", "\u309a")
_INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffc\u034f\u2065") | {
    chr(code) for code in (*range(0x1F3FB, 0x1F400), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000))
}
"""Default-ignorable characters that are neither format characters nor marks, and the emoji skin tones."""
_BLANK = frozenset("\u2800")
_CIRCLED = {
    chr(first + step): chr(ord(start) + step)
    for first, start, count in (
        *((first, "1", 9) for first in (0x2776, 0x2780, 0x278A, 0x24F5)),
        (0x24FF, "0", 1),
        (0x1F150, "a", 26),
        (0x1F170, "a", 26),
    )
    for step in range(count)
}
"""Circled and squared digits and letters that have no compatibility form, the emoji 🅰 and 🅱 among them."""
_LOOKS_LIKE = _load("traditional.txt") | _load("confusables.txt") | _CIRCLED
_SCRIPTS_WITHOUT_SPACES = "\u0e00-\u0eff\u2190-\u2bff\u2e80-\ua4cf\uf900-\ufaff\ue000-\uf8ff\U0001f000-\U0010ffff"
_SIGNS = {"$": "s", "@": "a"}
_SIGN = re.compile(r"(?<=[A-Za-z0-9])(?<![$@].)[$@](?=[A-Za-z0-9])(?!.[$@])|(?<![\w$])\$(?=[A-Za-z]{2})")
"""A sign that is a letter: within a word (`ca$h`), not where it stands after each letter (`f@r@e@e`)."""
_SINGLES = re.compile(" . . ")
_LIMIT = ("", " ")
"""Two letters by themselves, side by side: within a text, or where it begins or ends."""
_BARE_SPACES = re.compile(f"(?<=[{_SCRIPTS_WITHOUT_SPACES}]) +| +(?=[{_SCRIPTS_WITHOUT_SPACES}])")
_TABLE = _Table()
_LAST_MARKS = " \n!?.,~\u3002\uff01\uff1f\uff0c\uff0e\uff5e"
"""What most often stands behind a text and is no part of its form, unless there is nothing else."""
_KEPT = "".join(sorted(set(map(chr, range(0x4E00, 0xA000))) - set(_LOOKS_LIKE) - set(HAN_DISGUISES)))
_UNLIKE_HAN = re.compile(f"[^{_KEPT}]").search
"""Anything but a Chinese character that stays what it is, whatever stands beside it."""
_ASCII = bytes(ord(_TABLE[code] or " ") if code < 128 else 0 for code in range(256))
_GONE = bytes(code for code in range(128) if not _TABLE[code])
"""The same for texts of nothing but ASCII, which bytes do several times as fast."""
