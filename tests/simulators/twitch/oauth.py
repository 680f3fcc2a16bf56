"""OAuth: device codes, tokens, their renewal, validation and end."""

from __future__ import annotations

import secrets
import time

from aiohttp import web

from tests.simulators.twitch.errors import refusal
from tests.simulators.twitch.world import Grant, Token, User, World

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class OAuth:
    """The four addresses. ``interval_s`` is how often a device may ask; ``life_s`` how long a token holds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.interval_s = 5
        self.life_s = 14_400.0
        self.codes_last_s = 1800.0
        self.base = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/oauth2/device", self._device),
            web.post("/oauth2/token", self._token),
            web.get("/oauth2/validate", self._validate),
            web.post("/oauth2/revoke", self._revoke),
        ]

    def approve(self, user_code: str, user: User) -> None:
        """The user types the code on Twitch's page and says yes."""
        grant = next(grant for grant in self.world.grants.values() if grant.user_code == user_code)
        grant.user = user

    def deny(self, user_code: str) -> None:
        """The user says no."""
        next(grant for grant in self.world.grants.values() if grant.user_code == user_code).denied = True

    async def _device(self, request: web.Request) -> web.Response:
        form = await _form(request)
        client_id = self._client(form)
        if "scopes" not in form:
            raise refusal(400, "missing scopes")
        code = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(8))
        grant = Grant(
            secrets.token_hex(20), code, client_id, frozenset(form["scopes"].split()), time.time() + self.codes_last_s
        )
        self.world.grants[grant.device_code] = grant
        return web.json_response(
            {
                "device_code": grant.device_code,
                "expires_in": int(self.codes_last_s),
                "interval": self.interval_s,
                "user_code": code,
                "verification_uri": f"{self.base}/activate?public=true&device-code={code}",
            }
        )

    async def _token(self, request: web.Request) -> web.Response:
        form = await _form(request)
        client_id = self._client(form)
        match form.get("grant_type"):
            case kind if kind == DEVICE:
                return _issued(self._by_device(form, client_id))
            case "refresh_token":
                return _issued(self._renewed(form, client_id))
            case "client_credentials":
                self._check_secret(form, client_id)
                token = self.world.issue(None, (), client_id, self.life_s)
                return web.json_response(
                    {"access_token": token.access, "expires_in": int(self.life_s), "token_type": "bearer"}
                )
        raise refusal(400, "Invalid grant")

    def _by_device(self, form: dict[str, str], client_id: str) -> Token:
        grant = self.world.grants.get(form.get("device_code", ""))
        if grant is None or grant.client_id != client_id or grant.denied or grant.until_s <= time.time():
            raise refusal(400, "invalid device code")
        if "scopes" not in form:
            raise refusal(400, "missing scopes")
        too_soon = time.time() - grant.polled_s < self.interval_s * 0.9
        grant.polled_s = time.time()
        if too_soon:
            raise refusal(400, "slow_down")
        if grant.user is None:
            raise refusal(400, "authorization_pending")
        del self.world.grants[grant.device_code]
        return self.world.issue(grant.user, grant.scopes, client_id, self.life_s)

    def _renewed(self, form: dict[str, str], client_id: str) -> Token:
        """A public application's refresh token is good once; a confidential one's needs its secret."""
        wanted = form.get("refresh_token", "")
        old = next((token for token in self.world.tokens.values() if wanted and token.refresh == wanted), None)
        if old is None or old.client_id != client_id:
            raise refusal(400, "Invalid refresh token")
        if self.world.clients[client_id]:
            self._check_secret(form, client_id)
        old.refresh = ""
        return self.world.issue(old.user, old.scopes, client_id, self.life_s)

    async def _validate(self, request: web.Request) -> web.Response:
        kind, _, access = request.headers.get("Authorization", "").partition(" ")
        token = self.world.token(access) if kind in ("OAuth", "Bearer") else None  # the second is what TwitchIO sends
        if token is None:
            raise refusal(401, "invalid access token")
        told = {"client_id": token.client_id, "scopes": sorted(token.scopes) if token.user else None}
        if token.user:
            told |= {"login": token.user.login, "user_id": token.user.id}
        return web.json_response({**told, "expires_in": int(token.until_s - time.time())})

    async def _revoke(self, request: web.Request) -> web.Response:
        form = await _form(request)
        self._client(form)
        if self.world.tokens.pop(form.get("token", ""), None) is None:
            raise refusal(400, "Invalid token")
        return web.Response()

    def _client(self, form: dict[str, str]) -> str:
        client_id = form.get("client_id", "")
        if not client_id:
            raise refusal(400, "missing client id")
        if client_id not in self.world.clients:
            raise refusal(400, "invalid client")
        return client_id

    def _check_secret(self, form: dict[str, str], client_id: str) -> None:
        if not self.world.clients[client_id] or form.get("client_secret") != self.world.clients[client_id]:
            raise refusal(403, "invalid client secret")


def _issued(token: Token) -> web.Response:
    return web.json_response(
        {
            "access_token": token.access,
            "expires_in": int(token.until_s - time.time()),
            "refresh_token": token.refresh,
            "scope": sorted(token.scopes),
            "token_type": "bearer",
        }
    )


async def _form(request: web.Request) -> dict[str, str]:
    """Fields of the body, or of the query as many clients send them."""
    return {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}
