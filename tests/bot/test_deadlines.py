"""Deadlines by a clock moved by hand: warned at three quarters, missed on record, kept in silence, and never re-dated."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import ConfigError, load, terms_of
from cases.deadlines import TERMS, Deadline, Terms
from cases.docket import Wish
from cases.dossier import Dossier
from cases.history import Addressee, DeadlineMissed, DeadlineWarned
from cases.model import Actor, ActorKind, CaseStatus, MeasureStatus, Profile
from cases.ports import DeadlineFilter, DeadlineRow
from tests.bot.bureau import MONA, OPERATOR, ROOM, Bureau, Clock, bureau

SECOND = timedelta(seconds=1)
ALL = tuple(TERMS)


async def _with(it: Bureau, key: str) -> Deadline:
    """A case with this one deadline running from now."""
    began = it.clock.now
    state = await it.open_case(deadlines=lambda code: (Terms().start(key, f"{code}.r1", code, ROOM, began),))
    (row,) = await _rows(it, state.code)
    return row.deadline


async def _rows(it: Bureau, about: str) -> list[DeadlineRow]:
    return list(await it.storage.deadlines.deadlines(DeadlineFilter(about=about)))


@pytest.mark.norm("N1.3-3", "behaviour")
@pytest.mark.parametrize("key", ALL)
async def test_three_quarters_warn_and_the_end_is_a_stored_event(key: str) -> None:
    async with bureau() as it:
        deadline = await _with(it, key)
        it.clock.at(deadline.warn_at - SECOND)
        await it.watch.turn()
        assert await it.history(deadline.about) == (await it.history(deadline.about))[:1], "nothing before its time"
        it.clock.at(deadline.warn_at)
        await it.watch.turn()
        await it.watch.turn()
        warned = [entry for entry in await it.history(deadline.about) if isinstance(entry, DeadlineWarned)]
        assert [(entry.key, entry.at) for entry in warned] == [(key, deadline.warn_at)]
        it.clock.at(deadline.due_at)
        await it.watch.turn()
        await it.watch.turn()
        missed = [entry for entry in await it.history(deadline.about) if isinstance(entry, DeadlineMissed)]
        assert [(entry.key, entry.at) for entry in missed] == [(key, deadline.due_at)]
        assert it.missed == [key], "counted once, in public"
        (row,) = await _rows(it, deadline.about)
        assert row.deadline == deadline, "nothing is re-dated"
        told = [row.letter.key for row in await it.storage.letters.pending(it.clock.now)]
        assert told.count("deadline_near") == 1
        assert told.count("deadline_missed") in (1, 2)


@pytest.mark.norm("N1.3-3", "deadline")
@pytest.mark.parametrize("key", ALL)
async def test_a_step_taken_in_time_warns_nobody_and_misses_nothing(key: str) -> None:
    async with bureau() as it:
        deadline = await _with(it, key)
        it.clock.at(deadline.warn_at - SECOND)
        await it.meet(deadline.about, (key, deadline.ref))
        it.clock.at(deadline.due_at + timedelta(days=30))
        await it.watch.turn()
        kinds = {type(entry) for entry in await it.history(deadline.about)}
        assert not kinds & {DeadlineWarned, DeadlineMissed}
        assert it.missed == []
        assert await it.storage.letters.pending(it.clock.now) == []


@pytest.mark.norm("N1.3-3", "bad-input")
@pytest.mark.parametrize("key", ["review_minor", "apply", "complaint_close"])
async def test_a_restart_and_a_jump_of_the_clock_between_any_two_steps_change_nothing(key: str, tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "danmod.db"
    async with bureau(clock, file=file) as it:
        deadline = await _with(it, key)
    clock.at(deadline.warn_at)
    async with bureau(clock, file=file) as it:
        await it.watch.resume()
        await it.watch.turn()
        assert [type(entry) for entry in await it.history(deadline.about)][1:] == [DeadlineWarned]
    clock.wait(timedelta(days=-2))
    async with bureau(clock, file=file) as it:
        await it.watch.resume()
        await it.watch.turn()
        (row,) = await _rows(it, deadline.about)
        assert row.overdue_at is None
        assert row.deadline == deadline
    clock.at(deadline.due_at + timedelta(days=2))
    async with bureau(clock, file=file) as it:
        await it.watch.resume()
        await it.watch.turn()
    async with bureau(clock, file=file) as it:
        await it.watch.resume()
        await it.watch.turn()
        assert [type(entry) for entry in await it.history(deadline.about)][1:] == [DeadlineWarned, DeadlineMissed]
        assert it.missed == []


async def test_a_step_taken_late_stays_on_record_as_missed() -> None:
    async with bureau() as it:
        deadline = await _with(it, "review_minor")
        it.clock.at(deadline.due_at + SECOND)
        await it.watch.turn()
        await it.meet(deadline.about, (deadline.key, deadline.ref))
        (row,) = await _rows(it, deadline.about)
        assert row.met_at is not None
        assert row.overdue_at is not None


# -- what follows by itself ---------------------------------------------------------------------------------------------


@pytest.mark.norm("N1.3-2", "deadline")
async def test_an_automatic_mute_nobody_confirms_lapses(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "danmod.db"
    async with bureau(clock, file=file, profile=Profile.TEAM) as it:
        state = await it.flood(timedelta(hours=2))
        (row,) = [row for row in await _rows(it, state.code) if row.deadline.key == "provisional_expiry"]
    clock.at(row.deadline.due_at)
    async with bureau(clock, file=file, profile=Profile.TEAM) as it:
        await it.watch.resume()
        await it.watch.turn()
        after = await it.case(state.code)
        assert after.in_force() == ()
        assert after.actions[0].status is MeasureStatus.LAPSED
        await it.watch.turn()
        assert await it.case(state.code) == after, "once is enough"


async def test_what_a_crash_kept_from_following_follows_at_the_next_start() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        state = await it.flood(timedelta(hours=2))
        (row,) = [row for row in await _rows(it, state.code) if row.deadline.key == "provisional_expiry"]
        it.clock.at(row.deadline.due_at)
        assert await it.storage.deadlines.mark_overdue(row.deadline, it.clock.now, ())
        await it.watch.turn()
        assert (await it.case(state.code)).in_force(), "the mark alone is found by nobody"
        await it.watch.resume()
        assert (await it.case(state.code)).in_force() == ()


async def test_a_confirmed_mute_does_not_lapse() -> None:
    async with bureau(profile=Profile.TEAM) as it:
        state = await it.flood(timedelta(hours=2))
        await it.office.act(state.code, "confirm", MONA, {})
        it.clock.wait(timedelta(hours=1))
        await it.watch.turn()
        assert (await it.case(state.code)).in_force()


async def test_a_dossiers_deadline_stands_in_its_own_history() -> None:
    async with bureau() as it:
        asker = Actor(ActorKind.VIEWER, "somebody")
        dossier = await it.office.move(Wish("complaint", "receive", asker, {"text": "nobody answers me"}))
        assert isinstance(dossier, Dossier)
        it.clock.wait(timedelta(days=2))
        await it.watch.turn()
        await it.watch.turn()
        entries = [row.entry for row in await it.storage.dossiers.dossier_history(dossier.id)]
        assert [type(entry) for entry in entries].count(DeadlineMissed) == 1
        after = await it.storage.dossiers.dossier(dossier.id)
        assert after is not None
        assert after.status == "received"


async def test_a_case_that_is_gone_on_is_left_alone_by_the_watch() -> None:
    async with bureau() as it:
        state = await it.report()
        await it.office.act(state.code, "dismiss", MONA, {"reason": "a joke among friends, both say so"})
        it.clock.wait(timedelta(days=30))
        await it.watch.turn()
        assert (await it.case(state.code)).status is CaseStatus.DISMISSED
        assert "triage_human" not in it.missed


async def test_staff_letters_name_the_step_and_no_reporter() -> None:
    async with bureau() as it:
        state = await it.report("p-secret-reporter")
        it.clock.wait(timedelta(days=3))
        await it.watch.turn()
        rows = [row for row in await it.storage.letters.pending(it.clock.now) if row.letter.to is Addressee.STAFF]
        assert rows
        assert all(row.about == state.code for row in rows)
        assert "secret" not in str([row.letter for row in rows])


@pytest.mark.norm("N4.3-1", "bad-input")
async def test_an_accused_supervisor_is_not_told_of_the_deadline_of_the_own_matter() -> None:
    async with bureau() as it:
        for name in ("sue", "sid"):
            await _enter(it, name, "supervisor")
        matter = await it.office.move(
            Wish("conduct", "complain", OPERATOR, {"what": "told a name"}, about_id="irc:sue")
        )
        assert isinstance(matter, Dossier)
        it.clock.wait(timedelta(hours=2))
        await it.watch.turn()
        told = {row.letter.ref for row in await it.storage.letters.pending(it.clock.now) if row.about == matter.id}
        assert told == {"staff-2"}


@pytest.mark.norm("N4.3-1", "bad-input")
async def test_where_the_accused_is_the_only_supervisor_the_operator_is_told() -> None:
    async with bureau() as it:
        await _enter(it, "sue", "supervisor")
        matter = await it.office.move(
            Wish("conduct", "complain", OPERATOR, {"what": "told a name"}, about_id="staff-1")
        )
        assert isinstance(matter, Dossier)
        it.clock.wait(timedelta(hours=2))
        await it.watch.turn()
        rows = await it.storage.letters.pending(it.clock.now)
        keys = {(row.letter.ref, row.letter.key) for row in rows if row.about == matter.id}
        assert keys >= {("role:operator", "deadline_missed")}
        assert {ref for ref, _ in keys} == {"role:operator"}


async def _enter(it: Bureau, name: str, role: str) -> None:
    fields = {"name": name, "accounts": [f"irc:{name}"], "roles": [role], "group": name}
    entered = await it.office.move(Wish("staff", "propose", OPERATOR, fields))
    assert isinstance(entered, Dossier)
    assert isinstance(await it.office.move(Wish("staff", "activate", OPERATOR, {}), entered.id), Dossier)


# -- what an installation and a room may choose -------------------------------------------------------------------------


@pytest.mark.norm("N1.3-3", "behaviour")
def test_a_room_may_be_stricter_than_its_installation(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[deadlines]\nreview_minor = "48h"\n[platforms.irc]\nurl = "ws://127.0.0.1:1"\n'
        '[[rooms]]\nplatform = "irc"\nroom = "#talk"\ndeadlines = { review_minor = "24h" }\n'
    )
    terms = terms_of(load(file))
    assert terms.span("review_minor") == timedelta(hours=48)
    assert terms.span("review_minor", room=ROOM) == timedelta(hours=24)
    assert terms.span("panel", room=ROOM) == TERMS["panel"].span


@pytest.mark.norm("N1.3-3", "bad-input")
@pytest.mark.parametrize("key", ALL)
def test_a_span_beyond_its_ceiling_is_refused_by_name_at_the_start(key: str, tmp_path: Path) -> None:
    term = TERMS[key]
    longer = term.ceiling + timedelta(days=1)
    file = tmp_path / "config.toml"
    file.write_text(f'[deadlines]\n{key} = "{int(longer.total_seconds())}s"\n')
    with pytest.raises(ConfigError) as told:
        load(file)
    said = str(told.value)
    assert len(said.splitlines()) == 1
    assert f"deadlines.{key}" in said
    assert f"'{int(longer.total_seconds())}s'" in said
    assert "at most" in said
    file.write_text(f'[deadlines]\n{key} = "{int(term.ceiling.total_seconds())}s"\n')
    assert terms_of(load(file)).span(key) == term.ceiling
