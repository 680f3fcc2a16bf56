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


def _label(code: str, language: str) -> str:
    return category(code).label(language)


def _relaxed(view: PublicView) -> list[str]:
    """What is relaxed; not that nobody is named, where somebody is."""
    return [item for item in RELAXED[view.profile] if item != "no_controller" or not view.controller.name]


async def rights(request: web.Request) -> web.Response:
    """Everybody's rights in short words, with examples, beside the rules now in force."""
    return page(request, "rights.html", view=await request.app[DEPS].public.view())


async def privacy(request: web.Request) -> web.Response:
    """What is kept and why; who answers for it; who has which duty."""
    return page(request, "privacy.html", controller=(await request.app[DEPS].public.view()).controller)
