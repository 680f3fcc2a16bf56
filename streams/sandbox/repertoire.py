"""Everything that can be played in a room of the sandbox, by name: the five crowds, every attack, every innocent crowd."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from random import Random

from streams.sandbox.attacks import KINDS, Kind, Said, Scene
from streams.sandbox.crowd import CROWDS, REGULARS, CrowdLine


def scene_of(kind: str, seed: int) -> Scene:
    """The lines of one attack, or of one crowd of innocents; the people known in the room are the regulars."""
    return _scene(KINDS[kind], seed)


def as_crowd(scene: Iterable[Said]) -> Iterator[CrowdLine]:
    """A scene's lines as a crowd writes them: each some time after the one before."""
    before_s = 0.0
    for said in scene:
        yield CrowdLine(said.at_s - before_s, said.name, "viewer", said.text)
        before_s = said.at_s


def _scene(kind: Kind, seed: int) -> Scene:
    return kind.make(Random(f"{kind.name} {seed}"), REGULARS)


def _played(kind: Kind, seed: int) -> Iterator[CrowdLine]:
    return as_crowd(_scene(kind, seed))


REPERTOIRE: dict[str, Callable[[int], Iterator[CrowdLine]]] = {
    **{str(name): crowd for name, crowd in CROWDS.items()},
    **{name: partial(_played, kind) for name, kind in KINDS.items()},
}
"""Each by its name on the page and in the API, as a function of a seed."""
