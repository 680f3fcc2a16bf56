"""What one change writes, as rows of tables: the value between making them (pure) and writing them in a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storage.chain import Head

Row = dict[str, Any]


@dataclass(slots=True)
class Rows:
    """What one change of a case or dossier writes. ``head`` is the end of the chain after it."""

    head: Head
    inserts: list[tuple[str, Row]] = field(default_factory=list)
    """Table and row, for tables whose rows are only added."""
    actions: list[Row] = field(default_factory=list)
    action_changes: dict[str, Row] = field(default_factory=dict)
    """By action id: what of an outbox row changes."""
    timers: list[Row] = field(default_factory=list)
    timers_done: dict[str, datetime] = field(default_factory=dict)
    strikes: list[Row] = field(default_factory=list)
    strikes_cleared: dict[str, datetime] = field(default_factory=dict)
    """By sender id: whose older strikes of this case no longer count."""
    deadlines: list[Row] = field(default_factory=list)
    deadline_changes: list[tuple[tuple[str, str], Row]] = field(default_factory=list)
    """By key and ref: what of a running deadline changes; before ``deadlines`` begin."""
    appeals: list[Row] = field(default_factory=list)
    """Whole rows, new or changed."""
    report_status: dict[str, str] = field(default_factory=dict)
    """By report id: where it now stands."""
    parts: list[Row] = field(default_factory=list)
    """Who took part; known rows are left as they are."""
