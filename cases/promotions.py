"""Promotion: when a sales line is grave, who sells again and again, and whose advertising is welcome (norm P1-4, N2.2-3b).

A seller is known by the fingerprint of the folded text, so that a changed letter hides nobody; a fingerprint holds no
personal data and nothing is decided by it alone. A room's sponsors are named openly, and only their own links are theirs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.categories import category
from cases.contacts import has_contact
from cases.model import CaseState, Evidence
from cases.sentence import Severity, worst
from ratelimit.fold import fold

SHORTEST = 12
"""Folded texts of fewer letters say too little to know a seller by."""
PROMOTING = frozenset({"advertising", "fraud", "promotion"})
_MONEY = re.compile(
    r"pay ?pal|venmo|cash ?app|zelle|usdt|btc|bitcoin|gift ?card|send (?:me )?\$?\d|deposit|transfer (?:me )?\$?\d"
    r"|转账|轉賬|轉帳|打款|汇款|匯款|充值|付款|押金|收款码|收款碼|先付|定金|保证金|保證金|红包返|紅包返|返利"
)


@dataclass(frozen=True, slots=True)
class Sponsor:
    """Somebody whose advertising the streamer has declared: shown on the public page, with the hosts of their links."""

    name: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seller:
    """One text that was pushed in several cases."""

    fingerprint: str
    cases: tuple[str, ...]
    senders: int


def asks_for_money(text: str) -> bool:
    """True when the line wants to be paid, in words that are about paying and not about prices or gifts in general."""
    return _MONEY.search(fold(text)) is not None or _MONEY.search(text.casefold()) is not None


def presumed(code: str, lines: Iterable[str]) -> Severity:
    """How grave a reported promotion is presumed to be: severe as soon as one line asks for money."""
    usual = category(code).severity
    asks = code in PROMOTING and any(asks_for_money(line) for line in lines)
    return worst(usual, Severity.SEVERE) if asks else usual


def fingerprint(text: str) -> str | None:
    """16 hexadecimal digits that stand for a text and all its disguises; None for one too short to know again."""
    plain = "".join(letter for letter in fold(text) if letter.isalnum())
    return hashlib.blake2b(plain.encode(), digest_size=8).hexdigest() if len(plain) >= SHORTEST else None


def sellers(files: Iterable[tuple[CaseState, Sequence[Evidence]]], *, least: int = 2) -> tuple[Seller, ...]:
    """Texts with a contact that were judged in at least so many cases, most cases first."""
    seen: dict[str, tuple[dict[str, None], set[str]]] = {}
    for state, evidence in files:
        for line in (line for one in evidence for line in one.lines if line.judged and has_contact(line.text)):
            key = fingerprint(line.text)
            if key is not None:
                codes, senders = seen.setdefault(key, ({}, set()))
                codes[state.code] = None
                senders |= {person.id for person in state.respondents}
    found = [Seller(key, tuple(codes), len(senders)) for key, (codes, senders) in seen.items() if len(codes) >= least]
    return tuple(sorted(found, key=lambda seller: (-len(seller.cases), seller.fingerprint)))


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """A set of fingerprints and where it comes from."""

    source: str
    made_at: datetime
    prints: frozenset[str]


def hints(text: str, known: Sequence[Fingerprints]) -> tuple[str, ...]:
    """What imported sets say of a text, for whoever judges it; nothing is done because of it."""
    key = fingerprint(text)
    return tuple(f"hint: {one.source} knows this text as advertising" for one in known if key in one.prints)


def sponsor_of(text: str, sponsors: Sequence[Sponsor]) -> Sponsor | None:
    """The sponsor all of whose links these are; None when a line has another link or contact too, or none at all."""
    if not has_contact(text):
        return None
    return next((one for one in sponsors if not has_contact(text, one.hosts)), None)
