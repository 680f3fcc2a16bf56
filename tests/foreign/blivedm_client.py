"""Connects blivedm, a client written by others, to a simulator and prints each line it hears as JSON.

Argument: JSON {base, ws, room, until, cookie}. blivedm must be importable (PYTHONPATH).
"""

from __future__ import annotations

import asyncio
import json
import sys
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
import blivedm  # type: ignore[import-not-found]  # only where the reader has it
from blivedm.clients import web  # type: ignore[import-not-found]  # only where the reader has it
from yarl import URL


async def main(wish: dict[str, Any]) -> None:
    web.UID_INIT_URL = web.WBI_INIT_URL = f"{wish['base']}/x/web-interface/nav"
    web.BUVID_INIT_URL = f"{wish['base']}/"
    web.ROOM_INIT_URL = f"{wish['base']}/room/v1/Room/get_info"
    web.DANMAKU_SERVER_CONF_URL = f"{wish['base']}/xlive/web-room/v1/index/getDanmuInfo"
    heard = asyncio.Event()

    class Client(blivedm.BLiveClient):  # type: ignore[misc]  # its type is unknown here
        def _get_ws_url(self, retry_count: int) -> str:
            return str(wish["ws"])

    class Handler(blivedm.BaseHandler):  # type: ignore[misc]  # its type is unknown here
        def _on_heartbeat(self, client: Any, message: Any) -> None:
            sys.stdout.write("live\n")
            sys.stdout.flush()

        def _on_danmaku(self, client: Any, message: Any) -> None:
            sys.stdout.write(json.dumps({"text": message.msg, "uid": message.uid, "name": message.uname}) + "\n")
            sys.stdout.flush()
            if message.msg == wish["until"]:
                heard.set()

    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        session.cookie_jar.update_cookies(SimpleCookie(wish["cookie"]), URL(wish["base"]))
        client = Client(wish["room"], session=session)
        client.set_handler(Handler())
        client.start()
        async with asyncio.timeout(20):
            await heard.wait()
        await client.stop_and_close()


asyncio.run(main(json.loads(sys.argv[1])))
