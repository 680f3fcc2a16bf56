"""The fingerprints of advertising that other installations gave: read at the start, hints ever after (norm N4.2-2)."""

from __future__ import annotations

import json
from pathlib import Path

from bot.config import ConfigError, Settings
from cases.exchange import fingerprints_from
from cases.needs import Unfit
from cases.promotions import Fingerprints


def fingerprints_of(settings: Settings) -> tuple[Fingerprints, ...]:
    """The sets named in ``[exchange] fingerprints``. Raises ConfigError, naming the file and what is wrong."""
    return tuple(_read(file) for file in settings.exchange.fingerprints)


def _read(file: Path) -> Fingerprints:
    try:
        return fingerprints_from(json.loads(file.read_text(encoding="utf-8")))
    except OSError as fault:
        raise ConfigError(f"[exchange] fingerprints: {file} cannot be read: {fault.strerror}") from None
    except (ValueError, Unfit) as fault:
        raise ConfigError(f"[exchange] fingerprints: {file}: {fault}") from None
