"""Settings: what is secret does not show, and cookies are read one by one."""

from __future__ import annotations

from streams.bilibili.feed import BilibiliSettings


def test_secrets_do_not_show() -> None:
    settings = BilibiliSettings(cookie="SESSDATA=s3cret", access_key_secret="s3cret", codes={"77": "s3cret"})
    assert "s3cret" not in repr(settings)


def test_the_sanctioned_route_is_the_default() -> None:
    assert BilibiliSettings().route == "open"


def test_cookies_are_read_and_nonsense_left_out() -> None:
    cookie = " SESSDATA=abc%2C1%2C2*31 ;bili_jct=x; ; no value; bad name=1;buvid3=B=="
    assert BilibiliSettings(cookie=cookie).cookies == {"SESSDATA": "abc%2C1%2C2*31", "bili_jct": "x", "buvid3": "B=="}
