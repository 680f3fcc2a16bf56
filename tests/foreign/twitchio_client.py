"""Drives TwitchIO, a library written by others, against a simulator and prints what it hears and does as JSON.

Argument: as of twitchapi_client.py. Run it in a folder of its own: it keeps its tokens in a file there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import twitchio
from twitchio import eventsub
from twitchio.eventsub import websockets
from twitchio.http import Route


def say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


class Client(twitchio.Client):
    """Hears one channel until a line."""

    def __init__(self, wish: dict[str, Any]) -> None:
        self.wish = wish
        self.heard = asyncio.Event()
        super().__init__(
            client_id=wish["client_id"],
            client_secret=wish["client_secret"],
            bot_id=wish["user_id"],
            fetch_client_user=False,
        )

    async def event_message(self, payload: twitchio.ChatMessage) -> None:
        parent = payload.reply.parent_user.id if payload.reply else None
        say(text=payload.text, user=payload.chatter.id, id=payload.id, reply=parent)
        if payload.text == self.wish["until"]:
            self.heard.set()


async def main(wish: dict[str, Any]) -> None:
    Route.BASE, Route.ID_BASE = wish["helix_url"] + "/", wish["oauth_url"].removesuffix("oauth2")
    websockets.WSS = wish["eventsub_url"]
    async with Client(wish) as client:
        await client.login(load_tokens=False, save_tokens=False)
        await client.add_token(wish["access_token"], wish["refresh_token"])
        chat = eventsub.ChatMessageSubscription(broadcaster_user_id=wish["channel_id"], user_id=wish["user_id"])
        await client.subscribe_websocket(payload=chat, token_for=wish["user_id"])
        say(live=True)
        async with asyncio.timeout(20):
            await client.heard.wait()
        channel = client.create_partialuser(wish["channel_id"])
        sent = await channel.send_message("hello from TwitchIO", sender=wish["user_id"], token_for=wish["user_id"])
        say(sent=sent.sent)
        (ann,) = await client.fetch_users(logins=["ann"])
        ban = await channel.timeout_user(moderator=wish["user_id"], user=ann.id, duration=60, reason="flooding")
        say(banned=ban.user.id, until=ban.end_time.isoformat() if ban.end_time else None)
        await channel.unban_user(moderator=wish["user_id"], user_id=ann.id)
        say(unbanned=True)


asyncio.run(main(json.loads(sys.argv[1])))
