"""`/desk/checks`: how far each check goes in each room, by whose word, and what it hit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from aiohttp import web

from web.deps import DEPS
from web.render import page, words_for


async def checks(request: web.Request) -> web.Response:
    """For moderators: every check of every room, with the last lines of those that are in shadow."""
    rows = map(_with_instants, request.app[DEPS].checks(words_for(request).language))
    rooms = [(room, list(found)) for room, found in groupby(rows, key=lambda row: row["room"])]
    return page(request, "desk_checks.html", rooms=rooms)


def _with_instants(row: Mapping[str, Any]) -> dict[str, Any]:
    since = row.get("since")
    samples = [{**sample, "at": datetime.fromisoformat(sample["at"])} for sample in row.get("samples", ())]
    return {**row, "since": datetime.fromisoformat(since) if since else None, "samples": samples}
