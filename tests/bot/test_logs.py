"""Logs: no secret gets through, whoever logs it; a reader that is gone or slow stops nobody."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot import logs
from bot.config import load
from bot.logs import HIDDEN, Redactor, secrets_of
from bot.pipe import PatientPipe

CANARY = "canary-7f3a9c-secret"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the logging of the other tests alone."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    for handler in logging.root.handlers[:]:
        logging.root.removeHandler(handler)
    for handler in handlers:
        logging.root.addHandler(handler)
    logging.root.setLevel(level)


def printed(capfd: pytest.CaptureFixture[str]) -> str:
    """What reached standard error."""
    logs.finish()
    return capfd.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_a_secret_is_hidden_wherever_it_stands(capfd: pytest.CaptureFixture[str], as_json: bool) -> None:
    logs.set_up([CANARY], json=as_json)
    log = structlog.get_logger("test")
    log.info("dialled", url=f"wss://chat.example/?key={CANARY}", headers={"Cookie": CANARY})
    log.info(f"event with {CANARY}")
    log.info("nested", parts=[CANARY, {"deep": (CANARY,)}], fault=ValueError(CANARY))
    try:
        raise RuntimeError(f"refused: {CANARY}")
    except RuntimeError:
        log.exception("failed")
    logging.getLogger("somebody.else").warning("their line with %s", CANARY)
    said = printed(capfd)
    assert "dialled" in said
    assert "their line" in said
    assert CANARY not in said
    assert HIDDEN in said


def test_a_key_that_names_a_secret_is_hidden_even_when_the_value_is_unknown(capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up([], json=True)
    structlog.get_logger("test").info("x", cookie="SESSDATA=unknown", access_token="t0", bili_jct="j", room="irc:#a")
    line = json.loads(printed(capfd))
    assert (line["cookie"], line["access_token"], line["bili_jct"], line["room"]) == (HIDDEN, HIDDEN, HIDDEN, "irc:#a")


def test_every_secret_of_a_configuration_is_known(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        """
[storage]
url = "postgresql://danmod:storage-secret@db/danmod"
[counters]
url = "redis://:counter-secret@127.0.0.1:6379/0"
[web]
token = "web-secret"
[platforms.irc]
url = "ws://127.0.0.1:1"
password = "irc-secret"
sasl_password = "sasl-secret"
[platforms.bilibili]
cookie = "cookie-secret"
access_key_secret = "key-secret"
[platforms.sandbox]
url = "http://127.0.0.1:1"
token = "sandbox-secret"
[[rooms]]
platform = "bilibili"
room = "1"
code = "code-secret"
"""
    )
    known = set(secrets_of(load(config)))
    names = ("storage", "counter", "web", "irc", "sasl", "cookie", "key", "sandbox", "code")
    assert {f"{name}-secret" for name in names} <= known


@given(
    st.recursive(
        st.text() | st.just(CANARY) | st.integers(),
        lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.just(CANARY), inner),
    )
)
def test_no_shape_of_value_lets_a_secret_through(value: object) -> None:
    assert CANARY not in repr(Redactor([CANARY])(None, "info", {"event": "x", "value": value}))


def test_a_reader_that_does_not_read_stops_nobody_and_is_told_what_was_lost() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as target:
        pipe = PatientPipe(target, lines=50)
        began_s = time.monotonic()
        for number in range(3000):
            pipe.write(f"{number} " + "x" * 200 + "\n")
        assert time.monotonic() - began_s < 5.0
        assert pipe.dropped > 0
        received: list[bytes] = []
        reader = threading.Thread(target=lambda: received.extend(iter(lambda: os.read(reading, 1 << 16), b"")))
        reader.start()
        pipe.close(10.0)
        pipe.write("one more\n")
        pipe.close(10.0)
    reader.join(10.0)
    os.close(reading)
    text = b"".join(received).decode()
    assert "lines were dropped" in text
    assert text.rstrip().endswith("one more")


def test_a_reader_that_is_gone_stops_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as target:
        pipe = PatientPipe(target)
        for _ in range(100):
            pipe.write("hello\n")
        pipe.close(5.0)
    assert pipe.dropped == 100


def test_a_program_whose_terminal_is_stuck_ends_like_any_other() -> None:
    code = (
        "import sys; from bot import logs; import structlog; logs.set_up()\n"
        "for n in range(5000): structlog.get_logger().info('x' * 100, n=n)\n"
        "logs.finish()"
    )
    reading, writing = os.pipe()
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=writing, stdout=subprocess.DEVNULL)
    os.close(writing)
    try:
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)
