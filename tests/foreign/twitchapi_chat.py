"""Drives twitchAPI's IRC chat against a simulator and prints what it hears as JSON. Argument: as of twitchapi_client.py."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from twitchAPI.chat import Chat
from twitchAPI.twitch import Twitch
from twitchAPI.type import AuthScope, ChatEvent

SCOPES = [AuthScope.CHAT_READ, AuthScope.CHAT_EDIT]


def say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


async def main(wish: dict[str, Any]) -> None:
    twitch = Twitch(
        wish["client_id"],
        wish["client_secret"],
        base_url=wish["helix_url"] + "/",
        auth_base_url=wish["oauth_url"] + "/",
    )
    await twitch.authenticate_app([])
    await twitch.set_user_authentication(wish["access_token"], SCOPES, wish["refresh_token"])
    chat = await Chat(twitch, connection_url=wish["irc_url"])
    heard, loop = asyncio.Event(), asyncio.get_running_loop()

    async def on_ready(ready: Any) -> None:
        await ready.chat.join_room(wish["channel"])

    async def on_joined(joined: Any) -> None:
        say(live=True)

    async def on_message(message: Any) -> None:
        say(text=message.text, user=message.user.id, id=message.id, reply=message.reply_parent_user_id)
        if message.text == wish["until"]:
            await message.chat.send_message(wish["channel"], "hello from twitchAPI")
            loop.call_soon_threadsafe(heard.set)

    chat.register_event(ChatEvent.READY, on_ready)
    chat.register_event(ChatEvent.JOINED, on_joined)
    chat.register_event(ChatEvent.MESSAGE, on_message)
    chat.start()
    async with asyncio.timeout(20):
        await heard.wait()
    await asyncio.sleep(0.5)  # its own queue has to leave before it stops
    chat.stop()
    await twitch.close()
    say(done=True)


asyncio.run(main(json.loads(sys.argv[1])))
