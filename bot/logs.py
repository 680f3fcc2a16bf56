"""Logging: one short phrase with fields, to standard error; secrets never get through."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from bot.pipe import PatientPipe

_SECRET_KEYS = re.compile(r"password|cookie|secret|token|authorization|sessdata|bili_jct|contact", re.IGNORECASE)
HIDDEN = "[hidden]"


class Redactor:
    """Takes known secrets out of every value, whoever logs them, and hides values whose key names a secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {key: HIDDEN if _SECRET_KEYS.search(key) else self._clean(value) for key, value in event.items()}

    def _clean(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        for secret in self._secrets:
            value = value.replace(secret, HIDDEN)
        return value


_pipe: PatientPipe | None = None


def finish() -> None:
    """Before the program ends: give what is queued a moment to be written."""
    if _pipe is not None:
        _pipe.close()


def set_up(secrets: Iterable[str] = (), *, json: bool = False, verbose: bool = False) -> None:
    """Configure logging once for the process. ``json``: one object a line, for machines."""
    global _pipe
    _pipe = PatientPipe(sys.stderr)
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
            Redactor(secrets),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _pipe)),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=cast(TextIO, _pipe), force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
