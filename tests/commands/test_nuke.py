"""`!nuke`: shown first, confirmed, carried out on everybody alike, and taken back whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from cases.house import House
from cases.model import ActionKind, CaseStatus, MeasureStatus, Mode, Profile
from cases.nuke import Nukes
from cases.sentence import Measure
from commands.router import Handled
from streams.events import Role, Sender
from tests.commands.scene import BOB, EVE, MODERATOR, NIGHT_OWL, OWNER, SECOND, Scene, scene_in, text

PUSH = "join the golden circle now"
FRESH = [Sender(f"f{number}", f"Fresh{number}") for number in range(6)]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with scene_in(house=House(Profile.SOLO)) as made:
        yield made


def push(scene: Scene, words: str = PUSH) -> None:
    """A crowd writes one text amid what people say; staff quotes it, too, and somebody reports it."""
    scene.say(NIGHT_OWL, "what a jump that was")
    for number, sender in enumerate(FRESH):
        scene.say(sender, f"{words} {number}")
    for sender in (BOB, EVE, NIGHT_OWL):
        for number in range(3):
            scene.say(sender, f"something else entirely {sender.name} {number}")
    scene.say(SECOND, f"they all write {words}")


def code_of(handled: Handled) -> str:
    return text(handled).rpartition("confirm ")[2].rstrip("?")


async def confirm(scene: Scene, shown: Handled, by: Sender = MODERATOR) -> Handled:
    return await scene.give(by, f"!nuke confirm {code_of(shown)}")


async def test_first_it_is_only_told_and_to_the_moderator_alone(scene: Scene) -> None:
    push(scene)
    shown = await scene.give(MODERATOR, f"!nuke {PUSH}")
    assert text(shown).startswith("6 lines by 6 viewers, 0 of them known here: delete? Within a minute: !nuke confirm ")
    assert shown.reply is not None
    assert shown.reply.private
    assert await scene.cases() == []


@pytest.mark.parametrize(
    ("words", "measure", "kinds"),
    [
        ("", Measure.DELETE, {ActionKind.DELETE}),
        (" delete", Measure.DELETE, {ActionKind.DELETE}),
        (" 5 mute", Measure.MUTE, {ActionKind.MUTE}),
        (" 禁言 5分", Measure.MUTE, {ActionKind.MUTE}),
        (" hide 3m", Measure.HIDE, set()),
    ],
)
@pytest.mark.norm("N3.1-2c", "behaviour")
async def test_everybody_hit_gets_the_same_measure_each_with_a_statement(
    scene: Scene, words: str, measure: Measure, kinds: set[ActionKind]
) -> None:
    push(scene)
    done = await confirm(scene, await scene.give(MODERATOR, f"!nuke {PUSH}{words}"))
    state = await scene.only_case()
    assert state.code in text(done)
    assert {person.id for person in state.respondents} == {sender.id for sender in FRESH}
    assert measure in state.measures
    assert {action.kind for action in state.actions} == kinds
    told = {statement.respondent for applied in done.applied for statement in applied.changes.statements}
    assert told == ({sender.id for sender in FRESH} if kinds else set())
    assert state.orderers == (MODERATOR.id,)


async def test_staff_bots_and_reports_are_never_hit(scene: Scene) -> None:
    push(scene)
    scene.say(Sender("bot", "Nightbot", Role.BOT), PUSH)
    scene.say(EVE, f"!report @Fresh1 {PUSH}")
    shown = await scene.give(MODERATOR, f"!nuke {PUSH}")
    assert text(shown).startswith("6 lines by 6 viewers")


async def test_a_code_is_good_for_a_minute_and_for_once(scene: Scene) -> None:
    push(scene)
    shown = await scene.give(MODERATOR, f"!nuke {PUSH}")
    scene.wait(timedelta(seconds=61))
    assert (await confirm(scene, shown)).refused == "nuke_unknown"
    again = await scene.give(MODERATOR, f"!nuke {PUSH} 10")
    assert (await confirm(scene, again)).refused is None
    assert (await confirm(scene, again)).refused == "nuke_unknown"
    assert (await scene.give(MODERATOR, "!nuke confirm ZZ")).refused == "nuke_unknown"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("!nuke", "nuke_how"),
        ("!nuke e", "nuke_short"),
        ("!nuke \u200b\u200b", "nuke_how"),
        ("!nuke hello", "nuke_broad"),
        ("!nuke nobody ever said this", "nuke_nothing"),
        (f"!nuke {PUSH} 30m", "nuke_minutes"),
        ("!nuke /((/", "nuke_pattern"),
        ("!nuke /.*/", "nuke_pattern"),
        ("!nuke /" + "a" * 101 + "/", "nuke_pattern"),
        ("!nuke undo", "nothing_to_undo"),
    ],
)
async def test_what_is_no_text_to_clear_a_room_of_is_said_and_does_nothing(
    scene: Scene, words: str, reason: str
) -> None:
    push(scene)
    for sender in FRESH:
        scene.say(sender, f"hello again {sender.name}")
    handled = await scene.give(MODERATOR, words)
    assert handled.refused == reason
    assert text(handled)
    assert await scene.cases() == []


async def test_a_text_of_one_sign_has_to_be_quoted_and_confirmed_twice(scene: Scene) -> None:
    push(scene)
    scene.say(BOB, "x")
    first = await scene.give(MODERATOR, '!nuke "x"')
    second = await confirm(scene, first)
    assert text(second).startswith("so short a text hits nearly everything")
    assert await scene.cases() == []
    third = await confirm(scene, second)
    assert third.refused is None
    assert len(await scene.cases()) == 1


async def test_a_crowd_that_is_most_of_the_room_may_be_cleared_of_its_whole_text(scene: Scene) -> None:
    for number in range(40):
        scene.say(Sender(f"w{number}", f"W{number}"), PUSH)
    shown = await scene.give(MODERATOR, f"!nuke {PUSH}")
    assert text(shown).startswith("40 lines by 40 viewers")
    assert (await scene.give(MODERATOR, "!nuke golden")).refused == "nuke_broad"


async def test_a_pattern_finds_what_it_says(scene: Scene) -> None:
    push(scene)
    assert text(await scene.give(MODERATOR, "!nuke /golden circle now [0-3]/")).startswith("4 lines by 4 viewers")


@pytest.mark.parametrize("way", ["!nuke undo", "!nuke undo {code}", "!undo", "!undo {code}"])
async def test_taken_back_nothing_is_left_but_the_record(scene: Scene, way: str) -> None:
    push(scene)
    await confirm(scene, await scene.give(MODERATOR, f"!nuke {PUSH} mute"))
    code = (await scene.only_case()).code
    assert all(scene.memory.is_muted(sender.id, scene.now.timestamp()) for sender in FRESH)
    undone = await scene.give(MODERATOR, way.format(code=code))
    assert text(undone) == f"taken back: {code}"
    state = await scene.only_case()
    assert state.status is CaseStatus.UNDONE
    assert not any(scene.memory.is_muted(sender.id, scene.now.timestamp()) for sender in FRESH)
    assert not any(scene.memory.strikes(sender.id or "") for sender in FRESH)
    mutes = [action for action in state.actions if action.kind is ActionKind.MUTE]
    lifts = {action.undoes for action in state.actions if action.kind is ActionKind.UNMUTE}
    assert {action.status for action in mutes} == {MeasureStatus.REVOKED}
    assert lifts == {action.id for action in mutes}


async def test_somebody_elses_nuke_is_not_ones_own_to_take_back(scene: Scene) -> None:
    push(scene)
    await confirm(scene, await scene.give(MODERATOR, f"!nuke {PUSH} mute"))
    assert (await scene.give(SECOND, "!nuke undo")).refused == "nothing_to_undo"


@pytest.mark.parametrize("sender", [BOB, EVE])
async def test_viewers_cannot(scene: Scene, sender: Sender) -> None:
    push(scene)
    assert (await scene.give(sender, f"!nuke {PUSH}")).refused == "not_allowed"
    shown = await scene.give(OWNER, f"!nuke {PUSH}")
    assert (await confirm(scene, shown, sender)).refused == "not_allowed"
    assert await scene.cases() == []


async def test_the_one_who_agrees_may_be_another(scene: Scene) -> None:
    push(scene)
    shown = await scene.give(MODERATOR, f"!nuke {PUSH}")
    assert (await confirm(scene, shown, SECOND)).refused is None
    assert (await scene.only_case()).orderers == (SECOND.id,)


@pytest.mark.norm("N3.1-2c", "bad-input")
async def test_where_people_share_the_work_many_are_muted_only_by_two() -> None:
    async with scene_in(house=House(Profile.TEAM)) as scene:
        push(scene)
        shown = await scene.give(MODERATOR, f"!nuke {PUSH} mute")
        alone = await confirm(scene, shown)
        assert alone.refused == "nuke_second"
        assert await scene.cases() == []
        assert (await confirm(scene, shown, SECOND)).refused is None
        assert len(await scene.cases()) == 1


async def test_hiding_takes_one_in_a_team_too() -> None:
    async with scene_in(house=House(Profile.TEAM)) as scene:
        push(scene)
        assert (await confirm(scene, await scene.give(MODERATOR, f"!nuke {PUSH} hide"))).refused is None


async def test_in_a_dry_run_nothing_is_done_and_it_says_so(scene: Scene) -> None:
    push(scene)
    scene.mode = Mode.DRY_RUN
    done = await confirm(scene, await scene.give(MODERATOR, f"!nuke {PUSH} mute"))
    assert text(done).startswith("dry run: nothing done; it would have been 6 lines by 6 viewers")
    state = await scene.only_case()
    assert state.dry_run
    assert state.actions == ()


async def test_nobody_hit_is_given_a_stage_in_chat(scene: Scene) -> None:
    push(scene)
    done = await confirm(scene, await scene.give(MODERATOR, f"!nuke {PUSH} mute"))
    notices = [notice for applied in done.applied for notice in applied.changes.notices]
    assert len(notices) == len(FRESH)
    assert all(notice.text == "" and notice.private_to for notice in notices)


async def test_more_people_than_a_case_holds_are_several_cases_taken_back_together(scene: Scene) -> None:
    for number in range(230):
        scene.say(Sender(f"w{number}", f"W{number}"), PUSH)
    done = await confirm(scene, await scene.give(MODERATOR, f"!nuke {PUSH} hide 10"))
    assert len(done.applied) == 2
    undone = await scene.give(MODERATOR, "!nuke undo")
    assert len(undone.applied) == 2
    assert {state.status for state in await scene.cases()} == {CaseStatus.UNDONE}


def test_a_room_remembers_a_bounded_number_of_them() -> None:
    from cases.nuke import Nuke, needle

    nukes = Nukes()
    for number in range(100):
        nukes.add(Nuke(str(number), needle(PUSH), Measure.HIDE, None, 1.0, (f"A{number}",), [f"m{number}"]))
    assert nukes.end("A1") == []
    assert nukes.end("A99") == ["m99"]
    assert nukes.end("A99") == []
