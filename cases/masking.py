"""Personal data in a line: phone numbers, identity cards, e-mail and postal addresses, in English and Chinese (norm N2.2-2).

Where such a line is reported as disclosed personal data, it leaves our screens at once; in every view, notice and export
the data is masked. The frozen original stays as it was, for whoever has to look at it and says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cases.categories import PERSONAL
from cases.model import Evidence, EvidenceLine

MASK = "•••"
LONGEST = 2_000
"""So many characters of a text are looked at; what comes after is masked whole: a chat line is far shorter."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive) disclose something of this ``kind``: phone, card, mail or address."""

    kind: str
    start: int
    end: int


_JOIN = r"[\s.\-_·、,，]{0,2}"
_PHONE = re.compile(
    rf"(?<![\d])(?:\+?86{_JOIN})?1{_JOIN}[3-9](?:{_JOIN}\d){{9}}(?!\d)"  # a mobile of mainland China
    rf"|(?<![\d])(?:\+?886{_JOIN}|0)9(?:{_JOIN}\d){{8}}(?!\d)"  # of Taiwan
    r"|(?<![\d.])\+\d{1,3}(?:[\s.\-()]{0,2}\d){6,12}(?!\d)"  # written for abroad
    r"|(?<![\d.])\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}(?!\d)"  # of North America
    r"|(?<![\d.])(?<!\d\s)0\d{2,4}[\s\-/]\d{3,8}(?:[\s\-]\d{2,6})?(?!\d)"  # with an area code
    r"|(?:电话|電話|手机|手機|号码|號碼|打给|打給|call|phone|tel|mobile|cell)\D{0,6}(\d(?:[\s.\-]?\d){6,12})(?!\d)"
)
_CARD = re.compile(
    rf"(?<!\d)[1-9](?:{_JOIN}\d){{5}}{_JOIN}(?:1{_JOIN}9|2{_JOIN}0)(?:{_JOIN}\d){{2}}"
    rf"(?:{_JOIN}\d){{7}}{_JOIN}[\dx](?![\da-z])"  # a resident identity card of mainland China
    r"|(?<![a-z0-9])[a-z][12]\d{8}(?!\d)"  # an identity card of Taiwan
    r"|(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"  # a social security number
    r"|(?<!\d)(?:\d{4}[ -]?){3}\d{4}(?:[ -]?\d{1,3})?(?!\d)"  # a bank card
)
_MAIL = re.compile(
    # "thanks @Ben. See you" addresses somebody: a blank before the @ alone, or after the dot alone, is no address.
    r"[a-z0-9][a-z0-9._%+-]{0,63}"
    r"(?:@\s?|\s@\s|\s@(?=[a-z0-9-]{1,63}\.(?:com|org|net|edu|gov|cn|tw|hk|io|me)\b)|\s?(?:\(at\)|\[at\])\s?)"
    r"[a-z0-9-]{1,63}(?:(?:\.|\s\.\s?|\s?(?:\(dot\)|\[dot\])\s?)[a-z0-9-]{2,24}){1,4}"
)
_STREET = r"street|st|avenue|ave|road|rd|lane|ln|dr|boulevard|blvd|ct|square|sq|terrace|crescent"
_PLACE = r"[\u4e00-\u9fff]{1,12}"
_ADDRESS = re.compile(
    rf"(?<!\d)\d{{1,5}}[a-z]?\s+(?:[a-z]+\.?\s+){{1,4}}(?:{_STREET})\b\.?(?:[\s,]+(?:apt|apartment|flat|unit|no)\.?\s*\w{{1,6}})?"
    rf"|(?:{_PLACE}(?:省|市|区|區|县|縣|镇|鎮|乡|鄉|村|镇))*{_PLACE}(?:路|街|道|巷|弄|胡同|大街|大道|小区|小區|社区|社區|公寓|花园|花園|新村|村)"
    r"\s*[0-9一二三四五六七八九十百]{1,6}\s*(?:号|號|弄|栋|棟|幢|单元|單元|室|楼|樓|层|層|巷|之)"
    r"(?:\s*[0-9a-z一二三四五六七八九十-]{1,6}\s*(?:号|號|栋|棟|幢|单元|單元|室|楼|樓|层|層|之))*(?:\s*\d{1,5})?"
)
_FINDERS = (("card", _CARD), ("phone", _PHONE), ("mail", _MAIL), ("address", _ADDRESS))


def personal_spans(text: str) -> tuple[Span, ...]:
    """Where a text discloses personal data, in order and without overlap."""
    plain = _plain(text[:LONGEST])
    found = [Span(kind, *_bounds(match)) for kind, finder in _FINDERS for match in finder.finditer(plain)]
    kept: list[Span] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            kept[-1] = Span(kept[-1].kind, kept[-1].start, span.end)
    return tuple(kept)


def masked(text: str) -> str:
    """The text with every disclosure replaced by `MASK`."""
    parts, last = [], 0
    for span in personal_spans(text):
        parts += [text[last : span.start], MASK]
        last = span.end
    return "".join((*parts, text[last:LONGEST], MASK if len(text) > LONGEST else ""))


def masked_evidence(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """What may be shown of the evidence: the lines, and what was noted of them, with personal data masked."""
    return tuple(
        msgspec.structs.replace(
            one,
            lines=tuple(msgspec.structs.replace(line, text=masked(line.text)) for line in one.lines),
            facts=tuple(map(masked, one.facts)),
        )
        for one in evidence
    )


def masked_words(value: Any, keys: frozenset[str]) -> Any:
    """A plain value (of dicts, lists, texts) with personal data masked in the texts that stand under these keys."""
    if isinstance(value, dict):
        return {key: _deeply(item) if key in keys else masked_words(item, keys) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_words(item, keys) for item in value]
    return value


def disclosing(category: str, evidence: Sequence[Evidence]) -> tuple[EvidenceLine, ...]:
    """The reported lines that are hidden at once: reported as disclosed personal data, and the pattern check agrees."""
    if category not in PERSONAL:
        return ()
    lines = (line for one in evidence for line in one.lines if line.judged)
    return tuple(line for line in lines if personal_spans(line.text))


def _deeply(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list | tuple):
        return [_deeply(item) for item in value]
    return {key: _deeply(item) for key, item in value.items()} if isinstance(value, dict) else value


def _bounds(match: re.Match[str]) -> tuple[int, int]:
    """The disclosed part: the number alone where a word leads to it."""
    return match.span(match.lastindex or 0)


def _plain(text: str) -> str:
    """The text in one width and lower case, character for character, so that places stay the same."""
    return "".join(map(_narrow, text))


def _narrow(character: str) -> str:
    if character.isascii():
        return character.lower()
    if character.isdecimal():
        return str(unicodedata.digit(character))
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character
