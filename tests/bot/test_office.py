"""One office for every move: the same record whichever way, what is unfit refused by name, reading written down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.acts import ACTS
from bot.desk_api import DeskApi
from cases import intents
from cases.docket import Wish
from cases.dossier import Dossier
from cases.dossiers import KINDS
from cases.history import EvidenceFrozen
from cases.machines import CASE
from cases.model import Actor, ActorKind, CaseState, CaseStatus, MeasureStatus, Profile, Refusal
from cases.ports import AccessFilter, Applied, ByCode, Repeated
from cases.sentence import Measure
from tests.bot.bureau import ANN, MAX, MONA, OPERATOR, ROOM, Bureau, Clock, bureau
from tests.bot.engine import ANN as SENDER_ANN
from tests.bot.engine import BEN as SENDER_BEN
from tests.bot.engine import KEYS as ENGINE_KEYS
from tests.bot.engine import MONA as SENDER_MONA
from tests.bot.engine import engine

WHY = "a joke among friends, both say so"
STAFF_FIELDS = {"name": "Ria", "accounts": ["irc:ria"], "roles": ["reviewer"], "group": "appeals"}


def told(entries: list[Any]) -> list[dict[str, Any]]:
    """Entries as plain values, without the case's own code."""
    plain = [msgspec.to_builtins(entry) for entry in entries]
    return [{key: value for key, value in entry.items() if key != "code"} for entry in plain]


async def _by_chat(it: Bureau, state: CaseState, decide: Any) -> None:
    assert isinstance(await it.storage.log.apply(ByCode(state.code), decide), Applied)


# -- the same record, whichever way -------------------------------------------------------------------------------------


@pytest.mark.norm("N3.1-2e", "behaviour")
async def test_a_dismissal_leaves_one_record_by_chat_by_office_and_by_api() -> None:
    histories = []
    for way in ("chat", "office", "api"):
        async with bureau() as it:
            state = await it.report()
            if way == "chat":
                wanted = intents.DismissCommanded(MONA, WHY)
                await _by_chat(it, state, it.registrar.dismiss(wanted, it.clock.now))
            elif way == "office":
                assert isinstance(await it.office.act(state.code, "dismiss", MONA, {"reason": WHY}), Applied)
            else:
                api = DeskApi(it.office, it.registrar, it.storage.reader, it.storage.deadlines, it.keys)
                answer = await api.act(MONA, state.code, "dismiss", {"reason": WHY}, "key-1")
                assert answer.status == 200
            histories.append(told(await it.history(state.code)))
    assert histories[0] == histories[1] == histories[2]


@pytest.mark.norm("N3.1-2e", "behaviour")
async def test_a_mute_leaves_one_record_by_chat_and_by_office() -> None:
    histories = []
    for way in ("chat", "office"):
        async with bureau() as it:
            state = await it.report()
            if way == "chat":
                wanted = intents.MeasureCommanded(
                    ROOM, MONA, Measure.MUTE, ANN, timedelta(minutes=10), (), "R3", "insults", None, False
                )
                await _by_chat(it, state, it.registrar.measure(wanted, it.clock.now))
            else:
                fields = {"span": "10m", "rule": "r3", "reason": "insults"}
                assert isinstance(await it.office.act(state.code, "mute", MONA, fields), Applied)
            histories.append(told(await it.history(state.code)))
    assert histories[0] == histories[1]


@pytest.mark.norm("N3.1-2e", "behaviour")
@pytest.mark.parametrize(
    ("said", "move", "fields"),
    [
        (f"!dismiss {{code}} {WHY}", "dismiss", {"reason": WHY}),
        ("!mute @Ann 10m R3 insults", "mute", {"span": "10m", "rule": "R3", "reason": "insults"}),
        ("!warn @Ann R3 insults", "warn", {"rule": "R3", "reason": "insults"}),
    ],
)
async def test_a_line_of_chat_and_a_named_move_leave_one_record(said: str, move: str, fields: dict[str, str]) -> None:
    """What chat adds is the evidence it freezes: the named move is about a case that has its own."""
    histories = []
    for way in ("chat", "office"):
        async with engine() as it:
            await it.say(SENDER_ANN, "you fool")
            await it.say(SENDER_BEN, "!report @Ann insult")
            (case,) = await it.cases()
            if way == "chat":
                await it.say(SENDER_MONA, said.format(code=case.code))
            else:
                clerk = Bureau(it.storage, Clock(it.now_s + 1), keys=ENGINE_KEYS)
                answer = await clerk.office.act(case.code, move, MONA, fields)
                assert isinstance(answer, Applied), answer
            entries = [row.entry for row in await it.storage.reader.history(case.code)]
            told_entries = told([entry for entry in entries if not isinstance(entry, EvidenceFrozen)])
            assert len(told_entries) > 2
            histories.append(told_entries)
    assert histories[0] == histories[1]


