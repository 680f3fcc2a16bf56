"""Words of people who sell: what makes a mere word about a contact ("QQ", "message me", a bare number) an advertisement."""

from __future__ import annotations

import re
from pathlib import Path

from cases.contacts.kinds import WEAK, Contact, ContactKind, Views
from ratelimit.fold import fold

_SOLD = Path(__file__).with_name("selling.txt")


def sells(folded: str) -> bool:
    """True when a line, folded, has a word of business in it."""
    return _SELLING.search(folded) is not None


def look(views: Views) -> Contact | None:
    """What is a contact only in a line that sells: a private chat, a group, a name with an @; None elsewhere."""
    found = _ASKED.search(views.folded) if views.signs & WEAK else None
    if found is None and "@" in views.written:
        found = _HANDLE.search(views.written.lower())
    return Contact(ContactKind.POINTER, found[0].strip()) if found and sells(views.folded) else None


def _words() -> list[str]:
    rows = _SOLD.read_text(encoding="utf-8").splitlines()
    return [fold(word.replace("_", " ")) for row in rows if not row.startswith("#") for word in row.split()]


_SELLING = re.compile("|".join(map(re.escape, _words())))
_ASKED = re.compile(
    r"私聊|私信|私我|滴滴|联系(?:我|方式|电话|客服|群主|v|q|微|扣)|[请可来快速接者]联系|加我|加好友|进群|加群|入群|拉群|群号|频道|咨询我|[可迎请]咨询|[找加]客服|扫码"
    r"|(?:百度|度娘|浏览器|谷歌|必应|站内)(?:里|上|一下)?(?:搜|查|输)"
    r"|(?<![a-z])(?:dm|pm|inbox|contact|message me|text me|apply|join us|link)(?![a-z])"
)
_HANDLE = re.compile(
    r"(?:联系|客服|频道|群|号|私|找|咨询|飞机|电报|tg|telegram|channel|group|contact|admin|bot|dm|by|via|пиш\w{0,4}|в"
    r"|[:：👉➡\ufe0f📩💬☎✈→=]|\n)\s{0,3}@[a-z0-9_]{4,32}"
)
