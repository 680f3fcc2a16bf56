"""The pictures of the documents, taken anew from a running demo: ``python -m tests.screenshots``.

A real `danmod demo` is started, real people of its practice chat speak, and a real Chromium looks. Every picture goes
to `docs/images/`; nothing is drawn or touched up. Takes about a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, NamedTuple

from playwright.async_api import Browser, Page

from streams.sandbox.room import MODERATOR
from tests.browser import open_browser, open_visitor

IMAGES = Path(__file__).parent.parent / "docs" / "images"
READY_S = 60.0
BACKDROP = "linear-gradient(#4a3f73, #22304a)"
"""Stands for the stream under the overlay, which is transparent."""
RUDE = "you are all pathetic, the cat as well, get lost"
SPOILER = "sourmilk"


class Addresses(NamedTuple):
    """What the demo prints."""

    chat: str
    overlay: str
    feed: str
    pages: str


class Studio:
    """A demo, a browser, and the pictures taken so far."""

    def __init__(self, browser: Browser, addresses: Addresses, folder: Path) -> None:
        self.browser = browser
        self.at = addresses
        self._folder = folder
        self.taken: list[Path] = []

    @asynccontextmanager
    async def window(self, width: int, height: int, url: str) -> AsyncIterator[Page]:
        """A light, English window of this size."""
        async with open_visitor(
            self.browser, viewport={"width": width, "height": height}, color_scheme="light"
        ) as visitor:
            await visitor.page.goto(url)
            yield visitor.page

    async def take(self, page: Page, name: str) -> None:
        """Keep what the window shows."""
        path = self._folder / f"{name}.png"
        await page.screenshot(path=path)
        self.taken.append(path)


async def overlay_in_a_calm_chat(studio: Studio) -> None:
    """`overlay.png`: people chat, the overlay shows them in boxes over a dark stream."""
    async with studio.window(1120, 420, f"{studio.at.overlay}&style=box&size=24&lines=6") as page:
        await page.evaluate("backdrop => { document.documentElement.style.background = backdrop }", BACKDROP)
        await page.locator(".line:not(.old)").nth(5).wait_for(timeout=60_000)
        await page.wait_for_timeout(400)
        await studio.take(page, "overlay")


async def a_raid(studio: Studio) -> None:
    """`raid.png`: thirty accounts push one advert. The chat loses their lines, the stream never shows them."""
    async with studio.window(1120, 680, f"{studio.at.chat}?as=Lily") as page:
        await page.locator("#stage iframe").wait_for()
        await page.locator("button.cheer").click()
        await page.wait_for_timeout(2000)
        await page.locator("button.raid").click()
        await page.locator(".line.removed, .removed").nth(7).wait_for()
        await page.wait_for_timeout(1200)
        await studio.take(page, "raid")
        await page.locator("button.raid[aria-pressed=false]").wait_for()


async def a_report(studio: Studio) -> None:
    """`feed.png`, `report.png`, `receipt.png`, `case.png`, `statement.png`: one line's way from the feed to its reasons."""
    async with studio.window(1280, 760, f"{studio.at.chat}?as={SPOILER}") as rude:
        await _say(rude, RUDE)
    async with studio.window(1000, 620, studio.at.feed) as page:
        await page.locator(f"#feed li:has-text('{RUDE}')").wait_for()
        await page.locator("#feed li").nth(12).wait_for()
        link = page.locator(f"#feed li:has-text('{RUDE}') a.report")
        await link.focus()
        await studio.take(page, "feed")
        await link.click()
        await _fill_report(studio, page)


