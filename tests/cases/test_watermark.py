"""Leak drills: what got out tells whose export it was, as far as the module says so (norm N4.3-1)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.watermark import Copy, marked, marked_document, source, unmarked, unmarked_document
from tests.cases.seals import SEALS

TEXT = "case A7K2 in irc:#talk\n\nAnn: buy now\n举报：刷屏\n"
READERS = [Copy(f"staff-{n}", "A7K2") for n in range(50)]
LEAKER = READERS[17]
EXPORT = marked(TEXT, LEAKER, SEALS)


@pytest.mark.norm("N4.3-1", "behaviour")
def test_a_leaked_export_names_its_reader() -> None:
    assert source(EXPORT, READERS, SEALS) == (LEAKER,)


@pytest.mark.norm("N4.3-1", "behaviour")
@pytest.mark.parametrize(
    "leak",
    [
        EXPORT.split("\n")[2],
        EXPORT.split("\n")[3],
        "\n".join(EXPORT.split("\n")[:-2]),
        "> " + EXPORT.replace("\n", "\r\n> "),
        f"look what they write: “{EXPORT.split(chr(10))[0]}” lol",
        EXPORT.split("\n")[-2],
        EXPORT.split("\n")[-2].upper(),
    ],
    ids=["one line", "a Chinese line", "without reference", "quoted", "within a sentence", "reference", "photographed"],
)
def test_a_part_of_it_is_enough(leak: str) -> None:
    assert source(leak, READERS, SEALS) == (LEAKER,)


@pytest.mark.norm("N4.3-1", "behaviour")
def test_every_reader_is_told_from_every_other() -> None:
    for copy in READERS:
        assert source(marked(TEXT, copy, SEALS).split("\n")[0], READERS, SEALS) == (copy,)


def test_the_same_reader_is_found_in_another_export_too() -> None:
    other = Copy(LEAKER.reader, "B3C4")
    assert source(EXPORT, [other], SEALS) == ()
    assert source(EXPORT, [other, LEAKER], SEALS) == (LEAKER,)


DOCUMENT = {
    "case": {"code": "A7K2", "reports": [{"id": "A7K2-r1", "note": "rude"}], "lines": 3},
    "evidence": [
        {"lines": [{"sender": "Ann", "text": "买 now"}, {"sender": "Ben", "text": ""}], "facts": ["4 copies"]}
    ],
}


@pytest.mark.norm("N4.3-1", "behaviour")
def test_a_case_file_carries_the_marks_and_stays_itself() -> None:
    """Ids and numbers are untouched; one quoted line, or the reference, names the reader; what is frozen comes back."""
    marked_file = marked_document(DOCUMENT, LEAKER, SEALS)
    assert marked_file["case"]["reports"][0]["id"] == "A7K2-r1"
    assert source(marked_file["evidence"][0]["lines"][0]["text"], READERS, SEALS) == (LEAKER,)
    assert source(marked_file["evidence"][0]["facts"][0], READERS, SEALS) == (LEAKER,)
    assert source(marked_file["reference"], READERS, SEALS) == (LEAKER,)
    assert unmarked_document(json.loads(json.dumps(marked_file))) == DOCUMENT


@pytest.mark.norm("N4.3-1", "bad-input")
def test_what_was_typed_anew_or_cleaned_names_nobody() -> None:
    """Said in the module: then the access log tells who had it."""
    assert source(TEXT, READERS, SEALS) == ()
    cleaned = EXPORT.encode("ascii", "ignore").decode().split("ref.")[0]
    assert source(cleaned, READERS, SEALS) == ()
    assert source("", READERS, SEALS) == ()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\u200b\u200c\u2060"), max_size=200))
def test_nothing_visible_changes_but_the_reference(text: str) -> None:
    body = text.rstrip("\n")
    assert unmarked(marked(text, LEAKER, SEALS)).rstrip("\n") == body
