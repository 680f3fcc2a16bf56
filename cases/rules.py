"""The house rules a measure stands on: each with a stable id, its ground and its range of severity (norm N1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cases.sentence import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One published rule. ``words`` are the sentence a viewer reads, by language (`cases.catalogue.LANGUAGES`).

    ``provision`` cites the law the rule rests on; "": it is a rule of the house (norm N1.3-1).
    """

    id: str
    category: str
    mildest: Severity
    gravest: Severity
    words: Mapping[str, str]
    provision: str = ""

    def told(self, language: str) -> str:
        """The rule in words, in English where it has none in this language."""
        return self.words.get(language) or self.words["en"]


R0 = Rule(
    "R0",
    "other",
    Severity.MINOR,
    Severity.SEVERE,
    {"en": "moderator's judgement", "zh-CN": "房管判断", "zh-TW": "房管判斷"},
)
FLOODING = Rule(
    "R1",
    "flooding",
    Severity.MINOR,
    Severity.MODERATE,
    {"en": "no flooding", "zh-CN": "禁止刷屏", "zh-TW": "禁止刷屏"},
)
ADVERTISING = Rule(
    "R2",
    "advertising",
    Severity.MINOR,
    Severity.SEVERE,
    {"en": "no advertising waves", "zh-CN": "禁止广告冲刷", "zh-TW": "禁止廣告沖刷"},
)
INSULT = Rule(
    "R3",
    "insult",
    Severity.MINOR,
    Severity.SEVERE,
    {"en": "no insults", "zh-CN": "禁止辱骂他人", "zh-TW": "禁止辱罵他人"},
)
PRIVACY = Rule(
    "R4",
    "privacy",
    Severity.MODERATE,
    Severity.SEVERE,
    {"en": "no private data of others", "zh-CN": "禁止泄露他人信息", "zh-TW": "禁止洩露他人資訊"},
)

HOUSE_RULES: Mapping[str, Rule] = {rule.id: rule for rule in (R0, FLOODING, ADVERTISING, INSULT, PRIVACY)}
"""The rules danmod comes with, by id; what is in force stands in the house's rulebook."""
_ID = re.compile(r"[rRｒＲ]([0-9０-９]{1,2})")


def rule_id(word: str) -> str | None:
    """The id a person means by ``R3`` or ``r３``; None when the word is no rule's id."""
    found = _ID.fullmatch(word)
    return f"R{int(found[1])}" if found else None
