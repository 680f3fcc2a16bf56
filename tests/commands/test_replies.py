"""Replies: within a platform's line, safe to say, and no more of them than a room can bear."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import clerk, hearing, intake, measures
from cases.catalogue import LANGUAGES, catalogue, has, say
from commands.parse import parse
from commands.replies import CODES_KEPT, NOTICES_KEPT, HintLimit, Reply, ReplyBudget, clean, fit, short_name

LONGEST = {
    "code": "A7K4",
    "codes": "A7K4 B3C4",
    "choices": "#zzz #zzy",
    "command": "!overturn",
    "count": "40",
    "detail": "x",
    "name": "A name of somebody here!",
    "phrase": "no private data of others",
    "seen": "the same text 12 times in 25 s",
    "rule": "R4",
    "rules": "R1 no flooding",
    "span": "28d 23h",
    "status": "overturned",
    "until": "2026-05-01 13:00 UTC",
    "url": "https://example.org/public",
    "lines": "500",
    "viewers": "500",
    "known": "500",
    "measure": "delete",
    "text": "join the golden circle now",
}
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)


CHAT = sorted({key.rsplit(".", 1)[0] for key in catalogue("en") if key.startswith("chat.")})
PARTS = {"chat.why_seen"}
"""Parts of longer replies, which leave them out where a line is short."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_short_form_fits_twenty_characters(language: str) -> None:
    zh = {"span": "28天 23小时", "status": "不予处理"} if language != "en" else {}
    for key in sorted({*CHAT} - PARTS):
        assert len(say(language, key, 20, **{**LONGEST, **zh})) <= 20, key


@pytest.mark.fault("X29")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", [None, 20])
def test_nothing_we_say_is_a_command(language: str, limit: int | None) -> None:
    for key in CHAT:
        said = fit(say(language, key, limit, **LONGEST), limit)
        assert parse(said) is None, key
        assert parse(f"@Bob {said}") is None, key


def test_every_refusal_of_the_registrar_has_a_hint() -> None:
    parts = "".join(inspect.getsource(part) for part in (clerk, intake, measures, hearing))
    reasons = set(re.findall(r'Refusal\(\s*"(\w+)"', parts))
    assert len(reasons) > 10
    assert [reason for reason in sorted(reasons) if not has(f"chat.{reason}")] == []


@pytest.mark.parametrize(
    ("text", "limit", "fitted"),
    [
        ("short", 20, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("one too many", 11, "one too ma…"),
        ("abc", 0, ""),
        ("abc", 1, "…"),
        ("ab e\u0301\u0302z", 5, "ab…"),
        ("x👍🏽y", 3, "x…"),
        ("x👨\u200d👩\u200d👧y", 5, "x…"),
        ("🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"),
        ("两 行\r\n三", 10, "两 行 三"),
    ],
)
def test_shortening_keeps_graphemes_whole(text: str, limit: int, fitted: str) -> None:
    assert fit(text, limit) == fitted


@pytest.mark.fault("X12")
@given(ANY_TEXT, st.one_of(st.none(), st.integers(0, 60)))
def test_what_we_say_is_one_clean_line_within_the_limit(text: str, limit: int | None) -> None:
    said = fit(text, limit)
    assert limit is None or len(said) <= limit
    said.encode()
    assert not set(said) & set("\r\n\0\u202e\u2066\u2028")
    assert not said.startswith(("/", ".", "!", "！"))
    assert fit(said, limit) == said or said.endswith("…")


@pytest.mark.fault("X2")
@given(ANY_TEXT)
def test_a_name_is_short_and_never_empty(name: str) -> None:
    said = short_name(name)
    assert 1 <= len(said) <= 24
    assert clean(said) == said


def _receipt(code: str) -> Reply:
    return Reply(f"received: {code}", code=code)


def test_receipts_wait_for_the_budget_and_go_out_together() -> None:
    budget = ReplyBudget("en")
    assert [reply.text for reply in budget.offer(_receipt("A7K4"), 0.0)] == ["received: A7K4"]
    assert budget.offer(_receipt("B3C4"), 1.0) == []
    assert budget.offer(_receipt("D4E6"), 44.0) == []
    assert budget.offer(_receipt("B3C4"), 44.5) == []
    assert budget.due_s() == 45.0
    assert budget.advance(44.9) == []
    assert [reply.text for reply in budget.advance(45.0)] == ["received: B3C4, D4E6"]
    assert budget.due_s() is None
    assert budget.advance(1_000.0) == []


def test_a_short_line_takes_what_fits_and_the_rest_waits() -> None:
    budget = ReplyBudget("zh-CN")
    budget.offer(_receipt("A7K4"), 0.0, 20)
    for code in ("B3C4", "D4E6", "E6F7", "H3J4"):
        budget.offer(_receipt(code), 1.0, 20)
    assert [reply.text for reply in budget.advance(45.0, 20)] == ["已受理 B3C4 D4E6 E6F7"]
    assert [reply.text for reply in budget.advance(90.0, 20)] == ["已受理 H3J4"]


def test_moderators_appeals_and_whispers_do_not_wait() -> None:
    budget = ReplyBudget("en")
    budget.offer(Reply("rules"), 0.0)
    for reply in (Reply("done", urgent=True), Reply("psst", private=True)):
        assert budget.offer(reply, 1.0) == [reply]
    assert budget.offer(Reply("help"), 1.0) == []
    assert [reply.text for reply in budget.advance(45.0)] == ["help"]


def test_what_waits_is_bounded_and_what_is_dropped_is_counted() -> None:
    budget = ReplyBudget("en")
    budget.offer(Reply("first"), 0.0)
    for number in range(1_000):
        budget.offer(_receipt(f"A{number:03}"), 1.0)
        budget.offer(Reply(f"notice {number}"), 1.0)
        budget.offer(Reply("again and again"), 1.0)
    assert budget.dropped >= 2_000 - CODES_KEPT - NOTICES_KEPT
    (line,) = budget.advance(45.0, 400)
    assert len(line.text) <= 400
    assert "A999" in line.text


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 30), st.booleans()), max_size=60))
def test_a_room_never_hears_two_notices_within_the_gap(steps: list[tuple[float, int, bool]]) -> None:
    budget, now_s, said = ReplyBudget("en"), 0.0, []
    for wait_s, number, receipt in steps:
        now_s += wait_s
        offered = _receipt(f"A{number:03}") if receipt else Reply(f"notice {number}")
        said += [now_s for _ in budget.offer(offered, now_s)]
    assert all(after - before >= 45 for before, after in pairwise(said))


def test_one_hint_a_minute_a_person_and_a_bounded_memory() -> None:
    hints = HintLimit(timedelta(seconds=60), people=2)
    assert [hints.allows("a", second) for second in (0.0, 59.9, 60.0)] == [True, False, True]
    assert hints.allows("b", 60.0)
    assert hints.allows("c", 60.0)
    assert hints.allows("a", 61.0)
