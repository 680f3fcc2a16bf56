"""The documents are true: what they name exists, what they show loads, what is made from the code is fresh."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from bot.cli import app
from bot.config import LimitsSection, RoomSection, Settings, load, policy_of
from cases.model import CaseStatus, Profile
from cases.rules import HOUSE_RULES
from cases.sentence import Severity
from commands.parse import CHINESE, WORDS, CommandName
from commands.permissions import STAFF_ONLY
from tests.docs.generated import MADE, ROOT, documents, keys, renewed, whole_example
from web import room_pages
from web.app import _routes

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
TWINS = [
    ("README.md", "README.zh-CN.md"),
    ("docs/tutorial.md", "docs/zh-CN/tutorial.md"),
    ("docs/stories.md", "docs/zh-CN/stories.md"),
    ("docs/concepts.md", "docs/zh-CN/concepts.md"),
    ("docs/reference/commands.md", "docs/zh-CN/commands.md"),
    ("docs/how-to/bilibili.md", "docs/zh-CN/bilibili.md"),
    ("docs/how-to/twitch.md", "docs/zh-CN/twitch.md"),
    ("docs/how-to/owncast.md", "docs/zh-CN/owncast.md"),
    ("docs/how-to/douyu.md", "docs/zh-CN/douyu.md"),
    ("docs/how-to/obs.md", "docs/zh-CN/obs.md"),
    ("docs/how-to/checks.md", "docs/zh-CN/checks.md"),
    ("docs/how-to/cases.md", "docs/zh-CN/cases.md"),
    ("docs/how-to/operator.md", "docs/zh-CN/operator.md"),
    ("docs/reference/scorecard.md", "docs/zh-CN/scorecard.md"),
    ("docs/reference/detection.md", "docs/zh-CN/detection.md"),
]
"""Pages of equal rank, English and Chinese."""
PICTURE_LIMIT = 300 * 1024
PAGES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in documents()]
ONE_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|tmp)/\w")
"""A path that exists on somebody's machine only."""


def text_of(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose_of(text: str) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", text)


# -- what is made from the code -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_what_is_made_from_the_code_is_fresh(path: Path) -> None:
    text = text_of(path)
    assert renewed(text) == text, "stale: run python -m tests.docs.generated"


def test_every_made_part_is_used() -> None:
    used = {found[2] for path in documents() for found in MADE.finditer(text_of(path))}
    assert used == {"configuration", "lifecycle", "capabilities-en", "capabilities-zh", "norm-en", "norm-zh"} | {
        f"{part}-{language}" for part in ("moves", "deadlines") for language in ("en", "zh")
    }


# -- links and pictures -------------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.casefold()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(prose_of(text_of(path))):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        assert goal.is_file(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(text_of(goal)), f"{target}: no such heading"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = (target.partition("#")[0] for target in LINK.findall(prose_of(text_of(page))))
        waiting += [(page.parent / name).resolve() for name in targets if name and "://" not in name]
    assert set(documents()) <= reached


def test_every_picture_is_real_small_and_used() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    used = {Path(target).name for path in documents() for target in LINK.findall(text_of(path)) if ".png" in target}
    assert {path.name for path in pictures} == used
    for path in pictures:
        assert path.read_bytes().startswith(b"\x89PNG"), path
        assert path.stat().st_size <= PICTURE_LIMIT, path


@pytest.mark.parametrize(("english", "chinese"), TWINS)
def test_twins_have_the_same_shape(english: str, chinese: str) -> None:
    one, other = text_of(english), text_of(chinese)
    for pattern in (r"^#+ ", r"^\| ", r"^- \*\*", r"^ *```\w+", r"^!\["):
        counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in (one, other)]
        assert counts[0] == counts[1], f"{pattern}: {counts}"
    assert Path(chinese).name in one
    assert Path(english).name in other


@pytest.mark.parametrize(("english", "chinese"), TWINS[:1])
def test_both_readmes_lead_to_as_many_places(english: str, chinese: str) -> None:
    links = [LINK.findall(prose_of(text_of(page))) for page in (english, chinese)]
    assert len(links[0]) == len(links[1])


@pytest.mark.parametrize("path", [*PAGES, pytest.param(ROOT / "NOTICE", id="NOTICE")])
def test_no_page_tells_of_the_place_it_was_written_at(path: Path) -> None:
    assert ONE_MACHINE.search(text_of(path)) is None


# -- commands of the shell ----------------------------------------------------------------------------------------------


