"""What a name and a text may look like, and how the sandbox says no."""

from __future__ import annotations

import hashlib
import unicodedata

NAME_LIMIT = 24
"""Longest name, in characters."""


class Refused(Exception):
    """The room says no. ``why`` is a short code a program can read, the text one sentence for a person.

    Codes: muted, banned, silence, newcomer, slow, too-long, too-fast, empty, bad-name, name-taken, bad-frame,
    no-such-line, no-such-person, staff, bad-span, bad-mode.
    """

    def __init__(self, why: str, text: str) -> None:
        super().__init__(text)
        self.why = why
        self.text = text


def account_id(name: str) -> str:
    """The stable id of a name: ``u`` and twelve hexadecimal digits, the same on every server."""
    return "u" + hashlib.blake2s(name.encode(), digest_size=6).hexdigest()


def clean_text(text: str) -> str:
    """``text`` without control characters and line breaks, trimmed. Lone surrogates become U+FFFD."""
    sound = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in sound).strip()


def clean_name(name: str) -> str:
    """A name as the server keeps it (NFC, one line). Raises Refused when nothing visible is left or it is too long."""
    tidy = " ".join(unicodedata.normalize("NFC", clean_text(name)).split())
    if not any(unicodedata.category(each)[0] in "LNPS" for each in tidy):
        raise Refused("bad-name", "a name needs a visible character")
    if len(tidy) > NAME_LIMIT:
        raise Refused("bad-name", f"a name has at most {NAME_LIMIT} characters, this one has {len(tidy)}")
    return tidy
