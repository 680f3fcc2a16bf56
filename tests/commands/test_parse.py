"""Which lines are commands, and which words follow: both languages, every keyboard, any unicode."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.parse import CHINESE, WORDS, CommandName, parse, tidy

C = CommandName


@pytest.mark.parametrize("word", sorted(WORDS))
@pytest.mark.parametrize("mark", ["!", "！", " ! ", "\u200b！"])
def test_every_word_is_a_command_after_either_mark(word: str, mark: str) -> None:
    found = parse(f"{mark}{word} @bob")
    assert found is not None
    assert (found.command, found.arguments) == (WORDS[word], ("@bob",))


@pytest.mark.parametrize("word", sorted(CHINESE))
def test_chinese_words_stand_bare_where_a_target_follows_and_only_there(word: str) -> None:
    for after in (" @bob", "@bob", "＠bob", " #k3f", "＃k3f", " last", "上一条", "：@bob", "“bob”"):
        found = parse(word + after)
        assert found is not None, after
        assert found.command is CHINESE[word]
    for after in ("", "大家好", " 大家", "了吗", " @", " #", "!"):
        assert parse(word + after) is None, after


def test_every_command_has_an_english_and_a_chinese_word() -> None:
    assert set(CHINESE.values()) == set(CommandName)
    assert {command.value for command in CommandName} <= set(WORDS)


@pytest.mark.parametrize(
    ("text", "command", "arguments"),
    [
        ("!r @bob spam", C.REPORT, ("@bob", "spam")),
        ("!REPORT   @bob   spam  ", C.REPORT, ("@bob", "spam")),
        ("！ｒｅｐｏｒｔ　＠bob　刷屏", C.REPORT, ("@bob", "刷屏")),
        ("!report@bob spam", C.REPORT, ("@bob", "spam")),
        ("!report: @bob, spam", C.REPORT, ("@bob,", "spam")),
        ("!report @ bob", C.REPORT, ("@bob",)),
        ("!举报小明 刷屏", C.REPORT, ("小明", "刷屏")),
        ("舉報 @小明，洗版", C.REPORT, ("@小明，洗版",)),
        ('!mute "Night Owl" 10m', C.MUTE, ("@Night Owl", "10m")),
        ("!mute @“Night Owl” 10m", C.MUTE, ("@Night Owl", "10m")),
        ("!mute 「夜 猫」 10分", C.MUTE, ("@夜 猫", "10分")),
        ("!mute ‘Night Owl’ it's late", C.MUTE, ("@Night Owl", "it's", "late")),
        ("!mute @bob O'Brien's friend", C.MUTE, ("@bob", "O'Brien's", "friend")),
        ('!mute @bob "unclosed', C.MUTE, ("@bob", '"unclosed')),
        ("!del ＃k3f", C.DELETE, ("#k3f",)),
        ("申诉 a7k4 不是我", C.APPEAL, ("a7k4", "不是我")),
        ("申訴Ａ７Ｋ４", C.APPEAL, ("Ａ７Ｋ４",)),
        ("@bob !mute 10m", C.MUTE, ("10m",)),
        ("@bob，！禁言 10分", C.MUTE, ("10分",)),
        ("回复 @bob：!禁言 10分", C.MUTE, ("10分",)),
        ("@danmod 举报 @bob", C.REPORT, ("@bob",)),
        ("!re\u200bport \u2060@bob\u200d", C.REPORT, ("@bob",)),
        ("!why?", C.WHY, ()),
        ("!help\r\n!ban @bob", C.HELP, ("!ban", "@bob")),
    ],
)
@pytest.mark.norm("N2.1-1b", "behaviour")
def test_a_command_in_many_spellings(text: str, command: CommandName, arguments: tuple[str, ...]) -> None:
    found = parse(text)
    assert found is not None
    assert (found.command, found.arguments, found.rest) == (command, arguments, " ".join(arguments))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "！",
        "! ",
        "!!",
        "!!report @bob",
        "!foo",
        "!reports @bob",
        "report @bob",
        "please !report @bob",
        "@alice don't you !ban @bob",
        "> !ban @bob",
        "!＠bob",
        "!1d20",
        "我要举报 @bob",
        "撤回 一条消息",
        "案件 发生了",
        "𝐫eport",
        "\u200b",
    ],
)
def test_what_is_not_ours_is_no_command(text: str) -> None:
    assert parse(text) is None


def test_the_name_an_answer_begins_with_is_kept_apart() -> None:
    found = parse("@Bob !mute 10m")
    assert found is not None
    assert found.addressed == "Bob"


def test_another_prefix_and_its_full_width_twin() -> None:
    assert parse("?mute @bob", prefix="?") == parse("？mute @bob", prefix="?") == parse("!mute @bob")
    assert parse("!mute @bob", prefix="?") is None


@pytest.mark.fault("X7")
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_no_text_upsets_the_parser(text: str) -> None:
    for line in (text, "!" + text, "！report " + text, "举报 @" + text, "@a !ban " + text, f'!mute "{text}" {text}'):
        found = parse(line)
        if found is not None:
            "".join((*found.arguments, found.rest, found.addressed)).encode()
            assert "\0" not in found.rest
            assert "\n" not in found.rest


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@pytest.mark.norm("N2.1-1b", "bad-input")
def test_a_huge_note_is_cut() -> None:
    found = parse("!report @bob " + "x" * 10_000)
    assert found is not None
    assert len(found.rest) <= 2_000
