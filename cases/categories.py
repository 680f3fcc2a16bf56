"""What can be reported: the catalogue of categories (norm N2.2), three branches and "other", with stable codes.

A code is what commands, forms, cases and exports carry. What people read of a leaf (name, definition, examples, what does
not belong there) stands in the catalogue of texts, area ``category``; how outside vocabularies call it, in
`cases.eu_statements`. Which leaves are offered may change with a version of the rules, announced seven days ahead.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

from cases.catalogue import say
from cases.sentence import Severity


class Branch(enum.StrEnum):
    """The branches of the catalogue, named by their clauses."""

    UNLAWFUL = "N2.2-1"
    RIGHTS = "N2.2-2"
    ORDER = "N2.2-3"
    OTHER = "N2.2-0"


@dataclass(frozen=True, slots=True)
class Category:
    """One leaf. ``severity`` is what is presumed until a person has judged, ``mildest`` and ``gravest`` what a person
    usually finds."""

    code: str
    branch: Branch
    severity: Severity
    mildest: Severity
    gravest: Severity

    def label(self, language: str) -> str:
        """The name in a language of the catalogue."""
        return say(language, f"category.{self.code}.label")

    def definition(self, language: str) -> str:
        """One sentence that says what belongs here."""
        return say(language, f"category.{self.code}.definition")

    def examples(self, language: str) -> str:
        """What belongs here, by example."""
        return say(language, f"category.{self.code}.examples")

    def non_examples(self, language: str) -> str:
        """What is often taken for it, and does not belong here."""
        return say(language, f"category.{self.code}.non_examples")


_MINOR, _MODERATE, _SEVERE = Severity.MINOR, Severity.MODERATE, Severity.SEVERE

OTHER = Category("other", Branch.OTHER, _MINOR, _MINOR, _SEVERE)

CATEGORIES: tuple[Category, ...] = (
    Category("law", Branch.UNLAWFUL, _SEVERE, _MODERATE, _SEVERE),
    Category("morals", Branch.UNLAWFUL, _MODERATE, _MINOR, _MODERATE),
    Category("terror", Branch.UNLAWFUL, _SEVERE, _MODERATE, _SEVERE),
    Category("obscene", Branch.UNLAWFUL, _SEVERE, _MODERATE, _SEVERE),
    Category("fraud", Branch.UNLAWFUL, _SEVERE, _MODERATE, _SEVERE),
    Category("promotion", Branch.UNLAWFUL, _MODERATE, _MINOR, _SEVERE),
    Category("copyright", Branch.RIGHTS, _MODERATE, _MINOR, _SEVERE),
    Category("reputation", Branch.RIGHTS, _MODERATE, _MINOR, _SEVERE),
    Category("privacy", Branch.RIGHTS, _MODERATE, _MINOR, _SEVERE),
    Category("slander", Branch.RIGHTS, _MODERATE, _MODERATE, _SEVERE),
    Category("insult", Branch.RIGHTS, _MODERATE, _MINOR, _SEVERE),
    Category("doxxing", Branch.RIGHTS, _SEVERE, _MODERATE, _SEVERE),
    Category("flooding", Branch.ORDER, _MINOR, _MINOR, _MODERATE),
    Category("advertising", Branch.ORDER, _MINOR, _MINOR, _SEVERE),
    OTHER,
)
"""The leaves in the order in which they are offered."""

URGENT = frozenset({"terror"})
"""Categories in which a life may be at risk: to the top of the queue (norm N2.2-1)."""
PERSONAL = frozenset({"doxxing", "privacy"})
"""Categories in which disclosed personal data is hidden first and reviewed after (norm N2.2-2)."""
_BY_CODE = {category.code: category for category in CATEGORIES}


def category(code: str) -> Category:
    """The leaf with this code, whatever its case; an unknown code is "other", and a person decides."""
    return _BY_CODE.get(code.strip().lower(), OTHER)


def known(code: str) -> bool:
    """True for a code of the catalogue, as written."""
    return code in _BY_CODE


def offered(codes: Collection[str] = ()) -> tuple[Category, ...]:
    """The leaves of these codes, in the order of the catalogue, and always "other"; all of them where none is named."""
    return tuple(leaf for leaf in CATEGORIES if not codes or leaf.code in codes or leaf is OTHER)
