"""Logging: one short phrase with fields, to standard error; secrets never get through."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO, cast
from urllib.parse import urlsplit

import structlog
from structlog.typing import EventDict, WrappedLogger

from bot.config import Settings
from bot.pipe import PatientPipe

_SECRET_KEYS = re.compile(r"password|cookie|secret|token|authorization|sessdata|bili_jct|contact", re.IGNORECASE)
HIDDEN = "[hidden]"


class Redactor:
    """Takes known secrets out of every value, whoever logs them, and hides values whose key names a secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {key: self._named(key, value) for key, value in event.items()}

    def text(self, text: str) -> str:
        """A finished line, whoever wrote it: other libraries log past the fields."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def _named(self, key: object, value: object) -> object:
        return HIDDEN if isinstance(key, str) and _SECRET_KEYS.search(key) else self._clean(value)

    def _clean(self, value: object) -> object:
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {self._clean(key): self._named(key, item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._clean(item) for item in value]
            case None | bool() | int() | float():
                return value
        return self.text(repr(value))


class _CleanStream:
    """Where finished lines go; the last place where a secret is taken out."""

    def __init__(self, pipe: PatientPipe, redactor: Redactor) -> None:
        self._pipe, self._redactor = pipe, redactor

    def write(self, text: str) -> int:
        return self._pipe.write(self._redactor.text(text))

    def flush(self) -> None:
        self._pipe.flush()


_pipe: PatientPipe | None = None


def finish() -> None:
    """Before the program ends: give what is queued a moment to be written."""
    if _pipe is not None:
        _pipe.close()


def set_up(secrets: Iterable[str] = (), *, json: bool = False, verbose: bool = False) -> None:
    """Configure logging once for the process. ``json``: one object a line, for machines."""
    global _pipe
    _pipe = PatientPipe(sys.stderr)
    redactor = Redactor(secrets)
    stream = cast(TextIO, _CleanStream(_pipe, redactor))
    level = logging.DEBUG if verbose else logging.INFO
    colours = sys.stderr.isatty()
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer(colors=colours)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redactor,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def secrets_of(settings: Settings) -> list[str]:
    """Every secret value of the configuration, for the log's redactor."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if hasattr(value, "get_secret_value"):
            found.append(value.get_secret_value())
        elif hasattr(type(value), "model_fields"):
            for name in type(value).model_fields:
                walk(getattr(value, name))
        elif isinstance(value, tuple | list):
            for item in value:
                walk(item)

    walk(settings)
    found += [urlsplit(url).password or "" for url in (settings.storage.url, settings.counters.url)]
    return [secret for secret in found if secret] + [os.environ[key] for key in os.environ if key.endswith("__COOKIE")]