async def test_a_whole_life_by_name() -> None:
    async with bureau() as it:
        state = await it.report()
        await _ok(it, state, "look", MONA, {})
        fields = {"category": "insult", "severity": "moderate", "reason": "names called twice"}
        await _ok(it, state, "classify", MONA, fields)
        muted = await _ok(it, state, "mute", MONA, {"span": "1h", "rule": "R3", "reason": "names called twice"})
        assert muted.state.status is CaseStatus.DECIDED
        assert muted.state.actions[-1].status is MeasureStatus.PENDING
        made = intents.AppealMade("ann", "we are friends and laugh about it every day")
        await _by_chat(it, state, it.registrar.appeal(made, it.clock.now))
        answer = {
            "reason": "both told that they are friends, and laughed on",
            "findings": ["the recording shows both laughing"],
        }
        done = await _ok(it, state, "overturn", MAX, answer)
        assert done.state.status is CaseStatus.OVERTURNED
        assert done.state.in_force() == ()
        assert len(it.absorbed) == 4, "the running bot hears of each"


async def _ok(it: Bureau, state: CaseState, move: str, by: Actor, fields: dict[str, Any]) -> Applied:
    answer = await it.office.act(state.code, move, by, fields)
    assert isinstance(answer, Applied), answer
    return answer


async def test_a_repeated_wish_counts_once() -> None:
    async with bureau() as it:
        state = await it.report()
        fields = {"span": "10m", "rule": "R3", "reason": "names called twice"}
        first = await it.office.act(state.code, "mute", MONA, fields, "key-1")
        again = await it.office.act(state.code, "mute", MONA, fields, "key-1")
        assert isinstance(first, Applied)
        assert isinstance(again, Repeated)
        assert len((await it.case(state.code)).actions) == 1


# -- what is not done ---------------------------------------------------------------------------------------------------


@pytest.mark.norm("N3.1-2e", "bad-input")
@pytest.mark.parametrize(
    ("move", "fields", "reason", "word"),
    [
        ("forgive", {}, "invalid_transition", "forgive"),
        ("dismiss", {}, "unfit", "reason"),
        ("dismiss", {"reason": "   "}, "unfit", "reason"),
        ("dismiss", {"reason": WHY, "mood": "bad"}, "unfit", "mood"),
        ("mute", {"span": "a while", "rule": "R3"}, "unfit", "span"),
        ("mute", {"rule": "R3"}, "unfit", "span"),
        ("mute", {"span": "10m", "rule": "R99"}, "unknown_rule", "R99"),
        ("mute", {"span": "10m", "rule": "R3", "respondent": "zoe"}, "no_target", "ann"),
        ("refuse", {"code": "malformed"}, "unfit", "reason"),
        ("uphold", {"reason": "it stands"}, "no_appeal", ""),
    ],
)
async def test_what_is_unfit_is_refused_by_name_and_changes_nothing(
    move: str, fields: dict[str, Any], reason: str, word: str
) -> None:
    async with bureau() as it:
        state = await it.report()
        answer = await it.office.act(state.code, move, MONA, fields)
        assert isinstance(answer, Refusal)
        assert answer.reason == reason
        assert word in answer.detail
        assert await it.case(state.code) == state


async def test_an_unknown_case_is_unknown() -> None:
    async with bureau() as it:
        answer = await it.office.act("ZZZZ", "dismiss", MONA, {"reason": WHY})
        assert isinstance(answer, Refusal)
        assert answer.reason == "unknown_case"


def test_every_move_a_person_makes_by_name_is_one_of_the_case_table() -> None:
    measures = {"remind", "warn", "hide", "delete", "mute", "ban"}
    elsewhere = {"vote", "advise", "declare", "partial"}
    assert set(ACTS) - measures - elsewhere <= {move.name for move in CASE.moves}


