"""One room: accounts, lines, mutes, bans, silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sandbox.frames import Freed, Line, Silenced
from streams.sandbox.names import NAME_LIMIT, Refused, account_id, clean_name, clean_text
from streams.sandbox.room import KEPT_LINES, LINE_LIMIT, MUTE_MAXIMUM_S, SandboxRoom

NOW = 1_800_000_000.0
anything = st.text(st.characters(), max_size=60) | st.text("a\ud800\u202e\u0000\n\u200b弹", max_size=40)


@pytest.fixture
def room() -> SandboxRoom:
    return SandboxRoom("demo", "t-")


def why(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as no:
        call()
    assert no.value.text
    return no.value.why


def test_a_name_is_an_account_and_another_name_another_account(room: SandboxRoom) -> None:
    assert room.enter("Ann") is room.enter("  Ann ")
    assert room.enter("Ann").id != room.enter("ann").id
    assert room.enter("Ann").id == SandboxRoom("other", "x-").enter("Ann").id


def test_roles_come_with_the_reserved_names_only(room: SandboxRoom) -> None:
    roles = {name: room.enter(name).role for name in ("streamer", "mod", "danmod", "Streamer", "mοd")}
    assert list(roles.values()) == ["streamer", "moderator", "bot", "viewer", "viewer"]


@given(anything)
def test_every_name_is_one_clean_line_or_refused(name: str) -> None:
    try:
        tidy = clean_name(name)
    except Refused as no:
        assert no.why == "bad-name"  # noqa: PT017 - a refusal is one of the two right answers
        return
    assert 0 < len(tidy) <= NAME_LIMIT
    assert clean_name(tidy) == tidy
    assert account_id(tidy).startswith("u")
    tidy.encode()


@given(anything)
def test_a_text_loses_controls_and_surrogates_and_nothing_else(text: str) -> None:
    tidy = clean_text(text)
    tidy.encode()
    assert not set(tidy) & {"\n", "\r", "\0"}
    assert clean_text(tidy) == tidy


def test_a_muted_person_is_silent_until_the_very_end(room: SandboxRoom) -> None:
    ann, ben = room.enter("ann"), room.enter("ben")
    assert room.mute(ann.id, 60, "flooding", NOW)
    assert why(lambda: room.speak(ann, "hello", NOW + 59.9)) == "muted"
    assert room.speak(ben, "hello", NOW + 59.9)
    assert room.speak(ann, "hello", NOW + 60)
    assert any(isinstance(news, Freed) for news in room.news)


def test_a_new_mute_replaces_the_old_one_and_the_same_one_stood_already(room: SandboxRoom) -> None:
    ann = room.enter("ann")
    assert room.mute(ann.id, 60, "", NOW)
    assert not room.mute(ann.id, 60, "", NOW + 0.5)
    assert room.mute(ann.id, 5, "", NOW)
    assert room.speak(ann, "short", NOW + 5)


@pytest.mark.parametrize("span_s", [0, -1, 0.5, MUTE_MAXIMUM_S + 1, float("nan"), float("inf")])
def test_a_mute_without_a_sensible_length_is_refused(room: SandboxRoom, span_s: float) -> None:
    assert why(lambda: room.mute(room.enter("ann").id, span_s, "", NOW)) == "bad-span"


def test_a_ban_outlasts_a_mute_and_what_still_stands_is_told(room: SandboxRoom) -> None:
    ann = room.enter("ann")
    room.ban(ann.id, "insults", NOW)
    room.mute(ann.id, 60, "flooding", NOW)
    assert why(lambda: room.speak(ann, "x", NOW + 10_000)) == "banned"
    room.mute(ann.id, 60, "flooding", NOW)
    room.unban(ann.id, NOW + 1)
    told = room.news[-1]
    assert isinstance(told, Silenced)
    assert (told.banned, told.until_s) == (False, NOW + 60)


@pytest.mark.parametrize("name", ["streamer", "mod", "danmod"])
def test_staff_and_the_bot_cannot_be_silenced(room: SandboxRoom, name: str) -> None:
    person = room.enter(name)
    assert why(lambda: room.mute(person.id, 60, "", NOW)) == "staff"
    assert why(lambda: room.ban(person.id, "", NOW)) == "staff"


def test_nobody_unknown_can_be_silenced(room: SandboxRoom) -> None:
    assert why(lambda: room.mute("u000000000000", 60, "", NOW)) == "no-such-person"


def test_a_silenced_room_hears_its_staff_only_and_opens_by_itself(room: SandboxRoom) -> None:
    ann, mod = room.enter("ann"), room.enter("mod")
    room.set_mode("silent", 30, NOW)
    assert why(lambda: room.speak(ann, "x", NOW + 29)) == "silence"
    assert room.speak(mod, "quiet please", NOW + 29)
    assert room.speak(ann, "x", NOW + 30)
    assert not room.set_mode("", None, NOW + 31)


def test_a_room_for_known_people_lets_them_write_and_nobody_new(room: SandboxRoom) -> None:
    ann, new = room.enter("ann"), room.enter("new")
    room.speak(ann, "good evening", NOW)
    room.set_mode("known:120", None, NOW + 121)
    assert room.speak(ann, "still here", NOW + 122)
    assert why(lambda: room.speak(new, "hello", NOW + 122)) == "newcomer"
    assert why(lambda: room.speak(new, "hello", NOW + 999)) == "newcomer", "an attempt makes nobody known"


def test_a_slow_room_takes_a_line_of_each_so_often(room: SandboxRoom) -> None:
    ann = room.enter("ann")
    room.set_mode("slow:10", None, NOW)
    assert room.speak(ann, "one", NOW + 1)
    assert why(lambda: room.speak(ann, "two", NOW + 5)) == "slow"
    assert room.speak(ann, "three", NOW + 11)


@pytest.mark.parametrize("mode", ["quiet", "known:", "slow:0", "known:abc"])
def test_a_mode_there_is_not_is_refused(room: SandboxRoom, mode: str) -> None:
    assert why(lambda: room.set_mode(mode, None, NOW)) == "bad-mode"
    assert room.silence is None


def test_a_removed_line_is_gone_and_removing_it_again_says_already(room: SandboxRoom) -> None:
    line = room.speak(room.enter("ann"), "out", NOW)
    assert room.remove(line.id, NOW)
    assert line.id not in room.lines
    assert not room.remove(line.id, NOW)
    assert why(lambda: room.remove("t-999", NOW)) == "no-such-line"


def test_the_room_keeps_its_last_lines_and_no_more(room: SandboxRoom) -> None:
    ann = room.enter("ann")
    for number in range(KEPT_LINES + 50):
        room.speak(ann, str(number), NOW)
    kept = [line.text for line in room.lines.values()]
    assert kept == [str(number) for number in range(50, KEPT_LINES + 50)]
    assert len({news.id for news in room.news if isinstance(news, Line)}) == KEPT_LINES + 50


def test_too_long_and_empty_lines_are_refused_with_both_numbers(room: SandboxRoom) -> None:
    ann = room.enter("ann")
    assert room.speak(ann, "弹" * LINE_LIMIT, NOW)
    with pytest.raises(Refused, match=rf"{LINE_LIMIT} .*{LINE_LIMIT + 1}"):
        room.speak(ann, "弹" * (LINE_LIMIT + 1), NOW)
    assert why(lambda: room.speak(ann, " \n\0 ", NOW)) == "empty"


def test_an_answer_names_the_line_and_its_author_and_never_a_line_that_is_gone(room: SandboxRoom) -> None:
    first = room.speak(room.enter("ann"), "first", NOW)
    second = room.speak(room.enter("ben"), "second", NOW, reply_to=first.id)
    assert (second.reply_to, second.reply_to_sender) == (first.id, first.sender.id)
    assert room.speak(room.enter("ben"), "third", NOW, reply_to="t-77").reply_to is None


@given(
    st.lists(st.tuples(st.sampled_from(["mute", "unmute", "ban", "unban", "wait"]), st.integers(1, 90)), max_size=25)
)
def test_nobody_ever_speaks_while_a_sanction_stands(deeds: list[tuple[str, int]]) -> None:
    room, now_s, muted_until, banned = SandboxRoom("demo", "t-"), NOW, 0.0, False
    ann = room.enter("ann")
    for deed, amount in deeds:
        match deed:
            case "mute":
                if room.mute(ann.id, amount, "", now_s):
                    muted_until = now_s + amount
            case "unmute":
                room.unmute(ann.id, now_s)
                muted_until = 0
            case "ban":
                room.ban(ann.id, "", now_s)
                banned = True
            case "unban":
                room.unban(ann.id, now_s)
                banned = False
            case _:
                now_s += amount
        try:
            room.speak(ann, "x", now_s)
            spoke = True
        except Refused:
            spoke = False
        assert spoke == (not banned and now_s >= muted_until)
