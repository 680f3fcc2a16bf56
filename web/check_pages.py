"""`/desk/checks`: how far each check goes in each room, by whose word, and what it hit; and a box to try a line in."""

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
    deps, language = request.app[DEPS], words_for(request).language
    rows = map(_with_instants, deps.checks(language))
    rooms = [(room, list(found)) for room, found in groupby(rows, key=lambda row: row["room"])]
    given = {name: request.query.get(name, "") for name in ("room", "text", "as")}
    answer = deps.try_line(given["room"], given["text"], given["as"], language) if given["text"].strip() else None
    trial = answer if isinstance(answer, Mapping) else None
    return page(request, "desk_checks.html", rooms=rooms, given=given, trial=trial)


def _with_instants(row: Mapping[str, Any]) -> dict[str, Any]:
    since = row.get("since")
    samples = [{**sample, "at": datetime.fromisoformat(sample["at"])} for sample in row.get("samples", ())]
    return {**row, "since": datetime.fromisoformat(since) if since else None, "samples": samples}
