"""Key rotation: everything opens before, during and after; what was erased stays closed in older copies (P3-1a, P1-3)."""

from __future__ import annotations

import base64
import os
import random
import shutil
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import Keys, KeysError, Storage, key_file, open_storage, rotation
from storage.database import LockedError
from storage.key_file import derived
from storage.rotation import Rotated
from streams.events import RoomKey
from tests.storage.rotating import FILE, given_in, rotated
from tests.storage.stores import Store, postgres_store, sqlite_store
from tests.storage.stories import NOW

REPORTS = 5
KILLS = 6
LONGEST_LIFE_S = 0.3


class Killed(Exception):
    """Stands for the end of the process at one place."""


@dataclass
class Place:
    """A database with reports, a file with each, and the key file it is sealed under."""

    store: Store
    file: Path
    reports: list[str]
    files: list[str]
    copy: Callable[[], Store]
    """The database as it is now, kept elsewhere."""

    async def rotate(self, tell: Callable[[int, int], None] = lambda done, total: None) -> Rotated:
        return await rotated(self.store.url, self.file, tell)

    async def opened(self) -> set[str | None]:
        """Every address, and "file" or None of the files, with the keys of the file."""
        async with open_storage(self.store.url, keys=Keys.open(self.file, create=False)) as storage:
            found: set[str | None] = {await storage.contacts.of_report(report) for report in self.reports}
            for name in self.files:
                opened = await storage.attachments.open(name)
                found.add("file" if opened is not None and opened.content == FILE else None)
            return found

    @property
    def all(self) -> set[str | None]:
        """What `opened` finds while nothing is erased."""
        return {"file", *(f"{number}@example.org" for number in range(len(self.reports)))}


