"""Signatures: WBI for the web's addresses, HMAC for the open platform. Pure.

Source of both: the public descriptions by several independent clients, checked with the published vectors in
``tests/streams/bilibili/test_sign.py``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

# fmt: off
_MIX = (
    46, 47, 18, 2, 53, 8, 23, 32, 15, 50, 10, 31, 58, 3, 45, 35,
    27, 43, 5, 49, 33, 9, 42, 19, 29, 28, 14, 39, 12, 38, 41, 13,
)
# fmt: on
"""Which characters of the two joined keys make the mixed key, in order."""
_DROPPED = str.maketrans("", "", "!'()*")


def mixin_key(img_key: str, sub_key: str) -> str:
    """The signing key of the day from the two key names ``nav`` gives, 32 characters each. Raises ValueError."""
    joined = img_key + sub_key
    if len(joined) <= max(_MIX):
        raise ValueError(f"the two WBI keys have {len(joined)} characters together, 64 were expected")
    return "".join(joined[index] for index in _MIX)


def key_name(url: str) -> str:
    """The key inside an image address: its file name without the ending."""
    return url.rpartition("/")[2].partition(".")[0]


def wbi_query(params: Mapping[str, str | int], key: str, now_s: float) -> str:
    """The signed query string: ``params`` sorted, with ``wts`` (Unix seconds) and ``w_rid``."""
    stamped = {**params, "wts": int(now_s)}
    query = "&".join(f"{_encoded(name)}={_encoded(stamped[name])}" for name in sorted(stamped))
    digest = hashlib.md5((query + key).encode(), usedforsecurity=False).hexdigest()
    return f"{query}&w_rid={digest}"


def _encoded(value: str | int) -> str:
    """As a browser encodes a component, less the characters the signature leaves out."""
    return quote(str(value).translate(_DROPPED), safe="~-_.")


def open_headers(body: bytes, key_id: str, secret: str, nonce: str, now_s: float) -> dict[str, str]:
    """The headers of one open-platform call. ``nonce`` must never repeat."""
    signed = {
        "x-bili-accesskeyid": key_id,
        "x-bili-content-md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "x-bili-signature-method": "HMAC-SHA256",
        "x-bili-signature-nonce": nonce,
        "x-bili-signature-version": "1.0",
        "x-bili-timestamp": str(int(now_s)),
    }
    return {
        **signed,
        "Authorization": open_signature(signed, secret),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }


def open_signature(signed: Mapping[str, str], secret: str) -> str:
    """The HMAC of the signed headers, one ``name:value`` a line, sorted by name."""
    text = "\n".join(f"{name}:{signed[name]}" for name in sorted(signed))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
