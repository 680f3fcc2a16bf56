"""Rules that hold against any statement, whoever runs it: triggers, as each revision makes them. Never edited afterwards.

A condition names what breaks the rule. It is spelled once for both databases; ``NEW`` is the row to be written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class _Guard(NamedTuple):
    """``verbs`` on ``table`` are refused with the sentence ``says`` while ``breaks`` is true of a row."""

    name: str
    table: str
    verbs: tuple[str, ...]
    breaks: str
    says: str


_BINDING = "EXISTS (SELECT 1 FROM meta WHERE name = 'profile' AND value IN ('team', 'platform'))"
_FIRST = "NEW.seq = 1 AND NEW.prev_hash = {genesis}"
_NEXT = "EXISTS (SELECT 1 FROM history WHERE seq = NEW.seq - 1 AND hash = NEW.prev_hash)"
_TOOK_PART = (
    "EXISTS (SELECT 1 FROM participations AS p WHERE p.code = NEW.code AND p.ref IN (NEW.decided_by, NEW.decider_pseudonym))"
    " OR EXISTS (SELECT 1 FROM respondents AS r WHERE r.code = NEW.code AND r.sender_id = NEW.decided_by)"
)
_CONCERNED = (
    "EXISTS (SELECT 1 FROM participations AS p WHERE p.code = NEW.code AND (p.part = 'conflict' AND p.ref = NEW.ref"
    " OR p.part = 'reported' AND p.ref IN (NEW.ref, NEW.pseudonym)))"
    " OR EXISTS (SELECT 1 FROM respondents AS r WHERE r.code = NEW.code AND r.sender_id = NEW.ref)"
)
_SEVERITY = "COALESCE(NEW.severity, (SELECT c.severity FROM cases AS c WHERE c.code = NEW.code))"

_REVISION_0002 = (
    _Guard(
        "history_follows",
        "history",
        ("insert",),
        f"NOT ({_FIRST}) AND NOT {_NEXT}",
        "an entry of the history follows the entry before it",
    ),
    _Guard(
        "outbox_minor",
        "outbox",
        ("insert", "update OF kind, severity"),
        f"NEW.kind IN ('delete', 'mute', 'ban') AND {_SEVERITY} = 'minor'",
        "a minor fault admits no deletion, mute or ban",
    ),
    _Guard(
        "appeals_own",
        "appeals",
        ("insert", "update OF respondent, decided_by"),
        "NEW.decided_by IS NOT NULL AND NEW.decided_by = NEW.respondent",
        "nobody answers the own appeal",
    ),
    _Guard(
        "appeals_uninvolved",
        "appeals",
        ("insert", "update OF respondent, decided_by"),
        f"NEW.decided_by IS NOT NULL AND {_BINDING} AND ({_TOOK_PART})",
        "somebody who took part in a case does not answer its appeal",
    ),
    _Guard(
        "votes_unconcerned",
        "votes",
        ("insert", "update OF ref"),
        _CONCERNED,
        "somebody whom a case concerns does not vote on it",
    ),
)

_KEPT = {
    "sqlite": "CREATE TRIGGER {table}_no_update BEFORE update ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept as they are: update is refused'); END",
    "postgresql": "CREATE TRIGGER {table}_no_update BEFORE update ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION danmod_refuse()",
}


def of_revision_0002(dialect: str) -> Iterator[str]:
    """The statements that make the triggers of revision 0002."""
    for guard in _REVISION_0002:
        yield from (_postgresql if dialect == "postgresql" else _sqlite)(guard)
    yield _KEPT["postgresql" if dialect == "postgresql" else "sqlite"].format(table="access_log")


def _sqlite(guard: _Guard) -> Iterator[str]:
    breaks = guard.breaks.format(genesis="zeroblob(32)")
    for verb in guard.verbs:
        yield (
            f"CREATE TRIGGER {guard.name}_{verb.split()[0]} BEFORE {verb} ON {guard.table} WHEN {breaks} "
            f"BEGIN SELECT RAISE(ABORT, '{guard.says}'); END"
        )


def _postgresql(guard: _Guard) -> Iterator[str]:
    breaks = guard.breaks.format(genesis="decode(repeat('00', 32), 'hex')")
    yield (
        f"CREATE FUNCTION danmod_{guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {breaks} THEN RAISE EXCEPTION '{guard.says}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    yield (
        f"CREATE TRIGGER {guard.name} BEFORE {' OR '.join(guard.verbs)} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION danmod_{guard.name}()"
    )
