"""The key file and what is made with it."""

from __future__ import annotations

import os
import stat
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import Keys, KeysError, open_keys, open_storage
from storage.vault import SealedContact, token_hash
from streams.events import RoomKey
from tests.storage.stores import HandClock, Store

KEYS = Keys.ephemeral(b"seed")
ROOM, OTHER = RoomKey("irc:#a"), RoomKey("irc:#b")


class TestTheFile:
    def test_is_made_for_its_owner_alone_and_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "danmod.keys"
        made = Keys.open(path, create=True)
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert Keys.open(path, create=False) == made
        assert Keys.open(path, create=True) == made

    def test_is_not_made_unasked(self, tmp_path: Path) -> None:
        with pytest.raises(KeysError, match="missing"):
            Keys.open(tmp_path / "danmod.keys", create=False)
        assert not (tmp_path / "danmod.keys").exists()

    @pytest.mark.parametrize("content", [b"", b"master = 1", b'master = "c2hvcnQ="\nversion = 1', b"\xff\xfe", b"[[["])
    def test_that_is_damaged_is_refused_and_kept(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "danmod.keys"
        path.write_bytes(content)
        with pytest.raises(KeysError, match="restore your copy"):
            Keys.open(path, create=True)
        assert path.read_bytes() == content

    def test_in_a_folder_that_is_not_there_is_one_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(KeysError, match="cannot be written"):
            Keys.open(tmp_path / "absent" / "danmod.keys", create=True)

    def test_keys_never_print_themselves(self) -> None:
        assert KEYS.gauge_key.hex() not in repr(KEYS)
        assert repr(KEYS.gauge_key) not in repr(KEYS)


class TestWithADatabase:
    async def test_new_keys_are_made_for_a_new_database(self, tmp_path: Path) -> None:
        keys = await open_keys(tmp_path / "danmod.keys", f"sqlite:///{tmp_path / 'danmod.db'}")
        assert Keys.open(tmp_path / "danmod.keys", create=False) == keys
        assert not (tmp_path / "danmod.db").exists()

    async def test_lost_keys_refuse_and_name_the_consequence(self, store: Store, tmp_path: Path) -> None:
        async with store.open():
            pass
        with pytest.raises(KeysError, match=r"contacts, receipts and statement links are lost"):
            await open_keys(tmp_path / "danmod.keys", store.url)
        assert not (tmp_path / "danmod.keys").exists()

    async def test_other_keys_refuse_and_name_the_consequence(self, store: Store) -> None:
        async with store.open():
            pass
        with pytest.raises(KeysError, match=r"does not belong to this database"):
            async with open_storage(store.url, keys=Keys.ephemeral(b"others"), clock=HandClock()):
                pass
        async with store.open():
            pass


class TestPseudonymsAndTokens:
    def test_a_person_is_the_same_in_one_room_and_another_elsewhere(self) -> None:
        assert KEYS.pseudonym(ROOM, "ann") == KEYS.pseudonym(ROOM, "ann")
        assert KEYS.pseudonym(ROOM, "ann") != KEYS.pseudonym(OTHER, "ann")
        assert KEYS.pseudonym(ROOM, "ann") != Keys.ephemeral(b"others").pseudonym(ROOM, "ann")

    @given(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
    def test_different_things_have_different_tokens(self, purpose: str, ref: str, purpose2: str, ref2: str) -> None:
        same = (purpose, ref) == (purpose2, ref2)
        if not same:
            clean = [part.replace("\0", "\ufffd") for part in (purpose, ref, purpose2, ref2)]
            same = clean[:2] == clean[2:]
        assert (KEYS.token(purpose, ref) == KEYS.token(purpose2, ref2)) == same

    def test_a_token_has_26_characters_for_a_url(self) -> None:
        token = KEYS.token("report", "r1")
        assert len(token) == 26
        assert token.isalnum()
        assert token == token.lower()

    def test_a_token_is_found_however_it_was_typed(self) -> None:
        token = KEYS.token("report", "r1")
        assert token_hash(f" {token.upper()}\n") == token_hash(token)


class TestContacts:
    @given(st.text())
    def test_a_contact_opens_for_its_report(self, contact: str) -> None:
        sealed = KEYS.seal_contact("r1", contact)
        assert KEYS.open_contact("r1", sealed) == contact.replace("\0", "\ufffd")

    def test_each_has_a_key_of_its_own(self) -> None:
        one, other = KEYS.seal_contact("r1", "a@b"), KEYS.seal_contact("r1", "a@b")
        assert one != other
        with pytest.raises(KeysError, match="does not open"):
            KEYS.open_contact("r1", SealedContact(one.wrapped_key, other.sealed))

    def test_it_opens_neither_for_another_report_nor_with_other_keys(self) -> None:
        sealed = KEYS.seal_contact("r1", "a@b")
        with pytest.raises(KeysError):
            KEYS.open_contact("r2", sealed)
        with pytest.raises(KeysError):
            Keys.ephemeral(b"others").open_contact("r1", sealed)


class TestSealedTexts:
    @given(st.text(max_size=20), st.text(max_size=200))
    def test_a_text_opens_for_its_purpose(self, purpose: str, text: str) -> None:
        sealed = KEYS.seal(purpose, text)
        assert KEYS.unseal(purpose, sealed) == text.replace("\0", "\ufffd")
        assert set(sealed) <= set(string.ascii_letters + string.digits + "-_")

    def test_it_tells_nothing_and_never_twice_the_same(self) -> None:
        one, other = KEYS.seal("vote", "overturn"), KEYS.seal("vote", "overturn")
        assert one != other
        assert "overturn" not in one

    @pytest.mark.norm("N2.3-3", "bad-input")
    @pytest.mark.parametrize("sealed", ["", "x", "rubbish!", "AAAA", "ä", "A" * 60])
    def test_what_was_never_sealed_does_not_open(self, sealed: str) -> None:
        with pytest.raises(KeysError, match="does not open"):
            KEYS.unseal("vote", sealed)

    @pytest.mark.norm("N2.3-3", "bad-input")
    def test_it_opens_neither_for_another_purpose_nor_with_other_keys_nor_changed(self) -> None:
        sealed = KEYS.seal("vote A7K2/1", "overturn")
        changed = ("B" if sealed[0] == "A" else "A") + sealed[1:]
        for keys, purpose, text in (
            (KEYS, "vote A7K2/2", sealed),
            (Keys.ephemeral(b"others"), "vote A7K2/1", sealed),
            (KEYS, "vote A7K2/1", changed),
        ):
            with pytest.raises(KeysError):
                keys.unseal(purpose, text)
