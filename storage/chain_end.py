"""Where the stored chain ends; one value for everybody who writes to it."""

from __future__ import annotations

from sqlalchemy import Connection

from storage import facts
from storage.chain import START, Head

HEAD = "history_head"
"""The name under which the end of the chain stands in the table ``meta``."""


def load_head(connection: Connection) -> Head:
    """The stored end of the chain."""
    text = facts.get(connection, HEAD)
    return START if text is None else Head.parse(text)


class ChainEnd:
    """The end of the chain as the clerks of one writer know it: read once, then carried along."""

    def __init__(self) -> None:
        self._head: Head | None = None

    def head(self, connection: Connection) -> Head:
        """Where the next entry joins."""
        if self._head is None:
            self._head = load_head(connection)
        return self._head

    def move(self, head: Head) -> None:
        """Entries were written, up to this one."""
        self._head = head

    def forget(self) -> None:
        """After a rollback: nothing remembered is certain any more."""
        self._head = None
