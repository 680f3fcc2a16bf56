"""What can be reported: the catalogue of categories (norm N2.2), three branches and "other", with stable codes.

A code is what commands, forms, cases and exports carry; labels and definitions are for people, in two languages.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from cases.sentence import Severity


class Branch(enum.StrEnum):
    """The branches of the catalogue, named by their clauses."""

    UNLAWFUL = "N2.2-1"
    RIGHTS = "N2.2-2"
    ORDER = "N2.2-3"
    OTHER = "N2.2-0"


@dataclass(frozen=True, slots=True)
class Category:
    """One leaf. ``severity`` is what is presumed until a person has judged."""

    code: str
    branch: Branch
    severity: Severity
    en: str
    zh: str
    definition_en: str
    definition_zh: str

    def label(self, language: str) -> str:
        """The name in a language; anything but Chinese is answered in English."""
        return self.zh if language.startswith("zh") else self.en

    def definition(self, language: str) -> str:
        """One sentence that says what belongs here."""
        return self.definition_zh if language.startswith("zh") else self.definition_en


OTHER = Category(
    "other",
    Branch.OTHER,
    Severity.MINOR,
    "Something else",
    "其他",
    "Anything the list does not name; say what it is.",
    "列表未涵盖的情形，请说明。",
)

CATEGORIES: tuple[Category, ...] = (
    Category(
        "law",
        Branch.UNLAWFUL,
        Severity.SEVERE,
        "Breaks the law",
        "违反法律法规",
        "The line itself is against the law.",
        "内容本身违反法律法规。",
    ),
    Category(
        "morals",
        Branch.UNLAWFUL,
        Severity.MODERATE,
        "Against public morals",
        "违背公序良俗",
        "Offends what people here hold decent, short of a crime.",
        "违背公共秩序与善良风俗，但尚不构成违法。",
    ),
    Category(
        "terror",
        Branch.UNLAWFUL,
        Severity.SEVERE,
        "Violence or terror",
        "暴力恐怖",
        "Threatens, praises or calls for violence.",
        "威胁、宣扬或煽动暴力恐怖。",
    ),
    Category(
        "obscene",
        Branch.UNLAWFUL,
        Severity.SEVERE,
        "Obscene",
        "淫秽色情",
        "Sexual content, above all if children may see or be meant by it.",
        "淫秽色情内容，涉及未成年人的优先处理。",
    ),
    Category(
        "fraud",
        Branch.UNLAWFUL,
        Severity.SEVERE,
        "Fraud or pyramid selling",
        "诈骗、传销",
        "Wants money or data by deceit, or recruits sellers for a pyramid.",
        "以欺骗手段骗取钱财或信息，或发展传销。",
    ),
    Category(
        "copyright",
        Branch.RIGHTS,
        Severity.MODERATE,
        "Intellectual property",
        "侵犯知识产权",
        "Uses or offers a work or mark without leave.",
        "未经许可使用或传播他人作品、商标等。",
    ),
    Category(
        "reputation",
        Branch.RIGHTS,
        Severity.MODERATE,
        "Harms a reputation",
        "侵犯名誉权",
        "Lowers a person before others by what it says.",
        "以言论损害他人名誉。",
    ),
    Category(
        "privacy",
        Branch.RIGHTS,
        Severity.MODERATE,
        "Invades privacy",
        "侵犯隐私权",
        "Drags a person's private life into public.",
        "公开他人的私人生活。",
    ),
    Category(
        "slander",
        Branch.RIGHTS,
        Severity.MODERATE,
        "Malicious slander",
        "恶意诽谤",
        "Spreads made-up facts to hurt a person.",
        "捏造并散布虚假事实伤害他人。",
    ),
    Category(
        "insult",
        Branch.RIGHTS,
        Severity.MODERATE,
        "Insult",
        "侮辱谩骂",
        "Abuses or mocks a person, or a group to which people belong.",
        "辱骂、贬损个人或群体。",
    ),
    Category(
        "doxxing",
        Branch.RIGHTS,
        Severity.SEVERE,
        "Personal data disclosed",
        "泄露个人信息",
        "A phone number, an address, a document or the like of a person.",
        "泄露他人电话、住址、证件等个人信息。",
    ),
    Category(
        "flooding",
        Branch.ORDER,
        Severity.MINOR,
        "Flooding",
        "刷屏",
        "Meaningless, repeated or malicious mass posting.",
        "大量无意义、重复或恶意的发言。",
    ),
    Category(
        "advertising",
        Branch.ORDER,
        Severity.MINOR,
        "Off-topic advertising",
        "无关广告",
        "Advertising or sales talk that has nothing to do with the stream.",
        "与直播主题无关的广告、推销信息。",
    ),
    OTHER,
)
"""The leaves in the order in which they are offered."""

URGENT = frozenset({"terror"})
"""Categories in which a life may be at risk: to the top of the queue (norm N2.2-1)."""
_BY_CODE = {category.code: category for category in CATEGORIES}


def category(code: str) -> Category:
    """The leaf with this code, whatever its case; an unknown code is "other", and a person decides."""
    return _BY_CODE.get(code.strip().lower(), OTHER)


def known(code: str) -> bool:
    """True for a code of the catalogue, as written."""
    return code in _BY_CODE
