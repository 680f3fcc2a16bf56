"""Messenger accounts under all their names, and lines that point to where a contact is found ("look at my profile").

Looked for in the folded text, in which look-alikes, traditional characters and separators are gone already; the usual
homophones are classes of characters here. A messenger's name alone is a word people use: sure is a name with an account
behind it, or with an invitation before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ahocorasick_rs import AhoCorasick

from cases.contacts.kinds import NAMES, Contact, ContactKind, Views
from ratelimit.fold import fold

_WECHAT = r"[微薇徽葳][信芯心伩]|威[信芯](?!力)|维[信芯]|唯信|v[信芯伩x]|wx|vx|wei ?xin|wechat"
_QQ = r"qq|q群|扣扣|扣群|企鹅(?:号|群)?|球球号"
_TELEGRAM = r"tele ?gram|电报|纸飞机|飞机(?:群|号)|tg"
_OTHERS = (
    r"whats ?app|whatapp|line ?id|discord|snap ?chat|skype|viber|kik|insta(?:gram)?|only ?fans|facebook|twitter|messenger"
    r"|公众号|公号|小红书号|抖音号|快手号"
)
_DISTANT = r"喂[信心新]|卫[星芯信]|韦[信芯]|跠?嶶|乞[鹅儿]|凡鹅"
"""What is taken for one of them only with an account behind it."""
_NOT_LETTER = r"(?<![a-z])"
_ACCOUNT = r"(?:(?=[a-z_-]*\d)[a-z0-9_-]{5,20}|[0-9o]{5,12})"
"""What an account looks like: letters and at least one digit, or five digits and more."""
_MIXED = r"(?=[a-z_-]*\d)(?=[\d_-]*[a-z])[a-z0-9_-]{5,20}"
"""Letters and digits: hardly an ordinary word, or a number of something."""
_BETWEEN_OTHERS = r"\s?(?:(?:id|is|号|name)\s?[:：=@]?|[:：=@])\s?"
_BETWEEN = r"\s?(?:群|号码?|id|账号|帐号|联系|is|number|no|at|me)?\s?[是为:：=@~～\-—→>]*\s?"

_USED = re.compile(
    rf"{_NOT_LETTER}(?:(?:{_WECHAT}|{_QQ}|{_TELEGRAM}|{_DISTANT}){_BETWEEN}|(?:{_OTHERS}){_BETWEEN_OTHERS}|[vq]\s?[:：]\s?){_ACCOUNT}"
    rf"(?![a-z0-9])|{_NOT_LETTER}[vq]\s?\d{{6,12}}(?!\d)"
    rf"|(?:(?<![稍略细轻卑显低些微])微|[薇葳])[^\w,.!?，。！？]{{0,3}}{_MIXED}(?![a-z0-9])"
    rf"|{_NOT_LETTER}(?:insta(?:gram)?|snap ?chat|kik) {_MIXED}(?![a-z0-9])"
)
"""A messenger with an account behind it; 薇 for 薇信, too."""
_INVITED = re.compile(
    r"(?:(?<![参增添叠附更])加|➕|找|私)\s?(?:我|下|一下|个|群主|老师|主播|客服|本人|她|他)?的?\s?"
    rf"(?:{_WECHAT}|{_QQ}|{_TELEGRAM}|v(?![a-z0-9])|v(?=\d{{4}})|q(?![a-z])|微(?!笑|小|弱|妙|博|波|软|型|积)|薇(?!娅)"
    r"|扣(?!分|钱|血|税|押|人|下|除|篮|工|蓝|杀|1)|卫星|裙(?!子|摆|底))"
    r"(?!飞车|音乐|炫舞|农场|堂|游戏|空间|会员|红包)"
)
"""加v, 加微信, ➕q: told to add somebody."""
_PLUS = re.compile(
    r"(?:(?<![a-z0-9])(?<![a-z0-9] )[➕+➀十]\s?(?:[vq]|vx|wx|qq|微信?|薇信?|威信|扣扣?|裙|群)"
    r"|(?:🐧|🛩️?|✈️?)\s?[:：]?\s?\d{5,})(?![a-z])"
)
_TOLD = re.compile(
    r"(?<![a-z])add (?:me on )?(?:insta|snap ?chat|kik|whats ?app|tele ?gram) [a-z0-9_]{5,20}(?![a-z0-9])"
    r"|(?<![a-z])(?:(?:我|本人|主播|客服|群主|老师|小姐姐|美女|妹妹)的?|my |our )"
    rf"(?:{_WECHAT}|{_QQ}|{_TELEGRAM}|whats ?app|snap ?chat|only ?fans|insta(?:gram)?|twitter|facebook|kik)(?![a-z])"
)
_FOLLOW = re.compile(
    r"(?<![a-z])(?:follow|add|message|text|contact|hit|reach|find|dm|whats ?app|call|write(?: to)?)"
    r"\s?(?:me|us|him|her|my|mr\.?|our)\b.{0,12}(?<![a-z])(?:on|at|via|through|@)\s?"
    r"(?:whats ?app|tele ?gram|tg|insta(?:gram)?|ig|twitter|facebook|fb|snap ?chat|kik|signal|twitch|tik ?tok"
    r"|soundcloud|spotify)"
)
_WORD = re.compile(
    r"(?:[微薇徽葳][信芯]|威信|维信|扣扣|企鹅号|公众号|公号|小红书号|电报|飞机群|加群|群号|私聊我|主页看|看主页)"
    r"|(?<![a-z])(?:vx|wx|v信|wechat|telegram|whatsapp|line id|discord\.gg)(?![a-z])"
    r"|(?<![a-z])t\s?g\s?[:：@]|(?<![a-z])tg (?=[a-z0-9_]*[0-9_])"
    r"|(?:我的?|加|找|用)\s?qq(?![a-z]|飞车|音乐|炫舞|农场|堂|游戏)|(?<![a-z])qq\s?(?:群|号|[:：])"
    r"|(?<!参)加(?:vx?|qq?|wx|微信?|扣扣?)(?![a-z]|笑|分)"
)
"""A word about a messenger; not sure."""
_HANDLE = re.compile(
    r"(?:(?:联系|联系方式|客服|咨询|频道|飞机|电报|telegram|(?<![a-z])tg|contact|dm)\s?[:：]?\s{0,2}|[:：👉➡\ufe0f📩💬☎✈→=【「]"
    r"|(?<![\s@]))(@[a-z][a-z0-9_]{4,31})(?![a-z0-9_])"
)
_SAID_BEFORE = 8
"""A name with an @ that is no answer to somebody: right behind so many characters, not before them."""
_MARKED = re.compile(r"[+➕🐧✈🛩]|t g|[vq]\s?[:：]|(?<![a-z])[vq]\s?\d{5}")
"""Marks and spaces that a folded text has lost."""
_FIVE_DIGITS = re.compile(r"\d{5}")


def look(views: Views) -> Contact | None:
    """The surest messenger account or pointer of a line."""
    groups = views.signs | (NAMES if _is_marked(views.plain) else 0)
    account = _account(_close(views.plain), views.folded) if groups & NAMES else None
    if account is not None and account.sure:
        return account
    if "@" in views.written and (handle := _handle(views.written.lower())):
        return Contact(ContactKind.MESSENGER, handle)
    for group, shape in _POINTERS:
        if groups & group and (found := shape.search(views.folded)):
            return Contact(ContactKind.POINTER, found[0])
    return account


def signs(folded: str) -> int:
    """Which groups of patterns may find something in a folded text, as bits; 0: none, as in most lines.

    Those leave without the finder, which gives up the interpreter's lock at each call: beside another busy thread it takes
    long to come back."""
    plain = folded.isascii()
    if not (plain or _TWO.search(folded)) or _ANY[plain].search(folded) is None:
        return 0
    groups = 0
    for place, _, _ in _FINDER.find_matches_as_indexes(folded, overlapping=True):
        groups |= _GROUP_OF[place]
    return groups


def _is_marked(plain: str) -> bool:
    """True for a line with a mark that a folded text has lost; most have none, and looking for one takes long."""
    may = (
        ":" in plain or "+" in plain or "t g" in plain or not plain.isascii() or _FIVE_DIGITS.search(plain) is not None
    )
    return may and _MARKED.search(plain) is not None


def _close(plain: str) -> str:
    """The text without what stands between each of its characters."""
    return plain if plain.isalnum() else _SPREAD.sub(lambda found: _BETWEEN_EACH.sub("", found[0]), plain)


_SPREAD = re.compile(r"(?:\w[^\w\s]{1,2}){7,}\w")
_BETWEEN_EACH = re.compile(r"[^\w\s]+")


def _handle(written: str) -> str:
    found = _HANDLE.search(written)
    return found[1] if found and found.start(1) >= _SAID_BEFORE else ""


def _account(plain: str, folded: str) -> Contact | None:
    for shape in (_USED, _INVITED, _TOLD, _FOLLOW):
        if found := shape.search(folded) or shape.search(plain):
            return Contact(ContactKind.MESSENGER, found[0])
    if found := _PLUS.search(plain):
        return Contact(ContactKind.MESSENGER, found[0])
    found = _WORD.search(folded) or _WORD.search(plain)
    return Contact(ContactKind.MESSENGER, found[0], sure=False) if found else None


def _read() -> Iterator[tuple[int, list[str], list[str]]]:
    """The sections of `pointers.txt`: a bit, the patterns, and the signs without which they need not be tried."""
    text = Path(__file__).with_name("pointers.txt").read_text(encoding="utf-8")
    for number, section in enumerate(re.split(r"(?m)^\[[a-z]+\]$", text)[1:]):
        rows = [row for row in section.splitlines() if row and not row.startswith("#")]
        signs = " ".join(row[1:] for row in rows if row.startswith("?")).replace("_", "\0").split()
        patterns = [_as_folded(row) for row in rows if not row.startswith("?")]
        yield 1 << number, patterns, [_as_folded(sign.replace("\0", " ")) for sign in signs]


def _as_folded(pattern: str) -> str:
    """A pattern with its letters in the form they have in a folded text (Cyrillic ones look like Latin ones there)."""
    return re.sub("[\u0400-\u04ff]", lambda letter: fold(letter[0]) or letter[0], pattern)


def _any(words: set[str]) -> str:
    """A pattern that finds any of these words, by their first characters, then their second ones …"""
    rests: dict[str, set[str]] = {}
    for word in sorted(words):
        rests.setdefault(word[0], set()).add(word[1:])
    whole = "".join(re.escape(first) for first, rest in rests.items() if "" in rest)
    longer = [re.escape(first) + _any(rest) for first, rest in rests.items() if "" not in rest]
    return f"(?:{'|'.join([f'[{whole}]'] * bool(whole) + longer)})"


def _two(words: set[str]) -> str:
    """A pattern for what begins like any of these words, nearly: quicker, where the words begin with rare characters."""
    whole = {word for word in words if len(word) == 1}
    first, second = ({word[place] for word in words - whole} for place in (0, 1))
    one, other, alone = ("".join(map(re.escape, sorted(each))) for each in (first, second, whole))
    return f"[{one}][{other}]|[{alone}]"


_SECTIONS = tuple(_read())
_POINTERS = [(group, re.compile("|".join(patterns))) for group, patterns, _ in _SECTIONS if patterns]
_SIGNS = {sign for _, _, signs in _SECTIONS for sign in signs}
_TWO = re.compile(_two(_SIGNS))
_ANY = {True: re.compile(_any({sign for sign in _SIGNS if sign.isascii()})), False: re.compile(_any(_SIGNS))}
_FINDER = AhoCorasick([sign for _, _, signs in _SECTIONS for sign in signs])
_GROUP_OF = [group for group, _, signs in _SECTIONS for _ in signs]
