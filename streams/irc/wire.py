"""IRC lines: bytes to lines, lines to values, values to lines. Knows no meaning.

A line is ``[@tags ][:source ]COMMAND params… [:trailing]`` (IRCv3 message tags). Tags stay raw until one is asked for:
of a dozen tags three or four are needed, and cutting them all out would cost more than everything else here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

LINE_CAP = 8191 + 512
"""Longest line accepted, in bytes without its line end: the tags' limit and the rest's. A longer one is dropped."""

BODY_CAP = 510
"""Longest line sent, in bytes without tags and without the two of CRLF."""

_UNSAFE = re.compile("[\r\n\0]+")
_FORMATTING = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_MEANT = {":": ";", "s": " ", "r": "\r", "n": "\n"}
_ESCAPES = str.maketrans({";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"})


class Line(msgspec.Struct, frozen=True, gc=False):
    """One parsed line. ``source`` is empty when the server named none; ``raw_tags`` stands between semicolons."""

    raw_tags: str
    source: str
    command: str
    params: list[str]

    def tag(self, key: str) -> str | None:
        """The value of a tag, unescaped; empty for a tag without value, None when it is missing.

        Of several values of one tag the last one counts.
        """
        value = self.value(f";{key}=")
        return "" if value is None and f";{key};" in self.raw_tags else value

    def value(self, needle: str) -> str | None:
        """As :meth:`tag`, for the many lines: ``needle`` is ``;key=``, and a tag without value is None too."""
        raw = self.raw_tags
        at = raw.rfind(needle)
        if at < 0:
            return None
        begin = at + len(needle)
        value = raw[begin : raw.index(";", begin)]
        return _unescape(value) if "\\" in value else value

    def param(self, index: int) -> str:
        """A parameter, empty when there are fewer."""
        return self.params[index] if index < len(self.params) else ""

    @property
    def nick(self) -> str:
        """The nick of the source (or the server's name)."""
        return self.source.partition("!")[0]

    @property
    def user_host(self) -> str:
        """``user@host`` of the source, empty when it tells none."""
        return self.source.partition("!")[2]


def parse(text: str) -> Line | None:
    """Read one line; None when it holds no command."""
    tags = source = ""
    if text.startswith("@"):
        tags, _, text = text.partition(" ")
        tags = f";{tags[1:]};"
        text = text.lstrip(" ")
    if text.startswith(":"):
        source, _, text = text.partition(" ")
        source = source[1:]
        text = text.lstrip(" ")
    middle, colon, trailing = text.partition(" :")
    params = middle.split(" ")
    if "" in params:
        params = [param for param in params if param]
        if not params:
            return None
    command = params.pop(0).upper()
    if colon:
        params.append(trailing)
    return Line(tags, source, command, params)


def lines_of(frame: bytes | str) -> tuple[list[str], int]:
    """The lines of one websocket frame (one, by the book), and how many were dropped for their length."""
    data = frame if isinstance(frame, bytes) else frame.encode("utf-8", "replace")
    buffer = LineBuffer()
    return buffer.feed(data + b"\n"), buffer.dropped


class LineBuffer:
    """Bytes of a TCP stream, split anywhere, to lines. Holds one unfinished line at most, and no more than the cap.

    Line ends are CRLF or LF; empty lines are skipped; bytes that are no UTF-8 become U+FFFD; NUL and stray CR vanish.
    ``dropped`` counts the lines longer than :data:`LINE_CAP`.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Take a read of any size; answers the lines it completes."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[: LINE_CAP + 2]  # enough to see later that the line was too long
        return [text for line in whole if (text := self._read(line))]

    def _read(self, line: bytes) -> str:
        line = line.removesuffix(b"\r")
        if len(line) > LINE_CAP:
            self.dropped += 1
            return ""
        text = line.decode("utf-8", "replace")
        return _UNSAFE.sub("", text) if b"\0" in line or b"\r" in line else text


def format_line(command: str, *params: str, tags: Mapping[str, str] | None = None) -> str:
    """Write one line, without its line end, cut at :data:`BODY_CAP` bytes on a character's boundary.

    The last parameter may hold anything: CR, LF and NUL become one space, so no text can begin a line of its own.
    Raises ValueError for any other parameter that is empty, begins with ``:`` or holds a space.
    """
    *middle, last = (_UNSAFE.sub(" ", param) for param in (command, *params))
    for word in middle[1:]:
        if not word or word[0] == ":" or " " in word:
            raise ValueError(f"not one IRC parameter: {word!r}")
    if middle:
        middle.append(":" + last if not last or last[0] == ":" or " " in last else last)
    body = cut(" ".join(middle or [last]), BODY_CAP)
    return f"@{';'.join(_tag(key, value) for key, value in tags.items())} {body}" if tags else body


def cut(text: str, most_bytes: int) -> str:
    """The longest beginning of ``text`` that fits into so many bytes of UTF-8, never half a character."""
    data = text.encode("utf-8", "replace")
    return data[: max(most_bytes, 0)].decode("utf-8", "ignore")


def split(text: str, most_bytes: int, most_pieces: int) -> list[str]:
    """Cut a text into pieces of at most so many bytes, at spaces where there are some; what is left over is lost."""
    pieces: list[str] = []
    rest = _UNSAFE.sub(" ", text).strip()
    while rest and len(pieces) < most_pieces:
        piece = cut(rest, most_bytes)
        if not piece:
            break
        if len(piece) < len(rest) and rest[len(piece)] != " " and (space := piece.rfind(" ")) > len(piece) // 2:
            piece = piece[:space]
        pieces.append(piece.rstrip())
        rest = rest[len(piece) :].lstrip()
    return pieces


def plain(text: str) -> str:
    """The text without IRC's codes for bold, colour and so on."""
    return _FORMATTING.sub("", text)


def _tag(key: str, value: str) -> str:
    return f"{key}={value.translate(_ESCAPES)}" if value else key


def _unescape(value: str) -> str:
    return _ESCAPED.sub(lambda match: _MEANT.get(match[1], match[1]), value)
