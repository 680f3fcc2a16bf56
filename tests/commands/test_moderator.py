"""Moderators' commands: what they order, refuse, cap, lift and take back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from cases.house import House
from cases.model import ActionKind, CaseKind, CaseStatus, Mode, Profile
from cases.sentence import Measure
from streams.events import Sender
from streams.platform import Capabilities
from tests.commands.scene import (
    ABLE,
    BOB,
    EVE,
    MODERATOR,
    NIGHT_OWL,
    OTHER_BOT,
    OURSELVES,
    OWNER,
    SECOND,
    Scene,
    scene_in,
    text,
)


@pytest.mark.norm("N3.1-2e", "behaviour")
async def test_a_mute_opens_a_case_with_rule_length_reason_and_evidence(scene: Scene) -> None:
    handled = await scene.give(MODERATOR, "!mute @bob 2h R3 was rude again")
    state = await scene.only_case()
    assert (state.kind, state.status, state.rule) == (CaseKind.COMMAND, CaseStatus.DECIDED, "R3")
    (action,) = state.actions
    assert (action.kind, action.respondent, action.until) == (ActionKind.MUTE, "bob", scene.now + timedelta(hours=2))
    assert text(handled) == f"Bob: mute 2h, R3 no insults ({state.code})"
    assert handled.reply is not None
    assert handled.reply.urgent
    (evidence,) = await scene.storage.reader.evidence(state.code)
    assert [(line.sender, line.judged) for line in evidence.lines][-1] == ("Bob", True)
    statements = await scene.storage.reader.statements(state.code)
    assert [statement.facts for statement in statements] == [("was rude again",)]
    assert scene.memory.is_muted("bob", scene.now.timestamp())


@pytest.mark.parametrize(
    ("words", "respondent", "span"),
    [
        ("!mute @Bob", "bob", timedelta(minutes=10)),
        ("！禁言 @bob 10分", "bob", timedelta(minutes=10)),
        ("禁言@Bob，1小时30分 R1", "bob", timedelta(minutes=90)),
        ("!mute @Night Owl 1d", "owl", timedelta(days=1)),
        ("!mute Night Owl 1d spam", "owl", timedelta(days=1)),
        ("!mute “Night Owl” 30s", "owl", timedelta(seconds=30)),
        ("！ｍｕｔｅ　＠ｂｏｂ", None, None),
        ("！ｍｕｔｅ　＠bob　２ｈ", "bob", timedelta(hours=2)),
        ("!mute @bob R3 1h 30m", "bob", timedelta(minutes=90)),
        ("@Bob !mute 5m", "bob", timedelta(minutes=5)),
        ("!禁言 上一条 5m", "eve", timedelta(minutes=5)),
        ("!mute last 5m", "eve", timedelta(minutes=5)),
    ],
)
async def test_a_mute_in_many_spellings(
    scene: Scene, words: str, respondent: str | None, span: timedelta | None
) -> None:
    await scene.give(MODERATOR, words)
    found = [(a.respondent, a.until) for state in await scene.cases() for a in state.actions]
    assert found == ([] if respondent is None or span is None else [(respondent, scene.now + span)])


@pytest.mark.norm("N3.1-2e", "bad-input")
@pytest.mark.fault("X13")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("!mute", "no_target"),
        ("!mute 10m", "no_target"),
        ("!mute @nobody 10m", "unknown_name"),
        ("!mute @Ｂｏｂ", "unknown_name"),
        ("!mute @B0b", "unknown_name"),
        ("!mute #zzz", "unknown_line"),
        ("!mute @bob -5m", "bad_duration"),
        ("!mute @bob 0m", "zero_duration"),
        ("!mute @bob 1e9d", "bad_duration"),
        ("!mute @bob 999999999999999999d", "too_long"),
        ("!mute @bob 366d", "too_long"),
        ("!mute @bob ١٠m", "other_digits"),
        ("!mute @bob 十分钟", "other_digits"),
        ("!mute @bob 10", "bad_duration"),
        ("!mute @bob 10m R77", "unknown_rule"),
        ("!ban @bob 2h", "ban_no_length"),
        ("!ban @Streamer", "target_staff"),
        ("!ban @own", "unknown_name"),
        ("!ban @Max", "target_staff"),
        ("!ban @Mona", "target_self"),
        ("!ban @danmod", "target_bot"),
        ("!ban @Nightbot", "target_bot"),
        ("!ban @bob R1", "too_severe"),
        ("!delete @bob", "no_line"),
        ("!unmute @bob", "not_running"),
        ("!undo", "nothing_to_undo"),
        ("!undo A9A9", "nothing_to_undo"),
        ("!uphold", "no_appeal"),
        ("!overturn A9A9 why", "unknown_case"),
        ("!dismiss", "no_code"),
        ("!dismiss A9A9 why", "unknown_case"),
        ("!shield", "unavailable"),
        ("!overlay pause", "unavailable"),
        ("!清场", "nuke_how"),
    ],
)
async def test_every_refusal_has_a_word_and_one_hint_and_does_nothing(scene: Scene, words: str, reason: str) -> None:
    handled = await scene.give(MODERATOR, words)
    assert handled.refused == reason
    assert text(handled)
    assert handled.applied == ()
    assert await scene.cases() == []


@pytest.mark.norm("N3.1-2e", "bad-input")
async def test_the_same_command_twice_is_done_once(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob", id="same")
    again = await scene.give(MODERATOR, "!mute @bob", id="same")
    assert again.refused == "repeated"
    assert again.reply is None
    assert len((await scene.only_case()).actions) == 1


async def test_two_people_of_one_name_are_asked_about(scene: Scene) -> None:
    scene.say(Sender("eve", "BOB"), "I am Bob too")
    handled = await scene.give(MODERATOR, "!mute @bob")
    assert handled.refused == "ambiguous"
    choice = text(handled).split("#")[1].strip("? ")
    chosen = await scene.give(MODERATOR, f"!mute #{choice.split()[0]}")
    assert chosen.refused is None
    assert (await scene.only_case()).respondents[0].id in ("bob", "eve")


async def test_who_was_renamed_lately_is_found_by_the_old_name(scene: Scene) -> None:
    scene.memory.rename("bob", Sender("bob", "Robert"))
    await scene.give(MODERATOR, "!mute @bob")
    (action,) = (await scene.only_case()).actions
    assert action.respondent == "bob"


async def test_a_reply_names_its_line(scene: Scene) -> None:
    line = scene.say(EVE, "bad line")
    await scene.give(MODERATOR, "@Eve !del R3", reply_to=line.message.id)
    (action,) = (await scene.only_case()).actions
    assert (action.kind, action.message_id) == (ActionKind.DELETE, line.message.id)


async def test_a_length_beyond_the_platform_is_capped_and_said(scene: Scene) -> None:
    handled = await scene.give(MODERATOR, "!mute @bob 30d")
    (action,) = (await scene.only_case()).actions
    assert action.until == scene.now + timedelta(days=14)
    assert "14d, the longest here" in text(handled)


@pytest.mark.parametrize(
    ("words", "says"), [("!mute @bob", "cannot mute"), ("!del last", "cannot delete"), ("!ban @bob", "cannot ban")]
)
async def test_what_the_platform_cannot_do_is_said(scene: Scene, words: str, says: str) -> None:
    scene.capabilities = Capabilities(say=True)
    handled = await scene.give(MODERATOR, words)
    assert says in text(handled)
    assert "overlay" in text(handled)
    assert (await scene.only_case()).status is CaseStatus.DECIDED


async def test_in_a_dry_run_nothing_is_done(scene: Scene) -> None:
    scene.mode = Mode.DRY_RUN
    handled = await scene.give(MODERATOR, "!mute @bob")
    assert text(handled).startswith("dry run: nothing done")
    state = await scene.only_case()
    assert (state.dry_run, state.actions) == (True, ())
    assert not scene.memory.is_muted("bob", scene.now.timestamp())


async def test_a_measure_decides_the_open_report_on_its_sender(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob insult")
    await scene.give(MODERATOR, "!warn @bob R3 mind your words")
    state = await scene.only_case()
    assert (state.kind, state.status, state.measures) == (CaseKind.REPORT, CaseStatus.DECIDED, (Measure.WARN,))


async def test_unmute_finds_somebody_who_has_been_silent_for_long(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @Night Owl 5h")
    scene.wait(timedelta(hours=2))
    scene.say(EVE, "a new hour")
    assert scene.memory.sender("owl") is None
    handled = await scene.give(SECOND, "!unmute @night owl enough now")
    assert handled.refused is None
    assert (await scene.only_case()).in_force() == ()
    assert not scene.memory.is_muted("owl", scene.now.timestamp())


async def test_unmute_lifts_every_mute_of_the_sender(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 5h")
    await scene.give(SECOND, "!mute @bob 6h")
    handled = await scene.give(MODERATOR, "!unmute @bob")
    assert len(handled.applied) == 2
    assert all(not state.in_force() for state in await scene.cases())


async def test_a_ban_is_lifted_by_unban_and_not_by_unmute(scene: Scene) -> None:
    await scene.give(OWNER, "!ban @bob")
    assert (await scene.give(OWNER, "!unmute @bob")).refused == "not_running"
    assert (await scene.give(OWNER, "!解封 @bob")).refused is None
    assert (await scene.only_case()).in_force() == ()


async def test_undo_takes_back_the_own_fresh_measure(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h")
    assert (await scene.give(SECOND, "!undo")).refused == "nothing_to_undo"
    handled = await scene.give(MODERATOR, "!undo")
    state = await scene.only_case()
    assert (state.status, state.in_force()) == (CaseStatus.UNDONE, ())
    assert state.code in text(handled)
    assert not scene.memory.is_muted("bob", scene.now.timestamp())


async def test_undo_is_too_late_after_its_window(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h")
    scene.wait(timedelta(minutes=16))
    assert (await scene.give(MODERATOR, "!undo")).refused == "nothing_to_undo"
    code = (await scene.only_case()).code
    late = await scene.give(MODERATOR, f"!undo {code}")
    assert late.refused == "too_late"
    assert code in text(late)


async def test_somebody_elses_measure_is_not_undone(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h")
    code = (await scene.only_case()).code
    assert (await scene.give(SECOND, f"!undo {code.lower()}")).refused == "not_yours"


@pytest.mark.norm("N3.1-2e", "behaviour")
async def test_an_appeal_is_answered_by_somebody_who_did_not_act(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h R3")
    code = (await scene.only_case()).code
    await scene.give(BOB, "!appeal it was a quote")
    assert (await scene.give(MODERATOR, f"!uphold {code} no")).refused == "involved"
    handled = await scene.give(SECOND, "!overturn a quote indeed")
    state = await scene.only_case()
    assert (state.status, state.in_force()) == (CaseStatus.OVERTURNED, ())
    assert text(handled) == f"{code}: overturned"
    assert not scene.memory.is_muted("bob", scene.now.timestamp())


async def test_alone_the_streamer_answers_the_own_case(scene: Scene) -> None:
    scene.staff = 1
    await scene.give(OWNER, "!mute @bob 1h R3")
    await scene.give(BOB, "!申诉 误会")
    assert (await scene.give(OWNER, "!uphold")).refused == "no_reason"
    assert (await scene.give(OWNER, "!维持 就是辱骂")).refused is None
    assert (await scene.only_case()).status is CaseStatus.UPHELD


async def test_of_two_open_appeals_one_must_be_named(scene: Scene) -> None:
    for who, sender in (("@bob", BOB), ("@Night Owl", NIGHT_OWL)):
        await scene.give(MODERATOR, f"!mute {who} 1h")
        await scene.give(sender, "!appeal sorry")
    handled = await scene.give(SECOND, "!overturn both")
    assert handled.refused == "which_appeal"
    assert all(state.code in text(handled) for state in await scene.cases())


async def test_a_report_is_dismissed_with_a_reason(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob")
    code = (await scene.only_case()).code
    assert (await scene.give(MODERATOR, f"!dismiss {code}")).refused == "no_reason"
    assert (await scene.give(MODERATOR, f"!驳回 {code} harmless banter")).refused is None
    assert (await scene.only_case()).status is CaseStatus.DISMISSED


@pytest.mark.norm("N3.1-2e", "bad-input")
async def test_a_moderators_rights_end_with_the_room(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h")
    code = (await scene.only_case()).code
    other = type(scene.memory)(type(scene.memory.room)("irc:#elsewhere"))
    here, scene.memory = scene.memory, other
    handled = await scene.give(MODERATOR, f"!undo {code}")
    assert handled.refused == "unknown_case"
    scene.memory = here
    assert (await scene.only_case()).in_force() != ()


@pytest.mark.norm("N3.1-2c", "behaviour")
@pytest.mark.norm("N3.1-2e", "behaviour")
@pytest.mark.parametrize("words", ["!confirm {code}", "确认 {code}", "！確認 {code}"])
async def test_a_ban_needs_a_second_person_in_a_team(words: str) -> None:
    async with scene_in(house=House(profile=Profile.TEAM)) as scene:
        answer = text(await scene.give(MODERATOR, "!ban @bob threats"))
        code = (await scene.only_case()).code
        assert answer == f"Bob: muted for now; a ban needs a second person: !confirm {code}"
        assert (await scene.give(MODERATOR, words.format(code=code))).refused == "same_person"
        assert text(await scene.give(SECOND, words.format(code=code))) == f"{code}: confirmed"
        state = await scene.only_case()
        assert [action.kind for action in state.in_force()] == [ActionKind.BAN]
        assert state.deciders == ("mod", SECOND.id)


async def test_nothing_is_confirmed_where_nothing_waits(scene: Scene) -> None:
    assert (await scene.give(MODERATOR, "!confirm")).refused == "no_code"
    assert (await scene.give(MODERATOR, "!confirm A9A9")).refused == "unknown_case"
    await scene.give(MODERATOR, "!warn @bob")
    code = (await scene.only_case()).code
    assert (await scene.give(SECOND, f"!confirm {code}")).refused == "nothing_to_confirm"
    assert (await scene.give(BOB, f"!confirm {code}")).refused == "not_allowed"


async def test_what_cannot_be_stored_is_not_done_and_says_so() -> None:
    async with scene_in() as scene:
        line = scene.say(MODERATOR, "!mute @bob")
    handled = await scene.hear(line)
    assert handled.refused == "storage"
    assert "please try again" in text(handled)


@pytest.mark.fault("X29")
async def test_bots_and_we_ourselves_are_never_obeyed(scene: Scene) -> None:
    for sender in (OTHER_BOT, OURSELVES):
        line = scene.say(sender, "!mute @bob")
        assert scene.router.recognise(line.message, scene.memory) is None
    mirrored = msgspec.structs.replace(scene.say(MODERATOR, "!mute @bob").message, mirrored=True)
    assert scene.router.recognise(mirrored, scene.memory) is None


async def test_only_staff_commands_that_change_what_follows_are_inline(scene: Scene) -> None:
    for sender, words, inline in (
        (MODERATOR, "!mute @bob", True),
        (OWNER, "!overturn A9A9", True),
        (BOB, "!mute @bob", False),
        (MODERATOR, "!report @bob", False),
        (MODERATOR, "!why", False),
    ):
        message = scene.say(sender, words).message
        invocation = scene.router.recognise(message, scene.memory)
        assert invocation is not None
        assert scene.router.is_inline(invocation, message, scene.memory) is inline


async def test_short_platforms_get_short_answers(scene: Scene) -> None:
    scene.capabilities = replace(ABLE, line_limit=20)
    for words in ("!mute @bob 28d", "!del last", "!ban @Night Owl", "!undo", "!help", "!mute @nobody", "!warn @eve"):
        handled = await scene.give(MODERATOR, words)
        assert 0 < len(text(handled)) <= 20, text(handled)
        assert "…" not in text(handled)