@pytest.fixture
async def place(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    file = tmp_path / "danmod.keys"
    reports, files = await given_in(store.url, Keys.open(file, create=True), REPORTS)
    return Place(store, file, reports, files, lambda: _copy(store, tmp_path, request))


def _copy(store: Store, folder: Path, request: pytest.FixtureRequest) -> Store:
    if store.url.startswith("sqlite"):
        return sqlite_store(Path(shutil.copy(folder / "danmod.db", folder / "copy.db")))
    server = request.getfixturevalue("postgres")
    return postgres_store(server, server.database(store.url.rpartition("/")[2]))


@pytest.mark.norm("P3-1a", "behaviour")
async def test_after_a_rotation_everything_opens_and_the_old_key_is_gone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    steps, master = [], base64.b64encode(_master(place.file)).decode()
    assert await place.rotate(lambda done, total: steps.append((done, total))) == Rotated(wrapped=2 * REPORTS)
    assert steps[-1] == (2 * REPORTS, 2 * REPORTS)
    assert steps == sorted(steps)
    assert await place.opened() == place.all
    secrets = key_file.load(place.file)
    assert (len(secrets.wrapping), secrets.rotations, secrets.master) == (1, 1, None)
    assert master not in place.file.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(place.file.stat().st_mode) == 0o600


async def test_pseudonyms_tokens_codes_and_signatures_stay(place: Place) -> None:
    before = Keys.open(place.file, create=False)
    vote = before.seal("vote", "overturn")
    await place.rotate()
    await place.rotate()
    after, room = Keys.open(place.file, create=False), RoomKey("irc:#a")
    assert after.pseudonym(room, "ann") == before.pseudonym(room, "ann")
    assert after.token("report", "r1") == before.token("report", "r1")
    assert (after.code_key, after.gauge_key, after.fingerprint) == (
        before.code_key,
        before.gauge_key,
        before.fingerprint,
    )
    assert after.public_key == before.public_key
    assert after.unseal("vote", vote) == "overturn"
    assert len({before.edition, after.edition}) == 2


@pytest.mark.norm("P1-3", "behaviour")
async def test_an_older_copy_of_the_database_stays_closed_under_the_new_key_file(place: Place) -> None:
    old = place.copy()
    async with open_storage(place.store.url, keys=Keys.open(place.file, create=False)) as storage:
        await storage.contacts.erase(place.reports[:1])
        await storage.attachments.erase(place.reports[0], NOW)
    await place.rotate()
    assert await place.opened() == place.all - {"0@example.org"} | {None}
    async with open_storage(old.url, keys=Keys.open(place.file, create=False)) as storage:
        await _assert_closed(storage, place)
    before = replace(place, store=old)
    assert await before.rotate() == Rotated(closed=2 * REPORTS)


async def _assert_closed(storage: Storage, place: Place) -> None:
    for report in place.reports:
        with pytest.raises(KeysError, match="does not open"):
            await storage.contacts.of_report(report)
    for name in place.files:
        with pytest.raises(KeysError, match="does not open"):
            await storage.attachments.open(name)


def test_no_secret_of_the_rotated_file_leads_to_the_old_wrapping_key(tmp_path: Path) -> None:
    """Not only does danmod not try it: nothing in the file is what the old key was derived from."""
    key_file.make(tmp_path / "danmod.keys")
    secrets = key_file.load(tmp_path / "danmod.keys")
    sealed = Keys.under(secrets).seal_contact("r1", "a@b")
    key_file.put(tmp_path / "danmod.keys", secrets.begun(os.urandom(32)).ended())
    content = tomllib.loads((tmp_path / "danmod.keys").read_text())
    left = [base64.b64decode(text) for text in [*content["wrapping"], *content["lasting"].values()]]
    for secret in [*left, *(derived(one, "contacts") for one in left)]:
        with pytest.raises(InvalidTag):
            AESGCM(secret).decrypt(sealed.wrapped_key[:12], sealed.wrapped_key[12:], b"r1")


async def test_a_key_file_from_before_the_rotation_is_refused_in_one_sentence(place: Place) -> None:
    older = shutil.copy(place.file, place.file.with_name("older.keys"))
    await place.rotate()
    with pytest.raises(KeysError, match="a copy from before the last `danmod keys rotate`"):
        async with open_storage(place.store.url, keys=Keys.open(Path(older), create=False)):
            pass
    assert await place.opened() == place.all


async def test_beside_a_running_danmod_nothing_is_rotated(place: Place) -> None:
    before = place.file.read_bytes()
    async with open_storage(place.store.url, keys=Keys.open(place.file, create=False)):
        with pytest.raises(LockedError):
            await place.rotate()
    assert place.file.read_bytes() == before


# -- cut short -------------------------------------------------------------------------------------------------------


def _at(patch: pytest.MonkeyPatch, target: str, turn: int, after: bool = False) -> None:
    """The process ends at this call of a function, counted from 1, before or after it did its work."""
    module, _, name = target.rpartition(".")
    whole, calls = getattr(sys.modules[module], name), []

    def cut(*args: Any, **options: Any) -> Any:
        calls.append(name)
        if len(calls) != turn:
            return whole(*args, **options)
        if after:
            whole(*args, **options)
        raise Killed(target)

    patch.setattr(sys.modules[module], name, cut)


@pytest.mark.fault("F13")
@pytest.mark.parametrize(
    ("target", "turn", "after"),
    [
        ("storage.key_file._text", 1, False),  # the new file is there and empty
        ("os.replace", 1, False),
        ("os.replace", 1, True),
        ("storage.rotation._count", 1, False),
        ("storage.rotation._batch", 1, False),
        ("storage.rotation._batch", 1, True),  # its work is rolled back
        ("storage.rotation._batch", 2, True),
        ("storage.rotation._batch", 5, False),
        ("storage.rotation._batch", 8, False),  # in the walk that looks again
        ("storage.key_file._text", 2, False),
        ("os.replace", 2, False),
        ("os.replace", 2, True),
    ],
)
async def test_cut_short_anywhere_everything_opens_and_the_next_one_ends_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, target: str, turn: int, after: bool
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)
    with monkeypatch.context() as patch:
        _at(patch, target, turn, after)
        with pytest.raises(Killed):
            await place.rotate()
    assert await place.opened() == place.all
    await place.rotate()
    assert await place.opened() == place.all
    assert not Keys.open(place.file, create=False).is_rotating
    assert sorted(place.file.parent.glob("*.keys*")) == [place.file]


