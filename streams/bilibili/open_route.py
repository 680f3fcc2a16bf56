"""The open platform's route: what Bilibili offers to others. Reads one room for each identity code; cannot act."""

from __future__ import annotations

import structlog

from streams.bilibili.answers import READ_ONLY, unsupported
from streams.bilibili.decode import Decoder, Tally
from streams.bilibili.errors import ApiError, Refused
from streams.bilibili.facts import RoomFacts
from streams.bilibili.open_api import TOO_MANY, WRONG_CODE, Game, OpenApi
from streams.bilibili.rooms import Room
from streams.bilibili.session import ChatSession
from streams.bilibili.settings import BilibiliSettings
from streams.connection import Clock, Dial, SessionOver
from streams.platform import Action, Capabilities, Outcome, RoomMode, Silenced

log = structlog.get_logger(__name__)

_REASONS = {
    WRONG_CODE: "the streamer's identity code is wrong: take the current one from the streamer's page (7007)",
    TOO_MANY: "this application has too many sessions of the room: end the others, or wait a minute (7010)",
}


class OpenRoute:
    """Starts, keeps and ends the sessions of one application."""

    def __init__(self, settings: BilibiliSettings, api: OpenApi, clock: Clock, tally: Tally) -> None:
        self._settings = settings
        self._api = api
        self._clock = clock
        self._tally = tally
        self._playing: dict[str, Room] = {}

    async def prepare(self, room: Room) -> Dial:
        """End what is left of the last session and start a new one. Raises SessionOver."""
        code = self._settings.codes.get(room.name)
        if not code:
            raise SessionOver(f"no identity code is configured for the room {room.name}", for_good=True)
        await self.close(room)
        refusals = room.session.refusals if room.session else 0
        try:
            game = await self._api.start(code)
        except ApiError as error:
            raise _over(error) from None
        room.game_id = game.game_id
        self._playing[game.game_id] = room
        room.dials += 1
        return self._dial(room, game, refusals)

    async def close(self, room: Room) -> None:
        """End the room's session, so that the room is not counted as busy; one that cannot be ended lapses in 60 s."""
        game_id, room.game_id = room.game_id, ""
        self._playing.pop(game_id, None)
        if not game_id:
            return
        try:
            await self._api.end(game_id)
        except ApiError as error:
            log.info("session not ended", room=room.key, reason=error.detail)

    async def beat(self) -> None:
        """Keep every session alive; due every 20 s. A session that is over is started anew."""
        if not self._playing:
            return
        try:
            gone = await self._api.heartbeat(list(self._playing))
        except ApiError as error:
            log.warning("heartbeat failed", platform="bilibili", reason=error.detail)
            return
        for game_id in gone:
            if room := self._playing.pop(game_id, None):
                room.game_id = ""
                room.end_session("the open platform's session ended")

    def capabilities(self, room: Room) -> Capabilities:
        """Nothing: this route has no call that acts."""
        return Capabilities()

    async def perform(self, room: Room, action: Action) -> Outcome:
        """Tell a person to do it."""
        return unsupported(READ_ONLY)

    async def silenced(self, room: Room) -> Silenced | None:
        """This route reads no such list."""
        return None

    async def room_mode(self, room: Room) -> RoomMode | None:
        """This route does not read who may write."""
        return None

    async def probe(self, room: Room) -> None:
        """There is nothing to ask: this route never acts."""

    def _dial(self, room: Room, game: Game, refusals: int) -> Dial:
        url = self._settings.chat_url or (game.links[(room.dials - 1) % len(game.links)] if game.links else "")
        if not url or not game.auth_body:
            raise SessionOver("the open platform named no chat server")
        room.facts = RoomFacts(room.key, game.room_id, owner_id=game.owner_id)
        room.session = ChatSession(
            Decoder(room.facts, self._tally), game.auth_body.encode(), self._clock(), refusals=refusals
        )
        return Dial(url, room.session)


def _over(error: ApiError) -> SessionOver:
    code = error.code if isinstance(error, Refused) else 0
    return SessionOver(_REASONS.get(code, error.detail), for_good=code == WRONG_CODE)
