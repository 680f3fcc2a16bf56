"""IRC lines: golden examples, laws, and whatever a hostile server may send (X7, X12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.irc.wire import BODY_CAP, LINE_CAP, LineBuffer, cut, format_line, lines_of, parse, plain, split

GOLDEN = [
    ("PING", "", "", "PING", []),
    ("PING :a b", "", "", "PING", ["a b"]),
    (":irc.x 001 danmod :Welcome", "", "irc.x", "001", ["danmod", "Welcome"]),
    (":a!b@c PRIVMSG #r :hello :)", "", "a!b@c", "PRIVMSG", ["#r", "hello :)"]),
    (":a!b@c privmsg #r ::x", "", "a!b@c", "PRIVMSG", ["#r", ":x"]),
    (":a  JOIN   #r", "", "a", "JOIN", ["#r"]),
    (":a JOIN :", "", "a", "JOIN", [""]),
    ("@a=1;b :s NOTICE * :x", ";a=1;b;", "s", "NOTICE", ["*", "x"]),
    ("@ PING", ";;", "", "PING", []),
    ("MODE #r +b m:ann!*@*", "", "", "MODE", ["#r", "+b", "m:ann!*@*"]),
]


@pytest.mark.parametrize(("text", "tags", "source", "command", "params"), GOLDEN)
def test_a_line_is_read_by_the_book(text: str, tags: str, source: str, command: str, params: list[str]) -> None:
    line = parse(text)
    assert line is not None
    assert (line.raw_tags, line.source, line.command, line.params) == (tags, source, command, params)


@pytest.mark.parametrize("text", ["", " ", ":source", ":source ", "@tags", "@tags :source", "@tags ", ":", "@"])
def test_what_holds_no_command_is_no_line(text: str) -> None:
    assert parse(text) is None


@pytest.mark.fault("X12")
def test_tags_are_unescaped_and_the_last_of_a_name_counts() -> None:
    line = parse(r"@a=x\:\s\\\r\n\q\;b=;c;d=1;d=2;+draft/reply=9;nod=5 PRIVMSG #r :x")
    assert line is not None
    assert line.tag("a") == "x; \\\r\nq"
    assert (line.tag("b"), line.tag("c"), line.tag("d")) == ("", "", "2")
    assert (line.tag("+draft/reply"), line.tag("e"), line.tag("od")) == ("9", None, None)


@pytest.mark.fault("X12")
def test_a_line_without_tags_has_none() -> None:
    line = parse(":a!b@c PRIVMSG #r :msgid=1;time=2")
    assert line is not None
    assert line.tag("msgid") is None


@pytest.mark.fault("X12")
def test_eight_kilobytes_of_tags_are_read_and_more_is_dropped() -> None:
    tags = "@a=" + "x" * (8191 - 4)
    fitting = f"{tags} PRIVMSG #r :".ljust(LINE_CAP, "y")
    assert len(fitting) == LINE_CAP
    lines, dropped = lines_of(fitting)
    assert (len(lines), dropped) == (1, 0)
    assert lines_of(fitting + "y") == ([], 1)
    buffer = LineBuffer()
    assert buffer.feed(fitting.encode() + b"y" * 100_000) == []
    assert len(buffer._rest) <= LINE_CAP + 2
    assert buffer.feed(b"\r\nPING\r\n") == ["PING"]
    assert buffer.dropped == 1


@pytest.mark.fault("X7")
def test_bad_bytes_are_replaced_and_nul_vanishes() -> None:
    assert lines_of(b"PRIVMSG #r :\xff\x00a\xed\xa0\x80")[0][0].startswith("PRIVMSG #r :\ufffda")
    assert lines_of("PRIVMSG #r :\ud800x") == (["PRIVMSG #r :?x"], 0)


@given(st.lists(st.binary(max_size=40), max_size=8), st.data())
@pytest.mark.fault("F3")
def test_any_split_gives_the_same_lines(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"\r\n".join(parts) + b"\r\n"
    whole = LineBuffer().feed(stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    buffer = LineBuffer()
    pieces = [line for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for line in buffer.feed(stream[a:b])]
    assert pieces == whole


@given(st.integers(LINE_CAP - 3, LINE_CAP + 3), st.sampled_from([b"\n", b"\r\n", b"\r\r\n", b"\rx\n"]))
@pytest.mark.fault("F3")
def test_the_cap_does_not_depend_on_the_split(length: int, end: bytes) -> None:
    stream = b"a" * length + end + b"PING\n"
    whole, dribbled = LineBuffer(), LineBuffer()
    at_once = whole.feed(stream)
    assert [line for byte in stream for line in dribbled.feed(bytes([byte]))] == at_once
    assert dribbled.dropped == whole.dropped


@given(st.binary(max_size=300) | st.text(max_size=300))
@pytest.mark.fault("X12")
def test_no_bytes_raise(data: bytes | str) -> None:
    for text in lines_of(data)[0]:
        line = parse(text)
        if line is not None:
            assert line.command
            for key in ("msgid", "time", "", "a=b"):
                line.tag(key)
            assert (line.nick, line.user_host, line.param(99)) == (line.nick, line.user_host, "")


WORD = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters=" \r\n\0"), min_size=1, max_size=12
).filter(lambda word: word[0] != ":")
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0"), max_size=60)
KEY = st.text("abcdefghij-/.+", min_size=1, max_size=8)


@given(st.lists(WORD, max_size=4), TEXT, st.dictionaries(KEY, TEXT | st.just("a;b \\\r\n"), max_size=4))
def test_what_is_written_is_read_back(middle: list[str], last: str, tags: dict[str, str]) -> None:
    line = parse(format_line("PRIVMSG", *middle, last, tags=tags))
    assert line is not None
    assert (line.command, line.params) == ("PRIVMSG", [*middle, last])
    assert {key: line.tag(key) for key in tags} == tags


@pytest.mark.fault("X12")
@given(st.text(max_size=50), st.text(max_size=50))
def test_no_text_can_begin_a_line_of_its_own(before: str, after: str) -> None:
    written = format_line("PRIVMSG", "#r", f"{before}\r\nQUIT :{after}")
    assert not set(written) & set("\r\n\0")
    assert len(LineBuffer().feed(written.encode("utf-8", "replace") + b"\r\n")) == 1


@pytest.mark.parametrize("word", ["", "a b", ":a", "a\r\nQUIT"])
def test_a_middle_parameter_must_be_one_word(word: str) -> None:
    with pytest.raises(ValueError, match="not one IRC parameter"):
        format_line("KICK", "#r", word, "out")


@given(st.text(max_size=700))
def test_lines_are_cut_at_the_limit_on_a_characters_boundary(text: str) -> None:
    written = format_line("PRIVMSG", "#r", text).encode("utf-8", "replace")
    assert len(written) <= BODY_CAP
    written.decode()


@given(st.text(max_size=500), st.integers(4, 60))
def test_pieces_fit_and_lose_nothing_but_spaces(text: str, most: int) -> None:
    pieces = split(text, most, 1000)
    assert all(0 < len(piece.encode("utf-8", "replace")) <= most for piece in pieces)
    meant = text.encode("utf-8", "replace").decode()
    for unsafe in "\r\n\0":
        meant = meant.replace(unsafe, " ")
    assert "".join("".join(pieces).split()) == "".join(meant.split())


def test_a_text_is_split_at_spaces_and_only_so_often() -> None:
    assert split("one two three", 8, 9) == ["one two", "three"]
    assert split("弹幕弹幕", 7, 9) == ["弹幕", "弹幕"]
    assert split("a b c d", 1, 2) == ["a", "b"]
    assert cut("弹幕", 5) == "弹"


def test_formatting_codes_vanish() -> None:
    assert plain("\x02b\x02 \x0304,12red\x03 \x1di\x0f \x04ff0000hex 3") == "b red i hex 3"
