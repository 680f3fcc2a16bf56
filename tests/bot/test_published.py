"""Published numbers over a real store: whole months only, gaps told, cheap to ask for, the same when counted again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.numbers import numbers
from bot.published import COUNTED_FOR, Published
from cases.docket import Wish
from cases.dossier import Dossier
from cases.model import CaseState
from cases.ports import CaseFilter, DeadlineFilter
from cases.statistics import period, published
from storage import reader
from tests.bot.bureau import MONA, OPERATOR, Bureau, bureau

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))


async def reports(it: Bureau, count: int) -> list[CaseState]:
    """So many cases, an hour apart."""
    made = []
    for number in range(count):
        made.append(await it.report(f"p-{number}"))
        await it.office.act(made[-1].code, "dismiss", MONA, {"reason": "nothing there"})
        it.clock.wait(timedelta(hours=1))
    return made


@pytest.mark.norm("N4.1-2", "behaviour")
async def test_a_month_is_published_when_it_is_whole() -> None:
    async with bureau() as it:
        it.clock.at(MAY + timedelta(days=3))
        public = Published(it.storage, it.clock)
        assert list(await public.months()) == []
        await reports(it, 7)
        assert list(await public.months()) == []
        it.clock.at(JULY)
        assert list(await public.months()) == ["2026-06", "2026-05"]
        may, june = await public.month("2026-05"), await public.month("2026-06")
        assert may is not None
        assert june is not None
        assert (may["cases"], june["cases"]) == (5, 0)
        assert may["tables"]["outcome"] == {"dismissed": 5}
        assert await public.month("2026-07") is None
        assert await public.month("2026-04") is None


@pytest.mark.norm("N4.1-2", "bad-input")
async def test_a_month_that_was_not_seen_whole_says_so() -> None:
    async with bureau() as it:
        it.clock.at(MAY + timedelta(days=3))
        await it.storage.begin_run(it.clock.now)
        await it.storage.note_alive(it.clock.now)
        await reports(it, 1)
        it.clock.wait(timedelta(days=2))
        await it.storage.begin_run(it.clock.now)
        it.clock.at(JULY)
        public = Published(it.storage, it.clock)
        may, june = await public.month("2026-05"), await public.month("2026-06")
        assert may is not None
        assert june is not None
        assert (may["partial"], june["partial"]) == (True, False)


@pytest.mark.norm("N4.1-2", "behaviour")
async def test_counted_in_portions_it_is_what_the_record_adds_up_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PORTION", 3)
    async with bureau() as it:
        it.clock.at(MAY + timedelta(days=3))
        await reports(it, 10)
        whole = await it.storage.reader.cases(CaseFilter(limit=1000))
        rows = await it.storage.deadlines.deadlines(DeadlineFilter(limit=1000))
        once = period(whole, rows, MAY, JUNE)
        assert published(await numbers(it.storage, MAY, JUNE)) == published(once)
        assert once.cases == 10


async def test_a_page_that_everybody_asks_for_counts_once_a_day() -> None:
    async with bureau() as it:
        it.clock.at(MAY + timedelta(days=3))
        await reports(it, 1)
        it.clock.at(JUNE)
        public = Published(it.storage, it.clock)
        first = await public.month("2026-05")
        it.clock.wait(COUNTED_FOR - timedelta(seconds=1))
        assert await public.month("2026-05") == first
        it.clock.wait(timedelta(seconds=1))
        again = await public.month("2026-05")
        assert first is not None
        assert again is not None
        assert again["counted_at"] > first["counted_at"]


@pytest.mark.norm("N4.1-2", "behaviour")
async def test_each_period_lists_what_went_wrong_and_what_was_done() -> None:
    async with bureau() as it:
        it.clock.at(MAY + timedelta(days=3))
        await reports(it, 1)
        it.clock.at(JUNE + timedelta(days=1))
        planned = {
            "month": "2026-05",
            "cause": "slow",
            "action": "a second person on Sundays",
            "owner": "mona",
            "until": (JUNE + timedelta(days=20)).isoformat(),
        }
        done = await it.office.move(Wish("improvement", "plan", OPERATOR, planned))
        assert isinstance(done, Dossier), done
        may = await Published(it.storage, it.clock).month("2026-05")
        assert may is not None
        assert may["problems"] == [{"cause": "slow"}]
        assert may["improvements"] == [{"cause": "slow", "action": "a second person on Sundays", "status": "planned"}]


async def test_the_last_week_is_counted_for_the_desk() -> None:
    async with bureau() as it:
        it.clock.at(MAY + timedelta(days=3))  # a Monday
        public = Published(it.storage, it.clock)
        assert await public.last_week() is None
        await reports(it, 2)
        it.clock.at(MAY + timedelta(days=11))
        week = await public.last_week()
        assert week is not None
        assert (week.since, week.cases) == (MAY + timedelta(days=3), 2)
