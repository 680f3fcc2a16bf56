"""Laws of the storage: state is the fold of what is stored, and where a group was cut changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.lifecycle import fold
from cases.model import AppealStatus, CaseState, Respondent
from cases.ports import Applied, ByAppeal, ByCode, ByRespondent, CaseFilter, CaseRef, Decide
from storage import Storage
from tests.storage.stores import private_storage
from tests.storage.stories import ROOM, adding, answered, appealed, flood, judged, muting, reporting

PEOPLE = [Respondent(f"p{number}", f"name {number}") for number in range(3)]
Step = tuple[CaseRef, Decide]


def _steps(who: Respondent) -> list[Step]:
    return [
        flood(who),
        muting(who),
        flood(who, processed=f"message of {who.id}"),
        (ByRespondent(ROOM, who.id), adding(appealed(who))),
        (ByRespondent(ROOM, who.id), adding(lambda _: judged(who))),
        (ByAppeal(ROOM), adding(answered())),
        (ByAppeal(ROOM), adding(answered(AppealStatus.OVERTURNED))),
    ]


steps = st.lists(st.sampled_from([step for who in PEOPLE for step in _steps(who)]), min_size=1, max_size=12)


async def _apply(storage: Storage, given_steps: Sequence[Step], size: int) -> list[str]:
    """Apply in order, so many at once; what each came to, in words."""
    told: list[str] = []
    for start in range(0, len(given_steps), size):
        group = [storage.log.apply(ref, decide) for ref, decide in given_steps[start : start + size]]
        told.extend(map(_told, await asyncio.gather(*group, return_exceptions=True)))
    return told


def _told(answer: object) -> str:
    return answer.state.code if isinstance(answer, Applied) else type(answer).__name__


async def _stored(storage: Storage) -> list[CaseState]:
    return list(await storage.reader.cases(CaseFilter()))


@settings(max_examples=15)
@given(steps, st.integers(2, 12))
def test_where_a_group_was_cut_changes_nothing(given_steps: list[Step], size: int) -> None:
    async def check() -> None:
        async with private_storage() as one, private_storage() as grouped:
            assert await _apply(one, given_steps, 1) == await _apply(grouped, given_steps, size)
            assert await _stored(one) == await _stored(grouped)

    asyncio.run(check())


@settings(max_examples=15)
@given(steps, st.integers(1, 12))
def test_the_stored_state_is_the_fold_of_the_stored_history(given_steps: list[Step], size: int) -> None:
    async def check() -> None:
        async with private_storage() as storage:
            await _apply(storage, given_steps, size)
            for case in await _stored(storage):
                entries = [row.entry for row in await storage.reader.history(case.code) if row.entry is not None]
                assert fold(None, entries) == case
                assert case.version == len(entries)

    asyncio.run(check())


@settings(max_examples=5)
@given(st.integers(1, 120))
def test_codes_are_unique_and_all_are_found(number: int) -> None:
    async def check() -> None:
        async with private_storage() as storage:
            answers = await asyncio.gather(
                *(storage.log.apply(ByCode(""), reporting(f"pseudonym {n}", token=f"t{n}")) for n in range(number))
            )
            codes = {answer.state.code for answer in answers if isinstance(answer, Applied)}
            assert len(codes) == number
            assert {case.code for case in await storage.reader.cases(CaseFilter(limit=1000))} == codes

    asyncio.run(check())
