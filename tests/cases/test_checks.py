"""Each check alone: at its limit, one below it, and what it leaves in peace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cases.checks import CHECKS, CheckMode, CheckSettings, Finding, Seen, Thresholds, Weight, findings
from cases.checks.sender import inside, repeat
from cases.checks.sender import sender_rate as rate
from ratelimit.limits import SENDER_BURST, SENDER_SUSTAINED, Usage, Window
from streams.events import Sender
from tests.cases.room import Room, counted, remark, usage, viewer

MASKED = Sender(None, "***")
ADVERT = "加微信 abc888 领取福利{}"
VARIANTS = [f"come and see my channel for free skins today {mark}" for mark in "abcdefghijklmnopqrstuvwxyz0123456789"]


def asked(check: Callable[[Seen], Finding | None], room: Room, sender: Sender | str, text: str) -> Finding | None:
    """What the check says of one line that arrives now."""
    return check(room.see(sender, text))


class TestSenderRate:
    @pytest.mark.parametrize(("window", "amount"), [(SENDER_BURST, 8), (SENDER_SUSTAINED, 20)])
    def test_at_the_limit_and_one_below(self, window: Window, amount: int) -> None:
        seen = Room().see("Ann", "hi there")
        assert rate(replace(seen, usage=counted(window, amount - 1))) is None
        found = rate(replace(seen, usage=counted(window, amount)))
        assert found is not None
        assert (found.check, found.rule.id, found.lines) == ("sender-rate", "R1", (seen.line,))
        assert str(amount) in found.words

    def test_the_words_name_count_and_limit(self) -> None:
        found = rate(replace(Room().see("Ann", "hi"), usage=usage(s10=11)))
        assert found is not None
        assert found.words == "11 lines by one account; within 10 s; the limit is 8"

    def test_short_lines_and_commands_are_counted_too(self) -> None:
        """No line is short enough to be sent without end."""
        seen = Room().see("Ann", "6", plain=True)
        assert rate(replace(seen, usage=usage(s10=8))) is not None

    @pytest.mark.fault("X28")
    def test_a_masked_sender_is_never_measured(self) -> None:
        assert rate(replace(Room().see(MASKED, "hi there"), usage=usage(s10=99, s60=99))) is None


class TestItsOwnTempo:
    def test_a_burst_of_a_newcomer_is_measured_in_sixteen_seconds(self) -> None:
        room = Room()
        found = []
        for number in range(9):
            found.append(asked(rate, room, "Ann", remark(number)) is not None)
            room.wait(2.1)
        assert found == [False] * 7 + [True] * 2

    def test_somebody_known_may_write_so_for_a_while(self) -> None:
        room = Room()
        room.settle(people=1, lines=16, gap_s=8.0)
        for number in range(12):
            assert asked(rate, room, "Regular0", remark(40 + number)) is None
            room.wait(2.1)

    def test_an_excited_fan_is_never_found(self) -> None:
        """Eight to fifteen short lines a minute, for five minutes."""
        room = Room()
        for number in range(75):
            assert room.find("Ann", f"omg {remark(number)[:20]}") == []
            room.wait(4.0)

    def test_in_a_room_where_everybody_is_fast_the_limit_is_higher(self) -> None:
        room = Room()
        for number in range(1200):
            room.say(f"Fast{number // 7 % 40}", remark(number))
            room.wait(0.5)
        found = [asked(rate, room, "Fast0", remark(number)) is not None for number in range(12)]
        assert found.index(True) > 7

    def test_a_crowd_that_says_the_very_same_is_joined(self) -> None:
        """Hearts, and the votes of a show: everybody sends many, in one moment."""
        for text in ("💜💜💜", "!beards larissa"):
            room = Room()
            for _ in range(3):
                for number in range(6):
                    room.say(f"Fan{number}", text, plain=text[0] == "!")
            assert [asked(rate, room, "Fan0", text) for _ in range(12)] == [None] * 12

    def test_alone_it_is_a_flood(self) -> None:
        room = Room()
        found = [asked(rate, room, "Ann", "💜💜💜") is not None for _ in range(9)]
        assert found == [False] * 7 + [True] * 2

    def test_whoever_goes_on_after_being_found_has_less_room(self) -> None:
        room = Room()
        for number in range(8):
            room.say("Ann", remark(number))
        room.wait(9.9)
        found = [asked(rate, room, "Ann", remark(20 + number)) is not None for number in range(3)]
        assert found[-1]


class TestRepeat:
    def test_the_fourth_copy_is_found_not_the_third(self) -> None:
        room = Room()
        found = [asked(repeat, room, "Ann", "buy my skins") for _ in range(4)]
        assert found[:3] == [None] * 3
        assert found[3] is not None
        assert found[3].check == "repeat"
        assert found[3].rule.id == "R1"
        assert "4" in found[3].words
        assert "3" in found[3].words

    @pytest.mark.parametrize(("gap_s", "free"), [(1.3, 3), (1.4, 4), (5.0, 4)])
    def test_copies_that_take_their_time_are_forgiven_one_more(self, gap_s: float, free: int) -> None:
        room, found = Room(), []
        for _ in range(6):
            found.append(asked(repeat, room, "Ann", "buy my skins") is not None)
            room.wait(gap_s)
        assert found == [False] * free + [True] * (6 - free)

    def test_copies_are_equal_after_folding(self) -> None:
        room = Room()
        texts = ["Buy my skins", "ＢＵＹ my skins!", "b.u.y my skins", "buy my\u200b skins..."]
        assert [asked(repeat, room, "Ann", text) is not None for text in texts] == [False] * 3 + [True]

    def test_slow_copies_are_no_repeat(self) -> None:
        """Somebody who waits for the stream says so every ten seconds."""
        for gap_s in (7.0, 10.0, 16.0):
            room = Room()
            for _ in range(20):
                assert asked(repeat, room, "Ann", "good evening everybody") is None
                room.wait(gap_s)

    def test_rather_slow_ones_are_kept_off_and_nobodys_fault(self) -> None:
        room = Room()
        found = []
        for _ in range(8):
            found.append(asked(repeat, room, "Ann", "please play my song"))
            room.wait(5.0)
        assert found[:4] == [None] * 4
        assert all(one is not None and one.weight is Weight.HOLD for one in found[4:])

    def test_in_a_busy_room_less_time_counts_for_somebody_who_says_other_things_too(self) -> None:
        for busy in (False, True):
            room = Room()
            room.settle(people=1, lines=12, gap_s=8.0)
            found = []
            for turn in range(6):
                found.append(asked(repeat, room, "Regular0", "play my song again"))
                for number in range(8 if busy else 1):
                    room.say(f"Guest{turn * 8 + number}", remark(turn * 8 + number + 100))
                room.wait(5.2)
            assert any(found) != busy

    def test_another_persons_copies_do_not_count(self) -> None:
        room = Room()
        people = ("Ann", "Ben", "Cai", "Dee", "Eve", "Fay")
        assert [asked(repeat, room, name, "what a jump") for name in people] == [None] * 6


class TestNearRepeat:
    TEXTS = (
        "free skins at my page today a",
        "free skins at my page today b",
        "free skins at my page todayy c",
        "free skins at my pages today d",
        "ok free skins at my page today",
    )

    def test_the_fourth_variant_is_found_not_the_third(self) -> None:
        room = Room()
        found = [asked(repeat, room, "Ann", text) for text in self.TEXTS]
        assert [one is not None for one in found] == [False] * 3 + [True] * (len(self.TEXTS) - 3)
        assert found[3] is not None
        assert found[3].words.startswith("nearly the same text 4 times")

    @pytest.mark.parametrize(
        "texts",
        [
            [f"放首歌吧好不好{tail}" for tail in ("", "啊", "~", "483", "jxf", " pls")],
            [f"unmute the game please {tail}" for tail in ("", "8", "now", "xk2", "!!", "ok")],
            ["unmute the game", "un mute the game", "unmutethegame", "unmtue the game", "u nmute the ga me"],
        ],
    )
    def test_whatever_is_hung_on_it(self, texts: list[str]) -> None:
        room = Room()
        assert [asked(repeat, room, "Ann", text) is not None for text in texts][4:] == [True] * (len(texts) - 4)

    def test_different_texts_are_no_repeat(self) -> None:
        room = Room()
        assert [asked(repeat, room, "Ann", remark(number)) for number in range(8)] == [None] * 8

    def test_the_span_slides(self) -> None:
        room = Room()
        for text in self.TEXTS * 2:
            assert asked(repeat, room, "Ann", text) is None
            room.wait(10.1)

    def test_several_people_saying_it_are_no_repeat(self) -> None:
        room = Room()
        assert [asked(repeat, room, f"U{number}", text) for number, text in enumerate(self.TEXTS)] == [None] * 5


class TestWhatIsNeverARepeat:
    @pytest.mark.parametrize(
        "text", ["6", "666", "啊啊啊啊啊", "???", "哈哈哈哈", "gg", "lol", "好的", "加油", "👍👍👍", "w w w"]
    )
    def test_three_folded_characters_or_fewer(self, text: str) -> None:
        room = Room()
        assert [asked(repeat, room, "Ann", text) for _ in range(30)] == [None] * 30

    @pytest.mark.parametrize("text", ["!report @bob", "!vote red team", "一键三连主播加油", "join the giveaway"])
    def test_commands_votes_canned_and_invited_phrases(self, text: str) -> None:
        room = Room()
        assert [repeat(room.see("Ann", text, plain=True)) for _ in range(30)] == [None] * 30

    @pytest.mark.fault("X28")
    def test_masked_senders(self) -> None:
        room = Room()
        assert [asked(repeat, room, MASKED, "buy my skins") for _ in range(30)] == [None] * 30

    @pytest.mark.norm("N2.2-3a", "behaviour")
    def test_a_crowds_song(self) -> None:
        """Singing along with people who are known here is no flood."""
        room = Room()
        room.settle(people=6)
        for _ in range(4):
            for number in range(6):
                assert asked(repeat, room, f"Regular{number}", "champions of the world") is None
                room.wait(0.5)

    def test_three_singers_are_no_crowd(self) -> None:
        room = Room()
        room.settle(people=3)
        found = []
        for _ in range(6):
            for number in range(3):
                found.append(asked(repeat, room, f"Regular{number}", "champions of the world"))
                room.wait(0.5)
        assert any(found)


class TestInside:
    @pytest.mark.parametrize(
        "text", ["哈" * 300, "ab" * 150, "spam " * 60, "a b " * 75 + "c", "哈" * 299 + " 哈", "草" * 1000]
    )
    def test_long_lines_made_of_little_are_found(self, text: str) -> None:
        found = asked(inside, Room(), "Ann", text)
        assert found is not None
        assert (found.check, found.rule.id) == ("inside", "R1")

    @pytest.mark.parametrize(
        "text",
        [
            "哈" * 299,
            "spam " * 59,
            " ".join(f"word{number}" for number in range(60)),
            "".join(chr(0x4E00 + number) for number in range(300)),
            "The quick brown fox jumps over the lazy dog, and then it does many other things that nobody in this chat "
            "would have expected of such a small animal on a Tuesday: it reads the rules, writes a long letter to the "
            "streamer about the soundtrack, asks for the name of the third boss and goes home without a word more.",
        ],
    )
    def test_short_ones_and_real_text_are_not(self, text: str) -> None:
        assert asked(inside, Room(), "Ann", text) is None

    def test_the_share_at_its_limit(self) -> None:
        texts = ["".join(chr(0x4E00 + place % distinct) for place in range(300)) for distinct in (36, 37)]
        assert [asked(inside, Room(), "Ann", text) is not None for text in texts] == [True, False]

    def test_a_canned_phrase_may_be_as_silly_as_it_likes(self) -> None:
        assert inside(Room().see("Ann", "哈" * 400, plain=True)) is None


class TestAsking:
    def test_every_check_is_asked_and_may_be_switched_off(self) -> None:
        assert [check.name for check in CHECKS] == ["sender-rate", "repeat", "inside", "wave", "contact"]
        seen = replace(Room().see("Ann", "哈" * 400), usage=usage(s10=9))
        assert [one.check for one in findings(seen, CheckSettings())] == ["sender-rate", "inside"]
        assert [one.check for one in findings(seen, CheckSettings(modes={"sender-rate": CheckMode.OFF}))] == ["inside"]

    def test_a_room_may_have_limits_of_its_own(self) -> None:
        room = Room()
        room.change(inside_length=50, repeats=2, wave_senders=2)
        assert asked(inside, room, "Ann", "哈" * 50) is not None
        assert asked(repeat, room, "Ben", "some words to say") is None
        assert asked(repeat, room, "Ben", "some words to say") is not None

    @given(st.text(max_size=400), st.integers(0, 300), st.booleans(), st.booleans())
    def test_no_text_breaks_a_check(self, text: str, count: int, masked: bool, plain: bool) -> None:
        room = Room()
        for _ in range(3):
            seen = room.see(MASKED if masked else viewer("Ann"), text, plain=plain)
        seen = replace(seen, usage=Usage((count,) * len(seen.usage.counts)))
        for found in findings(seen, CheckSettings()):
            assert found.lines
            assert found.words
            assert not (masked and found.check in ("sender-rate", "repeat"))

    @pytest.mark.fault("X6")
    @pytest.mark.parametrize("text", ["z" + "\u0301" * 10_000, "x" * 1_000_000, "👨‍👩‍👧" * 100_000, "\ufdfa" * 10_000])
    def test_of_a_monstrous_line_the_beginning_is_looked_at(self, text: str) -> None:
        found = findings(replace(Room().see("Ann", text), usage=usage(s10=8)), CheckSettings())
        assert [one.check for one in found] == ["sender-rate", "inside"]
        assert found[1].words.startswith("one line of 2000 characters; ")

    def test_the_defaults_are_those_of_the_documentation(self) -> None:
        known = Thresholds()
        assert (known.burst.amount, known.sustained.amount, known.repeats) == (8, 20, 4)
        assert (known.wave_senders, known.wave_mute_senders, known.wave_points) == (2, 4, 4.0)
        assert (known.repeat_span, known.wave_span) == (timedelta(seconds=25), timedelta(minutes=10))
