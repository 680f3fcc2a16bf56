"""Evidence in its canonical form: storable whatever was written, and remembered by a digest."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.evidence import canonical, digest, scrubbed, storable
from cases.model import Evidence, EvidenceKind, EvidenceLine
from tests.cases.matter import NOW, evidence

wild = st.text(st.characters(exclude_categories=()), max_size=40)
"""Any text there is, NUL and lone surrogates among it."""


@given(wild)
def test_any_text_becomes_storable_once(text: str) -> None:
    made = storable(text)
    assert len(made) == len(text)
    assert "\0" not in made
    made.encode()
    assert storable(made) == made


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_what_is_storable_stays_as_it_is(text: str) -> None:
    assert storable(text) == text


def test_whole_documents_are_scrubbed() -> None:
    dirty = {"a": ["x\0", ("\ud800", 3)], "b": {"c": "fine", "d": None}}
    assert scrubbed(dirty) == {"a": ["x\ufffd", ["\ufffd", 3]], "b": {"c": "fine", "d": None}}


@given(wild, wild)
def test_evidence_of_any_text_is_written_read_and_digested(text: str, name: str) -> None:
    made = Evidence(EvidenceKind.AT_ONCE, NOW, (EvidenceLine("m1", name, text, NOW, judged=True),), (text,), name)
    read = msgspec.json.decode(canonical(made), type=Evidence)
    assert read.lines[0].text == storable(text)
    assert digest(read) == digest(made)
    json.loads(canonical(made))


@pytest.mark.norm("N2.3-2", "behaviour")
@pytest.mark.parametrize(
    "changed",
    [
        evidence("buy now!"),
        msgspec.structs.replace(evidence(), kind=EvidenceKind.AFTERMATH),
        msgspec.structs.replace(evidence(), captured_at=NOW + timedelta(microseconds=1)),
        msgspec.structs.replace(evidence(), facts=()),
        msgspec.structs.replace(evidence(), gap="a gap"),
        msgspec.structs.replace(evidence(), lines=()),
        msgspec.structs.replace(evidence(), lines=evidence().lines * 2),
        msgspec.structs.replace(evidence(), lines=(msgspec.structs.replace(evidence().lines[0], judged=False),)),
        msgspec.structs.replace(evidence(), lines=(msgspec.structs.replace(evidence().lines[0], sender="Anne"),)),
    ],
)
def test_any_change_shows_in_the_digest(changed: Evidence) -> None:
    assert digest(changed) != digest(evidence())
    assert digest(evidence()) == digest(evidence())


def test_a_digest_is_sha256_of_the_canonical_form() -> None:
    """Stored digests must stay valid: a change of the form is a migration."""
    assert digest(evidence()) == "a6d762ddf7ab28f9b88fb3324db8d0c320a342c95dc0437cf78353012990b426"