async def _fill_report(studio: Studio, page: Page) -> None:
    await page.get_by_label("Insult").check()
    await page.get_by_label("What happened, and why is it wrong?").fill(
        "Said to everybody in the chat just now. Nobody had said a word to them before."
    )
    await page.set_viewport_size({"width": 1000, "height": 860})
    await page.evaluate("scrollTo(0, 0)")
    await studio.take(page, "report")
    await page.get_by_label("I report in good faith").check()
    await page.get_by_role("button", name="Send the report").click()
    code = await page.locator("#code").text_content() or ""
    await page.get_by_role("link", name="Open my receipt").click()
    await _decide(studio)
    await page.set_viewport_size({"width": 1000, "height": 620})
    await page.reload()
    await studio.take(page, "receipt")
    await page.set_viewport_size({"width": 1000, "height": 780})
    await page.goto(f"{studio.at.pages}/case/{code}")
    await studio.take(page, "case")
    await _statement(studio)


async def _statement(studio: Studio) -> None:
    """`statement.png`: whoever was muted opens the link that was whispered to them."""
    async with studio.window(1000, 860, f"{studio.at.chat}?as={SPOILER}") as page:
        whisper = page.locator(".line.whisper", has_text="/statement/").last
        link = re.search(r"http\S+/statement/\w+", await whisper.text_content() or "")
        if link is None:
            raise RuntimeError("nobody told the muted person where the reasons stand")
        await page.goto(link[0])
        await studio.take(page, "statement")


async def _decide(studio: Studio) -> None:
    """A moderator looks at the chat and mutes."""
    async with studio.window(1280, 760, f"{studio.at.chat}?as={MODERATOR}") as page:
        await _say(page, f"!mute @{SPOILER} 10m R3 insulting everybody")
        await page.locator(f".line:has-text('{SPOILER}: mute 10m')").wait_for()


async def the_first_page(studio: Studio) -> None:
    """`index.png`: the first page of a danmod, as its owner sees it."""
    async with studio.window(1000, 560, studio.at.pages) as page:
        await studio.take(page, "index")


async def _say(page: Page, text: str) -> None:
    await page.locator("#live.live").wait_for()
    await page.get_by_label("Your line").fill(text)
    await page.keyboard.press("Enter")
    await page.locator(".line.mine").last.wait_for()


SCENES: tuple[Callable[[Studio], Awaitable[None]], ...] = (overlay_in_a_calm_chat, a_raid, a_report, the_first_page)
"""In this order: the people of the calm chat must be known before the raid comes."""


@asynccontextmanager
async def demo(*options: str) -> AsyncIterator[Addresses]:
    """A `danmod demo` of its own on free ports; ended by SIGTERM."""
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", *options,
            stdout=asyncio.subprocess.PIPE, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            async with asyncio.timeout(READY_S):
                addresses = await _addresses(process, log)
            yield addresses
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def _addresses(process: asyncio.subprocess.Process, log: IO[bytes]) -> Addresses:
    assert process.stdout is not None
    said: dict[str, str] = {}
    while line := (await process.stdout.readline()).decode():
        name, _, url = line.strip().partition(" ")
        said[name] = url.strip()
        if name == "desk":
            return _named(said)
    await process.wait()
    log.seek(0)
    raise RuntimeError(f"the demo ended before it was ready: {log.read()[-2000:].decode(errors='replace')}")


def _named(said: Mapping[str, str]) -> Addresses:
    return Addresses(said["chat"], said["overlay"], said["feed"], said["desk"].removesuffix("/desk"))


async def take_all(folder: Path) -> list[Path]:
    """Take every picture into ``folder``, which exists; answers their paths."""
    async with demo("--crowd", "calm") as addresses, open_browser() as browser:
        studio = Studio(browser, addresses, folder)
        for scene in SCENES:
            await scene(studio)
    return studio.taken


def main() -> None:
    """Take the pictures and name them with their sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=IMAGES, help="the folder (default: docs/images)")
    folder: Path = parser.parse_args().into
    folder.mkdir(parents=True, exist_ok=True)
    for path in asyncio.run(take_all(folder)):
        print(f"{path}  {path.stat().st_size // 1024} KiB")  # noqa: T201 - a tool's answer


if __name__ == "__main__":
    main()
