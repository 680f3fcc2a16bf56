"""What the server says it can do (numeric 005, ISUPPORT), and what follows from it for names, modes and roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from streams.events import Role

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FOLDS = {
    "ascii": str.maketrans(_UPPER, _UPPER.lower()),
    "strict-rfc1459": str.maketrans(_UPPER + "[]\\", _UPPER.lower() + "{}|"),
    "rfc1459": str.maketrans(_UPPER + "[]\\~", _UPPER.lower() + "{}|^"),
}


@dataclass(frozen=True, slots=True)
class ModeChange:
    """One letter of a MODE line. ``argument`` None: the mode takes none, or the line ended too early."""

    on: bool
    letter: str
    argument: str | None


@dataclass(slots=True)
class Features:
    """The server's limits and dialect, with the defaults of RFC 1459 until it speaks.

    ``ranks`` and ``symbols`` are PREFIX, highest first. ``list_modes``, ``always_argument`` and ``set_argument`` are
    the first three groups of CHANMODES. ``extban_prefix`` None: the server knows no extended bans.
    """

    casemapping: str = "rfc1459"
    ranks: str = "ov"
    symbols: str = "@+"
    list_modes: str = "b"
    always_argument: str = "k"
    set_argument: str = "l"
    extban_prefix: str | None = None
    extbans: str = ""
    channel_types: str = "#&"
    modes_per_line: int = 3
    nick_length: int = 30
    denied_tags: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def learn(self, tokens: Iterable[str]) -> None:
        """Take the tokens of one 005 line."""
        for token in tokens:
            name, _, value = token.partition("=")
            self.tokens[name] = value
            self._learn_one(name, value)

    def _learn_one(self, name: str, value: str) -> None:
        match name:
            case "CASEMAPPING":
                self.casemapping = value.lower()
            case "PREFIX" if value.startswith("(") and ")" in value:
                ranks, _, symbols = value[1:].partition(")")
                if len(ranks) == len(symbols):
                    self.ranks, self.symbols = ranks, symbols
            case "CHANMODES" if value.count(",") >= 3:
                self.list_modes, self.always_argument, self.set_argument = value.split(",")[:3]
            case "EXTBAN":
                self.extban_prefix, _, self.extbans = value.partition(",")
            case "CHANTYPES":
                self.channel_types = value
            case "MODES":
                self.modes_per_line = _number(value, 20)
            case "NICKLEN":
                self.nick_length = _number(value, self.nick_length)
            case "CLIENTTAGDENY":
                self.denied_tags = value

    def fold(self, name: str) -> str:
        """The form under which two spellings of one nick or channel are equal.

        An unknown CASEMAPPING (some servers fold by Unicode's rules) is answered with Unicode's lower case.
        """
        table = _FOLDS.get(self.casemapping)
        return name.translate(table) if table else name.lower()

    def read_modes(self, letters: str, arguments: Iterable[str]) -> Iterator[ModeChange]:
        """The changes of a MODE line, each with its argument."""
        rest, on = iter(arguments), True
        for letter in letters:
            if letter in "+-":
                on = letter == "+"
                continue
            yield ModeChange(on, letter, next(rest, None) if self._takes_argument(letter, on) else None)

    def _takes_argument(self, letter: str, on: bool) -> bool:
        if letter in self.ranks or letter in self.list_modes or letter in self.always_argument:
            return True
        return on and letter in self.set_argument

    def split_name(self, entry: str) -> tuple[str, str]:
        """An entry of NAMES as (mode letters, the rest): ``~@ann`` is (``qo``, ``ann``)."""
        letters = ""
        while entry and (rank := self.symbols.find(entry[0])) >= 0:
            letters += self.ranks[rank]
            entry = entry[1:]
        return letters, entry

    def role_of(self, letters: str) -> Role:
        """Founders own a room; operators, and whoever ranks beside or above them, moderate it; voice is a viewer's."""
        staff = self.ranks[: max(self.ranks.find("o"), self.ranks.find("h")) + 1]
        roles = Role.VIEWER
        if any(letter in staff for letter in letters):
            roles |= Role.MODERATOR
        if "q" in letters and "q" in self.ranks:
            roles |= Role.OWNER
        return roles

    def allows_tag(self, name: str) -> bool:
        """Whether clients may send the tag ``+name`` (CLIENTTAGDENY lists what they may not)."""
        denied = self.denied_tags.split(",")
        return f"-{name}" in denied if "*" in denied else name not in denied


def _number(value: str, otherwise: int) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else otherwise
