"""What `/api/v1` asks of the program: plain values in, a status and plain values out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cases.model import Actor


class Answered(Protocol):
    """What comes back: a status as HTTP has it, and JSON."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> dict[str, Any]: ...


class Desk(Protocol):
    """Moves and reads cases and dossiers for members of staff."""

    def who(self, token: str, role: str) -> Actor | None:
        """Whoever has this token, as this role ("": the first they have)."""

    async def act(
        self, by: Actor, code: str, move: str, fields: Mapping[str, Any], key: str | None = None
    ) -> Answered: ...

    async def case(self, by: Actor, code: str, why: str) -> Answered: ...

    async def cases(self, by: Actor, query: Mapping[str, str]) -> Answered: ...

    async def open(self, by: Actor, kind: str, wanted: Mapping[str, Any], key: str | None = None) -> Answered: ...

    async def move(
        self, by: Actor, dossier_id: str, move: str, fields: Mapping[str, Any], key: str | None = None
    ) -> Answered: ...

    async def dossier(self, by: Actor, dossier_id: str, why: str) -> Answered: ...

    async def dossiers(self, by: Actor, query: Mapping[str, str]) -> Answered: ...

    async def deadlines(self, by: Actor, query: Mapping[str, str]) -> Answered: ...

    async def queue(self, by: Actor, query: Mapping[str, str]) -> Answered: ...

    async def exercises(self, by: Actor, query: Mapping[str, str]) -> Answered: ...

    async def checks(self, by: Actor, query: Mapping[str, str]) -> Answered: ...

    async def check_mode(self, by: Actor, wanted: Mapping[str, Any]) -> Answered: ...

    async def try_line(self, by: Actor, wanted: Mapping[str, Any]) -> Answered: ...
