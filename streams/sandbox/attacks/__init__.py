"""Attacks to try a moderator on, and innocents who look like one: what floods, waves and crowds of a live chat say.

Pure: `KINDS[name].make(Random(seed), known)` answers the lines of one scene with their instants. The demo plays them in
its room; the scorecard measures on thousands of them how much of an attack is seen, and who is hit for nothing.

Read in this order: `scene` (what a scene is; names, timing), `texts` (what is pushed and what is ordinary), `evasions`
(how a text is written so that filters do not know it again), then the kinds: `floods` (one account), `waves` (many
accounts, one text), `crowds` (innocents).
"""

from streams.sandbox.attacks.crowds import CROWDS_OF_INNOCENTS
from streams.sandbox.attacks.floods import FLOODS
from streams.sandbox.attacks.scene import Kind, Said, Scene
from streams.sandbox.attacks.waves import WAVES

__all__ = ["ATTACKS", "INNOCENTS", "KINDS", "Kind", "Said", "Scene"]

ATTACKS: dict[str, Kind] = {kind.name: kind for kind in (*FLOODS, *WAVES)}
"""What must not reach the screen, by name."""

INNOCENTS: dict[str, Kind] = {kind.name: kind for kind in CROWDS_OF_INNOCENTS}
"""What looks like an attack and must not be punished, by name."""

KINDS: dict[str, Kind] = ATTACKS | INNOCENTS
"""All of them."""
