"""One Chromium for all tests of a module (it takes a second to start), a fresh window and a fresh server for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser import Visitor, open_browser, open_visitor
from tests.web.house import House


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for the length of one module."""
    async with open_browser() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """One person with an English browser on a desktop screen."""
    async with open_visitor(browser) as person:
        yield person


@pytest_asyncio.fixture(loop_scope="module")
async def house() -> AsyncIterator[House]:
    """The pages, served on a free port."""
    async with House() as served:
        yield served
