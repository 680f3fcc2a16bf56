"""Drives twitchAPI, a library written by others, against a simulator and prints what it hears and does as JSON.

Argument: JSON {helix_url, oauth_url, eventsub_url, client_id, client_secret, access_token, refresh_token, channel_id,
user_id, until}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from twitchAPI.eventsub.websocket import EventSubWebsocket
from twitchAPI.twitch import Twitch
from twitchAPI.type import AuthScope

SCOPES = [
    AuthScope.USER_READ_CHAT,
    AuthScope.USER_WRITE_CHAT,
    AuthScope.MODERATOR_MANAGE_BANNED_USERS,
    AuthScope.MODERATOR_MANAGE_CHAT_MESSAGES,
    AuthScope.MODERATOR_MANAGE_WARNINGS,
]


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
    events = EventSubWebsocket(twitch, connection_url=wish["eventsub_url"], subscription_url=wish["helix_url"])
    events.start()
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def on_message(data: Any) -> None:
        event = data.event
        parent = event.reply.parent_user_id if event.reply else None
        say(text=event.message.text, user=event.chatter_user_id, id=event.message_id, reply=parent)
        if event.message.text == wish["until"]:
            loop.call_soon_threadsafe(heard.set)

    channel, own = wish["channel_id"], wish["user_id"]
    await events.listen_channel_chat_message(channel, own, on_message)
    say(live=True)
    async with asyncio.timeout(20):
        await heard.wait()
    sent = await twitch.send_chat_message(channel, own, "hello from twitchAPI")
    say(sent=sent.is_sent)
    users = [user async for user in twitch.get_users(logins=["ann"])]
    ban = await twitch.ban_user(channel, own, users[0].id, "flooding", duration=60)
    say(banned=ban.user_id, until=ban.end_time.isoformat() if ban.end_time else None)
    say(unbanned=await twitch.unban_user(channel, own, users[0].id))
    await events.stop()
    await twitch.close()


asyncio.run(main(json.loads(sys.argv[1])))
