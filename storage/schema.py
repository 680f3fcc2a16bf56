"""The tables. What each column is for, and how long it is kept, stands in `storage/fields.py`.

Texts are JSON where a column is named ``body``, ``state`` or ``words``. The history is append-only, and some rules of
the norm hold against any statement: triggers (`migrations/guards.py`) refuse what breaks them, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: ``timestamptz`` on PostgreSQL, sortable ISO text with microseconds on SQLite."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """The type of the column in this database."""
        kind = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(32)
        return dialect.type_descriptor(kind)  # type: ignore[arg-type]  # two unrelated column types, one per database

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """To the database; in one step, because it runs for every row. Raises ValueError for a naive datetime."""
        return _aware if dialect.name == "postgresql" else _spelled

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def _aware(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"instants are aware, got {value.isoformat()}")
    return value.astimezone(UTC)


@lru_cache(maxsize=1024)
def _spelled(value: datetime | None) -> str | None:
    """Remembered, because all rows of one change carry the same few instants."""
    instant = _aware(value)
    return None if instant is None else instant.isoformat(timespec="microseconds")


_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=_NAMES)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


_ANY_CODE = String(40).with_variant(String(12), "sqlite")
"""A case's code or a dossier's id. SQLite does not enforce lengths, so its first tables keep the shorter one."""


def _case_code(**options: bool) -> Column[str]:
    return Column("code", String(12), ForeignKey("cases.code"), nullable=False, **options)  # type: ignore[arg-type]  # typed as loosely as Column itself


meta = Table(
    "meta",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("room", Text, primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("added_at", Instant, nullable=False),
)

room_numbers = Table(
    "room_numbers",
    metadata,
    Column("room", Text, primary_key=True),
    Column("last_number", BigInteger, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("ordinal", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("code", String(12), nullable=False, unique=True),
    Column("room", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("episode", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("category", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    UniqueConstraint("room", "number"),
    Index("ix_cases_episode", "room", "episode", "last_at"),
    Index("ix_cases_status", "status", "ordinal"),
    Index("ix_cases_room_status", "room", "status", "ordinal"),
    Index("ix_cases_last_at", "last_at", "room"),
)

respondents = Table(
    "respondents",
    metadata,
    _case_code(primary_key=True),
    Column("sender_id", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("name", Text, nullable=False),
    Index("ix_respondents_sender", "sender_id", "room"),
)

history = Table(
    "history",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("code", _ANY_CODE, nullable=False),
    Column("at", Instant, nullable=False),
    Column("entry", String(32), nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_history_code", "code", "seq"),
)

history_body = Table(
    "history_body",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), ForeignKey("history.seq"), primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _case_code(),
    Column("kind", String(16), nullable=False),
    Column("captured_at", Instant, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=True),
    Index("ix_evidence_code", "code"),
)

statements = Table(
    "statements",
    metadata,
    Column("id", String(32), primary_key=True),
    _case_code(),
    Column("respondent", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("appeal_until", Instant, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Index("ix_statements_code", "code"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", String(64), primary_key=True),
    _case_code(),
    Column("room", Text, nullable=False),
    Column("reporter", Text, nullable=False),
    Column("channel", String(32), nullable=False),
    Column("category", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("token_hash", LargeBinary, nullable=True, unique=True),
    Column("status", String(16), nullable=True),
    Index("ix_reports_code", "code"),
    Index("ix_reports_reporter", "room", "reporter", "received_at"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("report_id", String(64), ForeignKey("reports.id"), primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("given_at", Instant, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("action_id", String(32), primary_key=True),
    Column("position", BigInteger, nullable=False, unique=True),
    _case_code(),
    Column("room", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sender_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("message_id", Text, nullable=True),
    Column("until", Instant, nullable=True),
    Column("undoes", String(32), nullable=True),
    Column("ordered_by", Text, nullable=False),
    Column("ordered_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("settled_at", Instant, nullable=True),
    Column("severity", String(16), nullable=True),
    _partial("ix_outbox_waiting", "room", "sender_id", "position", where="status = 'pending'"),
    _partial(
        "ix_outbox_live",
        "until",
        where="kind IN ('mute', 'ban') AND status IN ('pending', 'in-force', 'partial', 'unconfirmed', 'unsupported')",
    ),
    Index("ix_outbox_ordered_by", "room", "ordered_by", "position"),
    Index("ix_outbox_code", "code"),
)

timers = Table(
    "timers",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("ref", String(64), primary_key=True),
    _case_code(),
    Column("room", Text, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("done_at", Instant, nullable=True),
    _partial("ix_timers_waiting", "due_at", where="done_at IS NULL"),
    Index("ix_timers_ref", "ref"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _case_code(),
    Column("room", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("private_to", Text, nullable=True),
    Column("secret", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant, nullable=True),
    Column("lapsed_at", Instant, nullable=True),
    _partial("ix_notices_waiting", "room", where="sent_at IS NULL AND lapsed_at IS NULL"),
)

strikes = Table(
    "strikes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _case_code(),
    Column("room", Text, nullable=False),
    Column("sender_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("cleared_at", Instant, nullable=True),
    _partial("ix_strikes_counting", "at", where="cleared_at IS NULL"),
    Index("ix_strikes_code", "code"),
)

processed = Table(
    "processed",
    metadata,
    Column("room", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    Column("code", _ANY_CODE, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_processed_at", "at"),
)

participations = Table(
    "participations",
    metadata,
    _case_code(primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("part", String(32), primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_participations_ref", "ref"),
)

appeals = Table(
    "appeals",
    metadata,
    Column("id", String(40), primary_key=True),
    _case_code(),
    Column("respondent", Text, nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("status", String(16), nullable=False),
    Column("decided_by", Text, nullable=True),
    Column("decider_pseudonym", Text, nullable=True),
    Column("decided_at", Instant, nullable=True),
    Index("ix_appeals_code", "code"),
)

votes = Table(
    "votes",
    metadata,
    _case_code(primary_key=True),
    Column("ref", Text, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("pseudonym", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

dossiers = Table(
    "dossiers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    Column("status", String(32), nullable=False),
    Column("room", Text, nullable=True),
    Column("about", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("token_hash", LargeBinary, nullable=True, unique=True),
    Column("state", Text, nullable=False),
    UniqueConstraint("kind", "number"),
    Index("ix_dossiers_status", "kind", "status", "number"),
    Index("ix_dossiers_about", "about", "kind"),
    Index("ix_dossiers_room", "room", "opened_at"),
    Index("ix_dossiers_opened_at", "opened_at"),
)

_RUNNING = "met_at IS NULL AND dropped_at IS NULL"

deadlines = Table(
    "deadlines",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("ref", String(64), primary_key=True),
    Column("about", String(40), nullable=False),
    Column("room", Text, nullable=True),
    Column("started_at", Instant, nullable=False),
    Column("warn_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("warned_at", Instant, nullable=True),
    Column("met_at", Instant, nullable=True),
    Column("overdue_at", Instant, nullable=True),
    Column("dropped_at", Instant, nullable=True),
    _partial("ix_deadlines_to_warn", "warn_at", where=f"{_RUNNING} AND overdue_at IS NULL AND warned_at IS NULL"),
    _partial("ix_deadlines_to_miss", "due_at", where=f"{_RUNNING} AND overdue_at IS NULL"),
    _partial("ix_deadlines_running", "due_at", where=_RUNNING),
    _partial("ix_deadlines_room", "room", "due_at", where=_RUNNING),
    Index("ix_deadlines_ref", "ref"),
    Index("ix_deadlines_about", "about"),
    Index("ix_deadlines_started_at", "started_at"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("addressee", String(16), nullable=False),
    Column("ref", Text, nullable=False),
    Column("about", String(40), nullable=False),
    Column("room", Text, nullable=True),
    Column("key", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", Instant, nullable=True),
    Column("held_at", Instant, nullable=True),
    Column("channel", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    _partial("ix_letters_waiting", "due_at", where="sent_at IS NULL AND held_at IS NULL"),
    Index("ix_letters_ref", "addressee", "ref"),
    Index("ix_letters_about", "about"),
)

access_log = Table(
    "access_log",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), ForeignKey("history.seq"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("role", String(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("ix_access_log_ref", "ref"),
    Index("ix_access_log_who", "who"),
    Index("ix_access_log_what", "what"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("about", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=True),
    Column("sealed", LargeBinary, nullable=True),
    Column("erased_at", Instant, nullable=True),
    Index("ix_attachments_about", "about"),
)

APPEND_ONLY_TABLES = ("history",)
"""Rows of these are never changed and never removed."""

FROZEN_TABLES = ("history_body", "access_log")
"""Rows of these are never changed; removing one is an erasure."""
