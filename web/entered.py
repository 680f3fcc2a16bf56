"""Reports as JSON: the fields of the form under the same names, and what an entry for somebody else adds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from web.forms import Draft
from web.hub import Hub
from web.report_reading import read_report
from web.views import Arrival, RoomView, WebReport

CHANNELS = ("mail", "telephone", "social", "letter", "counter")
"""By which ways a report may have come that somebody enters."""
REF_CAP, KEY_CAP = 200, 100
SHORTEST_KEY = 8
_YES = ("faith", "urgent")
_TEXTS = ("room", "message", "quote", "name", "when", "category", "note", "contact", "harmed", "victim", "link")


def draft_of(body: Mapping[str, Any], key: str) -> Draft:
    """The fields as a form would have sent them; whatever has another shape is as good as absent. ``key`` shorter than
    `SHORTEST_KEY` is none."""
    values = {name: body[name] for name in _TEXTS if isinstance(body.get(name), str)}
    values |= {name: "yes" for name in _YES if body.get(name) is True}
    links = body.get("links")
    if isinstance(links, Sequence) and not isinstance(links, str):
        values["links"] = "\n".join(str(link) for link in links)
    if values.get("contact", "").strip():
        values["who"] = "contact"
    clean = {name: str(value).replace("\x00", "\ufffd") for name, value in values.items()}
    return Draft({**clean, "key": key if len(key) >= SHORTEST_KEY else ""})


def read_entered(
    body: Mapping[str, Any], by: str, key: str, rooms: Sequence[RoomView], hub: Hub, language: str
) -> tuple[WebReport | None, Draft]:
    """A report that ``by`` enters with its original date, channel and reference; the same reference of the same hand is
    one report. None: what is wrong stands in the draft. Whoever enters it vouches for the good faith."""
    ref = str(body.get("original_ref") or "")[:REF_CAP]
    draft = draft_of({**body, "faith": True}, f"entered:{by}:{ref}" if ref else key)
    channel, received_at = str(body.get("channel", "")), _instant(body.get("received_at"))
    if channel not in CHANNELS:
        draft.errors["channel"] = "intake.error.channel"
    if received_at is None:
        draft.errors["received_at"] = "intake.error.received"
    arrival = Arrival(channel, received_at, by, ref)
    return read_report(draft, rooms, hub, language=language, arrival=arrival), draft


def _instant(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
