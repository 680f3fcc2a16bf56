"""Helix, as strict as the real one: who may, with which scope, within which limits, and the right code for each no."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.simulators.twitch import bodies
from tests.simulators.twitch.chat import Chat
from tests.simulators.twitch.errors import refusal
from tests.simulators.twitch.eventsub import EventSub
from tests.simulators.twitch.world import DELETABLE_S, Channel, Line, Token, User, World

POINTS = 800.0
LONGEST_S = 1_209_600
RANGES = {
    "slow_mode_wait_time": ("slow_mode", 3, 120),
    "follower_mode_duration": ("follower_mode", 0, 129_600),
    "non_moderator_chat_delay_duration": ("non_moderator_chat_delay", 2, 6),
}
Answer = tuple[int, dict[str, Any] | None]


@dataclass
class Call:
    """One authorised call. ``token`` is whose."""

    request: web.Request
    token: Token
    body: dict[str, Any]

    def wanted(self, name: str) -> str:
        """A parameter that may not be missing."""
        value = self.request.query.get(name, "")
        if not value:
            raise refusal(400, f'Missing required parameter "{name}"')
        return value

    def scoped(self, *scopes: str) -> User:
        """The user, when the token has one of the scopes."""
        if self.token.user is None:
            raise refusal(401, "Missing User OUATH Token")
        if not self.token.scopes & set(scopes):
            raise refusal(401, f"Missing scope: {' or '.join(scopes)}")
        return self.token.user

    def data(self) -> dict[str, Any]:
        data = self.body.get("data")
        if not isinstance(data, dict):
            raise refusal(400, 'Missing required parameter "data"')
        return data


Handler = Callable[[Call], Awaitable[Answer]]


class Helix:
    """All addresses under ``/helix``. ``points_a_minute`` is the rate limit's bucket."""

    def __init__(self, world: World, chat: Chat, eventsub: EventSub) -> None:
        self.world = world
        self.chat = chat
        self.eventsub = eventsub
        self.points_a_minute = POINTS

    def routes(self) -> list[web.RouteDef]:
        handlers: dict[tuple[str, str], Handler] = {
            ("GET", "users"): self._users,
            ("POST", "chat/messages"): self._send,
            ("GET", "chat/settings"): self._settings,
            ("PATCH", "chat/settings"): self._set_settings,
            ("DELETE", "moderation/chat"): self._delete,
            ("POST", "moderation/bans"): self._ban,
            ("DELETE", "moderation/bans"): self._unban,
            ("GET", "moderation/banned"): self._banned,
            ("POST", "moderation/warnings"): self._warn,
            ("GET", "moderation/shield_mode"): self._shield,
            ("PUT", "moderation/shield_mode"): self._set_shield,
            ("GET", "moderation/moderators"): self._moderators,
            ("GET", "moderation/channels"): self._moderated,
            ("GET", "moderation/unban_requests"): self._unban_requests,
            ("PATCH", "moderation/unban_requests"): self._resolve,
            ("POST", "moderation/automod/message"): self._automod,
            ("POST", "moderation/suspicious_users"): self._suspect,
            ("DELETE", "moderation/suspicious_users"): self._unsuspect,
            ("POST", "whispers"): self._whisper,
            ("POST", "eventsub/subscriptions"): self._subscribe,
            ("GET", "eventsub/subscriptions"): self._subscriptions,
            ("DELETE", "eventsub/subscriptions"): self._unsubscribe,
        }
        return [
            web.route(method, f"/helix/{path}", self._served(handler)) for (method, path), handler in handlers.items()
        ]

    def _served(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            call = Call(request, self._authorised(request), await _body(request))
            headers = self._charge(call.token)
            status, body = await handler(call)
            if body is None:
                return web.Response(status=status, headers=headers)
            text = json.dumps(body, ensure_ascii=False)
            return web.Response(status=status, text=text, content_type="application/json", headers=headers)

        return serve

    def _authorised(self, request: web.Request) -> Token:
        kind, _, access = request.headers.get("Authorization", "").partition(" ")
        token = self.world.token(access) if kind == "Bearer" else None
        if token is None:
            raise refusal(401, "Invalid OAuth token" if access else "OAuth token is missing")
        if request.headers.get("Client-Id", "") != token.client_id:
            raise refusal(401, "Client ID and OAuth token do not match")
        return token

    def _charge(self, token: Token) -> dict[str, str]:
        """One point of a bucket that fills within a minute."""
        now_s, per_s = time.time(), self.points_a_minute / 60
        if token.counted_s:
            token.points = min(self.points_a_minute, token.points + (now_s - token.counted_s) * per_s)
        else:
            token.points = self.points_a_minute
        token.counted_s = now_s
        left = int(token.points) - 1
        reset = int(now_s + (self.points_a_minute - max(left, 0)) / per_s) + 1
        headers = {
            "Ratelimit-Limit": f"{self.points_a_minute:.0f}",
            "Ratelimit-Remaining": str(max(left, 0)),
            "Ratelimit-Reset": str(reset),
        }
        if left < 0:
            raise refusal(429, "Too Many Requests", headers)
        token.points -= 1
        return headers

    # -- people ----------------------------------------------------------------------------------------------------

    async def _users(self, call: Call) -> Answer:
        ids, logins = call.request.query.getall("id", []), call.request.query.getall("login", [])
        if len(ids) + len(logins) > 100:
            raise refusal(400, "The maximum number of id and login parameters is 100")
        people = [user for user in self.world.users.values() if user.id in ids or user.login in logins]
        if not ids and not logins:
            people = [call.token.user] if call.token.user else []
            if not people:
                raise refusal(400, "The id and/or login query parameter is required with an app access token")
        return 200, {"data": [_shown(user) for user in people]}

    async def _moderators(self, call: Call) -> Answer:
        """A broadcaster's own list: nobody else may read it."""
        user = call.scoped("moderation:read", "channel:manage:moderators")
        channel = self._own_channel(call, user)
        wanted = call.request.query.getall("user_id", [])
        people = [self.world.users[one] for one in sorted(channel.moderators) if not wanted or one in wanted]
        return 200, _page(call, [person.as_("user") for person in people])

    async def _moderated(self, call: Call) -> Answer:
        """The channels somebody moderates; a broadcaster's own is not among them."""
        user = call.scoped("user:read:moderated_channels")
        if call.wanted("user_id") != user.id:
            raise refusal(401, "The ID in user_id must match the user ID found in the request's OAuth token")
        mine = [each.owner for each in self.world.channels.values() if user.id in each.moderators]
        return 200, _page(call, [owner.as_("broadcaster") for owner in mine])

    # -- chat ------------------------------------------------------------------------------------------------------

    async def _send(self, call: Call) -> Answer:
        """Some clients send the fields in the query, which the real one takes too."""
        user, wish = call.scoped("user:write:chat"), {**call.request.query, **call.body}
        text = wish.get("message")
        if not isinstance(text, str) or not text.strip():
            raise refusal(400, 'The "message" field is required')
        if wish.get("sender_id") != user.id:
            raise refusal(400, "The ID in sender_id must match the user ID found in the request's OAuth token")
        if "for_source_only" in wish:
            raise refusal(400, "for_source_only requires an app access token")
        if len(text) > 500:
            raise refusal(422, "The message is too large")
        channel = self.world.channels.get(str(wish.get("broadcaster_id", "")))
        if channel is None:
            raise refusal(400, "The broadcaster_id does not exist")
        if channel.ban_of(user.id):
            raise refusal(403, "The sender is not permitted to send chat messages to the broadcaster's chat room")
        return 200, {"data": [await self._sent(channel, user, text, wish.get("reply_parent_message_id"))]}

    async def _sent(self, channel: Channel, user: User, text: str, reply_id: object) -> dict[str, Any]:
        dropped = self._drop(channel, user, text)
        if dropped:
            return {"message_id": "", "is_sent": False, "drop_reason": {"code": dropped[0], "message": dropped[1]}}
        parent = next((line for line in channel.lines if line.id == reply_id), None)
        line = await self.chat.say(channel, user, text, parent)
        return {"message_id": line.id if line else "", "is_sent": line is not None, "drop_reason": None}

    def _drop(self, channel: Channel, user: User, text: str) -> tuple[str, str] | None:
        if self.world.swallow:
            return self.world.swallow, "Your message is being checked by mods and has not been sent."
        recent = [line.text for line in channel.lines if line.user.id == user.id and time.time() - line.at_s < 30]
        if text in recent:
            return "msg_duplicate", "Your message was not sent: it is identical to the previous one."
        return self.chat.why_not(channel, user, text)

    async def _delete(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:manage:chat_messages")
        message_id = call.request.query.get("message_id", "")
        if not message_id:
            await self.chat.clear(channel, user)
            return 204, None
        line = next((line for line in channel.lines if line.id == message_id and not line.removed), None)
        if line is None:
            raise refusal(404, "The ID in message_id was not found")
        if time.time() - line.at_s > DELETABLE_S:
            raise refusal(404, "The message was created more than 6 hours ago")
        if not _may_touch(channel, line, user):
            raise refusal(400, "You may not delete another moderator's messages")
        await self.chat.remove(channel, user, line)
        return 204, None

    async def _settings(self, call: Call) -> Answer:
        channel = self._channel(call)
        return 200, {"data": [{"broadcaster_id": channel.owner.id, **channel.settings}]}

    async def _set_settings(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:manage:chat_settings")
        wish = call.body
        if not wish or not set(wish) <= set(channel.settings):
            raise refusal(400, "The request must include a chat setting to update")
        for name, (mode, least, most) in RANGES.items():
            if name in wish and (not wish.get(mode) or not least <= int(wish[name]) <= most):
                raise refusal(400, f"The value in the {name} field is not valid")
        for name, (mode, least, _) in RANGES.items():
            if wish.get(mode) is False:
                wish[name] = None
            elif wish.get(mode):
                wish.setdefault(name, 30 if mode == "slow_mode" else least)
        await self.chat.set_settings(channel, user, wish)
        owner = {"broadcaster_id": channel.owner.id, "moderator_id": user.id}
        return 200, {"data": [{**owner, **channel.settings}]}

    async def _whisper(self, call: Call) -> Answer:
        user = call.scoped("user:manage:whispers")
        if call.wanted("from_user_id") != user.id:
            raise refusal(400, "The ID in from_user_id must match the user ID in the access token")
        to = self.world.users.get(call.wanted("to_user_id"))
        text = call.body.get("message")
        if not isinstance(text, str) or not text:
            raise refusal(400, "The message field must not be empty")
        if to is None:
            raise refusal(404, "The ID in to_user_id was not found")
        if to.id == user.id:
            raise refusal(400, "You cannot whisper yourself")
        if not self.world.phone_verified:
            raise refusal(401, "The user must have a verified phone number")
        if to.id in self.world.unreachable:
            raise refusal(403, "The recipient's settings prevent this sender from whispering them")
        known = {other.id for other, receiver, _ in self.world.whispers if receiver.id == user.id}
        reached = {receiver.id for sender, receiver, _ in self.world.whispers if sender.id == user.id}
        if to.id not in reached and len(reached) >= 40:
            raise refusal(429, "You may whisper to a maximum of 40 unique recipients per day")
        await self.chat.whisper(user, to, text[: 10_000 if to.id in known else 500])
        return 204, None

    # -- moderation ------------------------------------------------------------------------------------------------

    async def _ban(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:manage:banned_users")
        data = call.data()
        target, duration = self._target(data), data.get("duration")
        reason = data.get("reason") or ""
        if len(reason) > 500:
            raise refusal(400, "The text in the reason field is too long")
        if duration is not None and (not isinstance(duration, int) or not 1 <= duration <= LONGEST_S):
            raise refusal(400, "The value in the duration field is not valid")
        if channel.is_staff(target):
            raise refusal(400, "The user specified in the user_id field may not be banned/timed out")
        before = channel.ban_of(target.id)
        if before is not None and before.until_s is None:
            raise refusal(400, "The user specified in the user_id field is already banned")
        ban = await self.chat.ban(channel, user, target, reason, duration)
        told = {"broadcaster_id": channel.owner.id, "moderator_id": user.id, "user_id": target.id}
        ends = None if ban.until_s is None else bodies.stamp(ban.until_s)[:19] + "Z"
        return 200, {"data": [{**told, "created_at": bodies.stamp(ban.made_s)[:19] + "Z", "end_time": ends}]}

    async def _unban(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:manage:banned_users")
        target = self.world.users.get(call.wanted("user_id"))
        if target is None or channel.ban_of(target.id) is None:
            raise refusal(400, "The user specified in the user_id query parameter is not banned")
        await self.chat.unban(channel, user, target)
        return 204, None

    async def _banned(self, call: Call) -> Answer:
        """A broadcaster's own list: no moderator may read it."""
        user = call.scoped("moderation:read", "moderator:manage:banned_users")
        channel = self._own_channel(call, user)
        wanted = call.request.query.getall("user_id", [])
        bans = {
            one: ban for one in list(channel.bans) if (ban := channel.ban_of(one)) and (not wanted or one in wanted)
        }
        rows = [
            {
                **self.world.users[one].as_("user"),
                "expires_at": "" if ban.until_s is None else bodies.stamp(ban.until_s)[:19] + "Z",
                "created_at": bodies.stamp(ban.made_s)[:19] + "Z",
                "reason": ban.reason,
                **ban.by.as_("moderator"),
            }
            for one, ban in bans.items()
        ]
        return 200, _page(call, rows)

    async def _warn(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:manage:warnings")
        data = call.data()
        target, reason = self._target(data), data.get("reason")
        if not isinstance(reason, str) or not 1 <= len(reason) <= 500:
            raise refusal(400, "The reason field is required and must be 1 to 500 characters")
        if channel.is_staff(target):
            raise refusal(400, "The user specified in the user_id field may not be warned")
        await self.chat.warn(channel, user, target, reason)
        told = {"broadcaster_id": channel.owner.id, "user_id": target.id, "moderator_id": user.id, "reason": reason}
        return 200, {"data": [told]}

    async def _shield(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:read:shield_mode", "moderator:manage:shield_mode")
        return 200, {"data": [{"is_active": channel.shield, **user.as_("moderator"), "last_activated_at": ""}]}

    async def _set_shield(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:manage:shield_mode")
        if not isinstance(call.body.get("is_active"), bool):
            raise refusal(400, "The is_active field is required")
        await self.chat.shield(channel, user, on=call.body["is_active"])
        return 200, {"data": [{"is_active": channel.shield, **user.as_("moderator"), "last_activated_at": ""}]}

    async def _unban_requests(self, call: Call) -> Answer:
        channel, _ = self._as_moderator(call, "moderator:read:unban_requests", "moderator:manage:unban_requests")
        status = call.wanted("status")
        return 200, _page(call, [each for each in channel.unban_requests.values() if each["status"] == status])

    async def _resolve(self, call: Call) -> Answer:
        channel, user = self._as_moderator(call, "moderator:manage:unban_requests")
        wish = channel.unban_requests.get(call.wanted("unban_request_id"))
        status = call.wanted("status")
        if wish is None:
            raise refusal(404, "The unban request was not found")
        if status not in ("approved", "denied") or len(call.request.query.get("resolution_text", "")) > 500:
            raise refusal(400, "The value of status or resolution_text is not valid")
        wish |= {"status": status, "resolution_text": call.request.query.get("resolution_text", "")}
        target = self.world.users[wish["user_id"]]
        if status == "approved" and channel.ban_of(target.id):
            await self.chat.unban(channel, user, target)
        return 200, {"data": [wish]}

    async def _automod(self, call: Call) -> Answer:
        user = call.scoped("moderator:manage:automod")
        if call.body.get("user_id") != user.id or call.body.get("action") not in ("ALLOW", "DENY"):
            raise refusal(400, "The value in the user_id or action field is not valid")
        message_id = str(call.body.get("msg_id"))
        channel = next((each for each in self.world.channels.values() if message_id in each.held), None)
        if channel is None:
            raise refusal(404, "The message specified in the msg_id field was not found")
        if not channel.is_staff(user):
            raise refusal(403, "The user is not a moderator of the channel")
        await self.chat.settle(channel, user, message_id, allow=call.body["action"] == "ALLOW")
        return 204, None

    async def _suspect(self, call: Call) -> Answer:
        channel, _ = self._as_moderator(call, "moderator:manage:suspicious_users")
        status = call.body.get("status")
        if status not in ("active_monitoring", "restricted"):
            raise refusal(400, "The value in the status field is not valid")
        channel.restricted[str(call.body.get("user_id"))] = str(status)
        return 200, {"data": [call.body]}

    async def _unsuspect(self, call: Call) -> Answer:
        channel, _ = self._as_moderator(call, "moderator:manage:suspicious_users")
        channel.restricted.pop(call.wanted("user_id"), None)
        return 200, {"data": []}

    # -- EventSub --------------------------------------------------------------------------------------------------

    async def _subscribe(self, call: Call) -> Answer:
        return 202, self.eventsub.create(call.token, call.body)

    async def _subscriptions(self, call: Call) -> Answer:
        return 200, self.eventsub.listed(call.token)

    async def _unsubscribe(self, call: Call) -> Answer:
        self.eventsub.remove(call.token, call.wanted("id"))
        return 204, None

    # -- who may ---------------------------------------------------------------------------------------------------

    def _channel(self, call: Call) -> Channel:
        channel = self.world.channels.get(call.wanted("broadcaster_id"))
        if channel is None:
            raise refusal(400, "The broadcaster_id does not exist")
        return channel

    def _as_moderator(self, call: Call, *scopes: str) -> tuple[Channel, User]:
        user, channel = call.scoped(*scopes), self._channel(call)
        if call.wanted("moderator_id") != user.id:
            raise refusal(401, "The ID in moderator_id must match the user ID found in the request's OAuth token")
        if not channel.is_staff(user):
            raise refusal(403, "The user in moderator_id is not one of the broadcaster's moderators")
        return channel, user

    def _own_channel(self, call: Call, user: User) -> Channel:
        channel = self._channel(call)
        if channel.owner.id != user.id:
            raise refusal(401, "The ID in broadcaster_id must match the user ID found in the request's OAuth token")
        return channel

    def _target(self, data: dict[str, Any]) -> User:
        target = self.world.users.get(str(data.get("user_id", "")))
        if target is None:
            raise refusal(400, "The user specified in the user_id field does not exist")
        return target


def _may_touch(channel: Channel, line: Line, user: User) -> bool:
    """Nobody's own or a viewer's lines are out of reach; the broadcaster's and other moderators' are."""
    return user.id in (line.user.id, channel.owner.id) or not channel.is_staff(line.user)


def _shown(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "login": user.login,
        "display_name": user.name,
        "type": "",
        "broadcaster_type": "",
        "description": "",
        "profile_image_url": "",
        "offline_image_url": "",
        "view_count": 0,
        "created_at": "2020-01-02T03:04:05Z",
    }


def _page(call: Call, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows from the cursor on, as many as asked for."""
    first, begin = int(call.request.query.get("first", "20")), int(call.request.query.get("after", "0"))
    if not 1 <= first <= 100:
        raise refusal(400, "The value in the first parameter is not valid")
    end = begin + first
    return {"data": rows[begin:end], "pagination": {"cursor": str(end)} if end < len(rows) else {}}


async def _body(request: web.Request) -> dict[str, Any]:
    text = await request.text()
    if not text:
        return {}
    try:
        body = json.loads(text)
    except ValueError:
        raise refusal(400, "The request body is not valid JSON") from None
    return body if isinstance(body, dict) else {}
