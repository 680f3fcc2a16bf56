"""The first tables, and the triggers that keep the history append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.schema import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SQLITE_GUARD = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are: {verb} is refused'); END
"""
_POSTGRESQL_REFUSAL = """
CREATE FUNCTION danmod_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of % are kept as they are: % is refused', TG_TABLE_NAME, TG_OP; END $$
"""
_POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION danmod_refuse()
"""
_GUARDED = (("history", ("update", "delete")), ("history_body", ("update",)))


def upgrade() -> None:
    """Make everything."""
    _create_tables()
    _create_guards()


def _create_guards() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(_POSTGRESQL_REFUSAL)
    for table, verbs in _GUARDED:
        for verb in (*verbs, "truncate") if postgresql and table == "history" else verbs:
            guard = _POSTGRESQL_GUARD if postgresql else _SQLITE_GUARD
            op.execute(guard.format(table=table, verb=verb))


def _create_tables() -> None:
    op.create_table(
        "cases",
        sa.Column("ordinal", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(length=32), nullable=False),
        sa.Column("last_at", Instant(length=32), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_cases")),
        sa.UniqueConstraint("code", name=op.f("uq_cases_code")),
        sa.UniqueConstraint("room", "number", name=op.f("uq_cases_room_number")),
    )
    op.create_index("ix_cases_episode", "cases", ["room", "episode", "last_at"], unique=False)
    op.create_index("ix_cases_status", "cases", ["status", "ordinal"], unique=False)
    op.create_table(
        "history",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("at", Instant(length=32), nullable=False),
        sa.Column("entry", sa.String(length=32), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_history")),
    )
    op.create_index("ix_history_code", "history", ["code", "seq"], unique=False)
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "processed",
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("at", Instant(length=32), nullable=False),
        sa.PrimaryKeyConstraint("room", "message_id", name=op.f("pk_processed")),
    )
    op.create_index("ix_processed_at", "processed", ["at"], unique=False)
    op.create_table(
        "room_numbers",
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_room_numbers")),
    )
    op.create_table(
        "rooms",
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("added_at", Instant(length=32), nullable=False),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_rooms")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("captured_at", Instant(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_evidence_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_code", "evidence", ["code"], unique=False)
    op.create_table(
        "history_body",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["history.seq"], name=op.f("fk_history_body_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_history_body")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("private_to", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(length=32), nullable=False),
        sa.Column("sent_at", Instant(length=32), nullable=True),
        sa.Column("lapsed_at", Instant(length=32), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_notices_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(
        "ix_notices_waiting",
        "notices",
        ["room"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL AND lapsed_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND lapsed_at IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("action_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("until", Instant(length=32), nullable=True),
        sa.Column("undoes", sa.String(length=32), nullable=True),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("ordered_at", Instant(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(length=32), nullable=False),
        sa.Column("settled_at", Instant(length=32), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_outbox_code")),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("position", name=op.f("uq_outbox_position")),
    )
    op.create_index("ix_outbox_code", "outbox", ["code"], unique=False)
    op.create_index(
        "ix_outbox_live",
        "outbox",
        ["until"],
        unique=False,
        sqlite_where=sa.text(
            "kind IN ('mute', 'ban') AND status IN ('pending', 'in-force', 'unconfirmed', 'unsupported')"
        ),
        postgresql_where=sa.text(
            "kind IN ('mute', 'ban') AND status IN ('pending', 'in-force', 'unconfirmed', 'unsupported')"
        ),
    )
    op.create_index("ix_outbox_ordered_by", "outbox", ["room", "ordered_by", "position"], unique=False)
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["room", "sender_id", "position"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(length=32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_reports_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_reports_token_hash")),
    )
    op.create_index("ix_reports_code", "reports", ["code"], unique=False)
    op.create_index("ix_reports_reporter", "reports", ["room", "reporter", "received_at"], unique=False)
    op.create_table(
        "respondents",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_respondents_code")),
        sa.PrimaryKeyConstraint("code", "sender_id", name=op.f("pk_respondents")),
    )
    op.create_index("ix_respondents_sender", "respondents", ["room", "sender_id"], unique=False)
    op.create_table(
        "statements",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("respondent", sa.Text(), nullable=False),
        sa.Column("issued_at", Instant(length=32), nullable=False),
        sa.Column("appeal_until", Instant(length=32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_statements_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_statements_token_hash")),
    )
    op.create_index("ix_statements_code", "statements", ["code"], unique=False)
    op.create_table(
        "strikes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(length=32), nullable=False),
        sa.Column("cleared_at", Instant(length=32), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_strikes_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strikes")),
    )
    op.create_index("ix_strikes_code", "strikes", ["code"], unique=False)
    op.create_index(
        "ix_strikes_counting",
        "strikes",
        ["at"],
        unique=False,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "timers",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(length=32), nullable=False),
        sa.Column("done_at", Instant(length=32), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["cases.code"], name=op.f("fk_timers_code")),
        sa.PrimaryKeyConstraint("kind", "ref", name=op.f("pk_timers")),
    )
    op.create_index("ix_timers_ref", "timers", ["ref"], unique=False)
    op.create_index(
        "ix_timers_waiting",
        "timers",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "contacts",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", Instant(length=32), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_contacts_report_id")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_contacts")),
    )


def downgrade() -> None:
    """Remove everything."""
    op.drop_table("contacts")
    op.drop_index(
        "ix_timers_waiting",
        table_name="timers",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_index("ix_timers_ref", table_name="timers")
    op.drop_table("timers")
    op.drop_index(
        "ix_strikes_counting",
        table_name="strikes",
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.drop_index("ix_strikes_code", table_name="strikes")
    op.drop_table("strikes")
    op.drop_index("ix_statements_code", table_name="statements")
    op.drop_table("statements")
    op.drop_index("ix_respondents_sender", table_name="respondents")
    op.drop_table("respondents")
    op.drop_index("ix_reports_reporter", table_name="reports")
    op.drop_index("ix_reports_code", table_name="reports")
    op.drop_table("reports")
    op.drop_index(
        "ix_outbox_waiting",
        table_name="outbox",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("ix_outbox_ordered_by", table_name="outbox")
    op.drop_index(
        "ix_outbox_live",
        table_name="outbox",
        sqlite_where=sa.text(
            "kind IN ('mute', 'ban') AND status IN ('pending', 'in-force', 'unconfirmed', 'unsupported')"
        ),
        postgresql_where=sa.text(
            "kind IN ('mute', 'ban') AND status IN ('pending', 'in-force', 'unconfirmed', 'unsupported')"
        ),
    )
    op.drop_index("ix_outbox_code", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(
        "ix_notices_waiting",
        table_name="notices",
        sqlite_where=sa.text("sent_at IS NULL AND lapsed_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND lapsed_at IS NULL"),
    )
    op.drop_table("notices")
    op.drop_table("history_body")
    op.drop_index("ix_evidence_code", table_name="evidence")
    op.drop_table("evidence")
    op.drop_table("rooms")
    op.drop_table("room_numbers")
    op.drop_index("ix_processed_at", table_name="processed")
    op.drop_table("processed")
    op.drop_table("meta")
    op.drop_index("ix_history_code", table_name="history")
    op.drop_table("history")
    op.drop_index("ix_cases_status", table_name="cases")
    op.drop_index("ix_cases_episode", table_name="cases")
    op.drop_table("cases")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION danmod_refuse()")
