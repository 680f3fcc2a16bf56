"""What everybody may know, without account or scripts: rules, how to be heard, numbers, standards, what the size of
the team relaxes (norm N4.2-1, P2-1, P4-2, P5-1)."""

from __future__ import annotations

from aiohttp import web

from cases.categories import category
from cases.model import Profile
from web.deps import DEPS
from web.public_views import PublicView
from web.render import page

RELAXED: dict[Profile, tuple[str, ...]] = {
    Profile.SOLO: (
        "at_once",
        "one_bans",
        "automatic_day",
        "appeal_alone",
        "no_panel",
        "no_training",
        "no_controller",
        "one_opens",
        "no_figures",
    ),
    Profile.TEAM: ("no_samples", "no_training", "no_controller", "no_figures"),
    Profile.PLATFORM: (),
}
"""What each size of team relaxes of the norm, as texts ``public.relaxed.*``; printed so that everybody knows."""


async def public(request: web.Request) -> web.Response:
    """The public page."""
    deps = request.app[DEPS]
    view = await deps.public.view()
    return page(
        request,
        "public.html",
        view=view,
        labels=_label,
        relaxed=_relaxed(view),
        ways=deps.intake.ways() if deps.intake else (),
        public_url=deps.settings.public_url,
    )


async def months(request: web.Request) -> web.Response:
    """The months whose numbers are published, for programs."""
    names = await request.app[DEPS].public.months()
    listed = [{"month": name, "file": f"/public/statistics/{name}.json"} for name in names]
    return web.json_response({"format": "danmod-statistics/1", "months": listed})


async def month(request: web.Request) -> web.Response:
    """One month's numbers, for programs."""
    name = request.match_info["month"]
    found = await request.app[DEPS].public.statistics(name)
    if found is None:
        return web.json_response(
            {"title": "unknown month", "status": 404, "detail": "see /public/statistics.json"}, status=404
        )
    return web.json_response({"month": name, **found})


def _label(code: str, language: str) -> str:
    return category(code).label(language)


def _relaxed(view: PublicView) -> list[str]:
    """What is relaxed; not that nobody is named where somebody is, nor that no numbers are shown where some are."""
    not_so = {"no_controller": bool(view.controller.name), "no_figures": view.figures is not None}
    return [item for item in RELAXED[view.profile] if not not_so.get(item)]


async def rights(request: web.Request) -> web.Response:
    """Everybody's rights in short words, with examples, beside the rules now in force."""
    return page(request, "rights.html", view=await request.app[DEPS].public.view())


async def privacy(request: web.Request) -> web.Response:
    """What is kept and why; who answers for it; who has which duty."""
    return page(request, "privacy.html", controller=(await request.app[DEPS].public.view()).controller)
