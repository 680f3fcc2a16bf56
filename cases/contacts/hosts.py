"""Links and e-mail addresses, also with their dots in disguise. Which endings are real, the public suffix list says.

A name with a scheme, with `www.` or with a path is a link under every ending there is; a bare one (`abc.com`) under those
that people use for sites, for in chat a full stop without a space is common (`nice.so`, `Mr.Robot`, `fun.exe`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from publicsuffixlist import PublicSuffixList

from cases.contacts.kinds import Contact, ContactKind, Views
from ratelimit.fold import fold

_SITES = (
    "com|co|net|org|info|biz|cn|cc|top|xyz|io|me|tv|gg|ly|live|shop|store|site|online|vip|club|fun|app|dev|click|win"
    "|bet|icu|ru|de|uk|eu|jp|kr|tw|hk|fr|pl|br|es|it|nl|ch|ua|in|link|lol|pro|pw|ink|ltd|group|casino|example|test|invalid"
)
"""Endings a bare name is taken for a link with. The last three are there for trying out (RFC 6761)."""
_PLAINEST = "com|net|org|cn|cc|xyz|ru|example|invalid"
"""Endings that stand for a link even where the dot is spelled out or has a space beside it: no everyday words."""
_END = r"(?![a-z0-9-])"
_NAME = r"[a-z0-9][a-z0-9-]{0,62}"
_DOTS = re.compile(
    r"(?<=[a-z0-9])(?:"
    r"\s?[(\[{<]\s?(?:dot|[.点點])\s?[)\]}>]\s?(?=[a-z])"
    rf"|(?:\s?[。•·●・∙⋅点點]\s?|\s(?:dot|punkt|punto)\s|\s\.\s?|\.\s)(?=(?:{_PLAINEST}){_END})"
    r")"
)
_DISGUISED = re.compile(r"[。•·●・∙⋅点點(\[{<]|\s\.|\.\s|\s(?:dot|punkt|punto)\s")
_DOTTED = re.compile(r"\.\s?[a-z]")
_SPELLED = ("http", "hxxp", " dot", "(dot", "[dot", "punkt", "punto")
_ODD_DOT = re.compile(r"[。•·●・∙⋅点點]\s?[a-z]")
_SCHEME = re.compile(r"h(?:tt|xx)ps?\s?:?\s?/{1,2}\s?(?=[^\s/])([^\s/?#\u3000-\u9fff]*)|https?([a-z0-9][a-z0-9.-]{5,})")
_WWW = re.compile(r"(?<![a-z0-9])www\.([^\s/?#\u3000-\u9fff]{2,})")
_HOST = re.compile(rf"(?<![a-z0-9.-])((?:{_NAME}\.)+([a-z]{{2,24}}|xn--[a-z0-9-]{{2,59}})){_END}(/[a-z0-9?#=_-])?")
_BARE = re.compile(rf"(?:{_SITES})")
_EMAIL = re.compile(rf"(?<![\w./])[\w.+-]{{1,64}}\s?@\s?((?:{_NAME}\.)+[a-z]{{2,24}}){_END}")
_ALLOWED = re.compile(rf"(?<![\w@.-])(?:https?://)?(?:www\.)?((?:{_NAME}\.)+[a-z]{{2,24}}){_END}(?:/[^\s.@?#=&]*)?")
"""A link with its host. A letter before it makes it another host, an @ an address; Chinese or Japanese is no part of it."""
_BESIDE = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff])(?=[a-z0-9])")
_SUFFIXES = PublicSuffixList(only_icann=True)
_STRANGE = re.compile(r"(?=[\w.-]*[\u0250-\u02af\u0370-\u058f\u10a0-\u13ff])[\w-]+(?:\.[\w-]+)+")
"""A name with dots that has letters of other scripts in it, which look like Latin ones."""
_SCRIPTS = tuple(
    map(
        re.compile,
        ("[a-z]", "[\u0250-\u02af]", "[\u0370-\u03ff]", "[\u0400-\u052f]", "[\u0530-\u058f]", "[\u10a0-\u13ff]"),
    )
)
_SINGLE = re.compile(r"(?<![a-z0-9])(?:[a-z0-9][^a-z0-9\u3400-\u9fff]{1,3}){6,}[a-z0-9](?![a-z0-9])")
"""Letters one by one, with something between them."""
_BETWEEN = re.compile(r"[^a-z0-9.]+")
_DOT_AMONG = re.compile(r"[^a-z0-9]*\.[^a-z0-9]*")


def look(views: Views) -> Contact | None:
    """The first link or address of a line."""
    plain = views.plain
    if "." not in plain and not _may(plain):
        return None
    if not plain.isascii():
        plain = _STRANGE.sub(_in_latin, plain)
    if "." in plain and (spread := _SINGLE.search(plain)) and (host := _gathered(spread[0])):
        return Contact(ContactKind.LINK, host)
    if not _may(plain):
        return None
    plain = undisguised(plain)
    if "@" in plain and (mail := _EMAIL.search(plain)) and _is_public(mail[1]):
        return Contact(ContactKind.EMAIL, mail[0])
    host = _linked(plain)
    return Contact(ContactKind.LINK, host) if host else None


def _may(plain: str) -> bool:
    """False for most lines: no dot before a letter, no word for one, no scheme."""
    if ("." in plain and _DOTTED.search(plain)) or any(word in plain for word in _SPELLED):
        return True
    return not plain.isascii() and _ODD_DOT.search(plain) is not None


def _in_latin(found: re.Match[str]) -> str:
    """A name with a part in several scripts at once, in the letters it looks like. What is in one script is a word of its
    language."""
    name = found[0]
    if all(sum(1 for script in _SCRIPTS if script.search(part)) < 2 for part in name.split(".")):
        return name
    return "".join(one if one.isascii() else fold(one) or one for one in name)


def _gathered(spread: str) -> str:
    """The host in letters that were written one by one, "" when there is none."""
    return next(iter(hosts_in(_BETWEEN.sub("", _DOT_AMONG.sub(".", spread)))), "")


def undisguised(plain: str) -> str:
    """The text with the dots of its hosts as dots."""
    return _DOTS.sub(".", plain) if _DISGUISED.search(plain) else plain


def without(plain: str, allowed: Sequence[str]) -> str:
    """The text without its links to allowed hosts; whatever else their paths name (another host, a name) is left."""
    if not any(host in plain for host in allowed):
        return plain
    apart = _BESIDE.sub(" ", plain)
    return _ALLOWED.sub(lambda found: " " if _within(found[1], allowed) else found[0], apart)


def hosts_in(plain: str) -> list[str]:
    """Every host a plain text names, links only."""
    return [found[1] for found in _HOST.finditer(plain) if _is_link(found)]


def _linked(plain: str) -> str:
    """The host of the first link, "" when there is none."""
    for shape in (_SCHEME, _WWW):
        if found := shape.search(plain):
            return "".join(part for part in found.groups() if part).rpartition("@")[2] or found[0]
    return next(iter(hosts_in(plain)), "")


def _is_link(found: re.Match[str]) -> bool:
    host, ending, path = found.groups()
    if _BARE.fullmatch(ending):
        return not host.replace(".", "").isdecimal()
    return path is not None and _is_public(host)


def _within(host: str, allowed: Sequence[str]) -> bool:
    """True for an allowed host itself and what stands below it: ``evil-shop.example`` is not below ``shop.example``."""
    return any(host == one or host.endswith(f".{one}") for one in allowed)


def _is_public(host: str) -> bool:
    """True when something can be registered under the host's ending."""
    return host.endswith((".example", ".invalid", ".test")) or bool(_SUFFIXES.privatesuffix(host, accept_unknown=False))
