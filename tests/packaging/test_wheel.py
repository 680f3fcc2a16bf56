"""The built wheel alone is a danmod: templates, Lua and migrations inside, tests outside, and the demo runs from it."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("bot", "cases", "commands", "ratelimit", "storage", "streams", "web")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, source = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("danmod-*.whl"))


def test_the_wheel_holds_every_data_file_of_the_packages_and_no_test(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files", *OURS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name for name in tracked.stdout.splitlines() if not name.endswith(".gitkeep")} <= inside
    top = {name.partition("/")[0] for name in inside if ".dist-info" not in name}
    assert top == set(OURS)


def test_our_top_level_names_belong_to_us() -> None:
    foreign = Path(sysconfig.get_paths()["purelib"])
    assert [name for name in OURS if (foreign / name).exists() or (foreign / f"{name}.py").exists()] == []


def test_the_demo_runs_from_the_wheel_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    python = _environment(tmp_path, wheel)
    command = [str(python.parent / "danmod"), "demo"]
    demo = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert demo.stdout is not None
        chat, overlay = demo.stdout.readline(), demo.stdout.readline()
        for line in (chat, overlay):
            address = re.search(r"http://\S+", line)
            assert address is not None, line + (demo.stderr.read() if demo.stderr else "")
            assert urllib.request.urlopen(address[0], timeout=10).status == 200
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=50)
    assert demo.returncode == 0


def _environment(folder: Path, wheel: Path) -> Path:
    """A fresh environment with the wheel; its dependencies are borrowed from ours, our own packages are not."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    python = folder / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    site = next((folder / "env" / "lib").glob("python*/site-packages"))
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    where = subprocess.run(
        [python, "-c", "import bot; print(bot.__file__)"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert str(folder) in where.stdout
    return python
