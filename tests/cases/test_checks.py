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
from cases.checks.wave import wave
from ratelimit.limits import SENDER_BURST, SENDER_SUSTAINED, Usage, Window
from streams.events import Role, Sender
from tests.cases.room import Room, counted, usage, viewer

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


class TestRepeat:
    def test_the_fourth_copy_is_found_not_the_third(self) -> None:
        room = Room()
        found = [asked(repeat, room, "Ann", "buy my skins") for _ in range(4)]
        assert found[:3] == [None, None, None]
        assert found[3] is not None
        assert found[3].check == "repeat"
        assert found[3].rule.id == "R1"
        assert "4" in found[3].words
        assert "3" in found[3].words

    def test_copies_are_equal_after_folding(self) -> None:
        room = Room()
        texts = ["Buy my skins", "ＢＵＹ my skins!", "b.u.y my skins", "buy my\u200b skins..."]
        assert [asked(repeat, room, "Ann", text) is not None for text in texts] == [False, False, False, True]

    def test_slow_copies_are_no_repeat(self) -> None:
        room = Room()
        for _ in range(10):
            assert asked(repeat, room, "Ann", "good evening everybody") is None
            room.wait(16)

    def test_another_persons_copies_do_not_count(self) -> None:
        room = Room()
        assert [asked(repeat, room, name, "what a jump") for name in ("Ann", "Ben", "Cai", "Dee", "Eve")] == [None] * 5


class TestNearRepeat:
    TEXTS = (
        "free skins at my page today a",
        "free skins at my page today b",
        "free skins at my page todayy c",
        "free skins at my pages today d",
    )

    def test_the_fourth_variant_is_found_not_the_third(self) -> None:
        room = Room()
        found = [asked(repeat, room, "Ann", text) for text in self.TEXTS]
        assert [one is not None for one in found] == [False, False, False, True]
        assert found[3] is not None
        assert found[3].words == "nearly the same text 4 times; within 30 s; the limit is 3"

    def test_different_texts_are_no_repeat(self) -> None:
        room = Room()
        texts = ["free skins at my page", "what a jump that was", "anyone know this song", "my cat sits here", "hello"]
        assert [asked(repeat, room, "Ann", text) for text in texts] == [None] * 5

    def test_the_span_slides(self) -> None:
        room = Room()
        for text in self.TEXTS * 2:
            assert asked(repeat, room, "Ann", text) is None
            room.wait(10.1)

    def test_several_people_saying_it_are_no_repeat(self) -> None:
        room = Room()
        assert [asked(repeat, room, f"U{number}", text) for number, text in enumerate(self.TEXTS)] == [None] * 4


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
        room.settle(people=4)
        found = []
        for _ in range(5):
            for number in range(4):
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


