"""The web's addresses: identity, room numbers, chat tokens, moderation, sending. Strict as the platform is."""

from __future__ import annotations

import hashlib
import time
from typing import Any
from urllib.parse import parse_qsl, quote

from aiohttp import web

from tests.simulators.bilibili.chat import Chat
from tests.simulators.bilibili.world import Account, Silence, SimRoom, World, line_event

_TABLE = [
    46, 47, 18, 2, 53, 8, 23, 32, 15, 50, 10, 31, 58, 3, 45, 35, 27, 43, 5, 49, 33, 9, 42, 19, 29, 28, 14, 39, 12, 38,
    41, 13, 37, 48, 7, 16, 24, 55, 40, 61, 26, 17, 0, 1, 60, 51, 30, 4, 22, 25, 54, 21, 56, 59, 6, 63, 57, 62, 11, 36,
    20, 34, 44, 52,
]  # fmt: skip
PAGE = 10


def answer(code: int = 0, message: str = "0", data: Any = None) -> web.Response:
    return web.json_response({"code": code, "message": message, "msg": message, "ttl": 1, "data": data})


class WebApi:
    """The handlers, over one world and its chat."""

    def __init__(self, world: World, chat: Chat) -> None:
        self.world = world
        self.chat = chat
        self.tcp_port = 0

    def routes(self) -> list[web.RouteDef]:
        banned = "/xlive/web-ucenter/v1/banned"
        return [
            web.get("/", self.front_page),
            web.get("/x/web-interface/nav", self.nav),
            web.get("/x/frontend/finger/spi", self.browser_number),
            web.get("/room/v1/Room/get_info", self.room_info),
            web.get("/room/v1/Room/room_init", self.room_init),
            web.get("/room/v1/Room/mobileRoomInit", self.room_init),
            web.get("/xlive/web-room/v1/index/getDanmuInfo", self.chat_servers),
            web.get("/xlive/web-room/v1/index/getInfoByUser", self.standing),
            web.get("/xlive/web-room/v1/banned/GetRoomSilent", self.room_silence),
            web.post("/xlive/web-room/v1/banned/RoomSilent", self.silence_room),
            web.post(f"{banned}/AddSilentUser", self.silence),
            web.post(f"{banned}/DelSilentUser", self.free),
            web.post(f"{banned}/GetSilentUserList", self.silenced),
            web.post("/msg/send", self.send),
        ]

    async def nav(self, request: web.Request) -> web.Response:
        account = self.world.logged_in(dict(request.cookies))
        images = {
            "img_url": f"https://i0.hdslb.com/bfs/wbi/{self.world.img_key}.png",
            "sub_url": f"https://i0.hdslb.com/bfs/wbi/{self.world.sub_key}.png",
        }
        if account is None:
            return answer(-101, "账号未登录", {"isLogin": False, "wbi_img": images})
        return answer(data={"isLogin": True, "mid": account.uid, "uname": account.name, "wbi_img": images})

    async def front_page(self, request: web.Request) -> web.Response:
        """Gives every browser its number; what calls itself a program is turned away."""
        if any(word in request.headers.get("User-Agent", "").lower() for word in ("python", "curl")):
            return web.Response(status=412)
        page = web.Response(text="<html></html>", content_type="text/html")
        page.set_cookie("buvid3", f"{self.world.next_id():032X}infoc")
        return page

    async def browser_number(self, request: web.Request) -> web.Response:
        number = hashlib.md5(f"{self.world.next_id()}".encode()).hexdigest().upper()
        return answer(data={"b_3": f"{number}infoc", "b_4": number})

    async def room_info(self, request: web.Request) -> web.Response:
        room = self._room(request.query.get("room_id", ""))
        if room is None:
            return answer(1, "未找到该房间")
        data = {
            "room_id": room.room_id,
            "short_id": room.short_id,
            "uid": room.owner.uid,
            "live_status": 1,
            "title": "t",
        }
        return answer(data=data)

    async def room_init(self, request: web.Request) -> web.Response:
        room = self._room(request.query.get("id", ""))
        if room is None:
            return answer(60004, "直播间不存在")
        data = {"room_id": room.room_id, "short_id": room.short_id, "uid": room.owner.uid, "live_status": 1}
        return answer(data={**data, "is_locked": False, "encrypted": False})

    async def chat_servers(self, request: web.Request) -> web.Response:
        buvid = request.cookies.get("buvid3", "")
        if not self._signed(request.url.raw_query_string) or not buvid:
            return answer(-352, "-352")
        room = self._room(request.query.get("id", ""))
        if room is None or str(room.room_id) != request.query.get("id"):
            return answer(1002002, "参数错误")
        account = self.world.logged_in(dict(request.cookies))
        agent = request.headers.get("User-Agent", "")
        token = self.world.issue_token(account.uid if account else 0, buvid, agent)
        host, _, port = request.host.partition(":")
        hosts = [{"host": host, "port": self.tcp_port, "wss_port": int(port), "ws_port": int(port)}] * 2
        return answer(
            data={"token": token, "host_list": hosts, "group": "live", "max_delay": 5000, "refresh_rate": 100}
        )

    async def standing(self, request: web.Request) -> web.Response:
        account, room = self.world.logged_in(dict(request.cookies)), self._room(request.query.get("room_id", ""))
        if account is None or room is None:
            return answer(-101, "账号未登录")
        badge = {"is_room_admin": account.uid in room.admins, "admin_level": 1 if account.uid in room.admins else 0}
        danmu = {"mode": 1, "color": 16777215, "length": account.line_limit, "room_id": room.room_id}
        info = {"uid": account.uid, "uname": account.name}
        return answer(data={"badge": badge, "info": info, "property": {"uname_color": "", "bubble": 0, "danmu": danmu}})

    async def silence(self, request: web.Request) -> web.Response:
        form, room, by, refusal = await self._as_admin(request)
        if refusal:
            return refusal
        if form.get("type") not in ("1", "2") or (form.get("type") == "1" and form.get("hour") == "0"):
            return answer(100004, "参数错误")
        target = self.world.account(int(form.get("tuid", "0")))
        hours = form.get("hour")
        if hours is None or room.is_staff(target) or self.world.mute_is_ignored:
            return answer(data={})  # answered with success, and nothing happens
        until_s = None if hours == "-1" else time.time() + int(hours) * 3600
        known = room.silenced.get(target.uid)
        if known and self.world.repeats_are_refused:
            return answer(1, "该用户已被禁言")
        number = known.id if known else self.world.next_id()
        room.silenced[target.uid] = Silence(number, target, by, time.time(), until_s)
        await self._tell_silence(room, target, by)
        return answer(data={})

    async def free(self, request: web.Request) -> web.Response:
        form, room, _, refusal = await self._as_admin(request)
        if refusal:
            return refusal
        if room.silenced.pop(int(form.get("tuid", "0")), None) is None:
            return answer(1, "用户不在禁言列表")
        return answer(data={})

    async def silenced(self, request: web.Request) -> web.Response:
        form, room, _, refusal = await self._as_admin(request)
        if refusal:
            return refusal
        rows = [self._row(silence) for silence in room.silenced.values() if room.is_silenced(silence.account)]
        page = int(form.get("ps", "1"))
        data = {"data": rows[(page - 1) * PAGE : page * PAGE], "total": len(rows), "total_page": -(-len(rows) // PAGE)}
        return answer(data=data)

    async def silence_room(self, request: web.Request) -> web.Response:
        form, room, _, refusal = await self._as_admin(request)
        if refusal:
            return refusal
        kind = form.get("type", "")
        if kind not in ("off", "member", "level", "medal", "wealth") or form.get("minute") not in ("0", "30", "60"):
            return answer(100004, "参数错误")
        room.room_silence = "" if kind == "off" else kind
        end = int(time.time()) + 60 * int(form["minute"]) if form["minute"] != "0" else -1
        room.silence_level, room.silence_end = int(form.get("level") or 1), end
        data = self._silence_of(room) if room.room_silence else {"type": "", "level": 0, "second": 0}
        command = "ROOM_SILENT_ON" if room.room_silence else "ROOM_SILENT_OFF"
        await self.chat.broadcast(room, [{"cmd": command, "data": data}])
        return answer(data={})

    async def room_silence(self, request: web.Request) -> web.Response:
        room = self._room(request.query.get("room_id", ""))
        if room is None:
            return answer(-400, "请求错误")
        if room.silence_end > 0 and room.silence_end <= time.time():
            room.room_silence = ""
        return answer(data=self._silence_of(room))

    def _silence_of(self, room: SimRoom) -> dict[str, Any]:
        return {"type": room.room_silence, "level": room.silence_level, "second": room.silence_end}

    async def send(self, request: web.Request) -> web.Response:
        form, account, refusal = await self._form(request)
        if refusal or account is None:
            return refusal or answer(-101, "账号未登录")
        room, text = self._room(form.get("roomid", "")), form.get("msg", "")
        if room is None or form.get("color") in (None, "0") or not form.get("rnd"):
            return answer(-400, "请求错误")
        if len(text) > account.line_limit:
            return answer(1003212, "超出限制长度")
        if room.room_silence and not room.is_staff(account):
            return answer(-403, "主播对粉丝勋章1以下开启了禁言")
        if sign := self._too_fast(account, text) or self._swallowed(room, text):
            return answer(0, sign)
        if account.uid not in room.silenced:
            await self.show(room, account, text, form)
        return answer(0, "", {"mode_info": {}})

    async def show(self, room: SimRoom, account: Account, text: str, form: dict[str, Any]) -> dict[str, Any]:
        """Put a line into the room, beside a counter, as one frame."""
        event = line_event(account, text, self.world, is_admin=account.uid in room.admins, reply=form)
        room.lines.append({"uid": account.uid, "name": account.name, "text": text, **form})
        counter = {"cmd": "ONLINE_RANK_COUNT", "data": {"count": 1, "online_count": len(self.chat.clients)}}
        await self.chat.broadcast(room, [counter, event])
        line = {
            "open_id": account.open_id, "union_id": "", "uname": account.name, "uface": "", "msg": text, "uid": 0,
            "msg_id": event["info"][9]["ct"], "timestamp": int(time.time()), "room_id": room.room_id, "dm_type": 0,
            "is_admin": int(account.uid in room.admins), "reply_open_id": "", "reply_uname": "",
        }  # fmt: skip
        await self.chat.broadcast(room, [{"cmd": "LIVE_OPEN_PLATFORM_DM", "data": line}], open_route=True)
        return event

    def _too_fast(self, account: Account, text: str) -> str:
        now_s, last_s = time.time(), account.last_sent_s
        repeated = text == account.last_text and now_s - last_s < 5
        account.last_sent_s, account.last_text = now_s, text
        return "msg in 1s" if now_s - last_s < 1 else "msg repeat" if repeated else ""

    def _swallowed(self, room: SimRoom, text: str) -> str:
        return "k" if any(word in text for word in room.keywords) else self.world.swallow

    def _signed(self, raw_query: str) -> bool:
        """Whether the query carries the signature of the day, made within the last minutes."""
        pairs = dict(parse_qsl(raw_query, keep_blank_values=True))
        given, stamp = pairs.pop("w_rid", ""), pairs.get("wts", "")
        joined = self.world.img_key + self.world.sub_key
        key = "".join(joined[index] for index in _TABLE)[:32]
        kept = {name: "".join(char for char in value if char not in "!'()*") for name, value in pairs.items()}
        query = "&".join(f"{quote(name, safe='')}={quote(kept[name], safe='')}" for name in sorted(kept))
        fresh = stamp.isdigit() and abs(int(stamp) - time.time()) < 600
        return fresh and hashlib.md5((query + key).encode()).hexdigest() == given

    async def _as_admin(self, request: web.Request) -> tuple[dict[str, str], SimRoom, Account, web.Response | None]:
        form, account, refusal = await self._form(request)
        room = self._room(form.get("room_id", ""))
        if refusal is None and room is None:
            refusal = answer(-400, "请求错误")
        elif refusal is None and account and room and not room.is_staff(account):
            refusal = answer(100004, "你不是房管哦")
        return form, room or self.world.rooms[0], account or self.world.bot, refusal

    async def _form(self, request: web.Request) -> tuple[dict[str, str], Account | None, web.Response | None]:
        form = {name: str(value) for name, value in (await request.post()).items()}
        account = self.world.logged_in(dict(request.cookies))
        if account is None:
            return form, None, answer(-101, "账号未登录")
        if form.get("csrf") != account.csrf or form.get("csrf_token") != account.csrf:
            return form, account, answer(-111, "csrf 校验失败")
        return form, account, None

    def _room(self, number: str) -> SimRoom | None:
        return self.world.room(int(number)) if number.isdigit() else None

    async def _tell_silence(self, room: SimRoom, target: Account, by: Account) -> None:
        operator = 2 if by.uid == room.owner.uid else 1
        data = {"dmscore": 30, "operator": operator, "uid": target.uid, "uname": target.name}
        event = {"cmd": "ROOM_BLOCK_MSG", "data": data, "uid": str(target.uid), "uname": target.name}
        await self.chat.broadcast(room, [event])

    def _row(self, silence: Silence) -> dict[str, Any]:
        made = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(silence.made_s))
        target, by = silence.account, silence.by
        row = {"id": silence.id, "tuid": target.uid, "tname": target.name, "uid": by.uid, "name": by.name}
        return {**row, "ctime": made, "is_anchor": 0, "admin_level": 1, "face": ""}
