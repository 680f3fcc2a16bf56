"""Fixtures for pages: a served application over a recording back end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.web.house import House


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """The pages, served on a free port, with a back end that remembers what it was told."""
    async with House() as served:
        yield served
