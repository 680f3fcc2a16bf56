"""A configuration's mistakes in sentences: where it stands, which key, what was seen, what is expected.

Secrets are never repeated: neither the values of keys that hold one, nor the password inside an address.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

VARIABLE = "DANMOD_"
_SECRET_WORDS = ("password", "cookie", "secret", "token", "code")
_IN_ROOM = re.compile(r"(rooms)\.(\d+): ")
_ARRAY = re.compile(r"\s*\[\[\s*([^\]]+?)\s*\]\]")
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w\-.\"' ]+?)\s*=")


def explain(fault: ValidationError, model: type[BaseModel], path: Path | None, text: str) -> str:
    """The first two mistakes, and how many more there are: at most three lines."""
    errors = fault.errors()
    lines = [_sentence(error, model, path, text) for error in errors[:2]]
    if len(errors) > 2:
        lines.append(f"and {len(errors) - 2} more")
    return "\n".join(lines)


def no_toml(fault: tomllib.TOMLDecodeError, path: Path | None, text: str) -> str:
    """What is wrong with a text that is no TOML; the parser names the line, but for the last one."""
    end = f"(at line {max(1, len(text.splitlines()))}, the end)"
    return f"{path}: {fault}".replace("(at end of document)", end)


def _sentence(error: ErrorDetails, model: type[BaseModel], path: Path | None, text: str) -> str:
    message = error["msg"].removeprefix("Value error, ")
    location = [str(part) for part in error["loc"]]
    if not location and (room := _IN_ROOM.match(message)):
        return _where(path, text, [room[1], room[2]]) + message[room.end() :]
    key, where = ".".join(location) or "configuration", _where(path, text, location)
    if error["type"] == "extra_forbidden":
        return f"{where}{key} is not a key of danmod; {_cure(model, location)}"
    if error["type"] == "missing":
        return f"{where}{key} is missing; config.example.toml shows it"
    return f"{where}{key}{_seen(location, error['input'])}: {message}" if location else f"{where}{message}"


def _cure(model: type[BaseModel], location: list[str]) -> str:
    keys = _keys_at(model, location[:-1])
    near = difflib.get_close_matches(location[-1], keys, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(keys)}"


def _seen(location: list[str], value: Any) -> str:
    """The value as it was written, nothing for a secret or for a whole table."""
    if any(word in part for part in location for word in _SECRET_WORDS):
        return ""
    if not isinstance(value, str | int | float | bool):
        return ""
    return " is " + re.sub(r"//\S*@", "//…@", repr(value))


def _where(path: Path | None, text: str, location: list[str]) -> str:
    """The environment's variable that says it, else file and line, as near as the key can be found."""
    names = {name.upper(): name for name in os.environ}
    for length in range(len(location), 0, -1):
        variable = names.get(VARIABLE + "__".join(location[:length]).upper())
        if variable is not None:
            return f"{variable}: "
    if path is None:
        return ""
    lines = _lines_of(text)
    for length in range(len(location), 0, -1):
        if tuple(location[:length]) in lines:
            return f"{path}:{lines[tuple(location[:length])]}: "
    return f"{path}: "


def _lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The line of every key, table and array item of a TOML text, by its path."""
    found: dict[tuple[str, ...], int] = {}
    items: Counter[tuple[str, ...]] = Counter()
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if array := _ARRAY.match(line):
            name = _names(array[1])
            table = (*name, str(items[name]))
            items[name] += 1
            found[table] = number
        elif header := _TABLE.match(line):
            table = _within_item(_names(header[1]), items)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_names(key[1])), number)
    return found


def _within_item(name: tuple[str, ...], items: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    """``[rooms.limits]`` belongs to the latest ``[[rooms]]``."""
    for length in range(len(name), 0, -1):
        if items[name[:length]]:
            return (*name[:length], str(items[name[:length]] - 1), *name[length:])
    return name


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _keys_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """The keys that exist where the misspelt one stands."""
    at: Any = model
    for part in location:
        if part.isdigit():
            continue
        field = at.model_fields.get(part)
        if field is None:
            return []
        at = next((kind for kind in _kinds(field.annotation) if _is_model(kind)), None)
        if at is None:
            return []
    return sorted(at.model_fields)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _kinds(annotation: Any) -> list[Any]:
    inner = getattr(annotation, "__args__", ())
    return [annotation, *(kind for argument in inner for kind in _kinds(argument))]
