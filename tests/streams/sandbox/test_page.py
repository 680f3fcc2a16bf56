"""The chat page in a real Chromium, used as a person uses it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from streams.sandbox.attacks import KINDS
from streams.sandbox.names import account_id
from streams.sandbox.server import SandboxServer
from tests.browser import Visitor, open_visitor
from tests.contracts.platforms import eventually
from tests.contracts.sandbox_harness import visiting

pytestmark = pytest.mark.needs("chromium")

LILY = account_id("Lily")
NASTY = (
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "</li></ol><h1>big</h1>",
    "<bdi></bdi></bdi>\u202eoverridden\u2066",
    "<style>*{display:none}</style>",
    "<iframe src=https://example.com></iframe>",
    "a" + "\u0301" * 150,
)


@pytest.fixture
async def server() -> AsyncIterator[SandboxServer]:
    async with SandboxServer() as running:
        yield running


async def as_lily(page: Page, server: SandboxServer, query: str = "") -> None:
    await page.goto(f"{server.url}/?as=Lily{query}")
    await expect(page.locator("#live")).not_to_be_empty()


def bot_deed(server: SandboxServer) -> None:
    """Tell the pages what was done to the room directly."""
    server.hub("demo").flush()


async def test_a_person_types_and_everybody_sees_the_line(visitor: Visitor, server: SandboxServer) -> None:
    page = visitor.page
    await as_lily(page, server)
    await expect(page).to_have_title("danmod sandbox · demo")
    async with visiting(server, "ben") as ben:
        await page.get_by_label("Your line").fill("hello 弹幕")
        await page.keyboard.press("Enter")
        await expect(page.locator(".line.mine .words")).to_have_text("hello 弹幕")
        await expect(page.get_by_label("Your line")).to_have_value("")
        await eventually(lambda: ben.of_kind("message"), what="the line at ben's")
        assert await ben.heard() == ["hello 弹幕"]
        await ben.say("hello @Lily")
        await expect(page.locator(".line.to-me .words")).to_have_text("hello @Lily")
    visitor.assert_clean()


async def test_a_mute_is_shown_with_its_end_and_reason_and_ends(visitor: Visitor, server: SandboxServer) -> None:
    page, room = visitor.page, server.room("demo")
    await as_lily(page, server)
    room.mute(LILY, 600, "R1: the same line 12 times. !appeal A7K2", time.time())
    bot_deed(server)
    notice = page.locator("#notice")
    await expect(notice).to_contain_text("You are muted until")
    await expect(notice).to_contain_text("R1: the same line 12 times. !appeal A7K2")
    await expect(page.get_by_label("Your line")).to_be_disabled()
    await page.get_by_label("Speak as").select_option("Pixel")
    await expect(notice).to_be_hidden()
    await page.get_by_label("Speak as").select_option("Lily")
    await expect(notice).to_be_visible()
    room.unmute(LILY, time.time())
    bot_deed(server)
    await expect(notice).to_be_hidden()
    await expect(page.get_by_label("Your line")).to_be_enabled()
    visitor.assert_clean()


async def test_a_removed_line_leaves_a_trace_and_no_word(visitor: Visitor, server: SandboxServer) -> None:
    page, room = visitor.page, server.room("demo")
    await as_lily(page, server)
    line = room.speak(room.enter("ben"), "regrettable words", time.time())
    bot_deed(server)
    await expect(page.locator(".line .words")).to_have_text("regrettable words")
    room.remove(line.id, time.time())
    bot_deed(server)
    await expect(page.locator(".line.removed")).to_have_text("a line was removed")
    assert "regrettable" not in await page.content()


async def test_a_whisper_is_seen_by_its_receiver_alone(visitor: Visitor, server: SandboxServer) -> None:
    page = visitor.page
    await as_lily(page, server)
    await expect(page.get_by_label("Your line")).to_be_enabled()
    server.hub("demo").whisper(LILY, "your report was received", time.time())
    await expect(page.locator(".whisper .words")).to_have_text("your report was received")
    await page.get_by_label("Speak as").select_option("Pixel")
    await expect(page.locator("#face")).to_have_text("P")
    await expect(page.locator(".whisper")).to_have_count(0)
    await page.get_by_label("Speak as").select_option("Lily")
    await expect(page.locator(".whisper .words")).to_have_text("your report was received")


@pytest.mark.fault("X1")
@pytest.mark.fault("X5")
async def test_hostile_texts_are_painted_as_text(visitor: Visitor, server: SandboxServer) -> None:
    page, room = visitor.page, server.room("demo")
    await as_lily(page, server)
    for text in NASTY:
        room.speak(room.enter(text[:24]), text, time.time())
    room.mute(LILY, 60, "".join(NASTY), time.time())
    server.hub("demo").whisper(LILY, NASTY[0], time.time())
    bot_deed(server)
    await expect(page.locator(".line:not(.whisper) .words")).to_have_count(len(NASTY))
    shown = await page.locator(".line:not(.whisper) .words").evaluate_all("all => all.map(each => each.textContent)")
    assert shown == list(NASTY)
    await expect(page.locator("#notice-text")).to_contain_text(NASTY[0])
    assert await page.locator("#lines :is(img, svg, script, style, iframe, h1), #notice :is(img, svg)").count() == 0
    assert await page.locator("bdi.words").first.evaluate("it => getComputedStyle(it).unicodeBidi") == "isolate"
    heights = await page.locator(".line").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert max(heights) < 400
    visitor.assert_clean()


async def test_the_buttons_start_and_stop_the_crowds(visitor: Visitor, server: SandboxServer) -> None:
    page = visitor.page
    await as_lily(page, server)
    raid, stop = page.get_by_role("button", name="Raid"), page.get_by_role("button", name="Stop send")
    await expect(stop).to_be_disabled()
    await raid.click()
    await expect(raid).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".line").nth(2)).to_be_visible()
    await stop.click()
    await expect(raid).to_have_attribute("aria-pressed", "false")
    count = len(server.room("demo").lines)
    for kind in ("Calm chatter", "Cheer", "Flooder", "Reporters"):
        await page.get_by_role("button", name=kind).click()
        await expect(page.get_by_role("button", name=kind)).to_have_attribute("aria-pressed", "true")
    await stop.click()
    await expect(stop).to_be_disabled()
    assert len(server.room("demo").lines) >= count
    visitor.assert_clean()


@pytest.mark.parametrize("query", ["", "&lang=zh-CN"])
async def test_every_attack_and_every_innocent_crowd_can_be_chosen_and_played(
    visitor: Visitor, server: SandboxServer, query: str
) -> None:
    page = visitor.page
    await as_lily(page, server, query)
    play, choice = page.locator("#play"), page.locator("#scene")
    await expect(choice.locator("option")).to_have_count(len(KINDS))
    labels = await choice.locator("option").all_text_contents()
    assert len(set(labels)) == len(KINDS)
    assert not any(label.startswith("scene-") or "by-" in label for label in labels), "every kind has its words"
    await choice.select_option("wave-emoji")
    await play.click()
    await expect(play).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".line").first).to_be_visible()
    await choice.select_option("vote")
    await expect(play).to_have_attribute("aria-pressed", "false")
    visitor.assert_clean()


async def test_a_full_line_of_wide_characters_is_not_cut(browser: Browser, server: SandboxServer) -> None:
    async with open_visitor(browser, viewport={"width": 390, "height": 780}) as person:
        await as_lily(person.page, server)
        room = server.room("demo")
        room.speak(room.enter("ben"), "弹" * 200, time.time())
        bot_deed(server)
        line = person.page.locator(".line")
        await expect(line).to_be_visible()
        assert await line.evaluate("it => it.scrollHeight <= it.clientHeight")


async def test_one_may_speak_as_the_streamer_and_as_somebody_new(visitor: Visitor, server: SandboxServer) -> None:
    page = visitor.page
    await as_lily(page, server)
    await page.get_by_label("Speak as").select_option("streamer")
    await expect(page.locator("#composer")).to_have_attribute("data-role", "streamer")
    await page.get_by_label("Your line").fill("welcome")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.streamer .badge")).to_have_text("Streamer")
    await page.get_by_label("Speak as").select_option(label="somebody else …")
    await page.get_by_label("Your name").fill("新来的")
    await page.keyboard.press("Enter")
    await expect(page.locator("#face")).to_have_text("新")
    await page.keyboard.type("first time here")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.mine .name")).to_have_text("新来的")
    visitor.assert_clean()


async def test_reply_and_report_are_one_key_away(visitor: Visitor, server: SandboxServer) -> None:
    page, room = visitor.page, server.room("demo")
    await as_lily(page, server)
    first = room.speak(room.enter("ben"), "buy my things", time.time())
    bot_deed(server)
    await page.get_by_role("button", name="Report ben").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Your line")).to_be_focused()
    await page.keyboard.type("advert")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.mine .words")).to_have_text("!report @ben advert")
    assert list(room.lines.values())[-1].reply_to == first.id


async def test_the_page_comes_back_after_the_server_was_away(visitor: Visitor) -> None:
    page = visitor.page
    async with SandboxServer() as server:
        port = int(server.url.rpartition(":")[2])
        await as_lily(page, server)
        await expect(page.locator("#live")).to_have_text("Live")
    await expect(page.locator("#live")).to_have_text("Reconnecting …")
    async with SandboxServer(port=port) as server:
        await expect(page.locator("#live")).to_have_text("Live", timeout=25_000)
        await page.get_by_label("Your line").fill("back again")
        await page.keyboard.press("Enter")
        await expect(page.locator(".line.mine .words")).to_have_text("back again")


async def test_it_speaks_chinese_and_fits_a_dark_phone(browser: Browser, server: SandboxServer) -> None:
    phone = {"width": 390, "height": 780}
    async with open_visitor(browser, locale="zh-CN", viewport=phone, color_scheme="dark") as person:
        page = person.page
        await as_lily(page, server)
        await server.play("demo", "reporters", pace=0)
        await expect(page.get_by_role("button", name="冲刷")).to_be_visible()
        await expect(page.get_by_label("你的弹幕")).to_be_in_viewport()
        await expect(page.locator(".line").first).to_be_visible()
        assert await page.evaluate("document.documentElement.lang") == "zh-CN"
        assert await page.evaluate("document.documentElement.scrollWidth") == phone["width"]
        background = await page.evaluate("getComputedStyle(document.querySelector('.chat')).backgroundColor")
        assert background == "rgb(26, 28, 41)"
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("button", name="Raid")).to_be_visible()
        person.assert_clean()


async def test_both_languages_have_every_text(visitor: Visitor, server: SandboxServer) -> None:
    await as_lily(visitor.page, server)
    missing = await visitor.page.evaluate("""async () => {
        const { catalogues } = await import("/static/words.js");
        const keys = Object.values(catalogues).map((each) => Object.keys(each).sort().join());
        const braces = (text) => (text.match(/\\{\\w+\\}/g) ?? []).sort().join();
        const [one, other] = Object.values(catalogues);
        const broken = Object.keys(one).filter((key) => braces(one[key]) !== braces(other[key] ?? ""));
        return { same: keys[0] === keys[1], broken };
    }""")
    assert missing == {"same": True, "broken": []}


async def test_the_overlay_is_shown_on_the_stage(visitor: Visitor, server: SandboxServer) -> None:
    async with SandboxServer() as other:
        server.overlay_url = f"{other.url}/nothing-here?key=k"
        await as_lily(visitor.page, server)
        frame = visitor.page.locator("iframe")
        await expect(frame).to_have_attribute("src", f"{other.url}/nothing-here?key=k")
        await expect(frame).to_have_attribute("title", "danmod's overlay")
        await expect(visitor.page.locator(".caption")).to_be_hidden()
