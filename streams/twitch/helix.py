"""Helix, as the logged-in account calls it. Each method is one call; its limits stand beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from streams.session import Clock
from streams.tolerant import as_dict, as_list, as_text, dig
from streams.twitch.calls import Params, call
from streams.twitch.errors import LoggedOut, Refused
from streams.twitch.oauth import LOG_IN
from streams.twitch.tokens import Login

REASON_CAP = 500
NAMES_A_CALL = 100
PAGES_CAP = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a line. ``code`` and ``words`` say why it was dropped, both empty where it was not."""

    message_id: str
    is_sent: bool
    code: str
    words: str


class Helix:
    """The calls of one account. All raise :class:`~streams.twitch.errors.ApiError` and nothing else.

    A token that Twitch does not take (401) is renewed and the call made again, once: it was not carried out.
    """

    def __init__(self, url: str, client_id: str, login: Login, http: aiohttp.ClientSession, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._client_id = client_id
        self._login = login
        self._http = http
        self._clock = clock

    async def users(self, logins: Sequence[str]) -> dict[str, str]:
        """The ids of channels by their login names, in lower case; who does not exist is missing."""
        found: dict[str, str] = {}
        for begin in range(0, len(logins), NAMES_A_CALL):
            params = [("login", login) for login in logins[begin : begin + NAMES_A_CALL]]
            for row in _rows(await self._call("GET", "users", params)):
                found[as_text(dig(row, "login")).lower()] = as_text(dig(row, "id"))
        return found

    async def subscribe(self, kind: str, version: str, condition: dict[str, str], session_id: str) -> str:
        """Subscribe the socket to a kind of event; the subscription's id."""
        transport = {"method": "websocket", "session_id": session_id}
        wish = {"type": kind, "version": version, "condition": condition, "transport": transport}
        answer = await self._call("POST", "eventsub/subscriptions", [], wish)
        return as_text(dig(answer, "data", 0, "id"))

    async def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription."""
        await self._call("DELETE", "eventsub/subscriptions", [("id", subscription_id)])

    # -- chat ------------------------------------------------------------------------------------------------------

    async def send(self, room_id: str, text: str, reply_to: str | None) -> Sent:
        """Say one line of at most 500 characters. Twitch answers with success also where it drops the line."""
        body = {"broadcaster_id": room_id, "sender_id": self._own_id, "message": text}
        if reply_to:
            body["reply_parent_message_id"] = reply_to
        answer = await self._call("POST", "chat/messages", [], body)
        row = dig(answer, "data", 0)
        reason = dig(row, "drop_reason")
        return Sent(
            as_text(dig(row, "message_id")),
            dig(row, "is_sent") is True,
            as_text(dig(reason, "code")),
            as_text(dig(reason, "message")),
        )

    async def whisper(self, to_id: str, text: str) -> None:
        """Say a line to one person. Success does not mean that it arrived."""
        params = [("from_user_id", self._own_id), ("to_user_id", to_id)]
        await self._call("POST", "whispers", params, {"message": text})

    async def delete(self, room_id: str, message_id: str) -> None:
        """Take one line out, up to six hours old. Without an id Twitch would clear the whole chat: that is refused here."""
        if not message_id:
            raise Refused(400, "no message id")
        await self._call("DELETE", "moderation/chat", [*self._as_moderator(room_id), ("message_id", message_id)])

    async def chat_settings(self, room_id: str) -> dict[str, Any]:
        """Who may write in the room."""
        answer = await self._call("GET", "chat/settings", self._as_moderator(room_id))
        return as_dict(dig(answer, "data", 0))

    async def change_chat(self, room_id: str, changes: dict[str, Any]) -> None:
        """Change who may write; a length needs its mode in the same call."""
        await self._call("PATCH", "chat/settings", self._as_moderator(room_id), changes)

    # -- people ----------------------------------------------------------------------------------------------------

    async def ban(self, room_id: str, user_id: str, seconds: int | None, reason: str) -> None:
        """Time out for 1 to 1,209,600 seconds, or ban (None). A running timeout takes the new length."""
        data: dict[str, Any] = {"user_id": user_id, "reason": reason[:REASON_CAP]}
        if seconds is not None:
            data["duration"] = seconds
        await self._call("POST", "moderation/bans", self._as_moderator(room_id), {"data": data})

    async def free(self, room_id: str, user_id: str) -> None:
        """End a timeout or a ban."""
        await self._call("DELETE", "moderation/bans", [*self._as_moderator(room_id), ("user_id", user_id)])

    async def banned(self, room_id: str) -> list[str]:
        """Who is banned or timed out; a broadcaster's own list, which no moderator may read."""
        rows = [row async for row in self._pages("moderation/banned", [("broadcaster_id", room_id)])]
        return [ident for row in rows if (ident := as_text(dig(row, "user_id")))]

    async def moderators(self, room_id: str) -> list[str]:
        """The moderators; a broadcaster's own list."""
        rows = [row async for row in self._pages("moderation/moderators", [("broadcaster_id", room_id)])]
        return [ident for row in rows if (ident := as_text(dig(row, "user_id")))]

    # -- the calls themselves --------------------------------------------------------------------------------------

    @property
    def _own_id(self) -> str:
        return self._login.identity.user_id if self._login.identity else ""

    def _as_moderator(self, room_id: str) -> Params:
        return [("broadcaster_id", room_id), ("moderator_id", self._own_id)]

    async def _pages(self, path: str, params: Params) -> AsyncIterator[Any]:
        """The rows of a list, page by page."""
        cursor = ""
        for _ in range(PAGES_CAP):
            more = [("after", cursor)] if cursor else []
            answer = await self._call("GET", path, [*params, ("first", "100"), *more])
            for row in _rows(answer):
                yield row
            cursor = as_text(dig(answer, "pagination", "cursor"))
            if not cursor:
                return

    async def _call(self, method: str, path: str, params: Params, body: Any = None) -> dict[str, Any]:
        spent = self._login.access_token
        try:
            return await self._call_once(method, path, params, body)
        except Refused as refusal:
            if refusal.status != 401 or _is_about_rights(refusal):
                raise
        await self._login.renew(spent)
        try:
            return await self._call_once(method, path, params, body)
        except Refused as refusal:
            if refusal.status == 401 and not _is_about_rights(refusal):
                raise LoggedOut(f"Twitch refuses the renewed login ({refusal.message}): {LOG_IN}") from None
            raise

    async def _call_once(self, method: str, path: str, params: Params, body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._login.access_token}", "Client-Id": self._client_id}
        url = f"{self._url}/{path}"
        return await call(self._http, self._clock, method, url, headers=headers, params=params, json=body)


def _is_about_rights(refusal: Refused) -> bool:
    """Twitch says 401 also where the token is good and lacks a right: no renewal helps."""
    said = refusal.message.lower()
    return any(word in said for word in ("scope", "must match", "verified phone", "moderator"))


def _rows(answer: dict[str, Any]) -> list[Any]:
    return as_list(answer.get("data"))
