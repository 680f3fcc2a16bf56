"""Who writes what in the sandbox: five crowds, each a pure function of its seed.

`calm` never ends; the others do. All names and lines are our own inventions. The regulars of `calm` are the ones who
rejoice in `cheer`, as in a real room; the accounts of a `raid` have never been seen before. The names of the regulars
are in `regulars.txt`, what they chat about is in `calm.txt`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from random import Random
from typing import Literal, NamedTuple

from streams.sandbox.frames import RoleName

CrowdKind = Literal["calm", "cheer", "raid", "flooder", "reporters"]


class CrowdLine(NamedTuple):
    """One line, ``delay_s`` seconds after the one before it."""

    delay_s: float
    name: str
    role: RoleName
    text: str


def _lines_of(name: str) -> tuple[str, ...]:
    """A list of ours, kept beside the code."""
    return tuple(files("streams.sandbox").joinpath(name).read_text(encoding="utf-8").splitlines())


REGULARS = _lines_of("regulars.txt")
"""People who are in the room every evening."""

CALM = _lines_of("calm.txt")
"""What they chat about."""

_CHEERS = ("666", "哈哈哈哈哈", "好耶！", "太强了", "GG", "漂亮！！", "let's gooo", "NICE", "赢了赢了", "泪目")

_ADVERTS = (
    "低价代练，三天上王者，加群领福利",
    "免费皮肤限时送，搜索公众号星河小铺",
    "cheap followers fast, visit star-shop dot example",
)
_RAID_NAMES = ("游客", "新用户", "guest", "player", "星友", "user")
_DECORATIONS = ("", " ", "~", "！", "✨", "。。", " →", "❗")

_FLOODS = (
    "冲冲冲冲冲冲冲冲",
    "看我看我看我",
    "哇哇哇哇哇哇哇哇哇",
    "LOOK AT ME",
    "aaaaaaaaaaaaaaaa",
    "🔥🔥🔥🔥🔥🔥🔥🔥",
)

_RUDE = (
    ("杠精本精", "主播这水平还好意思播，趁早滚吧，看的人也都没脑子", "骂人"),
    ("剧透小王子", "结局我告诉你们：最后是那个医生干的，别看了", "剧透"),
    ("sourmilk", "you are all pathetic, especially the one with the cat, get lost", "insulting people"),
)
_REPORTS = ("!report @{name} {why}", "！举报 @{name} {why}", "!r @{name} {why}", "举报 @{name} {why}")


def calm(seed: int) -> Iterator[CrowdLine]:
    """An ordinary evening, without end: regulars chat, nobody twice in a row, no line again before all were said."""
    chance, last, bag = Random(f"calm {seed}"), "", list[str]()
    while True:
        bag = bag or chance.sample(CALM, len(CALM))
        last = chance.choice([name for name in REGULARS if name != last])
        yield CrowdLine(chance.uniform(0.8, 3.2), last, "viewer", bag.pop())


def cheer(seed: int) -> Iterator[CrowdLine]:
    """A great moment: every regular rejoices two or three times within some seconds, many of them alike."""
    chance = Random(f"cheer {seed}")
    favourites = chance.sample(_CHEERS, 3)
    names = [name for _ in range(3) for name in chance.sample(REGULARS, len(REGULARS))][: 2 * len(REGULARS) + 9]
    for name in names:
        yield CrowdLine(chance.uniform(0.03, 0.25), name, "viewer", _stretched(chance, chance.choice(favourites)))


def raid(seed: int) -> Iterator[CrowdLine]:
    """Thirty fresh accounts push one advertisement, twice each, with a rotating suffix and small changes."""
    chance = Random(f"raid {seed}")
    advert = chance.choice(_ADVERTS)
    names = [f"{chance.choice(_RAID_NAMES)}{number}" for number in chance.sample(range(10_000, 100_000), 30)]
    for turn, name in enumerate(chance.sample(names, 30) + chance.sample(names, 30)):
        suffix = f" {(seed * 7 + turn * 13) % 97:02d}"
        yield CrowdLine(chance.uniform(0.05, 0.3), name, "viewer", _mutated(chance, advert) + suffix)


def flooder(seed: int) -> Iterator[CrowdLine]:
    """One person who cannot stop: fifty lines, four a second, mostly the same."""
    chance = Random(f"flooder {seed}")
    name = f"{chance.choice(('停不下来', 'loudmouth', '刷屏侠'))}{chance.randrange(10, 100)}"
    favourite = chance.choice(_FLOODS)
    for _ in range(50):
        text = favourite if chance.random() < 0.8 else chance.choice(_FLOODS)
        yield CrowdLine(chance.uniform(0.15, 0.35), name, "viewer", text + "!" * chance.randrange(3))


def reporters(seed: int) -> Iterator[CrowdLine]:
    """Somebody is rude, and four regulars report it by chat command."""
    chance = Random(f"reporters {seed}")
    name, text, why = chance.choice(_RUDE)
    yield CrowdLine(0.5, name, "viewer", text)
    for reporter, form in zip(chance.sample(REGULARS, 4), chance.sample(_REPORTS, 4), strict=True):
        yield CrowdLine(chance.uniform(0.8, 2.5), reporter, "viewer", form.format(name=name, why=why))


CROWDS: dict[CrowdKind, Callable[[int], Iterator[CrowdLine]]] = {
    "calm": calm,
    "cheer": cheer,
    "raid": raid,
    "flooder": flooder,
    "reporters": reporters,
}
"""Every crowd by its name on the page and in the API."""


def _stretched(chance: Random, text: str) -> str:
    """A cheer with its last character held a little longer."""
    return text + text[-1] * chance.randrange(3)


def _mutated(chance: Random, text: str) -> str:
    """The text with one small change, as people who evade filters make it."""
    spot = chance.randrange(1, len(text))
    spaced = text[:spot] + chance.choice(("", "", " ", "·")) + text[spot:]
    return spaced + chance.choice(_DECORATIONS)
