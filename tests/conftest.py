"""What the markers do, and how long hypothesis searches. Nothing here runs by itself in a test.

`needs("redis")` skips a test, naming the missing program; where the variable ``CI`` is set nothing may be missing, and
the test fails instead. Set ``HYPOTHESIS_PROFILE=long`` for the thorough search.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import RedisServers, postgresql_program

settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def _program(*names: str) -> Callable[[], str | None]:
    return lambda: next((path for name in names if (path := shutil.which(name))), None)


PROGRAMS: Mapping[str, Callable[[], str | None]] = {
    "redis": _program("redis-server"),
    "postgresql": postgresql_program,
    "inspircd": _program("inspircd", "/usr/sbin/inspircd"),
    "chromium": _program("chromium", "chromium-browser", "google-chrome"),
    "npm": _program("npm"),
    "node": _program("node"),
}
"""How each thing a test may need is found; None: not here."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip (or, under CI, fail) a test whose program is missing."""
    for marker in item.iter_markers("needs"):
        for need in marker.args:
            _require(str(need))


def _require(need: str) -> None:
    find = PROGRAMS.get(need, _program(need))
    if find() is not None:
        return
    reason = f"needs {need}, which is not installed"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServers]:
    """Starts redis-servers of the test's own; all of them end with the test."""
    servers = RedisServers(tmp_path)
    yield servers
    servers.stop_all()
