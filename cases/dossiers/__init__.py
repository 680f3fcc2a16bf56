"""The kinds of dossiers, each with its table of moves in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping

from cases.dossier import DossierKind

_ALL: tuple[DossierKind, ...] = ()

KINDS: Mapping[str, DossierKind] = {kind.name: kind for kind in _ALL}
"""Every kind by its name."""
