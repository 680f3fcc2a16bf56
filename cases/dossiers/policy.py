"""Versions of the rules: written, published with seven days' notice, never backdated (norm N1.1, N5.1).

Whether a published version is in force follows from the date alone; `rulebook` makes the whole book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cases.categories import CATEGORIES, known
from cases.dossier import Attempt, Dossier, DossierKind
from cases.dossiers.common import ALWAYS
from cases.dossiers.interpretation import KIND as INTERPRETATION
from cases.dossiers.interpretation import meaning_of
from cases.machine import BEGINNING, Machine, Move, by
from cases.model import ActorKind, Refusal
from cases.needs import Need, Unfit, instant, many, one_of, text
from cases.rulebook import FIRST, NOTICE, Rulebook, Version, faults
from cases.rules import Rule
from cases.sentence import Severity

AUTHORS = by(ActorKind.OPERATOR, ActorKind.OWNER)
RULES_AT_MOST = 99
_ID = re.compile(r"R[0-9]{1,2}")
_KEYS = {"id", "category", "mildest", "gravest", "words", "provision"}


def rule_of(row: Any) -> Rule:
    """A rule from its plain form (`plain`). Raises Unfit, naming the rule and what is wrong with it."""
    if not isinstance(row, Mapping) or not _ID.fullmatch(str(row.get("id", ""))):
        raise Unfit("has a rule without an id like R7")
    name = str(row["id"])
    if unknown := set(row) - _KEYS:
        raise Unfit(f"has {', '.join(sorted(unknown))} in {name}; a rule has {', '.join(sorted(_KEYS))}")
    words = row.get("words")
    if not isinstance(words, Mapping) or not all(isinstance(word, str) and len(word) <= 300 for word in words.values()):
        raise Unfit(f"has no words by language in {name}")
    try:
        mildest, gravest = Severity(row.get("mildest", "minor")), Severity(row.get("gravest", "moderate"))
    except ValueError as fault:
        raise Unfit(f"has in {name}: {fault}") from None
    provision = str(row.get("provision", "")).strip()[:500]
    return Rule(name, str(row.get("category", "")), mildest, gravest, dict(words), provision)


def plain(rule: Rule) -> dict[str, Any]:
    """A rule as it is stored, exported and imported."""
    return {
        "id": rule.id,
        "category": rule.category,
        "mildest": rule.mildest.value,
        "gravest": rule.gravest.value,
        "words": dict(rule.words),
        "provision": rule.provision,
    }


def _rules() -> Need:
    def read(given: Any) -> list[dict[str, Any]]:
        if not isinstance(given, list | tuple) or not 0 < len(given) <= RULES_AT_MOST:
            raise Unfit(f"is no list of 1 to {RULES_AT_MOST} rules")
        rules = [rule_of(row) for row in given]
        by_id = {rule.id: rule for rule in rules}
        if len(by_id) != len(rules):
            raise Unfit("has one id twice")
        if wrong := list(faults(by_id)):
            raise Unfit(f"will not do: {'; '.join(wrong)}")
        return [plain(rule) for rule in rules]

    return Need("a list of rules with id, category, mildest, gravest, words", read)


def _category() -> Need:
    def read(given: Any) -> str:
        if not known(str(given)):
            raise Unfit("is no category of the catalogue")
        return str(given)

    return Need("a code of the catalogue of categories", read)


def announced(attempt: Attempt) -> Refusal | None:
    """A version takes effect seven days after it is published at the earliest."""
    effective = datetime.fromisoformat(str(attempt.field("effective_at")))
    if effective < attempt.now + NOTICE:
        return Refusal(
            "too_soon", f"rules are public {NOTICE.days} days before they bind: {attempt.now + NOTICE:%Y-%m-%d}"
        )
    return None


def in_order(attempt: Attempt) -> Refusal | None:
    """A version takes effect after every version that is already published."""
    effective = datetime.fromisoformat(str(attempt.field("effective_at")))
    for other in attempt.about.others:
        if other.status == "published" and datetime.fromisoformat(other.fields["effective_at"]) >= effective:
            return Refusal(
                "too_soon", f"{other.id} takes effect {other.fields['effective_at']}; this one must come later"
            )
    return None


def not_yet(attempt: Attempt) -> Refusal | None:
    """What is in force cannot be withdrawn; it is replaced by another version."""
    if datetime.fromisoformat(str(attempt.field("effective_at"))) <= attempt.now:
        return Refusal("too_late", "these rules are in force: publish another version")
    return None


_CONTENT = {"rules": _rules(), "change": text(1_000), "effective_at": instant()}
_MORE = {"major": one_of("yes", "no"), "interpreter": text(200), "categories": many(_category(), len(CATEGORIES))}

MACHINE = Machine(
    "policy",
    (
        Move("write", {BEGINNING: "written"}, AUTHORS, _CONTENT, _MORE, zh="起草"),
        Move("rewrite", {"written": "written"}, AUTHORS, _CONTENT, _MORE, zh="修改"),
        Move("publish", {"written": "published"}, AUTHORS, guards=(announced, in_order), zh="公布"),
        Move(
            "withdraw",
            {"written": "withdrawn", "published": "withdrawn"},
            AUTHORS,
            {"reason": text(1_000)},
            guards=(not_yet,),
            zh="撤回",
        ),
    ),
)

KIND = DossierKind("policy", "规则版本", MACHINE, "N1.1", readers=frozenset(ActorKind), retention=ALWAYS)


def rulebook(dossiers: Iterable[Dossier]) -> Rulebook:
    """The whole book: the rules danmod comes with, every published version, and the interpretations."""
    known = list(dossiers)
    published = [one for one in known if one.kind == KIND.name and one.status == "published"]
    versions = sorted(map(_version, published), key=_from)
    named = [str(one.fields["interpreter"]) for one in published if one.fields.get("interpreter")]
    meanings = [one for one in known if one.kind == INTERPRETATION.name and one.status == "published"]
    return Rulebook((FIRST, *versions), tuple(map(meaning_of, meanings)), named[-1] if named else "")


def _from(version: Version) -> datetime:
    """Since when a published version binds."""
    assert version.effective_at is not None  # only the first one has none
    return version.effective_at


def _version(dossier: Dossier) -> Version:
    step = dossier.last("publish")
    rules = [rule_of(row) for row in dossier.fields["rules"]]
    return Version(
        number=str(1 + int(dossier.id.rpartition("-")[2])),
        rules={rule.id: rule for rule in rules},
        published_at=step.at if step else None,
        effective_at=datetime.fromisoformat(dossier.fields["effective_at"]),
        major=dossier.fields.get("major", "yes") == "yes",
        change=str(dossier.fields["change"]),
        categories=tuple(dossier.fields.get("categories", ())),
    )
