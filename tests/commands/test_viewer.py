"""Viewers' commands: reports that tell nobody who reported, appeals, and questions about a case."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from cases.history import Receipt
from cases.model import AppealStatus, CaseKind, CaseStatus, Mode, Respondent
from cases.ports import ByEpisode
from cases.registrar import Registrar
from cases.signals import told
from storage.vault import Keys
from streams.events import Sender
from tests.cases.matter import NOW, judged
from tests.commands.scene import (
    BOB,
    EVE,
    MASKED,
    MODERATOR,
    NIGHT_OWL,
    OTHER_BOT,
    SECOND,
    SHORT,
    Scene,
    text,
)


@pytest.mark.norm("N2.1-1b", "behaviour")
async def test_a_report_freezes_the_targets_lines_and_answers_with_a_code(scene: Scene) -> None:
    scene.say(BOB, "you are all fools")
    handled = await scene.give(EVE, "!report @bob insult he calls us fools")
    state = await scene.only_case()
    assert (state.kind, state.status, state.category) == (CaseKind.REPORT, CaseStatus.REVIEW, "insult")
    assert state.episode == "report:bob"
    assert [report.note for report in state.reports] == ["he calls us fools"]
    assert text(handled) == f"received: {state.code}"
    assert handled.unsay
    (evidence,) = await scene.storage.reader.evidence(state.code)
    assert [line.text for line in evidence.lines if line.judged] == ["hello from Bob", "you are all fools"]
    assert {line.sender for line in evidence.lines if not line.judged} == {"viewer 1", "viewer 2", "viewer 3"}


@pytest.mark.norm("N3.2-1a", "behaviour")
@pytest.mark.parametrize(
    ("whisper", "url", "limit", "told"),
    [
        (True, "https://mods.example/", None, True),
        (True, "https://mods.example", 400, True),
        (True, "https://mods.example", 20, False),
        (True, "", None, False),
        (False, "https://mods.example", None, False),
    ],
)
async def test_the_reporter_alone_gets_the_way_to_the_own_receipt(
    scene: Scene, whisper: bool, url: str, limit: int | None, told: bool
) -> None:
    scene.public_url = url
    scene.capabilities = replace(scene.capabilities, whisper=whisper, line_limit=limit)
    scene.say(BOB, "you are all fools")
    handled = await scene.give(EVE, "!report @bob insult he calls us fools")
    assert (handled.aside is not None) == told
    if handled.aside is None:
        return
    assert (handled.aside.private, handled.aside.to, handled.aside.code) == (True, EVE, None)
    token = handled.aside.text.rpartition("/receipt/")[2]
    state = await scene.only_case()
    assert await scene.storage.reader.report_by_token(token) == (state, state.reports[0].id)
    assert token not in text(handled)


@pytest.mark.norm("N1.3-4", "behaviour")
async def test_nothing_that_is_kept_or_said_names_the_reporter(scene: Scene) -> None:
    reporter = Sender("marker-id", "MarkerName")
    scene.say(reporter, "a line before")
    scene.say(BOB, "rude")
    handled = await scene.give(reporter, "!report @bob insult")
    await scene.give(BOB, "!举报 @Eve")
    await scene.give(MODERATOR, "!mute @bob R3")
    for state in await scene.cases():
        kept = [state, await scene.storage.reader.history(state.code), await scene.storage.reader.evidence(state.code)]
        kept.append(await scene.storage.reader.statements(state.code))
        assert "Marker" not in repr(kept)
        assert "marker-id" not in repr(kept)
        assert "!report" not in repr(kept)
        assert "!举报" not in repr(kept)
    assert handled.reply is not None
    for word in ("Marker", "Bob", "bob"):
        assert word not in handled.reply.text
    assert all("marker-id" not in key for key in map(str, scene.reports.asked))


async def test_a_line_reported_by_its_short_id_is_what_the_case_is_about(scene: Scene) -> None:
    line = scene.say(BOB, "look at this")
    scene.say(BOB, "and that")
    await scene.give(EVE, f"！舉報 ＃{line.short_id.upper()}，廣告")
    state = await scene.only_case()
    assert state.category == "advertising"
    (evidence,) = await scene.storage.reader.evidence(state.code)
    assert [entry.text for entry in evidence.lines if entry.judged] == ["look at this"]
    assert "and that" in [entry.text for entry in evidence.lines]


async def test_reports_on_one_sender_join_one_case_and_each_gets_the_code(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob")
    scene.wait(timedelta(hours=3))
    scene.say(BOB, "still here")
    handled = await scene.give(NIGHT_OWL, "举报 @bob 刷屏")
    state = await scene.only_case()
    assert len(state.reports) == 2
    assert state.code in text(handled)


async def test_reporting_again_gives_the_same_code_and_nothing_new(scene: Scene) -> None:
    first = await scene.give(EVE, "!report @bob")
    scene.wait(timedelta(seconds=5))
    again = await scene.give(EVE, "!report @bob really")
    assert again.refused == "already"
    assert text(again) == text(first)
    assert len((await scene.only_case()).reports) == 1


async def test_a_report_after_the_matter_is_decided_and_over_is_a_new_case(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob")
    await scene.give(MODERATOR, "!warn @bob R3")
    scene.wait(timedelta(minutes=11))
    scene.say(BOB, "here I am again")
    await scene.give(NIGHT_OWL, "!report @bob")
    assert [state.status for state in await scene.cases()] == [CaseStatus.DECIDED, CaseStatus.OPEN]


@pytest.mark.norm("N2.1-1b", "bad-input")
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("!report", "no_target"),
        ("!report spam", "no_target"),
        ("!report @nobody", "unknown_name"),
        ("!report @Вob", "unknown_name"),
        ("!report #zzz", "unknown_line"),
        ("!report @Eve", "target_self"),
        ("!report @danmod", "target_bot"),
        ("!report @Nightbot", "target_bot"),
        ("!mute @bob", "not_allowed"),
        ("!appeal I did nothing", "unknown_case"),
        ("!appeal A9A9 I did nothing", "unknown_case"),
        ("!case", "no_code"),
        ("!case A9A9", "unknown_case"),
        ("!why", "why_nothing"),
        ("!why A9A9", "unknown_case"),
        ("!link A9A9", "unknown_link"),
    ],
)
async def test_misuse_gets_one_hint_and_leaves_nothing(scene: Scene, words: str, reason: str) -> None:
    handled = await scene.give(EVE, words)
    assert handled.refused == reason
    assert text(handled)
    assert await scene.cases() == []


async def test_the_second_hint_within_a_minute_stays_unsaid(scene: Scene) -> None:
    assert text(await scene.give(EVE, "!report"))
    silent = await scene.give(EVE, "!report @nobody")
    assert (silent.reply, silent.refused) == (None, "unknown_name")
    assert text(await scene.give(NIGHT_OWL, "!report"))
    scene.wait(timedelta(seconds=60))
    assert text(await scene.give(EVE, "!report"))


async def test_a_masked_guest_gets_one_hint_and_may_read_the_rules(scene: Scene) -> None:
    handled = await scene.give(MASKED, "!report @bob")
    assert handled.refused == "masked"
    assert text(handled)
    assert (await scene.give(Sender(None, "+++"), "!report @bob")).reply is None
    assert "R3 no insults" in text(await scene.give(MASKED, "!rules"))


async def test_a_masked_line_cannot_be_reported(scene: Scene) -> None:
    line = scene.say(MASKED, "who am I")
    assert (await scene.give(EVE, f"!report #{line.short_id}")).refused == "masked_target"


async def test_last_is_the_latest_line_of_another_viewer_that_is_no_command(scene: Scene) -> None:
    scene.say(BOB, "the bad line")
    scene.say(NIGHT_OWL, "!report @bob")
    scene.say(OTHER_BOT, "beep")
    scene.say(MODERATOR, "calm down")
    scene.say(EVE, "oh no")
    line = scene.say(EVE, "!report last")
    scene.say(NIGHT_OWL, "came later")
    await scene.hear(line)
    assert (await scene.only_case()).respondents[0].id == "bob"


@pytest.mark.norm("N2.1-1b", "bad-input")
async def test_more_reports_than_allowed_are_refused(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob")
    handled = await scene.give(EVE, "!report @Night Owl")
    assert handled.refused == "too_often"
    assert "try again in 4s" in text(handled)
    assert len(await scene.cases()) == 1


@pytest.mark.norm("N2.1-1b", "bad-input")
@pytest.mark.fault("X7")
async def test_a_monstrous_note_and_name_are_kept_cut_and_clean(scene: Scene) -> None:
    monster = Sender("zalgo", "Za\u202elgo" + "\u0301" * 500 + "\ud800\0")
    line = scene.say(monster, "bad \0 \ud800 line")
    await scene.give(EVE, f"!report #{line.short_id} " + "spam\u0000\ud800" * 3_000)
    (report,) = (await scene.only_case()).reports
    assert len(report.note) == 500
    handled = await scene.give(MODERATOR, f"!mute #{line.short_id}")
    assert text(handled).startswith("Zalgo\u0301\u0301: mute 10m")


async def test_a_report_of_a_moderator_is_taken(scene: Scene) -> None:
    await scene.give(EVE, "!report @Max insult")
    assert (await scene.only_case()).respondents[0].id == "mod2"


async def test_fifty_reports_at_once_are_one_case(scene: Scene) -> None:
    people = [Sender(f"p{number}", f"Person {number}") for number in range(50)]
    lines = [scene.say(sender, "!report @bob") for sender in people]
    handled = await asyncio.gather(*(scene.hear(line) for line in lines))
    assert len((await scene.only_case()).reports) == 50
    assert len({text(each) for each in handled}) == 1


async def test_short_platforms_get_the_code_in_a_few_characters(scene: Scene) -> None:
    scene.capabilities = SHORT
    assert text(await scene.give(EVE, "!report @bob")) == f"{(await scene.only_case()).code} ok"
    scene.language = "zh-CN"
    assert text(await scene.give(NIGHT_OWL, "举报 @bob")) == f"已受理 {(await scene.only_case()).code}"


@pytest.mark.norm("N3.3-1", "behaviour")
@pytest.mark.parametrize(
    "words", ["!appeal it was a quote", "!appeal {code} it was a quote", "申诉 {code} it was a quote"]
)
async def test_the_respondent_appeals_with_or_without_the_code(scene: Scene, words: str) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h R3")
    code = (await scene.only_case()).code
    handled = await scene.give(BOB, words.format(code=code.lower()))
    (appeal,) = (await scene.only_case()).appeals
    assert (appeal.reasons, appeal.status) == ("it was a quote", AppealStatus.OPEN)
    assert code in text(handled)
    assert handled.reply is not None
    assert handled.reply.urgent


@pytest.mark.norm("N3.3-1", "behaviour")
@pytest.mark.norm("N2.3-1", "behaviour")
async def test_a_refused_reporter_objects_in_chat_and_another_moderator_answers(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob insult he called us fools")
    code = (await scene.only_case()).code
    await scene.give(MODERATOR, f"!dismiss {code} nobody was insulted there")
    assert (await scene.give(BOB, f"!appeal {code} it was I")).refused == "unknown_case", (
        "nothing was decided about him"
    )
    assert (await scene.give(EVE, f"!appeal {code} he called us fools")).refused is None
    (objection,) = (await scene.only_case()).appeals
    assert (objection.report, objection.respondent) == ((await scene.only_case()).reports[0].id, "")
    assert (await scene.give(MODERATOR, f"!uphold {code} as I said before")).refused == "involved"
    assert (await scene.give(SECOND, f"!overturn {code} it was an insult")).refused is None
    assert (await scene.only_case()).status is CaseStatus.OPEN


@pytest.mark.norm("N3.3-1", "bad-input")
async def test_a_strangers_case_is_like_none(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h R3")
    code = (await scene.only_case()).code
    stranger = await scene.give(EVE, f"!appeal {code} let me in")
    scene.wait(timedelta(minutes=2))
    nobody = await scene.give(EVE, "!appeal A9A9 let me in")
    assert stranger.refused == nobody.refused == "unknown_case"
    assert text(stranger) == text(nobody)


@pytest.mark.norm("N1.3-4", "behaviour")
async def test_the_reported_learns_nothing_of_an_open_report(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob")
    assert (await scene.give(BOB, "!why")).refused == "why_nothing"
    scene.wait(timedelta(minutes=2))
    assert (await scene.give(BOB, "!appeal whatever")).refused == "unknown_case"
    scene.wait(timedelta(minutes=2))
    code = (await scene.only_case()).code
    assert (await scene.give(BOB, f"!appeal {code} whatever")).refused == "unknown_case"


@pytest.mark.norm("N3.3-1", "bad-input")
async def test_an_appeal_needs_reasons_and_waits_for_one_answer(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h R3")
    empty = await scene.give(BOB, "!appeal")
    assert empty.refused is None
    assert (await scene.only_case()).code in text(empty)
    assert (await scene.only_case()).appeals[0].status is AppealStatus.NEEDS_INFO
    await scene.give(BOB, "!appeal a quote")
    assert (await scene.give(BOB, "!appeal please")).refused == "already"


async def test_why_names_rule_phrase_and_end(scene: Scene) -> None:
    await scene.give(MODERATOR, "!mute @bob 1h R3")
    code = (await scene.only_case()).code
    said = text(await scene.give(BOB, "!why"))
    assert said.startswith(f"{code}: R3 no insults; muted until 2026-05-01 13:00 UTC")
    scene.language = "zh-CN"
    scene.wait(timedelta(seconds=6))
    assert text(await scene.give(EVE, f"!为何 {code}")).startswith(
        f"{code}：R3 禁止辱骂他人；禁言至 2026-05-01 13:00 UTC"
    )
    scene.capabilities = SHORT
    scene.wait(timedelta(minutes=10))
    assert text(await scene.give(BOB, "为何 " + code)) == f"{code} R3 49分51秒"
    scene.wait(timedelta(hours=1))
    assert text(await scene.give(BOB, "!why")) == f"{code} R3 已结束"


async def test_case_tells_the_state_and_no_more(scene: Scene) -> None:
    await scene.give(EVE, "!report @bob insult")
    code = (await scene.only_case()).code
    assert text(await scene.give(NIGHT_OWL, f"!case {code}")) == f"{code}: being judged"
    scene.wait(timedelta(seconds=6))
    await scene.give(SECOND, "!warn @bob")
    assert text(await scene.give(NIGHT_OWL, f"案件 {code}")) == f"{code}: decided"


async def test_codes_cannot_be_guessed_quickly(scene: Scene) -> None:
    await scene.give(EVE, "!case A9A9")
    assert (await scene.give(EVE, "!case A9A8")).refused == "too_often"


async def test_a_dry_run_is_nothing_to_viewers(scene: Scene) -> None:
    scene.mode = Mode.DRY_RUN
    await scene.give(MODERATOR, "!mute @bob")
    code = (await scene.only_case()).code
    assert (await scene.give(BOB, "!why")).refused == "why_nothing"
    assert (await scene.give(EVE, f"!case {code}")).refused == "unknown_case"
    assert "dry run" in text(await scene.give(MODERATOR, f"!case {code}"))


async def test_help_is_for_who_asks_and_links_only_to_what_can_be_reached(scene: Scene) -> None:
    scene.public_url = "https://example.org/"
    assert "!report" in text(await scene.give(EVE, "!help"))
    assert "https://example.org/rights" in text(await scene.give(EVE, "!rights"))
    assert "!mute" in text(await scene.give(MODERATOR, "!帮助"))
    scene.public_url = ""
    assert "http" not in text(await scene.give(EVE, "!rules"))


async def test_a_receipt_may_be_batched_unless_a_moderator_asked(scene: Scene) -> None:
    viewer = (await scene.give(EVE, "!report @bob")).reply
    staff = (await scene.give(MODERATOR, "!report @Night Owl")).reply
    assert viewer is not None
    assert staff is not None
    assert (viewer.urgent, staff.urgent) == (False, True)
    assert viewer.code == (await scene.cases())[0].code


async def test_the_secret_token_of_a_receipt_stays_out_of_chat(scene: Scene) -> None:
    handled = await scene.give(EVE, "!report @bob")
    (receipt,) = handled.applied[0].changes.receipts
    assert isinstance(receipt, Receipt)
    assert receipt.token not in repr(replace(handled, applied=()))


@pytest.mark.norm("N1.3-2", "behaviour")
async def test_a_report_about_the_rooms_staff_says_so_in_the_case(scene: Scene) -> None:
    """Only then it leaves the room in profile `platform`; the role is the platform's, not a name's."""
    scene.say(MODERATOR, "rude")
    scene.say(BOB, "rude too")
    await scene.give(EVE, f"!report @{MODERATOR.name} insult")
    await scene.give(NIGHT_OWL, "!report @bob insult")
    assert {state.episode: state.about_staff for state in await scene.cases()} == {
        f"report:{MODERATOR.id}": True,
        "report:bob": False,
    }


async def test_why_tells_the_person_concerned_what_a_check_saw_and_others_the_rule(scene: Scene) -> None:
    seen = told((("same", "6"), ("span", "30"), ("limit", "3")))
    fact = judged(room=scene.room.memory.room, respondent=Respondent(BOB.id or "", BOB.name), facts=(seen,))
    ref = ByEpisode(fact.room, fact.episode, NOW, timedelta(minutes=10))
    await scene.storage.log.apply(ref, Registrar(Keys.ephemeral(b"commands")).judge(fact, NOW))
    code = (await scene.only_case()).code
    assert text(await scene.give(BOB, "!why")).startswith(f"{code}: R1 no flooding (the same text 6 times); muted")
    assert text(await scene.give(MODERATOR, f"!why {code}")).startswith(f"{code}: R1 no flooding (the same text 6")
    scene.wait(timedelta(seconds=6))
    assert text(await scene.give(EVE, f"!why {code}")).startswith(f"{code}: R1 no flooding; muted until")
    scene.language = "zh-CN"
    assert text(await scene.give(BOB, "!why")).startswith(f"{code}：R1 禁止刷屏（同一句话 6 遍）；禁言至")
