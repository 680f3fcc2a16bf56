"""`danmod init`: a commented configuration for one room, from a few answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from bot.config import PLATFORMS, ConfigError, load

Ask = Callable[[str, str], str]
"""Puts a question with its default answer."""

HEADER = """\
# danmod configuration. Every key with its default: config.example.toml.
# Secrets may come from the environment instead: DANMOD_PLATFORMS__BILIBILI__COOKIE=...

profile = "solo"          # solo | team | platform
language = {language}     # of replies and notices: en | zh-CN | zh-TW

[storage]
url = "sqlite:///danmod.db"

[counters]
url = "memory://"         # or redis://127.0.0.1:6379/0

[web]
host = "127.0.0.1"
port = 8080
public_url = ""           # empty: chat gives codes and commands, never a link

[keys]
file = "danmod.keys"      # made on the first run; keep a copy apart from the database

"""
ROOM = """
[[rooms]]
platform = {platform}
room = {room}
mode = "dry-run"          # look first; then "enforce"
"""
OWNCAST_TOKENS = (
    "Without tokens danmod only reads. To hide and speak: DANMOD_PLATFORMS__OWNCAST__ACCESS_TOKEN (admin page, "
    "Integrations, Access Tokens: may send messages, has admin access). To ban: DANMOD_PLATFORMS__OWNCAST__MODERATOR_TOKEN "
    "(danmod login owncast makes one)."
)
DOUYU_READS_ONLY = "Douyu is for reading: overlay only, no mutes on the platform, and danmod cannot speak there."
READS_ONLY = "Bilibili's open platform is for reading: overlay only, no mutes on the platform."
AS_A_GUEST = "danmod reads as a guest, without an account: overlay only, nothing is done on Twitch itself."
UNSANCTIONED = (
    "The web route uses your own login in ways Bilibili does not offer to others: it is your choice and risk."
)


def write_config(path: Path, platform: str, room: str, ask: Ask) -> str:
    """Write the file and say what to do next. Raises ConfigError when it exists or an answer is no answer."""
    if path.exists():
        raise ConfigError(f"{path} exists already; nothing was changed")
    platform = platform or ask(f"Platform ({', '.join(PLATFORMS)})", "irc")
    if platform not in PLATFORMS:
        raise ConfigError(f"platform is {platform!r}; write one of {', '.join(PLATFORMS)}")
    section, hints, code = _SECTIONS[platform](ask)
    room = room or ask(
        "Room",
        {
            "irc": "#talk",
            "bilibili": "545068",
            "twitch": "somebody",
            "owncast": "chat",
            "douyu": "102965",
            "sandbox": "demo",
        }[platform],
    )
    language = "zh-CN" if platform in ("bilibili", "douyu") else "en"
    text = HEADER.format(language=_toml(language)) + section + ROOM.format(platform=_toml(platform), room=_toml(room))
    path.write_text(text + code, encoding="utf-8")
    try:
        load(path)
    except ConfigError:
        path.unlink()
        raise
    return "\n".join([*hints, f"{path} is written. Next: danmod doctor, then danmod run."])


def _irc(ask: Ask) -> tuple[str, list[str], str]:
    url = ask("Server (ws://, wss://, tcp://host:port, tls://host:port)", "tls://irc.example.org:6697")
    nick = ask("Nick", "danmod")
    hints = [f"Make {nick} an operator of the channel (/mode #room +o {nick}): without it danmod can only hide."]
    return f"[platforms.irc]\nurl = {_toml(url)}\nnick = {_toml(nick)}\n", hints, ""


def _bilibili(ask: Ask) -> tuple[str, list[str], str]:
    route = ask("Route (open: sanctioned, reading only; web: your own login)", "open")
    if route not in ("open", "web"):
        raise ConfigError(f"route is {route!r}; write open or web")
    if route == "web":
        hints = [
            UNSANCTIONED,
            "Set DANMOD_PLATFORMS__BILIBILI__COOKIE to your cookie line (SESSDATA, bili_jct, buvid3).",
        ]
        return '[platforms.bilibili]\nroute = "web"\n', hints, ""
    section = '[platforms.bilibili]\nroute = "open"\naccess_key_id = ""\napp_id = 0\n'
    hints = [READS_ONLY, "Fill in access_key_id and app_id; set DANMOD_PLATFORMS__BILIBILI__ACCESS_KEY_SECRET."]
    return section, hints, 'code = ""                 # the streamer\'s identity code\n'


def _twitch(ask: Ask) -> tuple[str, list[str], str]:
    client_id = ask("Client ID of your own public application at dev.twitch.tv (empty: read as a guest)", "")
    if not client_id:
        return "[platforms.twitch]\n", [AS_A_GUEST], ""
    hints = ["Next: danmod login twitch, with danmod's own account; then /mod it in the channel's chat."]
    return f"[platforms.twitch]\nclient_id = {_toml(client_id)}\n", hints, ""


def _owncast(ask: Ask) -> tuple[str, list[str], str]:
    url = ask("Address of the Owncast server", "https://live.example.org")
    section = f'[platforms.owncast]\nurl = {_toml(url)}\nmute = "soft"             # soft | disable\n'
    return section, [OWNCAST_TOKENS], ""


def _douyu(ask: Ask) -> tuple[str, list[str], str]:
    return "[platforms.douyu]\n", [DOUYU_READS_ONLY], ""


def _sandbox(ask: Ask) -> tuple[str, list[str], str]:
    url = ask("Address of the practice platform", "http://127.0.0.1:8090")
    return f"[platforms.sandbox]\nurl = {_toml(url)}\ntoken = {_toml(ask('Its bot token', ''))}\n", [], ""


_SECTIONS = {
    "irc": _irc,
    "bilibili": _bilibili,
    "twitch": _twitch,
    "owncast": _owncast,
    "douyu": _douyu,
    "sandbox": _sandbox,
}


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
