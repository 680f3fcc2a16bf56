"""Adverts hide their contact in a hundred ways; viewers laugh, count, date and sing with digits."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.contacts import LOOKED_AT, ContactKind, contact_in, has_contact


@pytest.mark.fault("X3")
@pytest.mark.parametrize(
    "text",
    [
        "加微信 abc123",
        "buy cheap gold at gold4u.example now",
        "visit bigfollows dot com",
        "visit bigfollows(dot)com",
        "加VX：abc",
        "加 V 看片",
        "加v",
        "+V abc",
        "➕q 聊",
        "微 信 abc",
        "微❤信",
        "微.信",
        "微\u200b信",
        "薇芯号在主页",
        "威信同号",
        "看主页",
        "私聊我领福利",
        "我的qq你懂",
        "ＱＱ１３５７９",
        "Ⓥ信",
        "電報群",
        "WeChat: me",
        "w\u0435chat: me",
        "t g: seller",
        "看片abc.com速来",
        "免费xyz.cc",
        "http://x.yz/abc",
        "https://example.org",
        "www.foo.bar",
        "discord.gg/abc",
        "t.me/seller foo.me",
        "13800138000",
        "1 3 8-0013-8000",
        "１３８００１３８０００",
        "①③⑧⓪⓪①③⑧",
        "call 021.5555.0199",
        "2026-11-21 13800138000",
    ],
)
def test_a_contact_is_seen_through(text: str) -> None:
    assert has_contact(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "23333333",
        "2333333333333",
        "666666",
        "66666666",
        "66666666 2333333",
        "555 666 777",
        "5.30 pm",
        "5.30-6.30 pm",
        "20:30",
        "加油",
        "加油加油加油",
        "主播加油",
        "加微笑",
        "参加VS对战",
        "扣分加扣分",
        "QQ飞车开黑",
        "qq音乐有吗",
        "hahahaha",
        "5201314",
        "1314520",
        "5201314520",
        "12345678",
        "1234567890",
        "987654321",
        "2026-11-21",
        "21.11.2026",
        "20261121",
        "2019-2024",
        "1.5 2.5 3.5",
        "3-1 2-2 1-0",
        "10.000.000",
        "v5 v5",
        "i like tgm",
        "i.e. this, e.g. that",
        "no way. me neither",
        "123456",
    ],
)
def test_an_innocent_line_has_none(text: str) -> None:
    assert not has_contact(text)


@pytest.mark.fault("X3")
@pytest.mark.fault("X4")
@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("看片abc.com速来", ContactKind.LINK, "abc.com"),
        ("see http://user@evil.example/shop", ContactKind.LINK, "evil.example"),
        ("new site: shop . example . com", ContactKind.LINK, "example.com"),
        ("abc点com", ContactKind.LINK, "abc.com"),
        ("go to ａｂｃ．ｃｏｍ", ContactKind.LINK, "abc.com"),
        ("hxxp://abc.zz/x", ContactKind.LINK, "abc.zz"),
        ("write to sales@abc.co.uk now", ContactKind.EMAIL, "sales@abc.co.uk"),
        ("加薇芯 abc123", ContactKind.MESSENGER, "薇芯abc123"),
        ("加❤微❤信", ContactKind.MESSENGER, "加微信"),
        ("telegram: seller_77", ContactKind.MESSENGER, "telegram"),
        ("扣扣 一三五七九二四六", ContactKind.MESSENGER, "扣扣"),
        ("电话一三八〇〇一三八〇〇〇", ContactKind.NUMBER, "13800138000"),
        ("call 1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣", ContactKind.NUMBER, "1380013"),
        ("群 9l525l3o2", ContactKind.NUMBER, "915251302"),
        ("call +44 20 7946 0958", ContactKind.NUMBER, "442079460958"),
        ("29526 Q 77544", ContactKind.NUMBER, "2952677544"),
        ("片 w4281951 你懂", ContactKind.NUMBER, "4281951"),
        ("2591 1478束缚", ContactKind.NUMBER, "25911478"),
        ("1117622405", ContactKind.NUMBER, "1117622405"),
        ("喂心 CAD571", ContactKind.MESSENGER, "cad571"),
        ("V：xjkj-2022", ContactKind.MESSENGER, "xjkj-2022"),
        ("全网最高价收卡骗子勿扰@seller_abc", ContactKind.MESSENGER, "@seller_abc"),
        ("看我头像有惊喜", ContactKind.POINTER, "看我头像"),
        ("p\u200blease subscribe to my channel", ContactKind.POINTER, "please subscribe"),
        ("check out my new video", ContactKind.POINTER, "check out my new video"),
        ("пишите мне в лс", ContactKind.POINTER, ""),
        ("在线接单薇❤qk53fxij", ContactKind.MESSENGER, "qk53fxij"),
        ("微y82s5jf5 低价", ContactKind.MESSENGER, "y82s5jf5"),
        ("v伩22s3i8", ContactKind.MESSENGER, "v伩22s3i8"),
        ("来~看~过~来~微~信~i~i~3~c~r~u~q~v", ContactKind.MESSENGER, "ii3cruqv"),
        ("insta abc123", ContactKind.MESSENGER, "insta abc123"),
        ("grow fast, add insta hjurau", ContactKind.MESSENGER, "insta hjurau"),
        ("аbc.соm", ContactKind.LINK, "abc.com"),
        ("cheap viewers һκѕԁіρе.τορ", ContactKind.LINK, "hksdipe.top"),
        ("w w w . x y z . c o m", ContactKind.LINK, "www.xyz.com"),
        ("w🎉i💰n p✅h.c🔥o🎉m", ContactKind.LINK, "ph.com"),
        ("⒝⒤⒯.⒧⒴/⒨⒣⒩", ContactKind.LINK, "bit.ly"),
    ],
)
def test_what_was_found_is_named(text: str, kind: ContactKind, found: str) -> None:
    contact = contact_in(text)
    assert contact is not None
    assert (contact.kind, contact.sure) == (kind, True)
    assert found in contact.found


@pytest.mark.parametrize(
    ("word", "told"),
    [("qq: who has it", False), ("0176525", False), ("加群有用吗", False), ("低价出号 加群", True)],
)
def test_a_mere_word_about_a_contact_is_not_sure_unless_the_line_sells(word: str, told: bool) -> None:
    contact = contact_in(word)
    assert contact is not None
    assert contact.sure is told


@pytest.mark.parametrize(
    "text",
    [
        "Mr.Robot was better",
        "pat.exe stopped working",
        "korone.wav",
        "patch 1.16.5.2 is out",
        "BV12s41127ch 建议来复习下",
        "cv9954371 用这个关弹幕看同传",
        "房间号 123456789",
        "密码411247343",
        "1,648,684 points",
        "$1234567 for a skin",
        "12345678日元",
        "一二三四五六七八",
        "@u7400c3473732 thanks",
        "有能DD",
        "1100-1200的价位",
        "17 19 19 17 17",
        "1984 1985 1986",
        "user12345678 subscribed for 6 months",
        "Valkyrie0025 hello",
        "strg + c & strg + v geht nicht",
        "half decent game. gg all",
        "百度搜的吧",
        "@somebody_else you are right about that",
        "so funny @somebody_else",
        "需要加载地图",
        "his channel is great",
        "ONE MORE IN MY LIFE",
        "pls sub mode this chat",
        "welcome to my stream",
        "明治维新",
        "22:33 44:55 11:22",
        "2:1 0:0 3:3 1:2",
        "that was odd",
        "稍微1080p高点",
        "薇娅2020",
        "всё.со мной",
        "что.me",
        "α.β.γ.δ",
        "l . o . l . m . e",
        "N.E.T.F.L.I.X",
        "a b c d e f g h",
    ],
)
def test_game_talk_has_no_contact(text: str) -> None:
    assert contact_in(text) is None


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert has_contact(text) == (contact_in(text) is not None)


@given(st.text(alphabet="加vqx微信.@/:01一➕ \u200b点群dot", max_size=60))
def test_any_text_made_of_pieces_of_contacts_is_answered(text: str) -> None:
    assert has_contact(text) == (contact_in(text) is not None)


@pytest.mark.parametrize(
    "piece",
    ["12.345.", "1,234,", "a.", "加我的", "v_", "check my ", "需要的请", "1 ", "find me ", "x@", "a❤", "w . ", "薇❤"],
)
def test_no_line_takes_long(piece: str) -> None:
    began = time.process_time()
    for _ in range(10):
        contact_in((piece * LOOKED_AT)[:LOOKED_AT])
    assert time.process_time() - began < 0.5


@given(st.sampled_from("加微信看主页"), st.integers(0, 600))
def test_only_the_beginning_of_a_long_line_is_looked_at(letter: str, length: int) -> None:
    """A line of 10,000 characters costs no more than one of 500."""
    padding = "好" * length
    assert has_contact(padding + "微信") == (length <= 498)
