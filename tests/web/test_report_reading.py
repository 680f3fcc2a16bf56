"""Where a report is about: a room of the list, or the one its link leads to; links and rights, field by field."""

from __future__ import annotations

import time
from typing import Any

import pytest

from streams.events import RoomKey
from tests.web.house import DEMO, IRC, House
from tests.web.test_forms import GOOD, _post
from web.report_reading import room_of_link
from web.views import RoomView

ROOMS = [
    RoomView(RoomKey("bilibili:545068"), "enforce", "live"),
    RoomView(RoomKey("irc:#talk"), "enforce", "live"),
    RoomView(RoomKey("twitch:nightowl"), "enforce", "live"),
    RoomView(RoomKey("sandbox:demo"), "enforce", "live"),
]


@pytest.mark.norm("N2.1-2a", "behaviour")
@pytest.mark.parametrize(
    ("link", "room"),
    [
        ("https://live.bilibili.com/545068?from=search", "bilibili:545068"),
        ("https://www.twitch.tv/nightowl", "twitch:nightowl"),
        ("ircs://irc.example.org/#talk", "irc:#talk"),
        ("ircs://irc.example.org/%23talk", "irc:#talk"),
        ("https://stream.example.org/feed/sandbox%3Ademo", "sandbox:demo"),
        ("http://127.0.0.1:8080/feed/demo", "sandbox:demo"),
        ("https://live.bilibili.com/999", None),
        ("https://evil.example/545068", None),
        ("https://www.youtube.com/watch?v=1", None),
        ("not a link", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_a_link_leads_to_its_room_or_nowhere(link: str, room: str | None) -> None:
    found = room_of_link(link, ROOMS)
    assert (found.key if found else None) == room


async def _report(house: House, **changed: Any) -> tuple[int, str]:
    return await _post(house, {**GOOD, **changed})


@pytest.mark.norm("N2.1-2a", "bad-input")
async def test_a_foreign_link_is_accepted_only_where_a_room_is_known(house: House) -> None:
    assert (await _report(house, room="", link=f"{house.url}/feed/demo"))[0] == 200
    assert house.reports[-1].room == DEMO
    status, body = await _report(house, room="", link="https://www.youtube.com/watch?v=1")
    assert status == 422
    assert 'id="link-error"' in body
    assert "We do not watch the room of this link" in body
    assert (await _report(house, link="https://www.youtube.com/watch?v=1"))[0] == 200
    assert house.reports[-1].links == ("https://www.youtube.com/watch?v=1",)
    status, body = await _report(house, room=IRC, link=f"{house.url}/feed/demo")
    assert status == 422
    assert len(house.reports) == 2


@pytest.mark.norm("N2.1-2a", "bad-input")
@pytest.mark.parametrize(
    "links", ["javascript:alert(1)", "ftp://x.example/a", "https://", "x", "\n".join(["https://a.example/1"] * 6)]
)
async def test_links_are_links(house: House, links: str) -> None:
    status, body = await _report(house, links=links)
    assert (status, house.reports) == (422, [])
    assert 'id="links-error"' in body


async def test_what_may_be_added_comes_along(house: House) -> None:
    more = {"links": "https://a.example/1\n\nhttps://b.example/2", "urgent": "yes", "harmed": "other", "victim": "Mia"}
    await _report(house, category="doxxing", **more)
    report = house.reports[0]
    assert report.links == ("https://a.example/1", "https://b.example/2")
    assert (report.urgent, report.third_party, report.victim_name, report.when) == (True, True, "Mia", "about 20:15")
    await _report(house, category="flooding", harmed="other")
    assert not house.reports[1].third_party, "flooding is nobody's right"


@pytest.mark.norm("N2.1-2b", "bad-input")
async def test_a_malformed_address_can_be_left_out_with_one_press(house: House) -> None:
    status, body = await _report(house, who="contact", contact="me@")
    assert status == 422
    assert 'name="anonymous" value="yes"' in body
    assert (await _report(house, who="contact", contact="me@", anonymous="yes"))[0] == 200
    assert house.reports[0].contact is None


@pytest.mark.norm("N2.1-2a", "deadline")
async def test_the_receipt_comes_with_the_answer(house: House) -> None:
    began = time.monotonic()
    status, body = await _report(house)
    assert status == 200
    assert 'id="receipt"' in body
    assert time.monotonic() - began < 2.0 * 5
