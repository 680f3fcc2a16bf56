"""Sections of the configuration about steps and letters: deadlines, mail, the moderators' own chat."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from cases.catalogue import span_words
from cases.deadlines import TERMS, Term
from cases.retention import RULES, Schedule, check
from commands.arguments import duration

_KEPT = re.compile(r"([0-9]{1,5}) ?(d|y)")
SHORTEST_SECRET = 16
"""Characters of the secret that signs what is sent to the moderators' chat."""


class Section(BaseModel):
    """What every section is: nothing unknown in it, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MailSection(Section):
    """The server that sends letters to people who left an address."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    per_minute: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _whole(self) -> MailSection:
        if self.host and "@" not in self.sender:
            raise ValueError("mail.sender is missing: the address letters come from, like danmod@example.org")
        if (
            self.tls == "none"
            and self.password.get_secret_value()
            and self.host not in ("localhost", "127.0.0.1", "::1")
        ):
            raise ValueError("mail.password would be sent in the clear: set tls to starttls or tls")
        return self


class DeskWebhookSection(Section):
    """An address of the moderators' own chat that is told what waits for them."""

    url: str = ""
    secret: SecretStr = SecretStr("")
    per_minute: int = Field(default=20, ge=1)

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("write https://HOST/PATH")
        return url

    @model_validator(mode="after")
    def _sealed(self) -> DeskWebhookSection:
        if self.url and len(self.secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(
                f"desk_webhook.secret is missing: at least {SHORTEST_SECRET} characters that sign what is sent"
            )
        return self


class AuditSection(Section):
    """Where signed ends of the history are kept, apart from the database, and how often."""

    checkpoints: Path = Path("danmod-checkpoints.jsonl")
    every_h: float = Field(default=6.0, gt=0, le=24)


class _Deadlines(Section):
    @field_validator("*", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        return value if value is None else _span_of(TERMS[str(info.field_name)], value)

    def spans(self) -> dict[str, timedelta]:
        """The spans that are set, by key."""
        return {key: value for key, value in self.model_dump().items() if value is not None}


def _span_of(term: Term, value: object) -> timedelta:
    span = duration(value) if isinstance(value, str) else None
    if not isinstance(span, timedelta):
        raise ValueError('write a length of time like "30m", "48h" or "10d"')
    if term.working_days and span % timedelta(days=1):
        raise ValueError("write whole working days, like 10d")
    if span > term.ceiling:
        days = " working days" if term.working_days else ""
        ceiling = f"{term.ceiling.days}{days}" if days else span_words(term.ceiling, "en")
        raise ValueError(f"it may be at most {ceiling} (norm {term.clause})")
    return span


class _Retention(Section):
    @field_validator("*", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        return value if value is None else _kept_for(str(info.field_name), value)

    @property
    def schedule(self) -> Schedule:
        """How long each kind of data is kept here."""
        return Schedule({key: value for key, value in self.model_dump().items() if value is not None})


def _kept_for(key: str, value: object) -> timedelta:
    words = _KEPT.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if words is None:
        raise ValueError('write whole days or years, like "90d" or "2y"')
    span = timedelta(days=int(words[1]) * (365 if words[2] == "y" else 1))
    check(key, span)
    return span


if TYPE_CHECKING:
    DeadlinesSection = _Deadlines
    RetentionSection = _Retention
else:
    DeadlinesSection = create_model(
        "DeadlinesSection", __base__=_Deadlines, **dict.fromkeys(TERMS, (timedelta | None, None))
    )
    DeadlinesSection.__doc__ = "How long each step may take; a key for each of `cases.deadlines.TERMS`."
    RetentionSection = create_model(
        "RetentionSection", __base__=_Retention, **dict.fromkeys(RULES, (timedelta | None, None))
    )
    RetentionSection.__doc__ = "How long each kind of data is kept; a key for each of `cases.retention.RULES`."
