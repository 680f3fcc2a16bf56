"""Dossiers, deadlines, letters, who read what; the rules of the norm that hold against any statement."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.migrations.guards import of_revision_0002
from storage.schema import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make what is new; what stands already is only widened."""
    _widen()
    _create_tables()
    for statement in of_revision_0002(op.get_bind().dialect.name):
        op.execute(statement)


def _widen() -> None:
    op.add_column("outbox", sa.Column("severity", sa.String(length=16), nullable=True))
    op.add_column("reports", sa.Column("status", sa.String(length=16), nullable=True))
    op.drop_index("ix_outbox_live", table_name="outbox")
    live = "kind IN ('mute', 'ban') AND status IN ('pending', 'in-force', 'partial', 'unconfirmed', 'unsupported')"
    op.create_index("ix_outbox_live", "outbox", ["until"], unique=False, **_where(live))
    op.drop_index("ix_respondents_sender", table_name="respondents")
    op.create_index("ix_respondents_sender", "respondents", ["sender_id", "room"], unique=False)
    op.create_index("ix_cases_room_status", "cases", ["room", "status", "ordinal"], unique=False)
    op.create_index("ix_cases_last_at", "cases", ["last_at", "room"], unique=False)
    if op.get_bind().dialect.name == "postgresql":  # SQLite does not enforce lengths
        for table in ("history", "processed"):
            op.alter_column(table, "code", existing_type=sa.String(length=12), type_=sa.String(length=40))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _create_tables() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("given_at", Instant(length=32), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", Instant(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_about", "attachments", ["about"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("started_at", Instant(length=32), nullable=False),
        sa.Column("warn_at", Instant(length=32), nullable=False),
        sa.Column("due_at", Instant(length=32), nullable=False),
        sa.Column("warned_at", Instant(length=32), nullable=True),
        sa.Column("met_at", Instant(length=32), nullable=True),
        sa.Column("overdue_at", Instant(length=32), nullable=True),
        sa.Column("dropped_at", Instant(length=32), nullable=True),
        sa.PrimaryKeyConstraint("key", "ref", name=op.f("pk_deadlines")),
    )
    op.create_index("ix_deadlines_about", "deadlines", ["about"], unique=False)
    op.create_index("ix_deadlines_ref", "deadlines", ["ref"], unique=False)
    op.create_index(
        "ix_deadlines_room",
        "deadlines",
        ["room", "due_at"],
        unique=False,
        **_where("met_at IS NULL AND dropped_at IS NULL"),
    )
    op.create_index(
        "ix_deadlines_running", "deadlines", ["due_at"], unique=False, **_where("met_at IS NULL AND dropped_at IS NULL")
    )
    op.create_index("ix_deadlines_started_at", "deadlines", ["started_at"], unique=False)
    op.create_index(
        "ix_deadlines_to_miss",
        "deadlines",
        ["due_at"],
        unique=False,
        **_where("met_at IS NULL AND dropped_at IS NULL AND overdue_at IS NULL"),
    )
    op.create_index(
        "ix_deadlines_to_warn",
        "deadlines",
        ["warn_at"],
        unique=False,
        **_where("met_at IS NULL AND dropped_at IS NULL AND overdue_at IS NULL AND warned_at IS NULL"),
    )
    op.create_table(
        "dossiers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(length=32), nullable=False),
        sa.Column("last_at", Instant(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossiers")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_dossiers_kind_number")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_dossiers_token_hash")),
    )
    op.create_index("ix_dossiers_about", "dossiers", ["about", "kind"], unique=False)
    op.create_index("ix_dossiers_opened_at", "dossiers", ["opened_at"], unique=False)
    op.create_index("ix_dossiers_room", "dossiers", ["room", "opened_at"], unique=False)
    op.create_index("ix_dossiers_status", "dossiers", ["kind", "status", "number"], unique=False)
    op.create_table(
        "letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("addressee", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(length=32), nullable=False),
        sa.Column("due_at", Instant(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", Instant(length=32), nullable=True),
        sa.Column("held_at", Instant(length=32), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index("ix_letters_about", "letters", ["about"], unique=False)
    op.create_index("ix_letters_ref", "letters", ["addressee", "ref"], unique=False)
    op.create_index(
        "ix_letters_waiting", "letters", ["due_at"], unique=False, **_where("sent_at IS NULL AND held_at IS NULL")
    )
    op.create_table(
        "access_log",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Instant(length=32), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["history.seq"], name=op.f("fk_access_log_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_access_log")),
    )
    op.create_index("ix_access_log_ref", "access_log", ["ref"], unique=False)
    op.create_index("ix_access_log_what", "access_log", ["what"], unique=False)
    op.create_index("ix_access_log_who", "access_log", ["who"], unique=False)
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("respondent", sa.Text(), nullable=False),
        sa.Column("filed_at", Instant(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decider_pseudonym", sa.Text(), nullable=True),
        sa.Column("decided_at", Instant(length=32), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_appeals_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
    )
    op.create_index("ix_appeals_code", "appeals", ["code"], unique=False)
    op.create_table(
        "participations",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(length=32), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_participations_code")),
        sa.PrimaryKeyConstraint("code", "ref", "part", name=op.f("pk_participations")),
    )
    op.create_index("ix_participations_ref", "participations", ["ref"], unique=False)
    op.create_table(
        "votes",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("at", Instant(length=32), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_votes_code")),
        sa.PrimaryKeyConstraint("code", "ref", name=op.f("pk_votes")),
    )
