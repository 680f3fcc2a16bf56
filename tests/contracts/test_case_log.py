"""The contract of the case log, its reader and its outbox, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from cases.evidence import digest
from cases.history import AnyEntry, Changes, ConflictRefused, Dismissed, Receipt
from cases.lifecycle import fold
from cases.model import (
    ActionKind,
    AppealStatus,
    CaseKind,
    CaseState,
    CaseStatus,
    MeasureStatus,
    Mode,
    Refusal,
    Respondent,
)
from cases.ports import (
    Applied,
    ByActor,
    ByAppeal,
    ByCode,
    ByEpisode,
    ByRespondent,
    CaseFilter,
    CaseRef,
    Decide,
    Repeated,
    StorageError,
)
from cases.sentence import Severity
from storage import Storage
from streams.events import RoomKey
from tests.storage.stores import KEYS, Store, postgres, postgres_template, sqlite_template, storage, store
from tests.storage.stories import (
    ANN,
    BEN,
    GAP,
    MODERATOR,
    NOW,
    OTHER_ROOM,
    ROOM,
    adding,
    answered,
    appealed,
    ended,
    evidence,
    flood,
    judged,
    muting,
    opened,
    ordered,
    outcome,
    reporting,
    revoked,
)

__all__ = ["postgres", "postgres_template", "sqlite_template", "storage", "store"]

NOBODY = ByCode("")
A_SECOND = timedelta(seconds=1)


async def applied(storage: Storage, ref: CaseRef, decide: Decide) -> CaseState:
    answer = await storage.log.apply(ref, decide)
    assert isinstance(answer, Applied), answer
    return answer.state


class TestTheLog:
    async def test_what_is_applied_is_read_back_at_once(self, storage: Storage) -> None:
        state = await applied(storage, *flood())
        assert await storage.reader.case(state.code) == state
        assert [row.entry for row in await storage.reader.history(state.code)][1] == judged()

    @pytest.mark.norm("N3.1-3", "behaviour")
    async def test_state_is_the_fold_of_what_is_stored(self, storage: Storage) -> None:
        await applied(storage, *muting())
        state = await applied(storage, *flood(at=NOW + A_SECOND))
        entries = [row.entry for row in await storage.reader.history(state.code) if row.entry is not None]
        assert fold(None, entries) == state == await storage.reader.case(state.code)

    async def test_a_refusal_writes_nothing(self, storage: Storage) -> None:
        refusal = Refusal("not_allowed", "no")
        assert await storage.log.apply(NOBODY, lambda state, fresh: refusal) is refusal
        assert await storage.reader.cases(CaseFilter()) == []

    @pytest.mark.norm("N3.1-3", "behaviour")
    async def test_a_refusal_that_stands_on_record_is_stored_and_answered(self, storage: Storage) -> None:
        state = await applied(storage, *flood())
        entry = ConflictRefused(at=NOW, by=MODERATOR, step="answer", reason="the own decision")
        refusal = Refusal("conflict", "not you")
        decide = adding(lambda _: entry, refused=refusal)
        assert await storage.log.apply(ByCode(state.code), decide) == refusal
        assert [row.entry for row in await storage.reader.history(state.code)][-1] == entry

    @pytest.mark.norm("N3.1-3", "behaviour")
    async def test_a_result_of_no_action_is_recorded(self, storage: Storage) -> None:
        state = await applied(storage, NOBODY, reporting("pseudonym"))
        await applied(storage, ByCode(state.code), adding(_dismissed))
        entries = [row.entry for row in await storage.reader.history(state.code)]
        assert entries[-1] == _dismissed(state)

    async def test_a_decide_that_raises_writes_nothing_and_raises_to_its_caller(self, storage: Storage) -> None:
        def decide(state: CaseState | None, fresh: str) -> Changes:
            raise RuntimeError("a mistake")

        with pytest.raises(RuntimeError, match="a mistake"):
            await storage.log.apply(NOBODY, decide)
        assert await storage.reader.cases(CaseFilter()) == []

    async def test_a_move_the_table_refuses_is_not_stored(self, storage: Storage) -> None:
        state = await applied(storage, *flood())
        with pytest.raises(ValueError, match="not allowed"):
            await storage.log.apply(ByCode(state.code), adding(_dismissed))
        assert await storage.reader.case(state.code) == state

    async def test_a_code_that_was_not_given_out_is_refused(self, storage: Storage) -> None:
        with pytest.raises(ValueError, match="fresh code"):
            await storage.log.apply(NOBODY, lambda state, fresh: Changes(entries=(opened("AAAA"),)))

    async def test_the_fresh_code_is_consumed_only_by_an_opening(self, storage: Storage) -> None:
        shown: list[str] = []

        def refuse(state: CaseState | None, fresh: str) -> Refusal:
            shown.append(fresh)
            return Refusal("no", "no")

        await storage.log.apply(NOBODY, refuse)
        await storage.log.apply(NOBODY, refuse)
        state = await applied(storage, *flood())
        assert shown == [state.code, state.code]

    async def test_an_opening_begins_a_new_case_though_an_older_one_was_shown(self, storage: Storage) -> None:
        first = await applied(storage, *flood())
        second = await applied(storage, ByCode(first.code), lambda state, fresh: Changes(entries=(opened(fresh),)))
        assert second.code != first.code
        assert second.version == 1
        assert await storage.reader.case(first.code) == first

    async def test_numbers_count_up_in_each_room(self, storage: Storage, store: Store) -> None:
        for who in (ANN, BEN):
            for room in (ROOM, OTHER_ROOM):
                await applied(storage, *flood(who, room=room))
        rows = store.sql("SELECT room, number FROM cases ORDER BY ordinal")
        assert [(room, int(number)) for room, number in rows] == [
            (ROOM, 1),
            (OTHER_ROOM, 1),
            (ROOM, 2),
            (OTHER_ROOM, 2),
        ]

    async def test_a_command_is_applied_once(self, storage: Storage) -> None:
        ref, decide = flood(processed="message-1")
        first = await applied(storage, ref, decide)
        assert await storage.log.apply(ref, decide) == Repeated(first.code)
        assert await storage.reader.case(first.code) == first

    async def test_the_same_command_twice_in_one_group_is_applied_once(self, storage: Storage) -> None:
        ref, decide = flood(processed="message-1")
        answers = await asyncio.gather(*(storage.log.apply(ref, decide) for _ in range(5)))
        assert [type(answer) for answer in answers] == [Applied, *[Repeated] * 4]

    async def test_a_repeat_inside_a_group_does_not_disturb_its_neighbours(self, storage: Storage) -> None:
        ref, decide = flood(processed="message-1")
        await applied(storage, ref, decide)
        answers = await asyncio.gather(
            storage.log.apply(*flood(BEN)), storage.log.apply(ref, decide), storage.log.apply(*flood(ANN))
        )
        assert [type(answer) for answer in answers] == [Applied, Repeated, Applied]
        ann = next(case for case in await storage.reader.cases(CaseFilter(respondent=ANN.id)))
        assert ann.lines == 2

    async def test_message_ids_are_unique_in_their_room_only(self, storage: Storage) -> None:
        await applied(storage, *flood(processed="message-1"))
        await applied(storage, *flood(room=OTHER_ROOM, processed="message-1"))

    async def test_repeats_are_forgotten_after_a_week(self, storage: Storage, store: Store) -> None:
        await applied(storage, *flood(processed="message-1"))
        store.clock.now = NOW + timedelta(days=8)
        await applied(storage, *flood(BEN))
        assert store.sql("SELECT count(*) FROM processed")[0][0] in (0, "0")

    async def test_everything_is_there_after_a_restart(self, store: Store) -> None:
        async with store.open() as first:
            before = await applied(first, *muting())
        async with store.open() as second:
            assert await second.reader.case(before.code) == before
            after = await applied(second, *flood(at=NOW + A_SECOND))
            assert after.code == before.code
            assert after.version == before.version + 1
            other = await applied(second, *flood(BEN))
            assert other.code != before.code

    @pytest.mark.fault("X7")
    @pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\uffff", "\ufeffa", "\U0001f600" * 2000])
    async def test_any_text_is_stored(self, storage: Storage, text: str) -> None:
        who = Respondent(text, text)
        state = await applied(storage, *muting(who))
        again = await applied(storage, *flood(who, at=NOW + A_SECOND))
        assert again.code == state.code
        entries = [row.entry for row in await storage.reader.history(state.code) if row.entry is not None]
        assert fold(None, entries) == again == await storage.reader.case(state.code)
        assert len(await storage.reader.evidence(state.code)) == 1


def _dismissed(state: CaseState) -> AnyEntry:
    return Dismissed(at=NOW, by=MODERATOR, reason="nothing")


class TestFindingTheCase:
    async def test_by_code_without_regard_to_case(self, storage: Storage) -> None:
        state = await applied(storage, *flood())
        found = await applied(storage, ByCode(f" {state.code.lower()} "), adding(lambda _: judged()))
        assert found.code == state.code

    async def test_by_episode_within_the_gap_to_the_second(self, storage: Storage) -> None:
        first = await applied(storage, *flood())
        joined = await applied(storage, *flood(at=NOW + GAP))
        late = await applied(storage, *flood(at=NOW + GAP + GAP + A_SECOND))
        assert joined.code == first.code
        assert late.code != first.code

    async def test_by_episode_finds_the_latest_of_several(self, storage: Storage) -> None:
        await applied(storage, *flood())
        late = await applied(storage, *flood(at=NOW + GAP + A_SECOND))
        ref = ByEpisode(ROOM, f"flood/{ANN.id}", NOW + GAP + A_SECOND, timedelta(days=1))
        assert (await applied(storage, ref, adding(lambda _: judged()))).code == late.code

    async def test_an_episode_belongs_to_one_room(self, storage: Storage) -> None:
        here = await applied(storage, *flood())
        there = await applied(storage, *flood(room=OTHER_ROOM))
        assert here.code != there.code

    async def test_by_appeal_finds_the_open_one(self, storage: Storage) -> None:
        ann, ben = await applied(storage, *flood()), await applied(storage, *flood(BEN))
        for state, who in ((ann, ANN), (ben, BEN)):
            await applied(storage, ByCode(state.code), adding(appealed(who)))
        await applied(storage, ByCode(ben.code), adding(answered()))
        assert (await applied(storage, ByAppeal(ROOM), adding(answered()))).code == ann.code
        assert isinstance(await storage.log.apply(ByAppeal(ROOM), adding(answered())), Refusal)

    async def test_two_answers_in_one_group_find_two_appeals(self, storage: Storage) -> None:
        """The second must not be told the case that the first has just answered."""
        for who in (ANN, BEN):
            state = await applied(storage, *flood(who))
            await applied(storage, ByCode(state.code), adding(appealed(who)))
        answers = await asyncio.gather(*(storage.log.apply(ByAppeal(ROOM), adding(answered())) for _ in range(3)))
        codes = [answer.state.code for answer in answers if isinstance(answer, Applied)]
        assert len(set(codes)) == 2
        assert isinstance(answers[2], Refusal)

    async def test_by_actor_finds_the_case_of_the_own_last_action(self, storage: Storage) -> None:
        first = await applied(storage, *muting(by=MODERATOR))
        await applied(storage, *muting(BEN))
        found = await applied(storage, ByActor(ROOM, MODERATOR.ref, NOW), adding(lambda _: judged()))
        assert found.code == first.code
        for ref in (ByActor(ROOM, MODERATOR.ref, NOW + A_SECOND), ByActor(OTHER_ROOM, MODERATOR.ref, NOW)):
            assert isinstance(await storage.log.apply(ref, adding(lambda _: judged())), Refusal)

    async def test_by_respondent_finds_the_latest(self, storage: Storage) -> None:
        await applied(storage, *flood())
        late = await applied(storage, *flood(at=NOW + GAP + A_SECOND))
        await applied(storage, *flood(BEN, at=NOW + GAP + GAP))
        found = await applied(storage, ByRespondent(ROOM, ANN.id), adding(lambda _: judged()))
        assert found.code == late.code
        assert isinstance(await storage.log.apply(ByRespondent(ROOM, "nobody"), adding()), Refusal)

    @pytest.mark.parametrize("ref", [ByActor(ROOM, MODERATOR.ref, NOW), ByRespondent(ROOM, ANN.id)])
    async def test_intents_of_one_group_see_each_other(self, storage: Storage, ref: CaseRef) -> None:
        first, second, third = await asyncio.gather(
            storage.log.apply(*muting(by=MODERATOR)),
            storage.log.apply(*flood(at=NOW + A_SECOND)),
            storage.log.apply(ref, adding(lambda _: judged())),
        )
        assert isinstance(first, Applied)
        assert isinstance(second, Applied)
        assert isinstance(third, Applied)
        assert first.state.code == second.state.code == third.state.code
        assert third.state.lines == 3


class TestTheOutbox:
    async def test_an_ordered_action_waits_until_its_outcome_is_known(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        (row,) = await storage.outbox.pending(NOW)
        assert row.action == state.actions[0]
        assert (row.room, row.code, row.respondent_name, row.attempts) == (ROOM, state.code, "Ann", 0)
        await applied(storage, ByCode(state.code), adding(outcome(row.action.id)))
        assert await storage.outbox.pending(NOW) == []

    async def test_a_postponed_action_comes_back_with_its_attempts(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        await storage.outbox.postpone(state.actions[0].id, NOW + GAP, "429")
        assert await storage.outbox.pending(NOW) == []
        assert await storage.outbox.next_due() == NOW + GAP
        (row,) = await storage.outbox.pending(NOW + GAP)
        assert (row.attempts, row.action.detail) == (1, "429")

    async def test_a_revoked_action_is_not_performed_any_more(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        await applied(storage, ByCode(state.code), adding(revoked(state.actions[0].id)))
        assert await storage.outbox.pending(NOW + GAP) == []
        await storage.outbox.postpone(state.actions[0].id, NOW, "too late")
        assert await storage.outbox.pending(NOW + GAP) == []

    async def test_an_action_ordered_and_revoked_in_one_group_is_not_performed(self, storage: Storage) -> None:
        ref, decide = muting()
        revoke = adding(lambda state: revoked(state.actions[0].id)(state))
        await asyncio.gather(storage.log.apply(ref, decide), storage.log.apply(ref, revoke))
        assert await storage.outbox.pending(NOW) == []

    async def test_a_lift_never_overtakes_the_mute_before_it(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        mute = state.actions[0]
        lift = adding(lambda s: ordered(s, s.code, ActionKind.UNMUTE, undoes=mute.id))
        await applied(storage, ByCode(state.code), lift)
        await storage.outbox.postpone(mute.id, NOW + GAP, "unreachable")
        assert await storage.outbox.pending(NOW) == []
        assert [row.action.kind for row in await storage.outbox.pending(NOW + GAP)] == [ActionKind.MUTE]
        await applied(storage, ByCode(state.code), adding(outcome(mute.id)))
        assert [row.action.kind for row in await storage.outbox.pending(NOW)] == [ActionKind.UNMUTE]

    async def test_the_oldest_come_first_and_not_more_than_asked(self, storage: Storage) -> None:
        first = await applied(storage, *muting())
        await applied(storage, *muting(BEN))
        assert [row.code for row in await storage.outbox.pending(NOW, limit=1)] == [first.code]

    async def test_a_timer_is_due_at_its_instant_and_ends(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        assert await storage.outbox.timers_due(NOW + GAP - A_SECOND) == []
        (row,) = await storage.outbox.timers_due(NOW + GAP)
        assert (row.timer.ref, row.code, row.room) == (state.actions[0].id, state.code, ROOM)
        done = adding(ended(row.timer.ref), timers_done=(row.timer.ref,))
        await applied(storage, ByCode(state.code), done)
        assert await storage.outbox.timers_due(NOW + GAP) == []

    async def test_nothing_is_due_in_an_empty_store(self, storage: Storage) -> None:
        assert await storage.outbox.next_due() is None

    async def test_next_due_looks_at_actions_and_timers(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        assert await storage.outbox.next_due() == NOW
        await applied(storage, ByCode(state.code), adding(outcome(state.actions[0].id)))
        assert await storage.outbox.next_due() == NOW + GAP

    async def test_a_notice_is_taken_once(self, storage: Storage) -> None:
        await applied(storage, *muting())
        assert await storage.outbox.rooms_with_notices() == [ROOM]
        taken = await storage.outbox.take_notices(ROOM, NOW, GAP)
        assert [row.notice.private_to for row in taken] == [None, ANN.id]
        assert await storage.outbox.take_notices(ROOM, NOW, GAP) == []
        assert await storage.outbox.rooms_with_notices() == []

    async def test_an_old_notice_lapses(self, storage: Storage) -> None:
        await applied(storage, *muting())
        assert await storage.outbox.take_notices(ROOM, NOW + GAP + A_SECOND, GAP) == []
        assert await storage.outbox.rooms_with_notices() == []

    async def test_a_private_text_is_erased_as_it_is_taken(self, storage: Storage, store: Store) -> None:
        await applied(storage, *muting())
        await storage.outbox.take_notices(ROOM, NOW, GAP)
        texts = [row[0] for row in store.sql("SELECT text FROM notices ORDER BY id")]
        assert texts[0].startswith("Ann: muted")
        assert texts[1] == ""


class TestTheReader:
    async def test_cases_are_listed_newest_first_and_filtered(self, storage: Storage) -> None:
        flooding = await applied(storage, *flood())
        elsewhere = await applied(storage, *flood(BEN, room=OTHER_ROOM, at=NOW + A_SECOND))
        reported = await applied(storage, NOBODY, reporting("pseudonym"))

        async def codes(**which: object) -> list[str]:
            return [case.code for case in await storage.reader.cases(CaseFilter(**which))]  # type: ignore[arg-type]  # as given

        assert await codes() == [reported.code, elsewhere.code, flooding.code]
        assert await codes(limit=1) == [reported.code]
        assert await codes(room=OTHER_ROOM) == [elsewhere.code]
        assert await codes(status=CaseStatus.OPEN) == [reported.code]
        assert await codes(kind=CaseKind.AUTOMATIC) == [elsewhere.code, flooding.code]
        assert await codes(respondent=ANN.id) == [reported.code, flooding.code]
        assert await codes(since=NOW + A_SECOND) == [elsewhere.code]

    async def test_an_unknown_code_is_nothing(self, storage: Storage) -> None:
        assert await storage.reader.case("X3X3") is None
        assert await storage.reader.history("X3X3") == []

    async def test_evidence_is_read_back_as_it_was_frozen(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        assert await storage.reader.evidence(state.code) == [evidence()]

    async def test_changed_evidence_is_never_shown(self, storage: Storage, store: Store) -> None:
        state = await applied(storage, *muting())
        store.sql("UPDATE evidence SET body = replace(body, 'buy', 'bye')")
        with pytest.raises(StorageError, match="evidence of case"):
            await storage.reader.evidence(state.code)
        assert digest(evidence("bye now")) != digest(evidence("buy now"))

    async def test_a_statement_opens_with_its_token_alone(self, storage: Storage, store: Store) -> None:
        state = await applied(storage, *muting(token="Sesame"))
        token = f"Sesame-{state.actions[0].id}"
        found = await storage.reader.statement_by_token(token)
        assert found is not None
        assert found[0] == state
        assert found[1].token == ""
        assert [found[1]] == list(await storage.reader.statements(state.code))
        assert await storage.reader.statement_by_token(token + "x") is None
        assert "sesame" not in store.dump().lower()

    async def test_a_report_opens_with_its_token(self, storage: Storage) -> None:
        state = await applied(storage, NOBODY, reporting("pseudonym", token="tok"))
        assert await storage.reader.report_by_token("tok") == (state, f"{state.code}-r1")
        assert await storage.reader.report_by_token("") is None

    async def test_a_receipt_needs_its_report(self, storage: Storage) -> None:
        state = await applied(storage, *flood())
        with pytest.raises(ValueError, match="no report"):
            await storage.log.apply(ByCode(state.code), adding(receipts=(Receipt("r9", "tok"),)))

    async def test_strikes_count_until_they_are_cleared(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        await applied(storage, *muting(BEN))
        assert [row.sender_id for row in await storage.reader.strikes(NOW)] == [ANN.id, BEN.id]
        assert await storage.reader.strikes(NOW + A_SECOND) == []
        await applied(storage, ByCode(state.code), adding(strikes_cleared=(BEN.id,)))
        assert [row.sender_id for row in await storage.reader.strikes(NOW)] == [ANN.id, BEN.id]
        await applied(storage, ByCode(state.code), adding(strikes_cleared=(ANN.id,)))
        assert [row.sender_id for row in await storage.reader.strikes(NOW)] == [BEN.id]

    async def test_clearing_in_the_same_group_clears_what_came_before_it_only(self, storage: Storage) -> None:
        ref, decide = muting()
        await asyncio.gather(
            storage.log.apply(ref, decide),
            storage.log.apply(ref, adding(strikes_cleared=(ANN.id,))),
            storage.log.apply(*muting(at=NOW + A_SECOND)),
        )
        assert [row.at for row in await storage.reader.strikes(NOW)] == [NOW + A_SECOND]

    async def test_mutes_in_force_are_those_that_should_hold(self, storage: Storage) -> None:
        ann, ben = await applied(storage, *muting()), await applied(storage, *muting(BEN))
        await applied(storage, ByCode(ann.code), adding(outcome(ann.actions[0].id, MeasureStatus.UNSUPPORTED)))
        await applied(storage, ByCode(ben.code), adding(revoked(ben.actions[0].id)))
        (row,) = await storage.reader.mutes_in_force(NOW)
        assert (row.room, row.sender_id, row.action_id, row.until) == (ROOM, ANN.id, ann.actions[0].id, NOW + GAP)
        assert await storage.reader.mutes_in_force(NOW + GAP) == []

    async def test_a_ban_holds_without_end(self, storage: Storage) -> None:
        state = await applied(storage, *flood())
        severe = judged(severity=Severity.SEVERE)
        banned = adding(lambda _: severe, lambda s: ordered(s, s.code, ActionKind.BAN))
        await applied(storage, ByCode(state.code), banned)
        (row,) = await storage.reader.mutes_in_force(NOW + timedelta(days=9999))
        assert row.until is None

    async def test_counts_tell_what_is_there(self, storage: Storage) -> None:
        state = await applied(storage, *muting())
        await applied(storage, NOBODY, reporting("pseudonym"))
        await applied(storage, ByCode(state.code), adding(outcome(state.actions[0].id)))
        assert await storage.reader.counts() == {
            "cases_decided": 1, "cases_open": 1, "actions_in_force": 1, "timers_waiting": 1, "notices_waiting": 2,
        }  # fmt: skip

    async def test_an_overturned_appeal_is_read_back(self, storage: Storage) -> None:
        state = await applied(storage, *flood())
        await applied(storage, ByCode(state.code), adding(appealed()))
        after = await applied(storage, ByCode(state.code), adding(answered(AppealStatus.OVERTURNED)))
        assert (await storage.reader.cases(CaseFilter(status=CaseStatus.OVERTURNED))) == [after]


class TestTheRooms:
    async def test_rooms_are_added_changed_and_removed(self, storage: Storage) -> None:
        room = RoomKey("irc:#new")
        assert await storage.rooms.add(room)
        assert not await storage.rooms.add(room, Mode.ENFORCE)
        assert [(row.room, row.mode) for row in await storage.rooms.list()] == [(room, Mode.DRY_RUN)]
        assert await storage.rooms.set_mode(room, Mode.ENFORCE)
        assert [row.mode for row in await storage.rooms.list()] == [Mode.ENFORCE]
        assert await storage.rooms.remove(room)
        assert not await storage.rooms.remove(room)
        assert not await storage.rooms.set_mode(room, Mode.ENFORCE)
        assert await storage.rooms.list() == []


class TestSecrets:
    async def test_no_reporter_contact_or_token_is_anywhere_in_a_dump(self, storage: Storage, store: Store) -> None:
        """Norm N1.3-4: the reporter is a pseudonym, the contact is sealed, tokens are hashes."""
        pseudonym = KEYS.pseudonym(ROOM, "MARKER-reporter-id")
        token = KEYS.token("report", "r1")
        decide = reporting(pseudonym, contact="MARKER@example.org", token=token)
        await applied(storage, NOBODY, decide)
        dump = store.dump()
        assert pseudonym in dump
        assert "MARKER" not in dump
        assert token not in dump
        assert (await storage.reader.report_by_token(token)) is not None
