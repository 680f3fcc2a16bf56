"""The life of a line: decided once, the same wherever a batch was cut, late lines let be, people told apart."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake import Arrived
from cases.model import ActionKind, CaseKind, EvidenceKind, MeasureStatus, Mode
from cases.sentence import Measure, Severity
from streams.events import (
    FeedChanged,
    FeedState,
    Message,
    MessageRemoved,
    PhraseInvited,
    Role,
    RolesChanged,
    Sender,
    SenderRenamed,
)
from tests.bot.engine import ANN, BEN, MASKED, MONA, OTHER_BOT, OURSELVES, ROOM, START_S, Engine, engine, told

FLOOD = "look at me now"
REMARKS = ("what was that?", "I like this map", "how late is it", "who won yesterday", "dinner soon", "brb tea")
ADVERT = "cheap followers fast, only at www.star-shop.com now"


async def test_an_ordinary_line_is_shown_after_the_hold_and_nothing_is_written() -> None:
    async with engine() as world:
        await world.say(ANN, "good evening", "nice stream")
        assert world.decisions == []
        assert world.screens.holds == {"m1": 1.0, "m2": 1.0}
        assert await world.cases() == []


async def test_a_flood_is_hidden_first_then_muted_in_one_case() -> None:
    async with engine() as world:
        await world.say(ANN, *[FLOOD] * 12, after_s=0.3)
        (case,) = await world.cases()
        assert [decision.severity for decision in world.decisions][:1] == [Severity.MINOR]
        assert sum(decision.restricts for decision in world.decisions) == 1
        (mute,) = [action for action in case.actions if action.kind is ActionKind.MUTE]
        assert mute.status is MeasureStatus.PENDING
        assert world.screens.visible() == {"m1", "m2", "m3"}


async def test_everybody_else_goes_on_untouched() -> None:
    async with engine() as world:
        for remark in REMARKS:
            await world.say(ANN, FLOOD, FLOOD, after_s=0.2)
            await world.say(BEN, remark, after_s=1.0)
        assert {decision.line.message.sender.id for decision in world.decisions} == {"ann"}


async def test_a_wave_takes_its_earlier_lines_back() -> None:
    async with engine() as world:
        for number in range(8):
            await world.say(Sender(f"guest{number}", f"Guest {number}"), f"{ADVERT} {number}", after_s=0.2)
        assert {decision.line.message.id for decision in world.decisions} == {f"m{n}" for n in range(1, 9)}
        assert world.screens.visible() == set()
        (case,) = await world.cases()
        assert len(case.respondents) == 8
        assert {decision.episode for decision in world.decisions} == {case.episode}


@pytest.mark.fault("X14")
async def test_a_line_that_comes_hours_late_leads_to_nothing() -> None:
    async with engine() as world:
        await world.say(BEN, "on time")
        late = [world.line(ANN, FLOOD, after_s=0.1, sent_s=START_S - 7200) for _ in range(15)]
        await world.hear(*late)
        assert world.decisions == []


@pytest.mark.fault("X14")
async def test_a_line_from_the_future_is_judged_like_any_other() -> None:
    async with engine() as world:
        await world.hear(*[world.line(ANN, FLOOD, after_s=0.1, sent_s=START_S + 1e6) for _ in range(12)])
        assert any(decision.restricts for decision in world.decisions)


@pytest.mark.fault("X14")
async def test_one_line_from_the_future_does_not_make_the_others_late() -> None:
    async with engine() as world:
        await world.hear(world.line(BEN, "greetings from tomorrow", sent_s=START_S + 86_400))
        await world.say(ANN, *[FLOOD] * 12, after_s=0.1)
        assert any(decision.restricts for decision in world.decisions)


async def test_a_platform_whose_clock_is_wrong_is_moderated_all_the_same() -> None:
    async with engine() as world:
        await world.hear(*[world.line(ANN, FLOOD, after_s=0.1, sent_s=START_S - 7200 + n) for n in range(12)])
        assert any(decision.restricts for decision in world.decisions)


@pytest.mark.fault("X28")
async def test_a_masked_guest_is_nobody_and_never_acted_on() -> None:
    async with engine() as world:
        await world.say(MASKED, *[FLOOD] * 15, after_s=0.1)
        await world.say(MASKED, "!report @Ann insult")
        await world.say(MASKED, "!mute @Ann 10m")
        assert all(decision.sentence.mute is None for decision in world.decisions)
        assert [action for case in await world.cases() for action in case.actions] == []


@pytest.mark.fault("X29")
@pytest.mark.parametrize("sender", [OURSELVES, OTHER_BOT, MONA], ids=["self", "bot", "moderator"])
async def test_bots_and_staff_are_counted_and_never_judged(sender: Sender) -> None:
    async with engine() as world:
        await world.say(sender, *[FLOOD] * 15, after_s=0.1)
        assert world.decisions == []


@pytest.mark.fault("X29")
async def test_bots_are_not_obeyed_and_not_answered() -> None:
    async with engine() as world:
        await world.say(ANN, "hello")
        for sender in (OURSELVES, OTHER_BOT):
            await world.say(sender, "!mute @Ann 10m", "!report @Ann insult", "!help")
        assert world.heard.replies == []
        assert await world.cases() == []


async def test_the_platforms_word_makes_a_moderator_and_takes_it_away() -> None:
    async with engine() as world:
        await world.hear(world.event(RolesChanged(ROOM, world.now_s, "ben", Role.MODERATOR)))
        await world.say(ANN, "hello")
        await world.say(BEN, "!mute @Ann 10m R3 rude")
        assert world.room.memory.is_muted("ann", world.now_s)
        await world.hear(world.event(RolesChanged(ROOM, world.now_s, "ben", Role.VIEWER)))
        await world.say(BEN, "!unmute @Ann")
        assert world.room.memory.is_muted("ann", world.now_s)
        assert world.heard.refusals == ["not_allowed"]


@pytest.mark.fault("X13")
@pytest.mark.parametrize(
    "command",
    ["!mute @Mona 10m", "!ban @danmod", "!mute @nightbot 1h", "!mute @Ann 1e9d", "!mute @Ann -5m", "!mute @Ann ١٠m"],
)
async def test_commands_against_staff_bots_or_reason_change_nothing(command: str) -> None:
    async with engine() as world:
        for sender in (ANN, BEN, MONA, OURSELVES, OTHER_BOT):
            await world.say(sender, f"hello from {sender.name}")
        await world.say(Sender("max", "Max", Role.MODERATOR), command)
        assert [action for case in await world.cases() for action in case.actions if "e9d" not in command] == []
        assert not any(world.room.memory.is_muted(name, world.now_s) for name in ("mona", "danmod", "nightbot"))


async def test_a_moderators_mute_holds_from_the_next_line_of_the_same_batch() -> None:
    async with engine() as world:
        await world.hear(
            world.line(ANN, "something rude"),
            world.line(MONA, "!mute @Ann 10m R3"),
            world.line(ANN, "and another thing"),
            world.line(BEN, "well well"),
        )
        assert [decision.line.message.text for decision in world.decisions] == ["and another thing"]
        assert "m3" not in world.screens.visible()
        assert {"m2", "m4"} <= world.screens.visible()


async def test_a_rename_takes_the_mute_along() -> None:
    async with engine() as world:
        await world.say(ANN, "hello")
        await world.say(MONA, "!mute @Ann 10m R3")
        await world.hear(world.event(SenderRenamed(ROOM, world.now_s, "ann", Sender("anna", "Anna"))))
        await world.say(Sender("anna", "Anna"), "can you hear me")
        assert [decision.checks for decision in world.decisions] == [("muted",)]


async def test_a_report_in_chat_is_shown_nowhere_and_its_line_is_tidied_away() -> None:
    async with engine() as world:
        await world.say(ANN, "you fools")
        await world.say(BEN, "!report @Ann insult")
        assert "m2" not in world.screens.visible()
        assert world.heard.tidied == ["m2"]
        assert (await world.cases())[0].kind is CaseKind.REPORT


async def test_in_a_dry_run_everything_is_shown_and_only_written() -> None:
    async with engine(Mode.DRY_RUN) as world:
        await world.say(ANN, *[FLOOD] * 12, after_s=0.2)
        assert world.screens.visible() == {f"m{number}" for number in range(1, 13)}
        (case,) = await world.cases()
        assert case.dry_run
        assert case.actions == ()


async def test_an_invited_phrase_is_no_flood_of_the_room() -> None:
    async with engine() as world:
        await world.hear(world.event(PhraseInvited(ROOM, world.now_s, ADVERT)))
        for number in range(20):
            await world.say(Sender(f"guest{number}", f"Guest {number}"), ADVERT, after_s=0.1)
        assert world.decisions == []


async def test_lines_taken_out_of_the_room_leave_the_screens() -> None:
    async with engine() as world:
        await world.say(ANN, "oops")
        await world.hear(world.event(MessageRemoved(ROOM, world.now_s, message_id="m1")))
        await world.hear(world.event(MessageRemoved(ROOM, world.now_s, sender_id="ben")))
        await world.hear(world.event(MessageRemoved(ROOM, world.now_s)))
        assert world.screens.hidden == ["m1"]
        assert world.screens.hidden_senders == ["ben"]
        assert world.screens.cleared == 1


async def test_a_room_where_everybody_is_hidden_is_blind() -> None:
    async with engine() as world:
        await world.hear(world.event(FeedChanged(ROOM, world.now_s, FeedState.LIVE)))
        await world.say(MASKED, *[f"remark {number}" for number in range(20)])
        assert world.room.seen_as(world.now_s)[0] is FeedState.BLIND
        await world.say(ANN, "a face")
        assert world.room.seen_as(world.now_s)[0] is FeedState.LIVE


async def test_a_line_of_an_unwatched_room_is_let_go() -> None:
    async with engine() as world:
        stray = Message("irc:#elsewhere", "x1", ANN, "hello", world.now_s)  # type: ignore[arg-type]
        await world.hear(Arrived(stray, world.now_s))
        assert world.screens.holds == {}


@pytest.mark.norm("N2.3-2", "behaviour")
async def test_what_followed_a_reported_line_is_taken_as_evidence_too() -> None:
    async with engine() as world:
        await world.say(ANN, "you are all fools")
        await world.say(BEN, "!report @Ann insult", *REMARKS)
        world.now_s += 60.0
        world.pipeline.advance(world.now_s)
        await world.recorder.drain()
        (case,) = await world.cases()
        before, after = await world.storage.reader.evidence(case.code)
        assert (before.kind, after.kind) == (EvidenceKind.AT_ONCE, EvidenceKind.AFTERMATH)
        assert [line.text for line in after.lines] == list(REMARKS)


async def test_what_followed_is_taken_as_evidence() -> None:
    async with engine() as world:
        await world.say(ANN, *[FLOOD] * 8, after_s=0.2)
        await world.say(BEN, *REMARKS)
        world.now_s += 60.0
        world.pipeline.advance(world.now_s)
        await world.recorder.drain()
        (case,) = await world.cases()
        kinds = [evidence.kind for evidence in await world.storage.reader.evidence(case.code)]
        assert kinds[-1] is EvidenceKind.AFTERMATH
        last = (await world.storage.reader.evidence(case.code))[-1]
        assert {line.text for line in last.lines} >= set(REMARKS)
        assert all(line.sender != "Ben" for line in last.lines), "who is not accused has an alias"


async def test_time_that_steps_back_in_a_batch_is_clamped() -> None:
    async with engine() as world:
        first = world.line(ANN, "one")
        back = Arrived(world.line(BEN, "two").event, START_S - 500)
        await world.hear(first, back)
        assert world.room.memory.now_s == first.at_s


# -- a decision does not depend on where a batch was cut ----------------------------------------------------------------

SENDERS = [ANN, BEN, *(Sender(f"guest{number}", f"Guest {number}") for number in range(9)), MASKED]
TEXTS = [
    FLOOD,
    f"{FLOOD}!",
    "good evening",
    "666",
    "hello there everybody",
    "!why",
    "!report @Ann insult",
    "哈哈哈哈哈",
]
COMMANDS = ["!mute @Ann 1m R3", "!unmute @Ann", "!ban @Ben", "!unban @Ben", "!undo", "!mute @Ben 30s"]

_chatter = st.tuples(st.sampled_from(range(len(SENDERS))), st.sampled_from(TEXTS)).map(lambda pair: [pair])
_flood = st.tuples(st.sampled_from([0, 1]), st.integers(5, 9)).map(lambda pair: [(pair[0], FLOOD)] * pair[1])
_wave = st.integers(4, 9).map(lambda count: [(2 + number, f"{ADVERT} {number}") for number in range(count)])
_command = st.sampled_from(COMMANDS).map(lambda text: [(-1, text)])
_piece = st.one_of(_chatter, _chatter, _flood, _wave, _command)
_gap = st.sampled_from([0.1, 0.4, 3.0, 40.0])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(_piece, _gap), min_size=3, max_size=14),
    st.lists(st.integers(1, 40), min_size=1, max_size=30),
)
def test_decisions_do_not_depend_on_where_a_batch_was_cut(
    pieces: list[tuple[list[tuple[int, str]], float]], cuts: list[int]
) -> None:
    async def judged(sizes: list[int]) -> tuple[object, ...]:
        async with engine() as world:
            lines = [
                world.line(MONA if who < 0 else SENDERS[who], text, after_s=gap_s)
                for piece, gap_s in pieces
                for who, text in piece
            ]
            while lines:
                size = sizes.pop(0) if sizes else 512
                await world.pipeline.handle(lines[:size])
                lines = lines[size:]
            await world.recorder.drain()
            cases = [
                (case.code, case.episode, case.lines, [(a.kind, a.respondent, a.until, a.status) for a in case.actions])
                for case in await world.cases()
            ]
            return told(world.decisions), sorted(cases), world.screens.holds, sorted(world.screens.visible())

    whole, ones, some = (asyncio.run(judged(sizes)) for sizes in ([], [1] * 500, list(cuts)))
    assert ones == whole
    assert some == whole


async def test_a_long_storm_in_one_batch_lets_others_have_the_loop() -> None:
    async with engine() as world:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(other())
        await world.hear(
            *[world.line(Sender(f"s{n}", f"S{n}"), f"remark {n * n} of {n}", after_s=0.001) for n in range(500)]
        )
        beside.cancel()
        assert turns > 3
        assert len(world.heard.latencies) == 500


def test_the_span_of_a_mute_is_what_the_ladder_says() -> None:
    async def spans() -> list[timedelta | None]:
        async with engine(mutes_min=(2, 7)) as world:
            await world.say(ANN, *[FLOOD] * 12, after_s=0.2)
            await world.say(BEN, "meanwhile", after_s=400)
            await world.say(ANN, *[FLOOD] * 12, after_s=0.2)
            return [decision.sentence.mute for decision in world.decisions if decision.restricts]

    assert asyncio.run(spans()) == [timedelta(minutes=2), timedelta(minutes=7)]


def test_measures_of_a_flood_name_what_the_platform_can_do() -> None:
    async def measures(world: Engine) -> set[Measure]:
        await world.say(ANN, *[FLOOD] * 12, after_s=0.2)
        return {measure for decision in world.decisions for measure in decision.sentence.measures}

    async def both() -> set[Measure]:
        async with engine() as world:
            return await measures(world)

    assert asyncio.run(both()) == {Measure.HIDE, Measure.REMIND, Measure.DELETE, Measure.MUTE}
