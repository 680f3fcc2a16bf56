"""What a crowd says together without meaning to: laughter, praise and crying, one word for each kind.

The fold makes one of each however long it is (``哈哈哈哈`` → ``哈``, ``23333`` → ``233``), and keeps them apart, as
somebody's word list may mean one of them. :func:`emotion` tells what they have in common.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ratelimit.fold import fold

_KINDS = {
    "laughter": (
        "哈 嘿 呵 嘻 嗝 233 草 艹 笑 笑死 笑死我了 笑了 笑哭 笑不活了 w ww k kk ㅋㅋㅋ ㅋㅋ ㅎㅎㅎ ㅎㅎ "
        "h hh ha ah haa hah aha he eh hehe ja je ks rs "
        "lol lul lulw lmao lmfao rofl kek kekw omegalul pepelaugh elegiggle icant xd xdd xswl hhh mdr jk 😂 🤣 😆 😹 😄 😁"
    ),
    "praise": "666 66 6 牛 牛啊 牛批 牛逼 nb nbnb gg wp pog pogu pogchamp poggers awsl yyds tql 强 👍 👏 🔥 888 88",
    "crying": "555 55 呜 呜呜 哭 哭了 泪目 qaq qwq sadge biblethump pepehands feelsbadman 😭 😢 😿",
}
_WORDS = {fold(word): kind for kind, words in _KINDS.items() for word in words.split()}
_LONGEST_FIRST = sorted(_WORDS, key=lambda word: (-len(word), word))
_PIECES = "|".join(
    f"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isalpha() and word.isascii() else re.escape(word)
    for word in _LONGEST_FIRST
)
_WORD = re.compile(rf"{_PIECES}|(?<![a-z])(?:[ha]*ha[ha]*|[he]*hehe[he]*|[ja]*ja[ja]*|[lo]*lol[lo]*)(?![a-z])|[ .!~]")
LONGEST = 60
"""Longer lines are no mere laughter, or made to look like it."""


@lru_cache(maxsize=1024)
def emotion(folded: str) -> str | None:
    """``laughter``, ``praise`` or ``crying``, whichever comes first in a folded text of nothing else; None for others."""
    if not folded or len(folded) > LONGEST:
        return None
    found, place = None, 0
    while place < len(folded):
        word = _WORD.match(folded, place)
        if word is None:
            return None
        kind = _WORDS.get(word[0], None if word[0] in " .!~" else "laughter")
        found, place = found or kind, word.end()
    return found
