"""Adverts hide their contact in a hundred ways; viewers laugh, count, date and sing with digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.contacts import has_contact


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


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert has_contact(text) in (True, False)


@given(st.sampled_from("加微信看主页"), st.integers(0, 600))
def test_only_the_beginning_of_a_long_line_is_looked_at(letter: str, length: int) -> None:
    """A line of 10,000 characters costs no more than one of 500."""
    padding = "好" * length
    assert has_contact(padding + "微信") == (length <= 498)