# -- dossiers and staff -------------------------------------------------------------------------------------------------


async def test_a_dossier_moves_by_its_table() -> None:
    async with bureau() as it:
        asker = Actor(ActorKind.VIEWER, "somebody")
        begun = await it.office.move(Wish("complaint", "receive", asker, {"text": "nobody answers"}))
        assert isinstance(begun, Dossier)
        answered = await it.office.move(Wish("complaint", "answer", OPERATOR, {"reply": "here we are"}), begun.id)
        assert isinstance(answered, Dossier)
        assert answered.status == "answering"
        for wish, of, reason in (
            (Wish("complaint", "answer", OPERATOR, {}), begun.id, "unfit"),
            (Wish("complaint", "answer", OPERATOR, {"reply": "x"}), "complaint-99", "unknown_dossier"),
            (Wish("concern", "answer", OPERATOR, {"reply": "x"}), begun.id, "unknown_dossier"),
            (Wish("teapot", "open", OPERATOR, {}), None, "unknown_kind"),
        ):
            refused = await it.office.move(wish, of)
            assert isinstance(refused, Refusal)
            assert refused.reason == reason


async def test_who_was_entered_as_staff_may_act_at_once() -> None:
    async with bureau() as it:
        member = await it.office.move(Wish("staff", _first_move("staff"), OPERATOR, STAFF_FIELDS))
        assert isinstance(member, Dossier), member
        book = it.registrar.house.staff
        assert book.member("irc:ria") is not None
        assert it.docket.house.staff is book, "the docket knows the same people"


def _first_move(kind: str) -> str:
    return next(move.name for move in KINDS[kind].machine.moves if "" in move.steps)


# -- reading is attributed ----------------------------------------------------------------------------------------------


@pytest.mark.norm("N4.3-1", "behaviour")
async def test_reading_a_case_is_written_down_before_it_is_shown() -> None:
    async with bureau() as it:
        state = await it.report()
        found = await it.office.case(state.code, MONA, "an appeal waits")
        assert isinstance(found, CaseState)
        (row,) = await it.storage.access.accesses(AccessFilter(ref=state.code))
        assert (row.who.ref, row.what, row.why) == ("mona", "case", "handling: an appeal waits")


@pytest.mark.norm("N4.3-1", "bad-input")
async def test_a_reading_without_a_reason_or_of_nothing_is_refused_and_the_attempt_stands() -> None:
    async with bureau() as it:
        state = await it.report()
        assert isinstance(await it.office.case(state.code, MONA, "  "), Refusal)
        missing = await it.office.case("ZZZZ", MONA, "curious")
        assert isinstance(missing, Refusal)
        (row,) = await it.storage.access.accesses(AccessFilter(who="mona"))
        assert row.what == "refused:case"


async def test_a_dossier_is_shown_to_its_readers_only() -> None:
    async with bureau(profile=Profile.PLATFORM) as it:
        asker = Actor(ActorKind.VIEWER, "somebody")
        begun = await it.office.move(Wish("complaint", "receive", asker, {"text": "nobody answers"}))
        assert isinstance(begun, Dossier)
        assert isinstance(await it.office.dossier(begun.id, MONA, "curious"), Refusal)
        assert isinstance(await it.office.dossier(begun.id, OPERATOR, "to answer"), Dossier)
        rows = await it.storage.access.accesses(AccessFilter(ref=begun.id))
        assert [row.what for row in rows] == ["dossier", "refused:dossier"]


async def test_a_token_of_an_account_is_as_good_as_one_of_the_staff_id() -> None:
    async with bureau() as it:
        entered = await it.office.move(Wish("staff", "propose", OPERATOR, STAFF_FIELDS))
        assert isinstance(entered, Dossier)
        await it.office.move(Wish("staff", "activate", OPERATOR, {}), entered.id)
        api = DeskApi(it.office, it.registrar, it.storage.reader, it.storage.deadlines, it.keys)
        found = {ref: api.who(it.keys.token("api", ref), "") for ref in (entered.id, "irc:ria", "irc:eve")}
        assert found == {entered.id: found["irc:ria"], "irc:ria": found["irc:ria"], "irc:eve": None}
        assert found["irc:ria"] == Actor(ActorKind.REVIEWER, entered.id, "Ria")
