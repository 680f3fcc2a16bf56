"""Open formats between installations: rule sets, and fingerprints of floods and advertising (norm N4.2-2).

Nothing here holds a person: no name, account, pseudonym, line or code. What is imported is checked like anything a person
types; an imported fingerprint only ever adds a hint to a finding, and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cases.categories import CATEGORIES
from cases.dossiers.policy import plain, rule_of
from cases.eu_statements import CATEGORY
from cases.needs import Unfit
from cases.promotions import Fingerprints, Seller
from cases.rulebook import Version, faults

RULES = "danmod-rules/1"
FINGERPRINTS = "danmod-fingerprints/1"
AT_MOST = 100_000
"""Fingerprints in one file."""
_PRINT = re.compile(r"[0-9a-f]{16}")


def rules_file(version: Version) -> dict[str, Any]:
    """A version of the rules, with what each category is called elsewhere."""
    return {
        "format": RULES,
        "version": version.number,
        "effective_at": version.effective_at.isoformat() if version.effective_at else None,
        "rules": [plain(rule) for rule in version.rules.values()],
        "categories": {one.code: {"eu": CATEGORY[one.code][0]} for one in CATEGORIES if one.code in CATEGORY},
    }


def rules_from(document: Any) -> list[dict[str, Any]]:
    """The rules of a file, ready to be written as a new version. Raises Unfit, naming what is wrong."""
    if not isinstance(document, Mapping) or document.get("format") != RULES:
        raise Unfit(f"this is no file of rules: its format is not {RULES}")
    given = document.get("rules")
    if not isinstance(given, list):
        raise Unfit("this file of rules holds no list of rules")
    rules = [rule_of(row) for row in given]
    if wrong := list(faults({rule.id: rule for rule in rules})):
        raise Unfit("; ".join(wrong))
    return [plain(rule) for rule in rules]


def fingerprints_file(source: str, sellers: Iterable[Seller], now: datetime) -> dict[str, Any]:
    """What may be handed on: texts of several senders, so that no single person's words are in it."""
    shared = sorted(seller.fingerprint for seller in sellers if seller.senders > 1)
    return {"format": FINGERPRINTS, "source": source, "made_at": now.astimezone(UTC).isoformat(), "prints": shared}


def fingerprints_from(document: Any) -> Fingerprints:
    """A set from its file. Raises Unfit, naming what is wrong."""
    if not isinstance(document, Mapping) or document.get("format") != FINGERPRINTS:
        raise Unfit(f"this is no file of fingerprints: its format is not {FINGERPRINTS}")
    prints = document.get("prints")
    if not isinstance(prints, list) or len(prints) > AT_MOST:
        raise Unfit(f"this file holds no list of at most {AT_MOST} fingerprints")
    for one in prints:
        if not isinstance(one, str) or not _PRINT.fullmatch(one):
            raise Unfit("a fingerprint has 16 hexadecimal digits")
    try:
        made_at = datetime.fromisoformat(str(document.get("made_at")))
    except ValueError:
        raise Unfit("made_at is no ISO 8601 instant") from None
    if made_at.tzinfo is None:
        raise Unfit("made_at has no time zone")
    return Fingerprints(str(document.get("source", ""))[:100] or "unknown", made_at, frozenset(prints))
