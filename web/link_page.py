"""The link page: it shows a code, and once somebody typed that in chat, what was decided about them.

For people who cannot write in the room: the code is typed in another room, or said to the bot alone (norm N3.3-1).
"""

from __future__ import annotations

from aiohttp import web

from web.access import address
from web.deps import DEPS, GUARDS
from web.forms import new_key, posted, too_many
from web.lookup import check_guesses, missed, token_of
from web.render import page


async def form(request: web.Request) -> web.Response:
    """What it is for, and a button; a code costs a post, so that no robot collects them by looking."""
    return page(request, "link.html", link_view=None, key=new_key())


async def begin(request: web.Request) -> web.Response:
    """A fresh code, on a page of its own that only this visitor knows."""
    await posted(request)
    guards = request.app[GUARDS]
    wait_s = guards.links.take(guards.anonymiser.visitor(address(request)), request.app[DEPS].clock())
    if wait_s:
        raise too_many(wait_s)
    return web.Response(status=303, headers={"Location": f"/link/{request.app[DEPS].links.begin()}"})


async def look(request: web.Request) -> web.Response:
    """The code while it waits; then the decisions about whoever typed it."""
    check_guesses(request)
    view = await request.app[DEPS].links.look(token_of(request.match_info["secret"]))
    if view is None:
        return missed(request, "statement")
    answer = page(request, "link.html", link_view=view, key="")
    if not view.bound:
        answer.headers["Refresh"] = "3"
    return answer
