"""Word lists from files: read in the encodings people save in, with a report of all that was left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.word_lists import MOST_ENTRIES, WordListError, read_word_file

WORDS = "傻逼\n垃圾主播\n滚出去\n"


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "words.txt"
    path.write_bytes(raw)
    return path


@pytest.mark.fault("X16")
@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", "UTF-16"), ("gbk", "GB18030"), ("gb18030", "GB18030")],
)
def test_a_file_is_read_in_the_encoding_it_has(tmp_path: Path, encoding: str, told: str | None) -> None:
    found = read_word_file(written(tmp_path, WORDS.encode(encoding)))
    assert found.sorted.kept == ("傻逼", "垃圾主播", "滚出去")
    assert found.encoding == told
    assert any("save it as UTF-8" in line for line in found.report("bad")) is (told is not None)


@pytest.mark.fault("X16")
def test_traditional_characters_in_big5_are_recognised(tmp_path: Path) -> None:
    found = read_word_file(written(tmp_path, "垃圾主播\n滾出去\n廢物東西\n".encode("big5")))
    assert (found.sorted.kept[0], found.encoding) == ("垃圾主播", "BIG5")


@pytest.mark.fault("X16")
@pytest.mark.parametrize(
    "raw", [b"\xff\xfea", b"caf\xe9\nna\xefve\n", bytes(range(128, 256)), b"\x89PNG\r\n\x1a\n\x00\xff"]
)
def test_bytes_that_are_no_text_are_refused_with_a_cure(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(WordListError, match="save it as UTF-8"):
        read_word_file(written(tmp_path, raw))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WordListError, match="cannot be read"):
        read_word_file(tmp_path / "nothing.txt")


@pytest.mark.fault("X16")
def test_the_report_counts_all_that_was_left_out(tmp_path: Path) -> None:
    text = "# our list\nbad\n\n   \n\u200b\nBAD\nｂａｄ\n草\n" + " ".join(map(str, range(60))) + "\n"
    found = read_word_file(written(tmp_path, text.encode()))
    assert found.report("bad") == [
        "bad: 1 of 8 entries are used",
        "bad: left out, nothing but spaces or marks: 3",
        "bad: left out, said before, after folding: 2",
        "bad: left out, longer than 100 characters: 1",
        "bad: left out, a single character stands in too many words: 草",
    ]


@pytest.mark.fault("X16")
def test_a_hundred_thousand_entries_are_read_and_more_than_can_be_used_refused(tmp_path: Path) -> None:
    many = "".join(f"wort{chr(97 + number % 26)}{number}q\n" for number in range(100_000))
    assert len(read_word_file(written(tmp_path, many.encode())).sorted.kept) > 90_000
    with pytest.raises(WordListError, match="split it"):
        read_word_file(written(tmp_path, b"a\n" * (MOST_ENTRIES + 1)))
