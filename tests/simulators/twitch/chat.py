"""What is said and done in a channel, told to EventSub and IRC alike. Each act answers what Twitch would answer."""

from __future__ import annotations

import time
from typing import Any

from tests.simulators.twitch import bodies
from tests.simulators.twitch.eventsub import EventSub
from tests.simulators.twitch.irc import Irc
from tests.simulators.twitch.world import Ban, Channel, Line, User, World, new_id


class Chat:
    """All channels' chats."""

    def __init__(self, world: World, eventsub: EventSub, irc: Irc) -> None:
        self.world = world
        self.eventsub = eventsub
        self.irc = irc
        irc.speak = self.say

    def why_not(self, channel: Channel, user: User, text: str) -> tuple[str, str] | None:
        """The drop reason of a line; None when it goes through."""
        if channel.is_staff(user):
            return None
        if (ban := channel.ban_of(user.id)) is not None:
            if ban.until_s is None:
                return "msg_banned", "You are permanently banned from talking in this channel."
            return "msg_timedout", f"You are timed out for {ban.until_s - time.time():.0f} more seconds."
        if user.id in channel.warned:
            return "msg_warned", "You must acknowledge a warning first."
        if not channel.lets_follower(user.id):
            return "msg_followersonly", "This room is in followers-only mode."
        if channel.settings["subscriber_mode"]:
            return "msg_subsonly", "This room is in subscribers only mode."
        if channel.settings["emote_mode"] and not all(word in bodies.EMOTES for word in text.split()):
            return "msg_emoteonly", "This room is in emote-only mode."
        return None

    async def say(
        self, channel: Channel, user: User, text: str, reply_to: Line | None = None, source: Channel | None = None
    ) -> Line | None:
        """A person writes a line; None when it does not get through. ``source``: it was typed in that other channel."""
        if reply_to is not None:
            text = f"@{reply_to.user.name} {text}"
        if self.why_not(channel, user, text) is not None:
            return None
        if channel.restricted.get(user.id) == "restricted":
            await self._suspicious(channel, user, text)
            return None
        line = Line(new_id(), user, text, time.time(), reply_to=reply_to)
        channel.lines.append(line)
        event = bodies.chat_message(channel, line, {each.login: each for each in self.world.users.values()}, source)
        await self.eventsub.publish("channel.chat.message", channel.owner.id, event)
        await self.irc.said(channel, line, source)
        return line

    async def _suspicious(self, channel: Channel, user: User, text: str) -> None:
        message = {"message_id": new_id(), "text": text, "fragments": bodies.fragments(text, {})}
        event = {
            **channel.owner.as_("broadcaster_user"),
            **user.as_("user"),
            "low_trust_status": "restricted",
            "shared_ban_channel_ids": [],
            "types": ["manually_added"],
            "ban_evasion_evaluation": "unknown",
            "message": message,
        }
        await self.eventsub.publish("channel.suspicious_user.message", channel.owner.id, event)

    async def hold(self, channel: Channel, user: User, text: str) -> str:
        """AutoMod holds a line; its id."""
        message_id = new_id()
        channel.held[message_id] = (user, text)
        people = {each.login: each for each in self.world.users.values()}
        event = bodies.held(channel, user, message_id, text, people, time.time())
        await self.eventsub.publish("automod.message.hold", channel.owner.id, event)
        return message_id

    async def settle(self, channel: Channel, by: User, message_id: str, *, allow: bool) -> None:
        """A moderator lets a held line through, or not."""
        user, text = channel.held.pop(message_id)
        people = {each.login: each for each in self.world.users.values()}
        event = bodies.held(channel, user, message_id, text, people, time.time())
        event |= {**by.as_("moderator_user"), "status": "approved" if allow else "denied"}
        await self.eventsub.publish("automod.message.update", channel.owner.id, event)
        if allow:
            await self.say(channel, user, text)

    async def remove(self, channel: Channel, by: User, line: Line) -> None:
        line.removed = True
        target = line.user.as_("target_user")
        event = {**channel.owner.as_("broadcaster_user"), **target, "message_id": line.id}
        await self.eventsub.publish("channel.chat.message_delete", channel.owner.id, event)
        detail = {**line.user.as_("user"), "message_id": line.id, "message_body": line.text}
        await self._moderated(channel, by, "delete", delete=detail)
        tags = f"login={line.user.login};room-id=;target-msg-id={line.id};tmi-sent-ts={int(time.time() * 1000)}"
        await self.irc.tell(channel, tags, "CLEARMSG", line.text)

    async def clear(self, channel: Channel, by: User) -> None:
        for line in channel.lines:
            line.removed = True
        await self.eventsub.publish("channel.chat.clear", channel.owner.id, channel.owner.as_("broadcaster_user"))
        await self._moderated(channel, by, "clear")
        await self.irc.tell(channel, f"room-id={channel.owner.id};tmi-sent-ts={int(time.time() * 1000)}", "CLEARCHAT")

    async def ban(self, channel: Channel, by: User, user: User, reason: str, duration_s: int | None) -> Ban:
        """Ban, or time out for ``duration_s``; their lines go."""
        now_s = time.time()
        ban = Ban(by, reason, now_s, None if duration_s is None else now_s + duration_s)
        channel.bans[user.id] = ban
        for line in channel.lines:
            line.removed |= line.user.id == user.id
        event = {**channel.owner.as_("broadcaster_user"), **user.as_("target_user")}
        await self.eventsub.publish("channel.chat.clear_user_messages", channel.owner.id, event)
        await self._tell_ban(channel, by, user, ban)
        tags = f"room-id={channel.owner.id};target-user-id={user.id};tmi-sent-ts={int(now_s * 1000)}"
        tags = f"ban-duration={duration_s};{tags}" if duration_s is not None else tags
        await self.irc.tell(channel, tags, "CLEARCHAT", user.login)
        return ban

    async def _tell_ban(self, channel: Channel, by: User, user: User, ban: Ban) -> None:
        ends = None if ban.until_s is None else bodies.stamp(ban.until_s)
        detail = {**user.as_("user"), "reason": ban.reason}
        if ends is None:
            await self._moderated(channel, by, "ban", ban=detail)
        else:
            await self._moderated(channel, by, "timeout", timeout={**detail, "expires_at": ends})
        people = {**user.as_("user"), **channel.owner.as_("broadcaster_user"), **by.as_("moderator_user")}
        times = {"banned_at": bodies.stamp(ban.made_s), "ends_at": ends, "is_permanent": ends is None}
        await self.eventsub.publish("channel.ban", channel.owner.id, {**people, "reason": ban.reason, **times})

    async def unban(self, channel: Channel, by: User, user: User) -> None:
        ban = channel.bans.pop(user.id)
        action = "unban" if ban.until_s is None else "untimeout"
        await self._moderated(channel, by, action, **{action: user.as_("user")})
        people = {**user.as_("user"), **channel.owner.as_("broadcaster_user"), **by.as_("moderator_user")}
        await self.eventsub.publish("channel.unban", channel.owner.id, people)

    async def warn(self, channel: Channel, by: User, user: User, reason: str) -> None:
        channel.warned.add(user.id)
        people = {**channel.owner.as_("broadcaster_user"), **by.as_("moderator_user"), **user.as_("user")}
        event = {**people, "reason": reason, "chat_rules_cited": None}
        await self.eventsub.publish("channel.warning.send", channel.owner.id, event)
        await self._moderated(
            channel, by, "warn", warn={**user.as_("user"), "reason": reason, "chat_rules_cited": None}
        )

    async def acknowledge(self, channel: Channel, user: User) -> None:
        """The warned has read it."""
        channel.warned.discard(user.id)
        event = {**channel.owner.as_("broadcaster_user"), **user.as_("user")}
        await self.eventsub.publish("channel.warning.acknowledge", channel.owner.id, event)

    async def shield(self, channel: Channel, by: User, *, on: bool) -> None:
        channel.shield = on
        when = {"started_at" if on else "ended_at": bodies.stamp(time.time())}
        event = {**channel.owner.as_("broadcaster_user"), **by.as_("moderator_user"), **when}
        await self.eventsub.publish(f"channel.shield_mode.{'begin' if on else 'end'}", channel.owner.id, event)

    async def set_settings(self, channel: Channel, by: User, changes: dict[str, Any]) -> None:
        channel.settings |= changes
        now = channel.settings
        event = {
            **channel.owner.as_("broadcaster_user"),
            "emote_mode": now["emote_mode"],
            "follower_mode": now["follower_mode"],
            "follower_mode_duration_minutes": now["follower_mode_duration"],
            "slow_mode": now["slow_mode"],
            "slow_mode_wait_time_seconds": now["slow_mode_wait_time"],
            "subscriber_mode": now["subscriber_mode"],
            "unique_chat_mode": now["unique_chat_mode"],
        }
        await self.eventsub.publish("channel.chat_settings.update", channel.owner.id, event)
        if "emote_mode" in changes:
            await self._moderated(channel, by, "emoteonly" if changes["emote_mode"] else "emoteonlyoff")

    async def whisper(self, by: User, to: User, text: str) -> None:
        self.world.whispers.append((by, to, text))
        event = {**by.as_("from_user"), **to.as_("to_user"), "whisper_id": new_id(), "whisper": {"text": text}}
        await self.eventsub.publish("user.whisper.message", "", event, to.id)

    async def set_moderator(self, channel: Channel, user: User, *, on: bool) -> None:
        """The streamer makes somebody a moderator, or takes it back: their subscriptions end then."""
        (channel.moderators.add if on else channel.moderators.discard)(user.id)
        event = {**user.as_("user"), **channel.owner.as_("broadcaster_user")}
        await self.eventsub.publish(f"channel.moderator.{'add' if on else 'remove'}", channel.owner.id, event)
        detail = {"mod" if on else "unmod": user.as_("user")}
        await self._moderated(channel, channel.owner, "mod" if on else "unmod", **detail)

    async def _moderated(self, channel: Channel, by: User, action: str, **details: Any) -> None:
        event = bodies.moderate(channel, by, action, **details)
        await self.eventsub.publish("channel.moderate", channel.owner.id, event)
