"""Does a line carry a link or a contact: the mark of advertising. A hint for other checks, never a finding by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ratelimit.fold import fold

_LINK = re.compile(
    r"(?:https?://|www\.)\S{3,}"
    r"|(?<![a-z0-9-])[a-z0-9][a-z0-9-]{1,40}(?:\.|\s?[(\[]dot[)\]]\s?|\sdot\s)"
    r"(?:com|net|org|info|biz|cn|cc|top|xyz|io|me|tv|gg|ly|live|shop|store|site|online|vip|club|fun|app|dev|click|win"
    r"|bet|icu|ru|de|uk|eu|jp|kr|tw|hk|fr|pl|br|link|example|test|invalid)(?![a-z0-9-])"
)
_MESSENGER = re.compile(
    r"(?<![a-z0-9])(?:vx|wx|v信|wechat|telegram|tg|whatsapp|line id|discord\.gg)(?![a-z])"
    r"|(?<![a-z0-9])qq(?![a-z]|飞车|音乐|炫舞|农场|堂|游戏)"
    r"|(?<!参)加(?:vx?|qq?|wx|微信?|扣扣?)(?![a-z]|笑|分)|[➕+]\s?[vq](?![a-z0-9])"
    r"|微信|威信|薇信|徽信|薇芯|微芯|维信|扣扣|企鹅号|公众号|公号|小红书号|电报|飞机群|加群|群号|私聊我|主页看|看主页"
)
_PLAIN = re.compile(r"[\s\u3000-\u3029\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff0c\uff01\uff1f\uff5e…~]*")
"""Chinese, Japanese or Korean writing without a letter, digit or mark of another kind."""
_TELLING = re.compile("[微威薇徽维維扣号號电電报報群私页頁]")
"""One of these, in either script, stands in every messenger word above that has no Latin letter."""
_DIGITS = re.compile(r"(?:\d[\s._-]?){7,}")
_SAME_DIGITS = 2
"""Runs of at most so many different digits (233333333, 66666666) are laughter, not a number to call."""
_SAID = re.compile(r"(?:(\d)\1\1+|233+|5201314|1314520|520|1314|886|7758|258|0?123456789?0?|0?987654321?0?|1234567)+")
"""Numbers that are words (5201314: I love you for ever; 666777888), and counting."""
_MARKS = re.compile(r"[^\w\s]")
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_DATE = re.compile(
    rf"(?<!\d)(?:{_YEAR}([\s._-]?){_MONTH}\1{_DAY}|{_DAY}([._-]){_MONTH}\2{_YEAR}|{_YEAR}\s?-\s?{_YEAR})(?!\d)"
)


_HOST = re.compile(r"(?<![\w@.-])(?:https?://)?(?:www\.)?((?:[a-z0-9-]{1,63}\.)+[a-z]{2,24})(?![a-z0-9-])")
"""A link's host, in a text in small letters. A letter of any script before it makes it another host, an @ an address."""
_PATH = r"(?:/[^\s.@?#=&]*)?"


def has_contact(text: str, allowed: Sequence[str] = ()) -> bool:
    """True when the text names a link, a messenger account, or a run of seven or more digits that is no laughter, no
    date and no saying. Links to ``allowed`` hosts and what stands below them are none."""
    if allowed:
        text = _without(text, allowed)
    if _PLAIN.fullmatch(text) and not _TELLING.search(text):
        return False  # most lines of such rooms: nothing below could find anything
    plain = unicodedata.normalize("NFKC", text[:500]).casefold()
    if _LINK.search(plain) or _MESSENGER.search(plain) or _MESSENGER.search(_MARKS.sub("", fold(text[:500]))):
        return True
    return any(_is_number(run[0]) for run in _DIGITS.finditer(_DATE.sub(" / ", plain)))


def _within(host: str, allowed: Sequence[str]) -> bool:
    """True for an allowed host itself and what stands below it: ``evil-shop.example`` is not below ``shop.example``."""
    return any(host == one or host.endswith(f".{one}") for one in allowed)


_LINKED = re.compile(_HOST.pattern + _PATH)


def _without(text: str, allowed: Sequence[str]) -> str:
    """The text without its links to allowed hosts; whatever else their paths name (another host, a name) is left."""
    plain = unicodedata.normalize("NFKC", text[:500]).casefold()
    return _LINKED.sub(lambda found: " " if _within(found[1], allowed) else found[0], plain)


def _is_number(run: str) -> bool:
    digits = re.sub(r"\D", "", run)
    return len(set(digits)) > _SAME_DIGITS and _SAID.fullmatch(digits) is None
