"""What keeps the store as it should be, beside handling cases: erasure, signed checkpoints, the self-audit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.config import Settings
from bot.office import Office
from bot.retention import Retention
from storage import Keys, Storage
from storage.database import locate


class Upkeep:
    """The parts, wired; ``parts`` are to be kept running."""

    def __init__(
        self, settings: Settings, storage: Storage, keys: Keys, office: Office, *, clock: Callable[[], float]
    ) -> None:
        self.retention = Retention(
            storage.erasure,
            storage.dossiers,
            settings.retention.schedule,
            office.refresh_house,
            locate(settings.storage.url).file,
            clock=clock,
        )

    @property
    def parts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What runs for ever, by name."""
        return {"retention": self.retention.run}
