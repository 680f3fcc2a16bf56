"""How an intent finds its case: all references of a group are answered with a few queries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_

from cases.evidence import storable
from cases.model import CaseState, CaseStatus
from cases.ports import ByActor, ByAppeal, ByCode, ByEpisode, ByRespondent, CaseRef
from storage import schema
from storage.batch import Batch, Known
from storage.rows import decode_state

CACHED_STATES = 4096


class Cut(Exception):
    """This reference can only be answered after the group before it is committed."""


class StateCache:
    """The states of recent cases. Valid because nobody else writes; dropped whole after a rollback."""

    def __init__(self, size: int = CACHED_STATES) -> None:
        self._size = size
        self._known: OrderedDict[str, Known] = OrderedDict()

    def get(self, code: str) -> Known | None:
        """The case, None when it must be read."""
        known = self._known.get(code)
        if known is not None:
            self._known.move_to_end(code)
        return known

    def put(self, cases: Iterable[Known]) -> None:
        """Remember these, forget the longest unused beyond the size."""
        for case in cases:
            self._known[case.state.code] = case
            self._known.move_to_end(case.state.code)
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()


def find(connection: Connection, refs: Sequence[CaseRef], cache: StateCache) -> list[Known | None]:
    """What is stored for each reference, None where nothing matches."""
    episodes = _codes_by_episode(connection, {ref: None for ref in refs if isinstance(ref, ByEpisode)})
    others: dict[CaseRef, str | None] = {
        ref: _code_of(connection, ref) for ref in dict.fromkeys(refs) if not isinstance(ref, ByEpisode)
    }
    codes = episodes | others
    states = _load(connection, {code for code in codes.values() if code is not None}, cache)
    return [states.get(codes[ref] or "") for ref in refs]


def current(ref: CaseRef, stored: Known | None, batch: Batch) -> Known | None:
    """What matches now, in the eyes of the intents before it in the group.

    Raises Cut when the stored match was changed so that it matches no more: the next best is then not at hand.
    """
    if not batch.touched:
        return stored
    if isinstance(ref, ByActor):
        return _latest_ordered(ref, batch) or _refreshed(stored, batch)
    candidates = [case for case in _touched(ref, batch) if matches(ref, case.state)]
    fresh = _refreshed(stored, batch)
    if fresh is not None:
        if not matches(ref, fresh.state):
            raise Cut
        candidates.append(fresh)
    return max(candidates, key=lambda case: case.age, default=None)


def matches(ref: CaseRef, state: CaseState) -> bool:
    """True when the reference can mean a case in this state. `ByActor` is answered by the actions instead."""
    match ref:
        case ByCode():
            return state.code == _plain(ref.code)
        case ByEpisode():
            same = state.room == ref.room and state.episode == ref.episode
            return same and state.last_at >= ref.now - ref.gap
        case ByAppeal():
            return state.room == ref.room and state.status is CaseStatus.APPEALED
        case ByRespondent():
            return state.room == ref.room and state.respondent(storable(ref.sender_id)) is not None
        case ByActor():
            return False


def _plain(code: str) -> str:
    return storable(code).strip().upper()


def _refreshed(stored: Known | None, batch: Batch) -> Known | None:
    return stored if stored is None else batch.touched.get(stored.state.code, stored)


def _touched(ref: CaseRef, batch: Batch) -> Iterable[Known]:
    if isinstance(ref, ByCode):
        case = batch.touched.get(_plain(ref.code))
        return () if case is None else (case,)
    if isinstance(ref, ByEpisode):
        return [batch.touched[code] for code in batch.by_episode.get((ref.room, ref.episode), ())]
    return batch.touched.values()


def _latest_ordered(ref: ByActor, batch: Batch) -> Known | None:
    for action in reversed(batch.ordered):
        if action.room == ref.room and action.ref == ref.ref and action.at >= ref.since:
            return batch.touched[action.code]
    return None


def _codes_by_episode(connection: Connection, refs: Mapping[ByEpisode, None]) -> dict[CaseRef, str | None]:
    if not refs:
        return {}
    cases = schema.cases.c
    keys = sorted({(storable(ref.room), storable(ref.episode)) for ref in refs})
    query = select(cases.code, cases.room, cases.episode, cases.last_at).where(
        tuple_(cases.room, cases.episode).in_(keys), cases.last_at >= min(ref.now - ref.gap for ref in refs)
    )
    latest: dict[tuple[str, str], Any] = {}
    for row in connection.execute(query.order_by(cases.last_at, cases.ordinal)):
        latest[row.room, row.episode] = row
    answers: dict[CaseRef, str | None] = {}
    for ref in refs:
        found = latest.get((storable(ref.room), storable(ref.episode)))
        answers[ref] = found.code if found is not None and found.last_at >= ref.now - ref.gap else None
    return answers


def _code_of(connection: Connection, ref: CaseRef) -> str | None:
    if isinstance(ref, ByCode):
        return _plain(ref.code)
    code: str | None = connection.scalar(_QUERIES[type(ref)](ref).limit(1))
    return code


def _with_open_appeal(ref: ByAppeal) -> Select[Any]:
    cases = schema.cases.c
    query = select(cases.code).where(cases.room == ref.room, cases.status == CaseStatus.APPEALED)
    return query.order_by(cases.last_at.desc(), cases.ordinal.desc())


def _by_actor(ref: ByActor) -> Select[Any]:
    rows = schema.outbox.c
    mine = rows.room == ref.room, rows.ordered_by == storable(ref.ref), rows.ordered_at >= ref.since
    return select(rows.code).where(*mine).order_by(rows.position.desc())


def _by_respondent(ref: ByRespondent) -> Select[Any]:
    cases, people = schema.cases.c, schema.respondents.c
    query = select(cases.code).join(schema.respondents, people.code == cases.code)
    query = query.where(people.room == ref.room, people.sender_id == storable(ref.sender_id))
    return query.order_by(cases.last_at.desc(), cases.ordinal.desc())


_QUERIES: Mapping[type[Any], Callable[[Any], Select[Any]]] = {
    ByAppeal: _with_open_appeal,
    ByActor: _by_actor,
    ByRespondent: _by_respondent,
}


def _load(connection: Connection, codes: set[str], cache: StateCache) -> dict[str, Known]:
    known = {code: case for code in codes if (case := cache.get(code)) is not None}
    missing = sorted(codes - known.keys())
    if missing:
        cases = schema.cases.c
        query = select(cases.ordinal, cases.code, cases.state).where(cases.code.in_(missing))
        read = {row.code: Known(row.ordinal, decode_state(row.state)) for row in connection.execute(query)}
        cache.put(read.values())
        known.update(read)
    return known
