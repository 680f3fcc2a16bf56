"""A real Chromium for tests of pages: one program a test, a fresh context, everything it complained about kept.

A test module says ``pytestmark = pytest.mark.needs("chromium")``, and the ``conftest.py`` beside it makes the fixtures
known with ``from tests.browser import browser as browser, visitor as visitor``. A test that needs several people opens
several contexts by ``open_visitor``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str:
    """The program to start: ``$CHROMIUM``, else Debian's, else what the PATH knows."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@dataclass(slots=True)
class Visitor:
    """One person's browser window, and what went wrong in it.

    ``errors`` holds uncaught exceptions and console errors (a broken CSP rule is one), ``strangers`` the requests that
    left the loopback, ``dialogs`` the alerts a page raised.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Nothing was complained about, nothing was asked of another machine, no script of a stranger ran."""
        assert self.errors == []
        assert self.strangers == []
        assert self.dialogs == []


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start Chromium, and end it in the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_visitor(browser: Browser, **context: Any) -> AsyncIterator[Visitor]:
    """A window of its own (cookies, storage); ``context`` goes to Playwright: locale, color_scheme, viewport."""
    settings = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}} | context
    window = await browser.new_context(**settings)
    window.set_default_timeout(15_000)
    visitor = Visitor(await window.new_page())
    _listen(visitor)
    try:
        yield visitor
    finally:
        await window.close()


def _listen(visitor: Visitor) -> None:
    page = visitor.page
    page.on("pageerror", lambda error: visitor.errors.append(str(error)))
    page.on("console", lambda line: visitor.errors.append(line.text) if line.type == "error" else None)
    page.on("request", lambda request: None if _is_local(request.url) else visitor.strangers.append(request.url))

    async def refuse(dialog: Any) -> None:
        visitor.dialogs.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", refuse)


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "http://localhost", "data:", "blob:", "about:"))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for the length of one test."""
    async with open_browser() as running:
        yield running


@pytest.fixture
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """One person with an English browser on a desktop screen."""
    async with open_visitor(browser) as person:
        yield person
