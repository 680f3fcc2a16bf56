"""Rules of the norm that hold against any statement: plain SQL past the code is refused by the database itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import AsyncIterator

import pytest

from cases.history import ConflictDeclared, PanelOpened, VoteCast
from cases.model import Actor, ActorKind, AppealStatus, CaseState, Profile
from cases.ports import Applied, ByCode, Decide
from cases.sentence import Severity
from storage import Storage
from storage.audit import verify
from tests.storage.stores import KEYS, Store
from tests.storage.stories import ANN, BEN, MODERATOR, NOW, ROOM, adding, answered, appealed, flood, muting, reporting

NOT_INVOLVED, DECIDER, REPORTER = "new-id", MODERATOR.ref, "cai-id"
INSTANT = "'2026-05-01T12:00:00.000000+00:00'"
PSEUDONYM = KEYS.pseudonym(ROOM, REPORTER)


def mark(code: str, account: str = REPORTER) -> str:
    """What shows whether somebody reported in one case, and in no other."""
    return KEYS.token("part", f"{code}/{KEYS.pseudonym(ROOM, account)}")


def refused(store: Store, statement: str, says: str) -> None:
    """The database answers the statement with that sentence, and nothing is changed."""
    before = store.dump()
    with pytest.raises(Exception, match=re.escape(says) + "|non-zero exit") as caught:
        store.sql(statement)
    if isinstance(caught.value, subprocess.CalledProcessError):
        assert says in str(caught.value.stderr)
    assert _rows(store.dump()) == _rows(before)


def _rows(dump: str) -> list[str]:
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))]


async def applied(storage: Storage, ref: ByCode, decide: Decide) -> CaseState:
    answer = await storage.log.apply(ref, decide)
    assert isinstance(answer, Applied), answer
    return answer.state


async def decided_case(storage: Storage) -> CaseState:
    """Cai reported Ann, a moderator muted her, Ann appeals: who took part is on record."""
    state = await applied(storage, ByCode(""), reporting(PSEUDONYM))
    moderated = muting(ANN, by=MODERATOR)[1]
    state = await applied(storage, ByCode(state.code), moderated)
    return await applied(storage, ByCode(state.code), adding(appealed(ANN)))


@pytest.fixture(params=[Profile.TEAM, Profile.PLATFORM])
def bound(request: pytest.FixtureRequest) -> Profile:
    """The profiles under which the norm binds."""
    return Profile(request.param)


@pytest.fixture
async def team(store: Store, bound: Profile) -> AsyncIterator[Storage]:
    async with store.open(profile=bound) as opened:
        yield opened


def answer_appeal(code: str, by: str, pseudonym: str = "") -> str:
    return (
        f"UPDATE appeals SET status = 'upheld', decided_by = '{by}', decider_pseudonym = '{pseudonym}', "
        f"decided_at = {INSTANT} WHERE code = '{code}'"
    )


def new_appeal(code: str, by: str, pseudonym: str = "") -> str:
    return (
        "INSERT INTO appeals (id, code, respondent, filed_at, status, decided_by, decider_pseudonym, decided_at) "
        f"VALUES ('{code}/9', '{code}', '{ANN.id}', {INSTANT}, 'upheld', '{by}', '{pseudonym}', {INSTANT})"
    )


def outbox(code: str, kind: str, severity: str, number: int = 900) -> str:
    return (
        "INSERT INTO outbox (action_id, position, code, room, kind, sender_id, name, ordered_by, ordered_at, reason, status,"
        f" detail, attempts, due_at, severity) VALUES ('{code}.{number}', {number}, '{code}', '{ROOM}', '{kind}', 'x', 'x',"
        f" '', {INSTANT}, '', 'pending', '', 0, {INSTANT}, {severity})"
    )


@pytest.mark.norm("N3.3-2", "bad-input")
class TestAnAppeal:
    SAYS = "somebody who took part in a case does not answer its appeal"

    @pytest.mark.parametrize("how", [answer_appeal, new_appeal])
    @pytest.mark.parametrize(("by", "pseudonym"), [(DECIDER, ""), (REPORTER, "its digest")])
    async def test_is_not_answered_by_who_decided_or_reported(
        self, store: Store, team: Storage, how: object, by: str, pseudonym: str
    ) -> None:
        state = await decided_case(team)
        pseudonym = pseudonym and mark(state.code)
        refused(store, how(state.code, by, pseudonym), self.SAYS)  # type: ignore[operator]  # one of the two above

    async def test_is_not_answered_by_another_respondent_or_one_in_conflict(self, store: Store, team: Storage) -> None:
        state = await decided_case(team)
        declared = ConflictDeclared(at=NOW, by=MODERATOR, person="cousin-id", reason="family")
        await applied(team, ByCode(state.code), adding(lambda _: declared))
        store.sql(
            f"INSERT INTO respondents (code, sender_id, room, name) VALUES ('{state.code}', '{BEN.id}', '{ROOM}', 'Ben')"
        )
        for by in (BEN.id, "cousin-id"):
            refused(store, answer_appeal(state.code, by), self.SAYS)

    async def test_is_answered_by_the_uninvolved(self, store: Store, team: Storage) -> None:
        state = await decided_case(team)
        store.sql(answer_appeal(state.code, NOT_INVOLVED))
        assert store.sql("SELECT decided_by FROM appeals") == [(NOT_INVOLVED,)]

    async def test_is_not_answered_by_its_appellant_in_any_profile(self, store: Store) -> None:
        async with store.open(profile=Profile.SOLO) as storage:
            state = await decided_case(storage)
        refused(store, answer_appeal(state.code, ANN.id), "nobody answers the own appeal")

    async def test_alone_the_streamer_answers_even_when_involved(self, store: Store) -> None:
        async with store.open(profile=Profile.SOLO) as storage:
            state = await decided_case(storage)
            decided = await applied(storage, ByCode(state.code), adding(answered(AppealStatus.UPHELD)))
        assert decided.appeals[0].decided_by == MODERATOR
        assert store.sql("SELECT status, decided_by FROM appeals") == [("upheld", MODERATOR.ref)]

    async def test_past_the_registrar_nothing_of_the_answer_is_stored(self, store: Store, team: Storage) -> None:
        state = await decided_case(team)
        with pytest.raises(Exception, match=self.SAYS):
            await team.log.apply(ByCode(state.code), adding(answered(AppealStatus.UPHELD)))
        assert await team.reader.case(state.code) == state
        assert (await verify(store.url)).sound

    async def test_a_change_of_profile_binds_from_the_next_start(self, store: Store) -> None:
        async with store.open(profile=Profile.SOLO) as storage:
            state = await decided_case(storage)
        async with store.open(profile=Profile.TEAM):
            pass
        refused(store, answer_appeal(state.code, DECIDER), self.SAYS)


@pytest.mark.norm("N3.2-1b", "bad-input")
async def test_a_second_statement_for_the_same_action_is_refused(store: Store) -> None:
    async with store.open() as storage:
        state = await applied(storage, ByCode(""), muting()[1])
    statement = (
        "INSERT INTO statements (id, code, respondent, issued_at, appeal_until, token_hash, body) "
        f"SELECT id, code, respondent, issued_at, appeal_until, {{other}}, body FROM statements WHERE code = '{state.code}'"
    )
    other = "x'00'" if store.url.startswith("sqlite") else r"'\x00'"
    with pytest.raises(Exception, match=r"UNIQUE|non-zero exit"):
        store.sql(statement.format(other=other))
    assert len(store.sql("SELECT id FROM statements")) == 1


@pytest.mark.norm("N3.1-2a", "bad-input")
class TestAMinorFault:
    SAYS = "a minor fault admits no deletion, mute or ban"

    @pytest.mark.parametrize("kind", ["delete", "mute", "ban"])
    @pytest.mark.parametrize("severity", ["'minor'", "NULL"])
    async def test_admits_none_of_the_three(self, store: Store, kind: str, severity: str) -> None:
        async with store.open() as storage:
            state = await applied(storage, ByCode(""), flood()[1])
        assert state.severity is Severity.MINOR
        refused(store, outbox(state.code, kind, severity), self.SAYS)

    async def test_cannot_be_made_of_a_graver_one_afterwards(self, store: Store) -> None:
        async with store.open() as storage:
            await applied(storage, ByCode(""), muting()[1])
        refused(store, "UPDATE outbox SET severity = 'minor'", self.SAYS)

    @pytest.mark.parametrize("severity", ["'moderate'", "'severe'"])
    async def test_a_graver_one_admits_them(self, store: Store, severity: str) -> None:
        async with store.open() as storage:
            state = await applied(storage, ByCode(""), flood()[1])
        for number, kind in enumerate(("delete", "mute", "ban"), 900):
            store.sql(outbox(state.code, kind, severity, number))

    async def test_admits_taking_back(self, store: Store) -> None:
        async with store.open() as storage:
            state = await applied(storage, ByCode(""), flood()[1])
        store.sql(outbox(state.code, "unmute", "'minor'"))


@pytest.mark.norm("N3.1-3", "bad-input")
class TestTheChain:
    SAYS = "an entry of the history follows the entry before it"

    @pytest.mark.parametrize(
        ("seq", "previous"),
        [
            ("max(seq) + 2", "(SELECT hash FROM history ORDER BY seq DESC LIMIT 1)"),
            ("max(seq) + 1", "(SELECT hash FROM history ORDER BY seq LIMIT 1)"),
            ("max(seq) + 1", "(SELECT prev_hash FROM history ORDER BY seq LIMIT 1)"),
            ("0", "(SELECT prev_hash FROM history ORDER BY seq LIMIT 1)"),
        ],
        ids=["a gap", "another branch", "a second beginning", "before the beginning"],
    )
    async def test_has_no_gap_and_no_branch(self, store: Store, seq: str, previous: str) -> None:
        async with store.open() as storage:
            await applied(storage, ByCode(""), muting()[1])
        statement = (
            "INSERT INTO history (seq, code, at, entry, prev_hash, commitment, hash) "
            f"SELECT {seq}, 'X3X3', {INSTANT}, 'opened', {previous}, (SELECT hash FROM history WHERE seq = 1), "
            "(SELECT hash FROM history WHERE seq = 2) FROM history"
        )
        if not store.url.startswith("sqlite"):
            statement = statement.replace(INSTANT, f"{INSTANT}::timestamptz")
        refused(store, statement, self.SAYS)
        assert (await verify(store.url)).sound

    @pytest.mark.parametrize(
        "statement", ["UPDATE access_log SET who = 'somebody'", "UPDATE history SET code = 'X3X3'"]
    )
    async def test_and_the_list_of_readings_are_not_changed(self, store: Store, statement: str) -> None:
        async with store.open() as storage:
            await storage.access.note(NOW, MODERATOR, "identity", "r1", "why")
        refused(store, statement, "update is refused" if store.url.startswith("sqlite") else "UPDATE is refused")


@pytest.mark.norm("N2.3-3", "bad-input")
class TestAPanel:
    SAYS = "somebody whom a case concerns does not vote on it"

    @staticmethod
    def vote(code: str, ref: str, number: int = 1, pseudonym: str = "") -> str:
        return (
            "INSERT INTO votes (code, ref, round, pseudonym, at) "
            f"VALUES ('{code}', '{ref}', {number}, '{pseudonym}', {INSTANT})"
        )

    async def test_nobody_votes_twice_or_in_two_rounds(self, store: Store, team: Storage) -> None:
        state = await decided_case(team)
        store.sql(self.vote(state.code, "v1"))
        for number in (1, 2):
            with pytest.raises(Exception, match=r"UNIQUE|non-zero exit"):
                store.sql(self.vote(state.code, "v1", number))
        store.sql(self.vote(state.code, "v2", 2))
        assert len(store.sql("SELECT ref FROM votes")) == 2

    async def test_nobody_concerned_votes(self, store: Store, team: Storage) -> None:
        state = await decided_case(team)
        declared = ConflictDeclared(at=NOW, by=MODERATOR, person="cousin-id", reason="family")
        await applied(team, ByCode(state.code), adding(lambda _: declared))
        for ref, pseudonym in ((ANN.id, ""), ("cousin-id", ""), (REPORTER, mark(state.code))):
            refused(store, self.vote(state.code, ref, pseudonym=pseudonym), self.SAYS)
        store.sql(self.vote(state.code, NOT_INVOLVED))
        refused(store, f"UPDATE votes SET ref = '{ANN.id}'", self.SAYS)

    async def test_who_reported_does_not_vote_through_the_code_either(self, store: Store, team: Storage) -> None:
        state = await decided_case(team)
        cast = VoteCast(at=NOW, by=Actor(ActorKind.MODERATOR, REPORTER), round=1, member=REPORTER, sealed="…")
        panel = PanelOpened(at=NOW, by=MODERATOR, round=1, members=(REPORTER, "v2", "v3"), why="disputed")
        with pytest.raises(Exception, match=self.SAYS):
            await team.log.apply(ByCode(state.code), adding(lambda _: panel, lambda _: cast))

    @pytest.mark.norm("N1.3-4", "bad-input")
    async def test_no_row_about_staff_tells_what_they_reported_elsewhere(self, store: Store, team: Storage) -> None:
        """Somebody who reads the database, without the keys, knows who voted and answered, and the reports' pseudonyms."""
        mine = await applied(team, ByCode(""), reporting(KEYS.pseudonym(ROOM, "v1")))
        other = await applied(team, ByCode(""), reporting(PSEUDONYM, token="another"))
        panel = PanelOpened(at=NOW, by=MODERATOR, round=1, members=("v1", "v2", "v3"), why="disputed")
        cast = VoteCast(at=NOW, by=Actor(ActorKind.MODERATOR, "v1"), round=1, member="v1", sealed="…")
        await applied(team, ByCode(other.code), adding(lambda _: panel, lambda _: cast))
        assert mine.code != other.code
        reported = {ref for row in store.sql("SELECT reporter, id FROM reports") for ref in row}
        reported |= {ref for (ref,) in store.sql("SELECT ref FROM participations WHERE part = 'reported'")}
        about_staff = {ref for (ref,) in store.sql("SELECT pseudonym FROM votes")}
        about_staff |= {ref for (ref,) in store.sql("SELECT decider_pseudonym FROM appeals")}
        assert about_staff - {None}
        assert not about_staff & reported

    async def test_a_vote_that_is_cast_becomes_the_row_that_binds(self, store: Store, team: Storage) -> None:
        state = await applied(team, ByCode(""), reporting(PSEUDONYM))
        panel = PanelOpened(at=NOW, by=MODERATOR, round=1, members=("v1", "v2", "v3"), why="disputed")
        cast = VoteCast(at=NOW, by=Actor(ActorKind.MODERATOR, "v1"), round=1, member="v1", sealed="…")
        await applied(team, ByCode(state.code), adding(lambda _: panel, lambda _: cast))
        row = (state.code, "v1", mark(state.code, "v1"))
        assert store.sql("SELECT code, ref, pseudonym FROM votes") == [row]
        with pytest.raises(Exception, match=r"UNIQUE|unique"):
            await team.log.apply(ByCode(state.code), adding(lambda _: cast))
