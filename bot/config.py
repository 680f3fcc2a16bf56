"""The configuration: TOML plus environment, every key with its unit, every mistake in one sentence.

`config.example.toml` documents each key; secrets may come from the environment
(``DANMOD_PLATFORMS__BILIBILI__COOKIE``), which wins over the file.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.filter_sections import FiltersSection, PatternSection, WordListSection, own_checks
from bot.mistakes import explain, no_toml
from bot.sections import (
    AuditSection,
    DeadlinesSection,
    DeskWebhookSection,
    MailSection,
    RetentionSection,
    Section,
)
from bot.word_lists import WordListError
from cases.checks import CHECKS, CheckMode, CheckSettings, Thresholds
from cases.deadlines import Terms
from cases.ladder import Ladder
from cases.model import Mode, Profile
from cases.policy import RoomPolicy
from cases.promotions import Sponsor
from cases.siege import ShieldMode, ShieldPolicy
from ratelimit.limits import SENDER_BURST, SENDER_SUSTAINED, Limit
from streams.douyu.feed import CHAT_URL
from streams.events import RoomKey, platform_of, room_key
from streams.twitch import settings as twitch

PLATFORMS = ("irc", "bilibili", "twitch", "owncast", "douyu", "sandbox")
"""The platforms of this version."""

NAMED_IN_LOWER_CASE = ("irc", "twitch")
"""Where a room's name means the same in any case."""

CHECK_NAMES = tuple(check.name for check in CHECKS)


class ConfigError(Exception):
    """The configuration cannot be used. The text names the key, the value and the cure, in at most three lines."""


def key_of(platform: str, name: str) -> RoomKey:
    """The key of a room as somebody wrote it."""
    return room_key(platform, name.lower() if platform in NAMED_IN_LOWER_CASE else name)


class ControllerSection(Section):
    """Who answers for this installation, named on its pages (norm P2-1)."""

    name: str = Field(default="", max_length=200)
    contact: str = Field(default="", max_length=300)


class StorageSection(Section):
    """Where cases are kept."""

    url: str = "sqlite:///danmod.db"

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("write sqlite:///FILE or postgresql://USER@HOST/NAME")
        return url


class CountersSection(Section):
    """Where lines are counted."""

    url: str = "memory://"

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if url.startswith("redis+cluster://"):
            raise ValueError("Redis Cluster is not supported yet; use one redis://HOST:PORT/0")
        if not url.startswith(("memory://", "redis://", "rediss://", "unix://")):
            raise ValueError("write memory:// or redis://HOST:PORT/0")
        return url


class WebSection(Section):
    """The pages."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    token: SecretStr = SecretStr("")


class KeysSection(Section):
    """The key file."""

    file: Path = Path("danmod.keys")


class IrcSection(Section):
    """An IRC network."""

    url: str
    nick: str = "danmod"
    password: SecretStr | None = None
    sasl_account: str | None = None
    sasl_password: SecretStr | None = None
    origin: str = "https://danmod.invalid"
    ca_file: Path | None = None
    lines_per_s: float = Field(default=1.0, gt=0)
    burst_lines: int = Field(default=5, ge=1)

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith(("ws://", "wss://", "tcp://", "tls://")):
            raise ValueError("write ws://, wss://, tcp://HOST:PORT or tls://HOST:PORT")
        return url


class BilibiliSection(Section):
    """Bilibili Live, by the sanctioned open platform (reading only) or, by the operator's choice, as a web client."""

    route: Literal["open", "web"] = "open"
    api_url: str = "https://api.bilibili.com"
    live_api_url: str = "https://api.live.bilibili.com"
    chat_url: str = ""
    cookie: SecretStr = SecretStr("")
    user_agent: str = ""
    open_url: str = "https://live-open.biliapi.com"
    access_key_id: str = ""
    access_key_secret: SecretStr = SecretStr("")
    app_id: int = 0


