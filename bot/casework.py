"""What goes on around cases, beside deciding and doing: office, deadlines, letters, alarms, the platform's real state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

import aiohttp

from bot.alarms import Alarms
from bot.channels import Mail, MailSettings, Webhook
from bot.config import ConfigError, Settings
from bot.deadlines import Watch
from bot.desk_api import DeskApi
from bot.enforcement import Enforcement
from bot.office import Office, Shelves
from bot.post import Channels, Post
from bot.recipients import LetterRecipients
from bot.reconcile import Reconciliation
from bot.rights import Rights
from bot.rooms import Rooms
from bot.silence import Silence
from bot.standings import Endings
from bot.supervision import WeeklySample
from bot.upkeep import Upkeep
from cases.docket import Docket
from cases.dossiers import KINDS
from cases.ports import Applied
from cases.registrar import Registrar
from storage import Keys, Storage
from streams.events import Event, RoomKey
from streams.platform import OutcomeStatus, Platform


class Casework:
    """The parts, wired. ``heard`` is told every event of the feeds; ``parts`` are to be kept running."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        keys: Keys,
        http: aiohttp.ClientSession,
        registrar: Registrar,
        rooms: Rooms,
        platforms: dict[str, Platform],
        enforcement: Enforcement,
        absorb: Callable[[RoomKey, Applied], None],
        missed: Callable[[str], None],
        silence: Silence,
        *,
        clock: Callable[[], float],
    ) -> None:
        docket = Docket(KINDS, registrar.house)
        self.office = Office(shelves_of(storage), registrar, docket, absorb, clock=clock)
        live = lambda: {room.key for room in rooms if room.is_on_air(clock())}  # noqa: E731 - one line
        self.desk = DeskApi(self.office, registrar, storage.reader, storage.deadlines, keys, live, topics_of(settings))
        self.alarms = Alarms(self.office)
        self.watch = Watch(storage.deadlines, storage.dossiers, self.office, registrar, missed, clock=clock)
        recipients = LetterRecipients(storage.contacts, storage.reader, keys, rooms, platforms, settings.web.public_url)
        channels = channels_of(settings, http)
        self.post = Post(
            storage.letters, recipients, channels, silence=silence, language=settings.language, clock=clock
        )
        self.rights = Rights(rooms, platforms, self.alarms.tell, clock=clock)
        self.reconciliation = Reconciliation(
            rooms,
            platforms,
            storage.log,
            storage.reader,
            storage.outbox,
            registrar,
            absorb,
            enforcement.wake,
            self.alarms.tell,
            clock=clock,
        )
        self.supervision = WeeklySample(
            self.office, storage.reader, storage.dossiers, keys, settings.profile, clock=clock
        )
        self.upkeep = Upkeep(settings, storage, keys, self.office, channels.webhook, clock=clock)
        self.endings = Endings(self.office, storage.dossiers, clock=clock)
        enforcement.settled = self._settled

    def _settled(self, room: RoomKey, status: OutcomeStatus) -> None:
        self.reconciliation.acted(room)
        if status is OutcomeStatus.REFUSED:
            self.rights.suspect(room)

    def heard(self, events: Iterable[Event]) -> None:
        """What a feed told."""
        self.reconciliation.heard(events)

    async def begin(self) -> None:
        """Before anything runs: who works here, and what a crash left undone. Raises StorageError."""
        await self.office.refresh_house()
        await self.watch.resume()

    @property
    def parts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What runs for ever, by name."""
        return {
            "alarms": self.alarms.run,
            "deadlines": self.watch.run,
            "post": self.post.run,
            "rights": self.rights.run,
            "reconciliation": self.reconciliation.run,
            "supervision": self.supervision.run,
            "standings": self.endings.run,
            **self.upkeep.parts,
        }


def topics_of(settings: Settings) -> Mapping[RoomKey, tuple[str, ...]]:
    """What each room is about."""
    return {room.key: room.topics for room in settings.rooms if room.topics}


def shelves_of(storage: Storage) -> Shelves:
    """An open storage as the office sees it."""
    return Shelves(storage.log, storage.reader, storage.docket, storage.dossiers, storage.access)


def channels_of(settings: Settings, http: aiohttp.ClientSession) -> Channels:
    """The ways letters can go. Raises ConfigError where one is set that cannot be used here."""
    mail, hook = settings.mail, settings.desk_webhook
    try:
        sender = Mail(_mail_settings(settings)) if mail.host else None
    except ImportError as fault:
        raise ConfigError(str(fault)) from None
    return Channels(
        mail=sender,
        webhook=Webhook(hook.url, hook.secret.get_secret_value(), http) if hook.url else None,
        mails_per_minute=mail.per_minute,
        posts_per_minute=hook.per_minute,
    )


def _mail_settings(settings: Settings) -> MailSettings:
    mail = settings.mail
    return MailSettings(mail.host, mail.port, mail.tls, mail.user, mail.password.get_secret_value(), mail.sender)