def commands_of(group: Any, before: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        found |= commands_of(command, (*before, name)) if hasattr(command, "commands") else {(*before, name): command}
    return found


CLI: Any = typer.main.get_command(app)
KNOWN = commands_of(CLI)
MENTION = re.compile(r"(?:^ *|`|^\$ )(?:\.venv/bin/)?danmod((?: [^`\n|]+)?)(?:`|$)", re.MULTILINE)


def mentions(text: str) -> Iterator[list[str]]:
    """The words after each ``danmod`` in code."""
    blocks = [body for _, body in FENCE.findall(text)]
    for span in [*re.findall(r"`[^`\n]+`", prose_of(text)), *blocks]:
        for found in MENTION.findall(span):
            yield found.split()


def command_named(words: list[str]) -> click.Command | None:
    return KNOWN.get(tuple(words[:1])) or KNOWN.get(tuple(words[:2]))


@pytest.mark.parametrize("path", PAGES)
def test_every_danmod_command_exists_with_its_options(path: Path) -> None:
    for words in mentions(text_of(path)):
        if not words or words[0] in ("--help", "COMMAND"):
            continue
        command = command_named(words)
        group = CLI.commands.get(words[0])
        assert command is not None or (len(words) == 1 and hasattr(group, "commands")), f"danmod {' '.join(words)}"
        options = {option for each in command.params for option in each.opts} | {"--help"} if command else set[str]()
        assert [word for word in words if word.startswith("-") and word not in options] == []


def test_every_command_stands_in_the_reference() -> None:
    rows = re.findall(r"^\| `danmod ([^`]+)` \|", text_of("docs/reference/cli.md"), re.MULTILINE)
    found = [row.split() for row in rows]
    assert {words for row in found for words in KNOWN if tuple(row[: len(words)]) == words} == set(KNOWN)


def test_every_option_stands_beside_its_command() -> None:
    common = {"--config", "-c", "--help"}
    for row in re.findall(r"^\| `danmod [^`]+` \|.*$", text_of("docs/reference/cli.md"), re.MULTILINE):
        code = re.findall(r"`([^`]+)`", row)
        command = command_named(code[0].removeprefix("danmod ").split())
        assert command is not None
        told = {word for span in code for word in span.split() if re.fullmatch(r"--?[a-z][a-z-]*", word)}
        possible = [set(each.opts) for each in command.params if each.param_type_name == "option"]
        assert told - common <= set[str]().union(*possible), f"no such option: {row}"
        assert [each for each in possible if not each & (told | common)] == [], f"not told: {row}"


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("path", PAGES)
def test_every_make_target_exists(path: Path) -> None:
    spans = re.findall(r"`([^`\n]+)`", prose_of(text_of(path))) + [body for _, body in FENCE.findall(text_of(path))]
    named = {target for span in spans for target in re.findall(r"^ *make ([\w-]+)", span, re.MULTILINE)}
    assert named <= make_targets()


@pytest.mark.parametrize("path", PAGES)
def test_code_blocks_of_the_shell_and_of_toml_can_be_read(path: Path) -> None:
    for language, body in FENCE.findall(text_of(path)):
        if language == "sh":
            assert subprocess.run(["sh", "-n"], input=body.encode(), check=False).returncode == 0, body
        elif language == "toml":
            Settings(**tomllib.loads(body))


@pytest.mark.parametrize("path", PAGES)
def test_the_tests_shown_pass(path: Path) -> None:
    for language, body in FENCE.findall(text_of(path)):
        if language == "python":
            shown: dict[str, Any] = {}
            exec(compile(body, str(path), "exec"), shown)
            tests = [value for name, value in shown.items() if name.startswith("test_")]
            assert tests
            for test in tests:
                test()


def test_the_decision_shown_is_the_one_a_replay_makes(tmp_path: Path) -> None:
    shown = next(body for _, body in FENCE.findall(text_of("docs/reference/replay-format.md")) if '"index"' in body)
    row = json.loads(shown)
    log, out = tmp_path / "log.jsonl", tmp_path / "out.jsonl"
    line = {name: row[name] for name in ("room", "user", "text")}
    log.write_text("".join(json.dumps({"t": n * 0.5, **line}) + "\n" for n in range(8)), encoding="utf-8")
    answer = CliRunner().invoke(app, ["replay", str(log), "--decisions", str(out)])
    assert answer.exit_code == 0, answer.output
    assert row in [json.loads(each) for each in out.read_text(encoding="utf-8").splitlines()]


def test_the_input_shown_can_be_replayed(tmp_path: Path) -> None:
    for page in ("docs/reference/replay-format.md", "docs/how-to/replay.md"):
        log = tmp_path / "log.jsonl"
        log.write_text(next(body for language, body in FENCE.findall(text_of(page)) if language == "json"), "utf-8")
        answer = CliRunner().invoke(app, ["replay", str(log)])
        assert (answer.exit_code, "1 lines" in answer.output) == (0, True), answer.output


# -- commands in the chat -----------------------------------------------------------------------------------------------

SIMPLIFIED = {command: next(word for word, named in CHINESE.items() if named is command) for command in CommandName}
"""The simplified Chinese word of each command."""


def rows_of(page: str) -> list[str]:
    return [line for line in text_of(page).splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("page", ["docs/reference/commands.md", "docs/zh-CN/commands.md"])
def test_every_chat_command_stands_in_both_languages(page: str) -> None:
    sections = re.split(r"^## ", text_of(page), flags=re.MULTILINE)[1:3]
    for command in CommandName:
        words = {f"`!{command.value}`", f"`{SIMPLIFIED[command]}`"}
        rows = [(place, row) for place, text in enumerate(sections) for row in text.splitlines()]
        places = [place for place, row in rows if row.startswith("|") and words <= set(re.findall(r"`[^`]+`", row))]
        assert places == [1 if command in STAFF_ONLY else 0], command


@pytest.mark.parametrize("path", PAGES)
def test_every_chat_command_that_is_named_exists(path: Path) -> None:
    for word in re.findall(r"`[!！]([a-z]+|[\u4e00-\u9fff]+)", text_of(path)):
        assert word in WORDS, word


@pytest.mark.parametrize(("page", "words"), [("docs/reference/commands.md", ("minor", "moderate", "severe")),
                                             ("docs/zh-CN/commands.md", ("轻微", "中度", "严重"))])  # fmt: skip
def test_the_rules_stand_as_they_are(page: str, words: tuple[str, str, str]) -> None:
    language = "en" if words[0] == "minor" else "zh-CN"
    named = dict(zip((Severity.MINOR, Severity.MODERATE, Severity.SEVERE), words, strict=True))
    for rule in HOUSE_RULES.values():
        row = f"| `{rule.id}` | {rule.words[language]} | {named[rule.mildest]} | {named[rule.gravest]} |"
        assert row in rows_of(page)


def test_every_status_of_a_case_is_told() -> None:
    for page in ("docs/concepts.md", "docs/zh-CN/concepts.md"):
        assert re.findall(r"^- \*\*([a-z]+)\*\*[:：]", text_of(page), re.MULTILINE) == [*CaseStatus]


PLACEHOLDER = re.compile(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}")
"""A variable part of an address with its pattern; the documents name it alone."""


def test_every_address_of_the_pages_is_told() -> None:
    told = set(re.findall(r"`(/[^`?]*)(?:\?[^`]*)?`", text_of("docs/reference/web.md")))
    served = {PLACEHOLDER.sub(r"{\1}", route.path) for route in _routes()}
    assert told <= served
    hidden = {path for path in served if path.startswith("/static/") or path.endswith("/socket")} | {"/favicon.ico"}
    assert told == served - hidden


@pytest.mark.parametrize("page", ["docs/how-to/obs.md", "docs/zh-CN/obs.md"])
def test_the_options_of_the_overlay_stand_with_their_ranges(page: str) -> None:
    told = re.findall(r"^\| `(\w+)` \|.*\| `([\d.]+)` \| ([\d.]+) (?:to|到) ([\d.]+) \|$", text_of(page), re.MULTILINE)
    taken = re.findall(
        r'_number\(request, "(\w+)", ([\d.]+), ([\d.]+), ([\d.]+)\)', inspect.getsource(room_pages.overlay)
    )
    assert sorted(told) == sorted(taken)
    assert all(f"`{style}`" in text_of(page) for style in room_pages.STYLES)


# -- the configuration --------------------------------------------------------------------------------------------------


def model_keys(model: type[BaseModel], before: str = "") -> set[str]:
    """Every key of the settings as a path; a room's own limits, deadlines and sponsors are one key each."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        section = next((kind for kind in _kinds(field.annotation) if issubclass(kind, BaseModel)), None)
        nested = section is not None and not (
            model is RoomSection and name in ("limits", "filters", "deadlines", "sponsors")
        )
        found |= model_keys(section, f"{before}{name}.") if nested and section else {f"{before}{name}"}
    return found


def _kinds(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _kinds(inner)


def test_the_example_configuration_loads_as_it_stands() -> None:
    assert load(ROOT / "config.example.toml") == Settings()


def test_the_example_configuration_loads_with_every_option_taken(tmp_path: Path) -> None:
    whole = tmp_path / "whole.toml"
    whole.write_text(re.sub(r"(?m)^#(?=[\w\[])", "", text_of("config.example.toml")), encoding="utf-8")
    assert load(whole).rooms[0].key == "irc:#talk"


def test_the_example_configuration_names_every_key_and_no_other() -> None:
    named = [f"{key.section}.{key.name}".lstrip(".") for key in keys()]
    assert len(named) == len(set(named))
    assert set(named) == model_keys(Settings)


def test_every_key_of_the_example_has_its_meaning() -> None:
    assert [key for key in keys() if not key.meaning] == []


def test_the_defaults_in_the_example_are_true() -> None:
    table = whole_example()
    shown, plain = LimitsSection(**table["limits"]), LimitsSection()
    assert policy_of(shown, Profile.SOLO) == policy_of(plain, Profile.SOLO)
    loaded = Settings(**{name: value for name, value in table.items() if name not in ("rooms", "limits")})
    for section in ("irc", "bilibili", "twitch"):
        example = getattr(loaded.platforms, section)
        for name, field in type(example).model_fields.items():
            if field.is_required() or field.default is None:
                continue
            assert getattr(example, name) == field.default, f"platforms.{section}.{name}"
