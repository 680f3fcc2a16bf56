"""Made-up chat for the benchmark: rooms with calm lines, a raid of variants in each, heavy-tailed senders.

`chat` is one room's texts as people type them: reactions that everybody repeats, sentences that nobody does, a raid.
"""

from __future__ import annotations

import json
import random
from typing import Any

import brotli  # type: ignore[import-untyped]  # the package ships no types

from bench.bilibili import LINES_A_FRAME, captured_lines, with_extra
from streams.bilibili.decode import Decoder
from streams.bilibili.facts import RoomFacts
from streams.bilibili.wire import pack
from streams.events import RoomKey

ROOMS = 50
RAID_SHARE = 0.05
REACTION_SHARE = 0.33
RAIDERS = 40
"""Accounts that raid a room; each is muted at its first or second line and goes on."""
VIEWERS = 400
"""People who write in a room, the busiest five times as often as most. None of them is fast enough to flood."""
RAID = "免费领皮肤加威信 xh{number:05d} 手慢无{suffix}"


def room_key(number: int) -> RoomKey:
    """The key of the n-th room."""
    return RoomKey(f"bilibili:{number}")


def decoders() -> list[Decoder]:
    """One decoder a room."""
    return [Decoder(RoomFacts(room_key(number), number, owner_id="1")) for number in range(ROOMS)]


def frames(count: int, seed: int = 7) -> list[tuple[int, bytes]]:
    """``count`` brotli frames of 35 lines with the number of their room."""
    chance = random.Random(seed)
    bodies = captured_lines()
    return [_frame(chance, bodies, number) for number in range(count)]


def _frame(chance: random.Random, bodies: list[dict[str, Any]], number: int) -> tuple[int, bytes]:
    packets = [_packet(chance, bodies, number % ROOMS, f"{number:08x}{place:08x}") for place in range(LINES_A_FRAME)]
    return number % ROOMS, pack(5, brotli.compress(b"".join(packets), quality=5), version=3)


def _packet(chance: random.Random, bodies: list[dict[str, Any]], room: int, identity: str) -> bytes:
    body = json.loads(with_extra(chance.choice(bodies), identity))
    raid = chance.random() < RAID_SHARE
    uid = 10**9 + 100 * room + chance.randrange(RAIDERS) if raid else 10**6 + int(VIEWERS * chance.random() ** 1.3)
    info = body["info"]
    info[0][9], info[0][12] = 0, 0
    info[1] = _raid(chance) if raid else _calm(chance)
    info[2][0], info[2][1], info[2][2] = uid, f"viewer{uid}", 0
    return pack(5, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), version=0)


def _raid(chance: random.Random) -> str:
    return RAID.format(number=12345, suffix=chance.choice("abcdefghij"))


def _calm(chance: random.Random) -> str:
    """A reaction that everybody types, or more often a sentence that hardly ever comes again."""
    if chance.random() < REACTION_SHARE:
        return _reaction(chance)
    return "".join(_words(chance, CHINESE, chance.randint(2, 7))) + _mark(chance)


_REACTIONS = """
哈哈哈 哈哈哈哈哈 666 6666666 233333 草 ？？？ ？ 来了来了 好听 好家伙 awsl 主播好 晚上好 可惜 牛啊 可以 wwww
加油 GG LUL KEKW lol hahaha nice gg pog POGGERS hi what F rip W 笑死 泪目 下次一定 打卡 第一 前排 BibleThump
monkaS PogChamp
"""
_CHINESE = """
主播 今天 我 你 他 这 那 是 不 了 的 在 有 就 都 也 还 没 要 会 能 说 看 打 玩 吃 来 去 走 想 好 大 小 多 少
什么 怎么 为什么 真的 感觉 应该 可能 已经 突然 终于 刚才 现在 以后 昨天 游戏 视频 直播 声音 画面 音乐 衣服 头发
电脑 手机 房间 剧情 结局 装备 技能 对面 队友 打野 中路 大招 地图 任务 奖励 存档 火锅 奶茶 外卖 作业 考试 上班
下班 睡觉 起床 周末 老师 朋友 妈妈 猫 狗 鸟 鱼 树 山 海 雨 雪 太阳 月亮 红色 蓝色 快点 慢慢 小心 厉害 漂亮 可爱
奇怪 简单 复杂 便宜 高级 无聊 开心 难过 害怕 生气 紧张 舒服 掉线 卡住 迷路 翻车 通关 复活 逃跑 投降 抽卡 保底
出货 更新 维护 取消 关注 上船 点歌 唱歌 跳舞 吧 吗 啊
"""
_ENGLISH = """
the a i you he it is was are not do did have has can will just really so too very this that what why how when
who my your his game stream boss level music sound screen chat mod clip run jump sword gun map quest door
ending story friend brother dog cat food pizza coffee work school sleep weekend today tomorrow yesterday never
always maybe almost again still already look see play watch kill die win lose start stop go come think know
want need love hate feel break fix miss remember forget good bad best worst old new big small fast slow easy
hard funny weird sad happy scary loud quiet broken lucky actually literally finally somehow man dude guys
"""
REACTIONS, CHINESE, ENGLISH = (words.split() for words in (_REACTIONS, _CHINESE, _ENGLISH))
PUSHED = ("免费领皮肤加薇信 xh{number} 手慢无{suffix}", "buy cheap viewers at xh{number} fast {suffix}")


def chat(count: int, seed: int = 7) -> list[str]:
    """``count`` texts of one room, Chinese and English: a third are reactions, the popular ones far more often than the
    others, one in twenty a raid's with other numbers each time, and the rest sentences, which hardly ever come again."""
    chance = random.Random(seed)
    return [_typed(chance) for _ in range(count)]


def _typed(chance: random.Random) -> str:
    kind = chance.random()
    if kind < REACTION_SHARE:
        return _reaction(chance)
    if kind < REACTION_SHARE + RAID_SHARE:
        return chance.choice(PUSHED).format(number=chance.randrange(10**5, 10**8), suffix=chance.choice("abcdefghij"))
    mark = _mark(chance)
    if chance.random() < 0.6:
        return "".join(_words(chance, CHINESE, chance.randint(2, 7))) + mark
    return " ".join(_words(chance, ENGLISH, chance.randint(2, 9))) + mark


def _reaction(chance: random.Random) -> str:
    """The popular ones far more often than the others."""
    return REACTIONS[int(len(REACTIONS) * chance.random() ** 2)]


def _mark(chance: random.Random) -> str:
    return chance.choice(("", "", "", "", "！", "～", "😂", "...", "？"))


def _words(chance: random.Random, words: list[str], count: int) -> list[str]:
    return [words[int(len(words) * chance.random() ** 1.5)] for _ in range(count)]
