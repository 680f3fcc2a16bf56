"""Promotion: grave when money is asked for, known again in disguise, and welcome from declared sponsors alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.categories import category
from cases.model import Evidence, EvidenceKind, EvidenceLine
from cases.promotions import SHORTEST, Sponsor, asks_for_money, fingerprint, presumed, sellers, sponsor_of
from cases.sentence import Severity
from tests.cases.matter import NOW, Matter

SHOP = Sponsor("Shop", ("shop.example", "shop.test"))


@pytest.mark.norm("P1-4", "deadline")
@pytest.mark.parametrize(
    "line",
    [
        "double your money, send $50 to my PayPal first",
        "d e p o s i t now and win",
        "先付定金 保证金可退",
        "加微信 转账立返",
        "加LINE 轉帳立返",
        "ＵＳＤＴ only",
    ],
)
def test_where_money_is_asked_for_the_review_is_a_severe_one(line: str) -> None:
    assert asks_for_money(line)
    assert presumed("advertising", [line]) is Severity.SEVERE
    assert presumed("insult", [line]) is category("insult").severity


@pytest.mark.norm("P1-4", "bad-input")
@pytest.mark.parametrize(
    "line",
    [
        "I bought this keyboard last year, honestly it is great",
        "the phone costs 300 and the battery lasts two days",
        "这款键盘我用了一年 真的不错",
        "主播今天的礼物好多",
        "gg wp",
    ],
)
def test_an_honest_review_is_no_advertisement(line: str) -> None:
    assert not asks_for_money(line)
    assert presumed("advertising", [line]) is category("advertising").severity
    assert sponsor_of(line, [SHOP]) is None


@pytest.mark.norm("P1-4", "behaviour")
def test_a_seller_is_known_again_in_disguise() -> None:
    texts = (
        "cheap coins at coins.example today",
        "CHEAP  c0ins at coins.example today",
        "c\u200bheap coins at coins.example today",
    )
    files = []
    for place, text in enumerate((texts[0], texts[2])):
        matter = Matter()
        matter.report(f"p-{place}")
        state = matter.case
        line = EvidenceLine("m1", "Ann", text, NOW, judged=True)
        files.append((state, (Evidence(EvidenceKind.AT_ONCE, NOW, (line,)),)))
    assert sellers(files[:1]) == ()
    assert fingerprint(texts[0]) == fingerprint(texts[2])
    codes = {state.code for state, _ in files}
    found = sellers(files, least=len(codes))
    assert [seller.fingerprint for seller in found] == [fingerprint(texts[0])]


@pytest.mark.norm("N2.2-3b", "behaviour")
@pytest.mark.parametrize(
    ("text", "sponsored"),
    [
        ("get 10 % off at shop.example", True),
        ("https://www.shop.example/deal and m.shop.test", True),
        ("shop.example and other.example", False),
        ("evil-shop.example", False),
        ("shop.example.evil.test", False),
        ("no link at all", False),
    ],
)
def test_a_sponsor_is_welcome_with_the_own_links_alone(text: str, sponsored: bool) -> None:
    assert (sponsor_of(text, [SHOP]) is SHOP) == sponsored


@given(st.text(max_size=60))
def test_a_fingerprint_is_short_and_says_nothing(text: str) -> None:
    key = fingerprint(text)
    assert key is None or (len(key) == SHORTEST + 4 and key not in text)
