"""The login: asked about every hour, renewed once, stored before it is used, over when Twitch says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from streams.twitch.errors import ApiError, Away, LoggedOut, Refused, Unclear
from streams.twitch.oauth import NEEDED, Grant, OAuth
from streams.twitch.tokens import VALIDATE_EVERY_S, Login
from tests.contracts.twitch_harness import Grants, grants_of
from tests.simulators.twitch import TwitchSimulator

VALIDATE = "GET /oauth2/validate"


class Scene:
    """A login over a simulator, and a clock moved by hand."""

    def __init__(self, simulator: TwitchSimulator, http: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.now_s = 1_000.0
        self.grants = grants_of(simulator, simulator.bot)
        self.oauth = OAuth(simulator.urls.oauth_url, simulator.client_id, http, lambda: self.now_s)
        self.login = self.anew()

    def anew(self) -> Login:
        """As after a restart."""
        return Login(self.grants, self.oauth, lambda: self.now_s)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with TwitchSimulator() as simulator, aiohttp.ClientSession() as http:
        yield Scene(simulator, http)


async def test_twitch_is_asked_at_the_start_and_every_hour(scene: Scene) -> None:
    identity = await scene.login.identify()
    assert (identity.login, identity.user_id, identity.lacking) == ("danmodbot", "1001", ())
    scene.now_s += VALIDATE_EVERY_S - 1
    await scene.login.identify()
    assert scene.simulator.calls.count(VALIDATE) == 1
    scene.now_s += 1
    await scene.login.identify()
    assert scene.simulator.calls.count(VALIDATE) == 2


async def test_a_spent_token_is_renewed_and_the_new_one_stored_before_it_is_used(scene: Scene) -> None:
    assert scene.grants.grant is not None
    old = scene.grants.grant
    scene.simulator.world.tokens[old.access_token].until_s = 0
    await scene.login.identify()
    (saved,) = scene.grants.saved
    assert saved != old
    assert scene.login.access_token == saved.access_token
    await scene.anew().identify()
    assert len(scene.grants.saved) == 1, "after a restart the stored one is good"


async def test_what_was_renewed_meanwhile_is_not_renewed_again(scene: Scene) -> None:
    spent = scene.login.access_token
    await asyncio.gather(*(scene.login.renew(spent) for _ in range(5)))
    assert len(scene.grants.saved) == 1


async def test_a_login_that_is_over_is_said_so(scene: Scene) -> None:
    scene.simulator.world.tokens.clear()
    with pytest.raises(LoggedOut, match="danmod login twitch"):
        await scene.login.identify()
    empty = Login(Grants(None), scene.oauth, lambda: 0.0)
    with pytest.raises(LoggedOut, match="not logged in"):
        await empty.identify()


async def test_a_renewed_token_that_is_refused_again_is_no_login(scene: Scene) -> None:
    scene.simulator.fail_next(VALIDATE, "401", 2)
    with pytest.raises(LoggedOut, match="refuses the renewed login"):
        await scene.login.identify()


async def test_twitch_being_away_is_no_reason_to_log_in_anew(scene: Scene) -> None:
    for kind, error in (("500", Unclear), ("html", Unclear), ("400", Refused)):
        scene.simulator.fail_next(VALIDATE, kind)
        with pytest.raises(error):
            await scene.login.identify()
    await scene.simulator.stop()
    with pytest.raises(Away):
        await scene.login.identify()
    assert scene.grants.saved == []


async def test_a_login_that_cannot_be_stored_is_used_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(grant: Grant) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(scene.grants, "save", full)
    spent = scene.login.access_token
    await scene.login.renew(spent)
    assert scene.login.access_token != spent
    await scene.login.identify()


async def test_missing_rights_are_named(scene: Scene) -> None:
    token = scene.simulator.world.tokens[scene.login.access_token]
    token.scopes = frozenset({"user:read:chat"})
    identity = await scene.login.identify()
    assert identity.lacking == tuple(scope for scope in NEEDED if scope != "user:read:chat")


async def test_the_hourly_question_tells_when_the_login_is_over(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.twitch.tokens.RETRY_S", 0.01)
    monkeypatch.setattr("streams.twitch.tokens.VALIDATE_EVERY_S", 0.02)
    await scene.login.identify()
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    scene.now_s += 1
    scene.simulator.world.tokens.clear()
    watching = asyncio.create_task(scene.login.watch(lambda reason: lost.done() or lost.set_result(reason)))
    assert "danmod login twitch" in await asyncio.wait_for(lost, 10)
    assert scene.login.identity is None
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_a_device_login_is_never_asked_about_wrongly(scene: Scene) -> None:
    scene.simulator.oauth.interval_s = 0
    device = await scene.oauth.begin()
    assert device.device_code not in repr(device)
    assert await scene.oauth.finish(device) is None
    scene.simulator.oauth.approve(device.user_code, scene.simulator.bot)
    grant = await scene.oauth.finish(device)
    assert grant is not None
    with pytest.raises(Refused, match="invalid device code"):
        await scene.oauth.finish(device)
    scene.simulator.fail_next("POST /oauth2/device", "null")
    with pytest.raises(ApiError):
        await scene.oauth.begin()
