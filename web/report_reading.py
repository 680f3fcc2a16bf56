"""From what was typed (form, API, staff entry) to a report valid in itself; what is wrong stands beside each field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from cases.categories import Branch, category, known
from streams.events import platform_of
from web.forms import MAIL, Draft, new_key
from web.hub import Hub
from web.rooms import find
from web.views import OWN_WAY, Arrival, RoomView, Upload, WebReport

QUOTE_CAP, NOTE_CAP, CONTACT_CAP, NAME_CAP, WHEN_CAP, LINK_CAP = 1_000, 2_000, 200, 100, 100, 500
"""Longest fields, in characters."""
LINKS = 5
_WEB_LINK = re.compile(r"https?://[^\s<>\"']{3,}", re.IGNORECASE)


def read_report(
    draft: Draft,
    rooms: Sequence[RoomView],
    hub: Hub,
    *,
    language: str,
    files: tuple[Upload, ...] = (),
    arrival: Arrival = OWN_WAY,
) -> WebReport | None:
    """The report a draft makes; None, and errors in the draft, when something is missing or unfit."""
    room = _room(draft, rooms)
    line = hub.line(room.key, draft.get("message")) if room else None
    quote = line.text if line else draft.need("quote", QUOTE_CAP)
    name = line.name if line else draft.allow("name", NAME_CAP)
    when = draft.allow("when", WHEN_CAP) if line else draft.need("when", WHEN_CAP)
    code, note, contact = _category(draft), draft.need("note", NOTE_CAP), _contact(draft)
    links = _links(draft)
    if draft.get("faith") != "yes":
        draft.errors["faith"] = "error.faith"
    if draft.errors or room is None:
        return None
    key = draft.get("key")
    return WebReport(
        room=room.key,
        category=code,
        note=note,
        key=key if 16 <= len(key) <= 200 else new_key(),
        message_id=line.id if line else None,
        quote=quote,
        sender_name=name,
        contact=contact,
        language=language,
        when=when,
        links=links,
        files=files,
        urgent=draft.get("urgent") == "yes",
        third_party=draft.get("harmed") == "other" and category(code).branch is Branch.RIGHTS,
        victim_name=draft.allow("victim", NAME_CAP),
        arrival=arrival,
    )


def room_of_link(link: str, rooms: Sequence[RoomView]) -> RoomView | None:
    """The watched room a link leads to: a page of ours, or an address of its platform that ends in its name."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return None
    words = [unquote(word) for word in parts.path.split("/") if word]
    if not words and not parts.fragment:
        return None
    named = f"#{parts.fragment}" if parts.fragment else words[-1]
    if len(words) >= 2 and words[-2] in ("feed", "overlay") and not parts.fragment:
        return find(rooms, named)
    host = f"{parts.scheme}.{parts.hostname or ''}".lower()
    own = [room for room in rooms if platform_of(room.key) in host]
    return find(own, named) or find(own, f"#{named}")


def _room(draft: Draft, rooms: Sequence[RoomView]) -> RoomView | None:
    """The room that was chosen, or the one the link leads to. A link that leads nowhere is no reason to refuse where the
    room is known."""
    link = draft.allow("link", LINK_CAP)
    chosen, linked = find(rooms, draft.get("room")), room_of_link(link, rooms)
    if draft.get("room") and chosen is None:
        draft.errors["room"] = "error.room"
    elif chosen and linked and chosen.key != linked.key:
        draft.errors["link"] = "intake.error.link_other"
    elif chosen is None and linked is None:
        draft.errors["link" if link else "room"] = "intake.error.link" if link else "error.missing"
    return chosen or linked


def _category(draft: Draft) -> str:
    code = draft.get("category")
    if not code:
        draft.errors["category"] = "error.missing"
    return code if known(code) else "other"


def _links(draft: Draft) -> tuple[str, ...]:
    links = tuple(line.strip() for line in draft.get("links").splitlines() if line.strip())
    if len(links) > LINKS or any(len(link) > LINK_CAP or not _WEB_LINK.fullmatch(link) for link in links):
        draft.errors["links"] = "intake.error.links"
    foreign = draft.get("link")
    return (foreign, *links) if foreign and _WEB_LINK.fullmatch(foreign) else links


def _contact(draft: Draft) -> str | None:
    """The contact, None for anonymous, which is what no choice means; ``anonymous`` overrides what was chosen before."""
    if draft.get("who") != "contact" or draft.get("anonymous") == "yes":
        return None
    contact = draft.need("contact", CONTACT_CAP)
    if contact and not MAIL.fullmatch(contact):
        draft.errors.setdefault("contact", "intake.error.contact")
    return contact