class TestWave:
    @pytest.mark.norm("N2.2-3a", "behaviour")
    def test_thirty_newcomers_with_one_contact_are_found_by_the_fourth(self) -> None:
        room = Room()
        room.settle(people=10)
        found: list[Finding | None] = []
        for number in range(30):
            found.append(asked(wave, room, f"Bot{number}", ADVERT.format(number)))
            room.wait(0.7)
        assert found[:3] == [None] * 3
        assert all(found[3:])
        assert found[3] is not None
        assert found[3].weight is Weight.GRAVE
        assert found[3].rule.id == "R2"
        assert len({line.message.sender.id for line in found[3].lines}) == 4
        assert [line.number for line in found[3].lines] == sorted(line.number for line in found[3].lines)

    def test_a_lone_advertiser_is_no_wave(self) -> None:
        room = Room()
        assert not any(asked(wave, room, "Ann", ADVERT.format(number)) for number in range(20))

    @pytest.mark.norm("N2.2-3a", "behaviour")
    def test_established_viewers_chorus_is_untouched(self) -> None:
        room = Room()
        room.settle(people=40)
        for number in range(40):
            assert asked(wave, room, f"Regular{number}", "what a beautiful final boss fight") is None
            room.wait(0.2)

    def test_even_with_a_contact(self) -> None:
        """Regulars who all greet the sponsor are no wave."""
        room = Room()
        room.settle(people=40)
        for number in range(40):
            assert asked(wave, room, f"Regular{number}", "thanks to www.sponsor.example") is None

    @pytest.mark.norm("N2.2-3a", "behaviour")
    @pytest.mark.parametrize(
        "text", ["666666", "加油加油加油", "gg", "GOOOOAL", "来了来了", "23333333", "好耶！！！", "wwwww", "主播加油"]
    )
    def test_a_cheering_crowd_with_short_texts_is_untouched(self, text: str) -> None:
        """A goal falls and five hundred people who never wrote before cheer."""
        room = Room()
        for number in range(500):
            assert asked(wave, room, f"New{number}", text) is None
            room.wait(0.02)

    @pytest.mark.norm("N2.2-3a", "behaviour")
    @pytest.mark.parametrize("text", ["加油加油加油", "来了来了", "哈哈哈哈哈哈哈", "gg wp", "微信"])
    def test_nor_do_newcomers_in_a_settled_room_who_say_a_word(self, text: str) -> None:
        room = Room()
        room.settle(people=10, lines=4, gap_s=4.0)
        for number in range(30):
            assert asked(wave, room, f"New{number}", text) is None
            room.wait(0.5)

    def test_who_became_staff_meanwhile_is_no_pusher(self) -> None:
        room = Room()
        for number in range(4):
            asked(wave, room, f"Bot{number}", ADVERT.format(""))
        room.memory.set_roles("bot0", Role.MODERATOR)
        found = asked(wave, room, "Bot4", ADVERT.format(""))
        assert found is not None
        assert {line.message.sender.id for line in found.lines} == {"bot1", "bot2", "bot3", "bot4"}

    def test_newcomers_at_the_start_of_a_stream_may_say_the_same(self) -> None:
        room = Room()
        for number in range(60):
            assert asked(wave, room, f"New{number}", "good evening everybody here") is None
            room.wait(0.2)

    def test_made_variants_in_an_unsettled_room_are_kept_off_without_certainty(self) -> None:
        room = Room()
        found = [asked(wave, room, f"Bot{number}", VARIANTS[number]) for number in range(12)]
        assert found[:7] == [None] * 7
        assert found[7] is not None
        assert found[7].weight is Weight.HOLD
        assert all(one is not None and one.weight is Weight.HOLD for one in found[7:])

    def test_in_a_settled_room_plain_newcomers_are_certain_at_the_eighth(self) -> None:
        room = Room()
        room.settle(people=10, lines=4, gap_s=4.0)
        found = [asked(wave, room, f"Bot{number}", "everybody leave this boring stream") for number in range(9)]
        assert found[:7] == [None] * 7
        assert found[7] is not None
        assert found[7].weight is Weight.GRAVE

    def test_most_of_the_senders_must_be_newcomers(self) -> None:
        """Three of five with a contact are; two of five are not."""
        for new, expected in ((3, True), (2, False)):
            room = Room()
            room.settle(people=5)
            people = [f"Bot{n}" for n in range(new)] + [f"Regular{n}" for n in range(5 - new)]
            last = [asked(wave, room, person, ADVERT.format("")) for person in people][-1]
            assert (last is not None) == expected
            if last is not None:
                assert {line.message.sender.id for line in last.lines} == {"bot0", "bot1", "bot2"}

    def test_a_wave_slower_than_its_span_is_none(self) -> None:
        room = Room()
        for number in range(20):
            assert asked(wave, room, f"Bot{number}", ADVERT.format("")) is None
            room.wait(21)

    def test_mirrored_and_masked_lines_make_no_wave(self) -> None:
        room = Room()
        for number in range(20):
            assert wave(room.see(f"Bot{number}", ADVERT.format(""), mirrored=True)) is None
            assert wave(room.see(MASKED, ADVERT.format(""))) is None

    def test_invited_phrases_make_no_wave(self) -> None:
        room = Room()
        assert not any(wave(room.see(f"N{number}", ADVERT.format(""), plain=True)) for number in range(30))

    @given(st.integers(1, 12), st.integers(0, 12))
    def test_nobody_known_here_is_ever_among_the_pushers(self, new: int, known: int) -> None:
        room = Room()
        room.settle(people=12, lines=1, gap_s=0.1)
        room.settle(people=12, lines=1, gap_s=0.1)
        for person in [f"Bot{n}" for n in range(new)] + [f"Regular{n}" for n in range(known)]:
            found = asked(wave, room, person, ADVERT.format(""))
            if found is not None:
                assert {line.message.sender.name[:3] for line in found.lines} == {"Bot"}


class TestAsking:
    def test_every_check_is_asked_and_may_be_switched_off(self) -> None:
        assert [check.name for check in CHECKS] == ["sender-rate", "repeat", "inside", "wave"]
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
        assert (known.wave_senders, known.wave_senders_plain) == (4, 8)
        assert known.wave_span == timedelta(seconds=60)
