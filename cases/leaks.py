"""What must not stand in a text for the public: names, accounts, codes, quotations to be searched back (norm N3.2-2).

Names and quotations are compared folded, so that spacing, case and look-alike letters hide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cases.model import CaseState, Evidence
from ratelimit.fold import fold

QUOTED = 8
"""So many characters of an original line in a row are a quotation."""
SHORTEST_NAME = 2
_IDENTIFIERS = re.compile(r"https?://|www\.|[\w.+-]+@[\w-]+\.\w+|(?<!\d)\d{7,}(?!\d)|@\w+")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")


def leaks(draft: str, case: CaseState, evidence: Sequence[Evidence], *, room_named: bool) -> tuple[str, ...]:
    """What gives somebody away, each in one sentence; nothing when the text may be published.

    ``room_named``: the streamer agreed that the room is named.
    """
    folded = _plain(draft)
    found = [*_of_people(folded, case, evidence), *_of_quotations(folded, evidence)]
    if case.code.lower() in re.findall(r"[a-z0-9]+", draft.lower()):
        found.append("it carries the case's code")
    if match := _IDENTIFIERS.search(draft):
        found.append(f"it carries an address, a number or a mention: {match[0]}")
    if match := _CLOCK.search(draft):
        found.append(f"it tells the time to the minute: {match[0]}")
    if not room_named and _plain(case.room.partition(":")[2]) in folded:
        found.append("it names the room without the streamer's consent")
    return tuple(dict.fromkeys(found))


def _plain(text: str) -> str:
    """Folded, without anything that is no letter or digit."""
    return "".join(character for character in fold(text) if character.isalnum())


def _of_people(draft: str, case: CaseState, evidence: Sequence[Evidence]) -> Iterable[str]:
    names = {person.name for person in case.respondents} | {person.id.partition(":")[2] for person in case.respondents}
    names |= {line.sender for one in evidence for line in one.lines if line.judged}
    for name in sorted(names):
        plain = _plain(name)
        if len(plain) >= SHORTEST_NAME and plain in draft:
            yield "it carries the name or account of somebody of the case"


def _of_quotations(draft: str, evidence: Sequence[Evidence]) -> Iterable[str]:
    for one in evidence:
        for line in one.lines:
            plain = _plain(line.text)
            if any(plain[start : start + QUOTED] in draft for start in range(len(plain) - QUOTED + 1)):
                yield f"it quotes {QUOTED} characters or more of a line"
