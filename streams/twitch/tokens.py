"""The login in use: renewed when Twitch says so, kept before it is used, asked about every hour.

Twitch demands the hourly question of everybody. A refresh token is good once: who loses the answer has lost the login, so
each new one is stored before the first call with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from streams.session import Clock
from streams.twitch.errors import ApiError, LoggedOut, Refused
from streams.twitch.oauth import LOG_IN, Grant, Identity, OAuth

log = structlog.get_logger(__name__)

VALIDATE_EVERY_S = 3600.0
RETRY_S = 60.0


class GrantStore(Protocol):
    """Where the login outlives a restart. Both are quick and may be called in the event loop."""

    def load(self) -> Grant | None:
        """The stored grant; None when nobody is logged in."""

    def save(self, grant: Grant) -> None:
        """Put this grant in the old one's place, whole or not at all, before returning. Raises OSError."""


class Login:
    """One account's grant. ``identity`` is who Twitch last said it is, None before it was asked."""

    def __init__(self, store: GrantStore, oauth: OAuth, clock: Clock) -> None:
        self.identity: Identity | None = None
        self._store = store
        self._oauth = oauth
        self._clock = clock
        self._grant = store.load()
        self._renewing = asyncio.Lock()
        self._asked_s = 0.0

    @property
    def access_token(self) -> str:
        """The token to call with. Raises LoggedOut when there is none."""
        return self._held().access_token

    def _held(self) -> Grant:
        if self._grant is None:
            raise LoggedOut(f"danmod is not logged in to Twitch: {LOG_IN}")
        return self._grant

    async def identify(self) -> Identity:
        """Who we are, asked within the last hour; a token that no longer holds is renewed. Raises ApiError."""
        if self.identity is None or self._clock() - self._asked_s >= VALIDATE_EVERY_S:
            await self._ask()
        assert self.identity is not None
        return self.identity

    async def renew(self, spent: str) -> None:
        """Renew the token ``spent``, which Twitch did not take; once, however many calls found out at a time.

        A login made meanwhile by the command line is taken over instead. Raises ApiError.
        """
        async with self._renewing:
            if self._held().access_token != spent:
                return
            stored = self._store.load()
            if stored is not None and stored != self._grant:
                self._grant = stored
                return
            fresh = await self._oauth.renew(self._held())
            self._keep(fresh)

    async def watch(self, lost: Callable[[str], None]) -> None:
        """Ask every hour, for ever; ``lost`` is told when the login is over."""
        while True:
            due_s = self._asked_s + VALIDATE_EVERY_S - self._clock()
            await asyncio.sleep(max(due_s, RETRY_S) if self.identity else RETRY_S)
            try:
                await self.identify()
            except LoggedOut as fault:
                self.identity = None
                lost(fault.detail)
            except ApiError as fault:
                log.warning("login not validated", reason=fault.detail)
            except Exception:  # a feed outlives every fault of ours
                log.exception("login not validated")

    async def _ask(self) -> None:
        spent = self.access_token
        try:
            self.identity = await self._oauth.identify(self._held())
        except Refused as refusal:
            if refusal.status != 401:
                raise
            await self.renew(spent)
            self.identity = await self._identify_anew()
        self._asked_s = self._clock()

    async def _identify_anew(self) -> Identity:
        """As after a renewal: a token that is refused again is no login."""
        try:
            return await self._oauth.identify(self._held())
        except Refused as refusal:
            raise LoggedOut(f"Twitch refuses the renewed login ({refusal.message}): {LOG_IN}") from None

    def _keep(self, fresh: Grant) -> None:
        """Use the fresh grant even when it cannot be stored: the old one is spent."""
        self._grant = fresh
        try:
            self._store.save(fresh)
        except OSError as fault:
            log.error("login not stored: after a restart danmod must log in again", reason=str(fault))
