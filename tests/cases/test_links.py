"""Link codes: single use, short-lived, and no oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from cases.links import LIVES, LOOKS, PAGES, Account, LinkBook

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANN = Account("irc", "ann")


def book() -> LinkBook:
    codes, secrets = count(), count()
    return LinkBook(lambda: f"K7{next(codes):06d}", lambda: f"secret-{next(secrets)}")


@pytest.mark.norm("N2.1-1b", "behaviour")
@pytest.mark.norm("N3.3-1", "behaviour")
def test_a_typed_code_tells_the_page_who_it_is() -> None:
    links = book()
    page, other = links.begin(NOW), links.begin(NOW)
    link = links.look(page, NOW)
    assert link is not None
    assert link.account is None
    assert links.bind(link.code, ANN, NOW)
    assert links.look(page, NOW).account == ANN  # type: ignore[union-attr]
    assert links.look(other, NOW).account is None  # type: ignore[union-attr]


@pytest.mark.norm("N2.1-1b", "bad-input")
def test_a_code_is_good_once_and_for_ten_minutes() -> None:
    links = book()
    code = links.look(links.begin(NOW), NOW).code  # type: ignore[union-attr]
    assert links.bind(code, ANN, NOW)
    assert not links.bind(code, Account("irc", "eve"), NOW), "used"
    late = links.look(links.begin(NOW), NOW).code  # type: ignore[union-attr]
    assert not links.bind(late, ANN, NOW + LIVES), "over"
    assert not links.bind("K7NEVER0", ANN, NOW), "never was"


@pytest.mark.norm("N2.1-1b", "deadline")
def test_a_bound_page_looks_for_half_an_hour() -> None:
    links = book()
    page = links.begin(NOW)
    links.bind(links.look(page, NOW).code, ANN, NOW + LIVES - timedelta(seconds=1))  # type: ignore[union-attr]
    assert links.look(page, NOW + LIVES + LOOKS - timedelta(seconds=2)) is not None
    assert links.look(page, NOW + LIVES + LOOKS) is None


@pytest.mark.norm("N2.1-1b", "behaviour")
def test_the_account_ends_its_links() -> None:
    links = book()
    page = links.begin(NOW)
    links.bind(links.look(page, NOW).code, ANN, NOW)  # type: ignore[union-attr]
    assert links.cut(Account("twitch", "ann")) == 0
    assert links.cut(ANN) == 1
    assert links.look(page, NOW) is None


@pytest.mark.norm("N2.1-1b", "bad-input")
def test_it_stays_small() -> None:
    links = book()
    for _ in range(PAGES + 50):
        links.begin(NOW)
    assert len(links) == PAGES
    links.begin(NOW + LIVES)
    assert len(links) == 1
