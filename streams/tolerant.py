"""Reading JSON that does not keep its promises: odd types, holes, numbers out of range, broken text. Pure.

Nothing here raises for what a peer sent, except :func:`loads` for bytes that hold no JSON at all.
"""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

_DIGITS_CAP = 19
"""Longer integers are read as floats: an id never has more digits, and converting thousands of them costs seconds."""


class NoJson(ValueError):
    """Bytes that cannot be read as JSON, not even tolerantly."""


def loads(body: bytes) -> Any:
    """The value in ``body``. Takes NaN, huge numbers, lone surrogates and bad UTF-8; raises NoJson for the rest."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # the strict reader refuses what the lenient one below takes
    try:
        return json.loads(body.decode("utf-8", "replace"), parse_int=_parse_int)
    except (ValueError, RecursionError) as error:
        raise NoJson(str(error)[:100]) from None


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS_CAP else float(digits)


def dig(value: Any, *path: str | int) -> Any:
    """The value at ``path`` through dicts and lists; None where the path ends early."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def as_text(value: Any) -> str:
    """``value`` as text that can be stored and sent: lone surrogates replaced. Empty for what is no scalar."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = value if isinstance(value, str) else str(value)
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def as_int(value: Any) -> int:
    """``value`` as an integer; 0 for what is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < 2**63 else 0
    if isinstance(value, str) and len(value) <= _DIGITS_CAP and value.lstrip("-").isascii():
        return int(value) if value.lstrip("-").isdigit() and value.count("-") <= 1 else 0
    return 0


def as_id(value: Any) -> str | None:
    """An account number as text; None for 0 (a masked sender), negative numbers and what is no number."""
    number = as_int(value)
    return str(number) if number > 0 else None


def as_seconds(value: Any, otherwise: float, *, per_second: int = 1) -> float:
    """An instant in Unix seconds; ``otherwise`` where ``value`` is no instant of this century or the next."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return otherwise
    seconds = float(value) / per_second if not isinstance(value, str) else as_int(value) / per_second
    return seconds if 946_684_800 < seconds < 7_258_118_400 else otherwise


def as_list(value: Any) -> list[Any]:
    """``value`` where it is a list, else nothing."""
    return value if isinstance(value, list) else []


def as_dict(value: Any) -> dict[str, Any]:
    """``value`` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
