"""Personal data in a line: found in both languages and in disguise, masked whole, nothing else touched."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.masking import MASK, disclosing, masked, masked_evidence, personal_spans
from cases.model import Evidence, EvidenceKind, EvidenceLine

NOW = datetime(2026, 5, 4, 20, 15, tzinfo=UTC)

DISCLOSED = [
    ("her number is 13812345678 call her", "13812345678", "phone"),
    ("她的手机 138-1234-5678", "138-1234-5678", "phone"),
    ("１３８ １２３４ ５６７８ 大家打爆", "１３８ １２３４ ５６７８", "phone"),
    ("+86 138 1234 5678", "+86 138 1234 5678", "phone"),
    ("打给他 010-62345678", "010-62345678", "phone"),
    ("0912-345-678 是他的", "0912-345-678", "phone"),
    ("call me at (555) 123-4567 now", "(555) 123-4567", "phone"),
    ("+44 20 7946 0958", "+44 20 7946 0958", "phone"),
    ("phone: 5551234567", "5551234567", "phone"),
    ("电话62345678", "62345678", "phone"),
    ("身份证 11010519491231002X", "11010519491231002X", "card"),
    ("id 110105 19491231 0021", "110105 19491231 0021", "card"),
    ("A123456789 就是他", "A123456789", "card"),
    ("ssn 078-05-1120", "078-05-1120", "card"),
    ("卡号 6222 0212 3456 7890 123", "6222 0212 3456 7890 123", "card"),
    ("write to jane.doe+x@example.co.uk !", "jane.doe+x@example.co.uk", "mail"),
    ("jane (at) example (dot) org", "jane (at) example (dot) org", "mail"),
    ("jane @ example . org", "jane @ example . org", "mail"),
    ("jane @example.org", "jane @example.org", "mail"),
    ("she lives at 221b Baker Street, flat 4", "221b Baker Street, flat 4", "address"),
    ("12 North Elm Ave", "12 North Elm Ave", "address"),
    ("北京市朝阳区建国路88号", "北京市朝阳区建国路88号", "address"),
    ("住在中山路12弄3号501室", "中山路12弄3号501室", "address"),
    ("台北市信義區松仁路100號3樓", "台北市信義區松仁路100號3樓", "address"),
]

HARMLESS = [
    "233333333333333",
    "666666 888888",
    "5201314",
    "2026-05-04 20:15 开始",
    "第1234号作品",
    "3.14159265358979",
    "10 000 000 views",
    "v1.2.3.4",
    "@someone nice play",
    "hi @Ben. You idiot",
    "Report: !report @name. Your rights and data",
    "I love @lily.she sings",
    "我在路上",
    "他住在上海",
    "score 12-3-4",
    "一路 88",
    "room 545068",
    "come to 5 places with me",
    "the 3 musketeers drive me crazy",
    "1 2 3 4 5 6 7 8 9",
]


@pytest.mark.norm("N2.2-2", "behaviour")
@pytest.mark.parametrize(("text", "data", "kind"), DISCLOSED)
def test_disclosed_data_is_found_and_masked_whole(text: str, data: str, kind: str) -> None:
    spans = personal_spans(text)
    assert [span.kind for span in spans] == [kind]
    assert data in text[spans[0].start : spans[0].end] or text[spans[0].start : spans[0].end] in data
    for digits in filter(lambda part: any(c.isdecimal() for c in part), data.split()):
        assert digits not in masked(text)
    assert data not in masked(text)
    assert MASK in masked(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_discloses_nobody_stays_as_it_is(text: str) -> None:
    assert personal_spans(text) == ()
    assert masked(text) == text


@given(st.text(max_size=300))
def test_masking_is_done_once_and_spans_are_in_order(text: str) -> None:
    spans = personal_spans(text)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert (masked(text) == text) is (not spans)


def test_a_text_beyond_all_chat_lines_is_cut_rather_than_shown() -> None:
    assert masked("x" * 3_000).endswith(MASK)
    assert "13812345678" not in masked("x" * 2_000 + " 13812345678")


def _evidence(*texts: str, judged: bool = True) -> Evidence:
    lines = tuple(EvidenceLine(f"m{place}", "Eve", text, NOW, judged=judged) for place, text in enumerate(texts))
    return Evidence(EvidenceKind.AT_ONCE, NOW, lines, ("quoted: 13812345678",))


@pytest.mark.norm("N2.2-2", "behaviour")
def test_evidence_views_are_masked_and_the_original_is_untouched() -> None:
    original = _evidence("13812345678", "hello")
    (shown,) = masked_evidence([original])
    assert [line.text for line in shown.lines] == [MASK, "hello"]
    assert shown.facts == (f"quoted: {MASK}",)
    assert original.lines[0].text == "13812345678"


@pytest.mark.norm("N2.2-2", "bad-input")
def test_only_lines_that_pass_the_pattern_check_are_hidden_unseen() -> None:
    evidence = [_evidence("call 13812345678", "she is annoying")]
    assert [line.message_id for line in disclosing("doxxing", evidence)] == ["m0"]
    assert [line.message_id for line in disclosing("privacy", evidence)] == ["m0"]
    assert disclosing("insult", evidence) == ()
    assert disclosing("doxxing", [_evidence("13812345678", judged=False)]) == ()
