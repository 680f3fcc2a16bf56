"""Does a line carry a contact: a link, a messenger account, a number to call, or a finger that points to one.

A contact is the mark of advertising, and no fault by itself: friends say their number, fans paste a clip. What follows
from one is for checks to say (`cases.checks.contact`). `sure` tells a contact somebody could use ("加v abc123", a host, a
telephone number behind an invitation) from a mere word about one ("qq", seven digits).

Files: `hosts` (links and e-mail addresses), `accounts` (messengers, and lines that point to a profile: `pointers.txt`),
`numbers`, `selling` (what is a contact only in a line that sells: `selling.txt`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from cases.contacts import accounts, hosts, numbers, selling
from cases.contacts.kinds import Contact, ContactKind, Views
from ratelimit.fold import fold

__all__ = ["LOOKED_AT", "Contact", "ContactKind", "contact_in", "has_contact"]

LOOKED_AT = 500
"""So many characters of a line are looked at: a line of 10,000 costs no more than one of 500."""
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_WRITING = re.compile(
    r"[\s\u3000-\u3001\u3003-\u3006\u3008-\u3029\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af！？，～…、「」]*"
)
"""Chinese, Japanese or Korean writing without a letter, digit or mark of another kind."""
_MARKS = re.compile(r"(?<=\w)[^\w\s]+(?=\w)")
_MENTION = re.compile(r"(?<![\w.])@[^\W\d]\w{1,30}")


def has_contact(text: str, allowed: Sequence[str] = ()) -> bool:
    """True when the text names a contact, or has a word about one. Links to ``allowed`` hosts and what stands below them
    are none."""
    return contact_in(text, allowed) is not None


def contact_in(text: str, allowed: Sequence[str] = ()) -> Contact | None:
    """The surest contact of a line, None when there is none. ``allowed`` are hosts whose links are welcome.

    Takes any string, never raises. Looks through full-width, circled and spelled-out digits, look-alike letters,
    separators, invisible characters, and the usual homophones.
    """
    text = text[:LOOKED_AT]
    folded = fold(text)
    if _WRITING.fullmatch(text) is not None:  # most lines of such rooms end here: nothing below could find anything
        signs = accounts.signs(folded)
        if not signs and (len(text) < numbers.LEAST or not numbers.may(text)):
            return None
    else:
        folded = folded if folded.isascii() else _MARKS.sub("", folded)
        signs = accounts.signs(folded)
    views = Views(text, hosts.without(_plain(text), allowed) if allowed else _plain(text), folded, signs)
    unsure = None
    for found in (accounts.look(views), hosts.look(views), numbers.look(views)):
        if found is not None and found.sure:
            return found
        unsure = unsure or found
    if unsure is None:
        return selling.look(views)
    return replace(unsure, sure=True) if selling.sells(views.folded) else unsure


def _normal(text: str) -> str:
    """Compatibility forms resolved; of a letter in brackets the letter."""
    if _BRACKETS.search(text) is not None:  # few lines have any, and translating takes long
        text = text.translate(_BRACKETED)
    return unicodedata.normalize("NFKC", text).casefold()


_BRACKETED = {0x249C + place: chr(0x61 + place) for place in range(26)} | {
    0x1F110 + place: chr(0x61 + place) for place in range(26)
}
_BRACKETS = re.compile(f"[{''.join(map(chr, _BRACKETED))}]")


def _plain(text: str) -> str:
    """As `Views` has it."""
    plain = text.lower() if text.isascii() else _normal(_INVISIBLE.sub("", text))
    return _MENTION.sub(" ", plain) if "@" in plain else plain
