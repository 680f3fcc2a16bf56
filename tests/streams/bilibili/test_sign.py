"""Signatures against published vectors, and against vectors computed apart from this code."""

from __future__ import annotations

import json
from hashlib import md5

import pytest

from streams.bilibili import sign

IMG, SUB = "7cd084941338484aae1ad9425b84077c", "4932caff0ff746eab6f01bf08b70ac45"
KEY = "ea1db124af3c7062474693fa704f4ff8"
WTS = 1702204169.7


def test_the_mixed_key_of_the_published_pair() -> None:
    assert sign.mixin_key(IMG, SUB) == KEY


@pytest.mark.parametrize(
    ("params", "digest"),
    [
        ({"foo": "114", "bar": "514", "zab": 1919810}, "8f6f2b5b3d485fe1886cec6a0be8c5d4"),
        ({"id": 22608112, "type": 0}, "3b418f86a2efda6a872cc311ca5e39d8"),
        ({"id": 22608112, "type": 0, "web_location": "444.8"}, "4cf6b8666b906832227a89f290a59df4"),
        ({"foo": "one one four", "bar": "五一四", "baz": "19(19)8*1!'0"}, "04e50b58980e3e3cee8cbc0cc4c1c530"),
    ],
)
def test_wbi_vectors(params: dict[str, str | int], digest: str) -> None:
    assert sign.wbi_query(params, KEY, WTS).endswith(f"&wts=1702204169&w_rid={digest}") or digest in sign.wbi_query(
        params, KEY, WTS
    )


def test_wbi_drops_and_encodes_as_a_browser_does() -> None:
    query = sign.wbi_query({"foo": "one one four", "bar": "五一四", "baz": "19(19)8*1!'0"}, KEY, WTS)
    assert query.startswith("bar=%E4%BA%94%E4%B8%80%E5%9B%9B&baz=1919810&foo=one%20one%20four&wts=1702204169&w_rid=")


def test_a_key_is_the_file_name_of_its_image() -> None:
    assert sign.key_name(f"https://i0.hdslb.com/bfs/wbi/{IMG}.png") == IMG


def test_keys_that_are_too_short_are_refused() -> None:
    with pytest.raises(ValueError, match="64 were expected"):
        sign.mixin_key("abc", "")


def test_the_open_platforms_official_vector() -> None:
    signed = {
        "x-bili-timestamp": "1624594467",
        "x-bili-signature-method": "HMAC-SHA256",
        "x-bili-signature-nonce": "ad184c09-095f-91c3-0849-230dd3744045",
        "x-bili-accesskeyid": "xxxx",
        "x-bili-signature-version": "1.0",
        "x-bili-content-md5": "fa6837e35b2f591865b288dfd859ce9d",
    }
    expected = "a81c50234b6bbf15bc56e387ee4f19c6f871af2f70b837dc56db16517d4a341f"
    assert sign.open_signature(signed, "JzOzZfSHeYYnAMZ") == expected


def test_the_open_headers_sign_the_exact_bytes() -> None:
    body = json.dumps({"code": "身份码", "app_id": 1}).encode()
    headers = sign.open_headers(body, "key", "secret", "nonce-1", 1624594467.9)
    assert headers["x-bili-content-md5"] == md5(body).hexdigest()
    assert headers["x-bili-timestamp"] == "1624594467"
    signed = {name: value for name, value in headers.items() if name.startswith("x-bili-")}
    assert headers["Authorization"] == sign.open_signature(signed, "secret")