class TwitchSection(Section):
    """Twitch; with nothing set danmod reads as a guest, with an application and a login it moderates."""

    client_id: str = Field(default="", max_length=100, pattern=r"^[\w.-]*$")
    helix_url: str = twitch.HELIX_URL
    oauth_url: str = twitch.OAUTH_URL
    eventsub_url: str = twitch.EVENTSUB_URL
    irc_url: str = twitch.IRC_URL

    @field_validator("eventsub_url", "irc_url")
    @classmethod
    def _socket(cls, url: str) -> str:
        if not url.startswith(("ws://", "wss://")):
            raise ValueError("write ws:// or wss://")
        return url

    @field_validator("helix_url", "oauth_url")
    @classmethod
    def _http(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("write http:// or https://")
        return url


class OwncastSection(Section):
    """One Owncast server, which is one room; without tokens danmod reads as a plain viewer."""

    url: str
    access_token: SecretStr = SecretStr("")
    moderator_token: SecretStr = SecretStr("")
    mute: Literal["soft", "disable"] = "soft"

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("write https://HOST, the address of the server's own page")
        return url

    @model_validator(mode="after")
    def _able(self) -> OwncastSection:
        if self.mute == "disable" and not self.moderator_token.get_secret_value():
            raise ValueError('owncast.mute is "disable": give moderator_token too, or write mute = "soft"')
        return self


class DouyuSection(Section):
    """Douyu, for reading."""

    chat_url: str = CHAT_URL

    @field_validator("chat_url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith(("ws://", "wss://", "tcp://")):
            raise ValueError("write wss://HOST, ws://HOST or tcp://HOST:PORT")
        return url


class SandboxSection(Section):
    """The local practice platform."""

    url: str
    token: SecretStr


class PlatformsSection(Section):
    """The platforms; a room needs its platform here."""

    irc: IrcSection | None = None
    bilibili: BilibiliSection | None = None
    twitch: TwitchSection | None = None
    owncast: OwncastSection | None = None
    douyu: DouyuSection | None = None
    sandbox: SandboxSection | None = None


class LimitsSection(Section):
    """Thresholds of the checks. In a room, a key left out is taken from the common ``[limits]``."""

    burst_look: int | None = Field(default=None, ge=1)
    burst_lines: int | None = Field(default=None, ge=2)
    sustained_lines: int | None = Field(default=None, ge=2)
    repeat_lines: int | None = Field(default=None, ge=2)
    near_similarity: float | None = Field(default=None, gt=50, le=100)
    wave_senders: int | None = Field(default=None, ge=2)
    wave_mute_senders: int | None = Field(default=None, ge=3)
    wave_points: float | None = Field(default=None, ge=2)
    wave_mute_points: float | None = Field(default=None, ge=4)
    wave_length: int | None = Field(default=None, ge=4)
    wave_span_s: float | None = Field(default=None, gt=0)
    modes: dict[str, CheckMode] = Field(default_factory=dict)
    hold_s: float | None = Field(default=None, ge=0, le=60)
    hold_unsure_s: float | None = Field(default=None, ge=0, le=60)
    mutes_min: tuple[float, ...] | None = None
    strike_decay_days: float | None = Field(default=None, gt=0)
    shield: ShieldMode | None = None
    shield_platform: bool | None = None
    shield_hold_s: float | None = Field(default=None, ge=0, le=60)
    shield_waves: int | None = Field(default=None, ge=1)
    shield_floods: int | None = Field(default=None, ge=2)
    shield_held: int | None = Field(default=None, ge=4)
    shield_tempo: float | None = Field(default=None, ge=2)
    shield_quiet_min: float | None = Field(default=None, gt=0, le=60)
    shield_longest_min: float | None = Field(default=None, gt=0, le=720)

    @field_validator("modes")
    @classmethod
    def _checks(cls, modes: dict[str, CheckMode]) -> dict[str, CheckMode]:
        for name in modes:
            if name not in CHECK_NAMES:
                raise ValueError(f"there is no check {name!r}; the checks are {', '.join(CHECK_NAMES)}")
        return modes

    @field_validator("mutes_min")
    @classmethod
    def _ladder(cls, mutes: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if mutes is not None and (not mutes or any(not 0 < mute <= 1440 for mute in mutes)):
            raise ValueError("write one or more lengths between 0 and 1440 minutes")
        return mutes

    def over(self, common: LimitsSection) -> LimitsSection:
        """These keys, with the common ones where a key is left out."""
        own = {key: value for key, value in self.model_dump().items() if value is not None}
        modes = {**common.modes, **self.modes}
        return LimitsSection(**{**common.model_dump(), **own, "modes": modes})


class PartnerSection(Section):
    """A system that passes reports on, signed."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,23}$")
    secret: SecretStr = Field(min_length=24)


Host = Annotated[str, StringConstraints(to_lower=True, pattern=r"^(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}$")]
"""A host without scheme, port or path, like ``shop.example``."""
Topic = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]


class SponsorSection(Section):
    """Somebody whose advertising is welcome in a room; named on the public page."""

    name: str = Field(min_length=1, max_length=80)
    hosts: tuple[Host, ...] = Field(min_length=1, max_length=20)


class RoomSection(Section):
    """One room. ``mode`` is dry-run unless said otherwise; ``code`` is the streamer's identity code (open platform)."""

    platform: str
    room: str = Field(min_length=1)
    mode: Mode = Mode.DRY_RUN
    language: Literal["en", "zh-CN", "zh-TW"] | None = None
    code: SecretStr | None = None
    limits: LimitsSection = LimitsSection()
    filters: FiltersSection = FiltersSection()
    deadlines: DeadlinesSection = DeadlinesSection()
    topics: tuple[Topic, ...] = Field(default=(), max_length=20)
    allow_links: tuple[Host, ...] = Field(default=(), max_length=50)
    sponsors: tuple[SponsorSection, ...] = Field(default=(), max_length=20)
    link_warning: bool = False

    @field_validator("platform")
    @classmethod
    def _known(cls, platform: str) -> str:
        if platform not in PLATFORMS:
            raise ValueError(f"the platforms of this version are {', '.join(PLATFORMS)}")
        return platform

    @property
    def key(self) -> RoomKey:
        """``platform:room``."""
        return key_of(self.platform, self.room)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The hosts whose links are welcome here."""
        return (*self.allow_links, *(host for sponsor in self.sponsors for host in sponsor.hosts))

    @property
    def sponsored(self) -> tuple[Sponsor, ...]:
        """Whose advertising is welcome here."""
        return tuple(Sponsor(one.name, one.hosts) for one in self.sponsors)


class ExchangeSection(Section):
    """What other installations know."""

    fingerprints: tuple[Path, ...] = ()


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="DANMOD_", env_nested_delimiter="__", hide_input_in_errors=False
    )

    profile: Profile = Profile.SOLO
    language: Literal["en", "zh-CN", "zh-TW"] = "en"
    controller: ControllerSection = ControllerSection()
    storage: StorageSection = StorageSection()
    counters: CountersSection = CountersSection()
    web: WebSection = WebSection()
    keys: KeysSection = KeysSection()
    platforms: PlatformsSection = PlatformsSection()
    limits: LimitsSection = LimitsSection()
    filters: FiltersSection = FiltersSection()
    word_lists: tuple[WordListSection, ...] = ()
    patterns: tuple[PatternSection, ...] = ()
    deadlines: DeadlinesSection = DeadlinesSection()
    retention: RetentionSection = RetentionSection()
    audit: AuditSection = AuditSection()
    exchange: ExchangeSection = ExchangeSection()
    mail: MailSection = MailSection()
    desk_webhook: DeskWebhookSection = DeskWebhookSection()
    partners: tuple[PartnerSection, ...] = ()
    rooms: tuple[RoomSection, ...] = ()

    def partner_secrets(self) -> dict[str, str]:
        """The partners that may pass reports on, with the secrets they sign with."""
        return {partner.name: partner.secret.get_secret_value() for partner in self.partners}

    @model_validator(mode="after")
    def _named_once(self) -> Settings:
        for kind, sections in (("word_lists", self.word_lists), ("patterns", self.patterns)):
            names = [section.name for section in sections]
            for place, name in enumerate(names):
                if name in names[:place]:
                    raise ValueError(f"{kind}.{place}: {name} is listed twice; each has a name of its own")
        return self

    @model_validator(mode="after")
    def _rooms_fit(self) -> Settings:
        seen: set[RoomKey] = set()
        for place, room in enumerate(self.rooms):
            if room.key in seen:
                raise ValueError(f"rooms.{place}: {room.key} is listed twice; keep one")
            seen.add(room.key)
            if getattr(self.platforms, room.platform) is None:
                raise ValueError(f"rooms.{place}: {room.key} needs a [platforms.{room.platform}] section")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)


def load(path: Path | None) -> Settings:
    """The settings of a file (None: of the environment alone). Raises ConfigError."""
    text = "" if path is None else _read(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(no_toml(fault, path, text)) from None
    try:
        return Settings(**table)
    except ValidationError as fault:
        raise ConfigError(explain(fault, Settings, path, text)) from None


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}; `danmod init` writes one") from None
    except UnicodeDecodeError as fault:
        raise ConfigError(f"{path} is not UTF-8 (byte {fault.start}); save it as UTF-8") from None
    except OSError as fault:
        raise ConfigError(f"{path} cannot be read: {fault.strerror}") from None


def check_controller(settings: Settings) -> None:
    """Where the whole norm binds, somebody answers by name before anything starts. Raises ConfigError."""
    named = settings.controller.name.strip() and settings.controller.contact.strip()
    if settings.profile is Profile.PLATFORM and not named:
        raise ConfigError(
            'profile = "platform" needs somebody who answers for it: [controller] name and contact are missing\n'
            'write [controller] name = "Example Ltd" contact = "privacy@example.org", or choose profile = "team"'
        )


def list_reports(settings: Settings) -> list[str]:
    """What of each word list is used, and what is left out and why. Raises ConfigError for one that cannot be read."""
    try:
        return [told for section in settings.word_lists for told in section.report()]
    except WordListError as fault:
        raise ConfigError(str(fault)) from None


def terms_of(settings: Settings) -> Terms:
    """The deadlines of the installation and of each room."""
    rooms = {room.key: own for room in settings.rooms if (own := room.deadlines.spans())}
    return Terms(settings.deadlines.spans(), rooms)


def limits_of(settings: Settings, room: RoomKey) -> LimitsSection:
    """The limits of a room: its own keys over the common ones, and those over what its platform makes of them."""
    section = section_of(settings, room)
    own = (section.limits if section else LimitsSection()).over(settings.limits)
    return own.over(OF_THE_PLATFORM.get(platform_of(room), LimitsSection()))


OF_THE_PLATFORM = {"owncast": LimitsSection(burst_look=4, burst_lines=6, sustained_lines=15)}
"""Owncast itself lets a connection write three lines in two seconds and shuts up who is faster: a flood there is slower."""


def section_of(settings: Settings, room: RoomKey) -> RoomSection | None:
    """What the file says of a room; None where it does not name it."""
    return next((section for section in settings.rooms if section.key == room), None)


def policy_in(settings: Settings, room: RoomKey) -> RoomPolicy:
    """The policy of a room. Raises ConfigError for a word list that cannot be read."""
    section = section_of(settings, room)
    policy = policy_of(limits_of(settings, room), settings.profile, section.allowed if section else ())
    filters = (section.filters if section else FiltersSection()).over(settings.filters)
    try:
        own = own_checks(room, filters, settings.word_lists, settings.patterns)
    except WordListError as fault:
        raise ConfigError(str(fault)) from None
    return replace(policy, checks=replace(policy.checks, own=own))


def policy_of(limits: LimitsSection, profile: Profile, allowed: tuple[str, ...] = ()) -> RoomPolicy:
    """The policy a room's limits amount to; ``allowed`` are the hosts whose links are welcome there."""
    base = Thresholds()
    thresholds = Thresholds(
        burst=Limit(SENDER_BURST, limits.burst_look or base.burst.look, limits.burst_lines or base.burst.amount),
        sustained=Limit(SENDER_SUSTAINED, base.sustained.look, limits.sustained_lines or base.sustained.amount),
        repeats=limits.repeat_lines or base.repeats,
        near_similarity=limits.near_similarity or base.near_similarity,
        wave_senders=limits.wave_senders or base.wave_senders,
        wave_mute_senders=limits.wave_mute_senders or base.wave_mute_senders,
        wave_points=limits.wave_points or base.wave_points,
        wave_mute_points=limits.wave_mute_points or base.wave_mute_points,
        wave_length=limits.wave_length or base.wave_length,
        wave_span=timedelta(seconds=limits.wave_span_s) if limits.wave_span_s else base.wave_span,
        allowed=allowed,
    )
    defaults = RoomPolicy()
    return RoomPolicy(
        checks=CheckSettings(thresholds, dict(limits.modes)),
        ladder=_ladder_of(limits),
        hold=defaults.hold if limits.hold_s is None else timedelta(seconds=limits.hold_s),
        hold_unsure=defaults.hold_unsure if limits.hold_unsure_s is None else timedelta(seconds=limits.hold_unsure_s),
        shield=_shield_of(limits),
    )


def _shield_of(limits: LimitsSection) -> ShieldPolicy:
    base = ShieldPolicy()
    return ShieldPolicy(
        mode=limits.shield or base.mode,
        platform=bool(limits.shield_platform),
        hold=base.hold if limits.shield_hold_s is None else timedelta(seconds=limits.shield_hold_s),
        waves=limits.shield_waves or base.waves,
        floods=limits.shield_floods or base.floods,
        held=limits.shield_held or base.held,
        tempo=limits.shield_tempo or base.tempo,
        quiet=timedelta(minutes=limits.shield_quiet_min) if limits.shield_quiet_min else base.quiet,
        longest=timedelta(minutes=limits.shield_longest_min) if limits.shield_longest_min else base.longest,
    )


def _ladder_of(limits: LimitsSection) -> Ladder:
    base = Ladder()
    steps = tuple(timedelta(minutes=mute) for mute in limits.mutes_min) if limits.mutes_min else base.steps
    decay = timedelta(days=limits.strike_decay_days) if limits.strike_decay_days else base.decay
    return Ladder(steps=steps, decay=decay)
