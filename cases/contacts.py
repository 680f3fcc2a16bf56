"""Does a line carry a link or a contact: the mark of advertising. A hint for other checks, never a finding by itself."""

from __future__ import annotations

import re
import unicodedata

_LINK = re.compile(
    r"(?:https?://|www\.)\S{3,}|\b[a-z0-9][a-z0-9-]{1,40}\.(?:com|net|org|cn|cc|top|xyz|io|me|tv|gg|live|shop|vip|club|ru|de|link)\b"
)
_MESSENGER = re.compile(
    r"\b(?:qq|vx|wx|v信|wechat|telegram|tg|whatsapp|line id|discord\.gg)\b|加[vq微扣]|[加➕+]\s?[vq]\b"
    r"|微信|威信|薇信|扣扣|企鹅号|公众号|公号|小红书号|电报|飞机群|加群|群号|私聊我|主页看|看主页"
)
_DIGITS = re.compile(r"(?:\d[\s._-]?){7,}")
_SAME_DIGITS = 2
"""Runs of at most so many different digits (233333333, 66666666) are laughter, not a number to call."""


def has_contact(text: str) -> bool:
    """True when the text names a link, a messenger account, or a run of seven or more digits that is no laughter."""
    plain = unicodedata.normalize("NFKC", text[:500]).casefold()
    if _LINK.search(plain) or _MESSENGER.search(plain):
        return True
    return any(len(set(re.sub(r"\D", "", run[0]))) > _SAME_DIGITS for run in _DIGITS.finditer(plain))
