"""The overlay in a real Chromium: it shows what passed, takes back what was hidden, fails closed, paints text as text."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.browser import Visitor
from tests.web.house import House, until

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="module")]

NASTY = [
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}} ${7*7}",
    "</script><script>alert(1)</script>",
    "url(http://evil.example/x) ;background:url(//evil.example)",
    "</bdi></p><b>out</b>",
    "emote\" onmouseover='alert(1)'",
]


async def _open(house: House, visitor: Visitor, **options: object) -> Page:
    await visitor.page.goto(house.overlay(**options))
    await until(lambda: house.hub.overlays == 1)
    await visitor.page.wait_for_selector("#badge", state="hidden")
    return visitor.page


async def _texts(page: Page) -> list[str]:
    return await page.locator(".line .text").all_text_contents()


async def _has(page: Page, *texts: str) -> bool:
    return await _texts(page) == list(texts)


@pytest.mark.parametrize("style", ["scroll", "box"])
async def test_a_line_appears_after_its_hold_and_goes_when_decided(house: House, visitor: Visitor, style: str) -> None:
    page = await _open(house, visitor, style=style)
    message_id = house.say("哈哈 hello", hold_s=0.4)
    assert await _texts(page) == []
    await until(lambda: _has(page, "哈哈 hello"))
    house.hub.hide(house.rooms[0].key, [message_id])
    await until(lambda: _has(page))
    visitor.assert_clean()


async def test_a_line_hidden_in_its_hold_never_appears(house: House, visitor: Visitor) -> None:
    page = await _open(house, visitor)
    message_id = house.say("slur", hold_s=0.3)
    house.hub.hide(house.rooms[0].key, [message_id])
    house.say("after", hold_s=0.5)
    await until(lambda: _has(page, "after"))


@pytest.mark.fault("X1")
@pytest.mark.parametrize("style", ["scroll", "box"])
async def test_markup_is_painted_as_text(house: House, visitor: Visitor, style: str) -> None:
    page = await _open(house, visitor, style=style)
    for text in NASTY:
        house.say(text, name=text)
    await until(lambda: _has(page, *NASTY))
    assert await page.locator("#stage :not(p, bdi)").count() == 0
    visitor.assert_clean()


@pytest.mark.fault("X5")
@pytest.mark.fault("X2")
async def test_stacked_marks_overrides_and_long_words_stay_in_their_place(house: House, visitor: Visitor) -> None:
    page = await _open(house, visitor, style="box", size=28)
    for text in (
        "Z" + "\u0301\u0316\u0489" * 200,
        "\u202egnirts lived\u2069\u2069",
        "w" * 5000,
        "\ufdfd" * 80,
        "\n" * 50,
    ):
        house.say(text, name=text)
    house.say("neighbour", name="Mia")
    await until(lambda: _ends(page, "neighbour"))
    boxes = [await line.bounding_box() for line in await page.locator(".line").all()]
    assert all(box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 1280 for box in boxes)
    assert all(box is not None and box["height"] <= 28 * 4.6 for box in boxes)
    last = page.locator(".line").last
    name, words = await last.locator(".name").bounding_box(), await last.locator(".text").bounding_box()
    assert name is not None
    assert words is not None
    assert name["x"] < words["x"], "the neighbour is not reordered"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def _ends(page: Page, text: str) -> bool:
    return (await _texts(page))[-1:] == [text]


async def test_lanes_keep_danmaku_apart(house: House, visitor: Visitor) -> None:
    page = await _open(house, visitor, style="scroll", lines=4, speed=4)
    for index in range(4):
        house.say(f"line {index} " + "长" * index * 5)
    await until(lambda: _count(page, 4))
    boxes = [await line.bounding_box() for line in await page.locator(".line").all()]
    assert len({round(box["y"]) for box in boxes if box}) == 4
    await until(lambda: _count(page, 0))


async def _count(page: Page, wanted: int) -> bool:
    return await page.locator(".line").count() == wanted


async def test_the_overlay_fails_closed_when_the_server_is_gone_and_comes_back(house: House, visitor: Visitor) -> None:
    page = await _open(house, visitor, style="box")
    house.say("before")
    await until(lambda: _has(page, "before"))
    await house.stop()
    await page.wait_for_selector("#badge", state="visible")
    await until(lambda: _has(page), within_s=25)
    await house.start()
    await page.wait_for_selector("#badge", state="hidden", timeout=30_000)
    house.say("after")
    await until(lambda: _has(page, "after"))


async def test_the_overlay_says_so_when_the_engine_stops(house: House, visitor: Visitor) -> None:
    page = await _open(house, visitor)
    house.beating = False
    house.offset_s += 6
    await page.wait_for_selector("#badge", state="visible")
    house.say("unjudged time")
    house.beating = True
    await page.wait_for_selector("#badge", state="hidden")
    await until(lambda: _has(page, "unjudged time"))


async def test_a_server_that_falls_silent_counts_as_gone(
    house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await _open(house, visitor)
    with monkeypatch.context() as frozen:
        frozen.setattr(house.hub, "advance", lambda now_s: None)
        await page.wait_for_selector("#badge", state="visible", timeout=25_000)
    await page.wait_for_selector("#badge", state="hidden")


@pytest.mark.fault("F33")
@pytest.mark.parametrize("style", ["scroll", "box"])
async def test_five_thousand_lines_leave_the_page_small(house: House, visitor: Visitor, style: str) -> None:
    heard: list[str] = []
    visitor.page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(str(frame)[-4000:]))
    )
    page = await _open(house, visitor, style=style)
    tools = await page.context.new_cdp_session(page)
    await tools.send("HeapProfiler.enable")

    async def heap() -> float:
        await tools.send("HeapProfiler.collectGarbage")
        return float((await tools.send("Runtime.getHeapUsage"))["usedSize"])

    async def pour(lines: int) -> None:
        for index in range(lines):
            house.say(f"{index} 前方高能 " + "哈" * (index % 40), name=f"viewer {index}")
        last = house.say("the last of these")
        await until(lambda: any(f'"{last}"' in frame for frame in heard[-5:]))
        await page.evaluate("new Promise(done => requestAnimationFrame(() => done(true)))")

    await pour(500)
    before = await heap()
    for _ in range(9):
        await pour(500)
    assert await page.locator("#stage *").count() <= 3 * 150
    assert await heap() - before < 3_000_000
    assert (await tools.send("Memory.getDOMCounters"))["nodes"] < 3_000
    visitor.assert_clean()
