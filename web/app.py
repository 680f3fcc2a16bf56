"""The application: routes in one list, and serving it."""

from __future__ import annotations

import errno
import mimetypes
from pathlib import Path

from aiohttp import web

from web import (
    api,
    api_intake,
    appeal_page,
    case_pages,
    check_pages,
    dossier_forms,
    health,
    link_page,
    public_pages,
    receipt_page,
    report_page,
    room_pages,
    sockets,
)
from web.deps import DEPS, GUARDS, Guards, WebDeps, WebSettings
from web.middleware import Handler, finish, guard

__all__ = ["Site", "WebDeps", "WebSettings", "make_app", "serve"]

STATIC = Path(__file__).parent / "static"


def make_app(deps: WebDeps) -> web.Application:
    """All pages over what is handed in."""
    app = web.Application(middlewares=[guard])
    app[DEPS] = deps
    app[GUARDS] = Guards(deps.settings)
    app.on_response_prepare.append(finish)
    sockets.prepare(app)
    app.add_routes(_routes())
    return app


def _routes() -> list[web.RouteDef]:
    return [
        web.get("/", room_pages.index),
        web.get("/overlay/{room}", room_pages.overlay),
        web.get("/overlay/{room}/socket", room_pages.overlay_socket, allow_head=False),
        web.get("/feed/{room}", room_pages.feed),
        web.get("/feed/{room}/socket", room_pages.feed_socket, allow_head=False),
        web.get("/report", report_page.form),
        web.post("/report", report_page.submit),
        web.get("/receipt/{token}", case_pages.receipt),
        web.post("/receipt/{token}/add", receipt_page.add),
        web.post("/receipt/{token}/withdraw", receipt_page.withdraw),
        web.get("/case/{code}", case_pages.case),
        web.get("/statement/{token}", case_pages.statement),
        web.get("/appeal", appeal_page.form),
        web.post("/appeal", appeal_page.submit),
        web.get("/appeal/remark", appeal_page.remark_form),
        web.post("/appeal/remark", appeal_page.remark),
        web.get("/link", link_page.form),
        web.post("/link", link_page.begin),
        web.get("/link/{secret}", link_page.look),
        web.get("/public", public_pages.public),
        web.get("/public/statistics.json", public_pages.months),
        web.get(r"/public/statistics/{month:\d{4}-\d{2}}.json", public_pages.month),
        web.get("/public/complaints", dossier_forms.box("complaint")),
        web.post("/public/complaints", dossier_forms.submit("complaint")),
        web.get("/complaint/{token}", dossier_forms.matter("complaint")),
        web.post("/complaint/{token}", dossier_forms.go_on),
        web.get("/public/concerns", dossier_forms.box("concern")),
        web.post("/public/concerns", dossier_forms.submit("concern")),
        web.get("/concern/{token}", dossier_forms.matter("concern")),
        web.get("/standing/{token}", dossier_forms.matter("standing")),
        web.post("/standing/{token}", dossier_forms.go_on),
        web.get("/rights", public_pages.rights),
        web.get("/rights/request", dossier_forms.request_form),
        web.post("/rights/request", dossier_forms.request_submit),
        web.get("/request/{token}", dossier_forms.matter("rights_request", "disclosure")),
        web.get("/request/{token}/copy", dossier_forms.copy),
        web.get("/privacy", public_pages.privacy),
        web.get("/desk", _inside(case_pages.desk)),
        web.get("/desk/checks", _inside(check_pages.checks)),
        web.get("/livez", health.livez),
        web.get("/readyz", health.readyz),
        web.get("/statusz", health.statusz),
        web.get("/metrics", health.metrics),
        web.get("/favicon.ico", _file("icon.svg")),
        *api_intake.routes(),
        *api.routes(),
        *(web.get(f"/static/{name}", _file(name)) for name in _files()),
    ]


def _files() -> list[str]:
    """The files of the package, listed once: nothing else is ever served, whatever a path says."""
    return sorted(str(path.relative_to(STATIC).as_posix()) for path in STATIC.rglob("*") if path.is_file())


def _file(name: str) -> Handler:
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(
            STATIC / name, headers={"Content-Type": kind or "text/plain", "Cache-Control": "no-cache"}
        )

    return answer


def _inside(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        health.check_inside(request)
        return await handler(request)

    return answer


class Site:
    """A served application. ``port`` is the real one, also when any was asked for."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        self._runner = runner
        self.host = host
        self.port = port

    async def close(self) -> None:
        """Close the sockets politely and stop listening."""
        await self._runner.cleanup()


async def serve(app: web.Application, host: str, port: int) -> Site:
    """Listen. ``port`` 0 takes any free one. Raises OSError with one sentence when that is impossible."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=3.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise OSError(_sentence(error, host, port)) from error
    return Site(runner, host, runner.addresses[0][1])


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken by another program; choose another [web] port"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} needs rights this program does not have; choose a [web] port above 1023"
    return f"the pages cannot listen on {host} port {port}: {error.strerror or error}"
