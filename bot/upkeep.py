"""What keeps the store as it should be, beside handling cases: erasure, signed checkpoints, the self-audit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.channels import Webhook
from bot.checkpoints import Checkpoints, checkpoints_of
from bot.config import Settings
from bot.office import Office
from bot.retention import Retention
from bot.self_audit import SelfAudit
from storage import Keys, Storage
from storage.database import locate


class Upkeep:
    """The parts, wired; ``parts`` are to be kept running."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        keys: Keys,
        office: Office,
        webhook: Webhook | None,
        *,
        clock: Callable[[], float],
    ) -> None:
        self.retention = Retention(
            storage.erasure,
            storage.dossiers,
            settings.retention.schedule,
            office.refresh_house,
            locate(settings.storage.url).file,
            clock=clock,
        )
        every = timedelta(hours=settings.audit.every_h)
        self.checkpoints = Checkpoints(storage, keys, checkpoints_of(settings), every, webhook, clock=clock)
        self.self_audit = SelfAudit(settings, storage, keys, office, clock=clock)

    @property
    def parts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What runs for ever, by name."""
        return {
            "retention": self.retention.run,
            "checkpoints": self.checkpoints.run,
            "self-audit": self.self_audit.run,
        }