@pytest.mark.fault("F13")
async def test_ending_what_was_cut_short_wraps_only_what_was_left(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 2)

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        await place.rotate(stop)
    fresh = key_file.load(place.file).wrapping[0]
    assert await place.rotate() == Rotated(wrapped=2 * REPORTS - 4)
    assert key_file.load(place.file).wrapping == (fresh,)


@pytest.mark.fault("F13")
async def test_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    url, file, chance = f"sqlite:///{tmp_path / 'danmod.db'}", tmp_path / "danmod.keys", random.Random(20260501)
    reports, files = await given_in(url, Keys.open(file, create=True), REPORTS)
    store = sqlite_store(tmp_path / "danmod.db")
    place, rotations = Place(store, file, reports, files, lambda: store), 0
    for _ in range(KILLS):
        _killed_after(url, file, chance.uniform(0, LONGEST_LIFE_S))
        assert await place.opened() == place.all
        before, rotations = rotations, key_file.load(file).rotations
        assert rotations >= before
    assert rotations, "no process lived long enough to rotate"
    await place.rotate()
    assert not Keys.open(file, create=False).is_rotating


def _killed_after(url: str, file: Path, life_s: float) -> None:
    command = [sys.executable, "-m", "tests.storage.rotating", url, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(life_s)
        process.kill()


# -- the file --------------------------------------------------------------------------------------------------------


def _master(file: Path) -> bytes:
    master = key_file.load(file).master
    assert master is not None
    return master


def test_a_file_never_rotated_is_read_as_ever(tmp_path: Path) -> None:
    master = bytes(range(32))
    (tmp_path / "danmod.keys").write_text(f'version = 1\nmaster = "{base64.b64encode(master).decode()}"\n')
    keys = Keys.open(tmp_path / "danmod.keys", create=False)
    assert keys == Keys.of(master)
    data_key = bytes(32)
    wrapped = bytes(12) + AESGCM(derived(master, "contacts")).encrypt(bytes(12), data_key, b"r1")
    assert keys.rewrap_contact("r1", wrapped) is None


def _damaged(text: str, line: str, anew: str) -> str:
    return "\n".join(anew if one.startswith(line) else one for one in text.splitlines())


@pytest.mark.parametrize(
    ("line", "anew"),
    [
        ("wrapping", ""),
        ("wrapping", "wrapping = []"),
        ("wrapping", 'wrapping = ["c2hvcnQ="]'),
        ("wrapping", "wrapping = [7]"),
        ("wrapping", "wrapping = 7"),
        ("rotations", ""),
        ("rotations", "rotations = 0"),
        ("rotations", "rotations = true"),
        ("rotations", 'rotations = "1"'),
        ("tokens", ""),
        ("tokens", 'tokens = "?"'),
        ("[lasting]", ""),
        ("version", "version = 2"),
        ("version", ""),
    ],
)
def test_a_damaged_rotated_file_is_refused_in_one_sentence_and_kept(tmp_path: Path, line: str, anew: str) -> None:
    path = tmp_path / "danmod.keys"
    key_file.make(path)
    key_file.put(path, key_file.load(path).begun(bytes(32)))
    path.write_text(damaged := _damaged(path.read_text(), line, anew))
    with pytest.raises(KeysError, match="restore your copy of it") as refused:
        Keys.open(path, create=True)
    assert "\n" not in str(refused.value)
    assert path.read_text() == damaged


async def test_a_file_that_cannot_be_written_is_one_sentence_and_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = place.file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(KeysError, match=r"cannot be written: No space left on device"):
            await place.rotate()
    assert place.file.read_bytes() == before
    assert await place.opened() == place.all


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_to_the_key_file_stays_a_link(tmp_path: Path) -> None:
    key_file.make(tmp_path / "real.keys")
    (tmp_path / "danmod.keys").symlink_to(tmp_path / "real.keys")
    key_file.put(tmp_path / "danmod.keys", key_file.load(tmp_path / "danmod.keys").begun(bytes(32)))
    assert (tmp_path / "danmod.keys").is_symlink()
    assert key_file.load(tmp_path / "real.keys").rotations == 1
