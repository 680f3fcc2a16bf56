"""State machines as data: the allowed moves of one kind of thing, who makes them, and under which guard.

From these tables the code acts, the desk draws its buttons and the documents their diagrams. What is not listed is
refused as ``invalid_transition``; a move into the present state answers ``already`` (norm N2.3, N3.1, N3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cases.model import ActorKind, Refusal
from cases.needs import Need

BEGINNING = ""
"""The state before the first move."""
Guard = Callable[[Any], Refusal | None]
"""What else must hold; its docstring's first line says so in the documents. It is asked with what the machine's kind
defines (`cases.dossier.Attempt` for dossiers)."""


@dataclass(frozen=True)
class Move:
    """One named move. ``steps`` maps each state it may start from to the state it leads to.

    ``needs`` must be filled in, ``allows`` may be. ``starts`` and ``meets`` name deadlines (`cases.deadlines`) that begin
    and are kept with this move. ``learning``: open to staff who have not passed the test yet. ``zh`` is its name on Chinese
    pages.
    """

    name: str
    steps: Mapping[str, str]
    by: frozenset[ActorKind]
    needs: Mapping[str, Need] = field(default_factory=dict)
    allows: Mapping[str, Need] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    starts: tuple[str, ...] = ()
    meets: tuple[str, ...] = ()
    zh: str = ""
    learning: bool = False


def by(*kinds: ActorKind) -> frozenset[ActorKind]:
    """Who may make a move."""
    return frozenset(kinds)


class Machine:
    """The moves of one kind of thing. Raises ValueError for two moves of one name, and a state nobody can reach."""

    def __init__(self, name: str, moves: Iterable[Move]) -> None:
        self.name = name
        self.moves: tuple[Move, ...] = tuple(moves)
        self._by_name = {move.name: move for move in self.moves}
        if len(self._by_name) != len(self.moves):
            raise ValueError(f"{name}: two moves have one name")
        reached = {BEGINNING} | {target for move in self.moves for target in move.steps.values()}
        if lost := {source for move in self.moves for source in move.steps} - reached:
            raise ValueError(f"{name}: nothing leads to {', '.join(sorted(lost))}")

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the table reaches them, without the beginning."""
        return tuple(dict.fromkeys(target for move in self.moves for target in move.steps.values()))

    @property
    def final(self) -> frozenset[str]:
        """States from which nothing leads away to another one."""
        left = {source for move in self.moves for source, target in move.steps.items() if source != target}
        return frozenset(self.states) - left

    def move(self, name: str) -> Move | None:
        """The move of this name, None if there is none."""
        return self._by_name.get(name)

    def open_to(self, state: str, kind: ActorKind) -> tuple[Move, ...]:
        """The moves somebody of this kind could make now: the desk's buttons, before the guards are asked."""
        return tuple(move for move in self.moves if state in move.steps and kind in move.by)

    def refusal(self, state: str, name: str, kind: ActorKind) -> Refusal | None:
        """Why this move is not open to this kind of actor in this state; None when it is."""
        move = self._by_name.get(name)
        if move is None:
            return Refusal(
                "invalid_transition", f"a {self.name} knows no move {name}; there are {', '.join(self._by_name)}"
            )
        if kind not in move.by:
            return Refusal("not_allowed", f"{name} is not for a {kind}")
        if state in move.steps:
            return None
        if state in move.steps.values():
            return Refusal("already", f"the {self.name} is already {state}")
        return Refusal("invalid_transition", f"a {self.name} that is {state or 'not begun'} cannot {name}")

    def after(self, state: str, name: str) -> str:
        """The state a move leads to. Raises ValueError where the table has no such step."""
        move = self._by_name.get(name)
        if move is None or state not in move.steps:
            raise ValueError(f"{name} is not allowed for a {self.name} that is {state or 'not begun'}")
        return move.steps[state]
