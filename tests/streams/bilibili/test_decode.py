"""Bodies become events: every captured one against a golden file, and the shapes that captures do not show."""

from __future__ import annotations

import json
import os
import tracemalloc
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.bilibili import lines
from streams.bilibili.decode import Decoder
from streams.bilibili.facts import RoomFacts
from streams.bilibili.open_events import PushingStopped
from streams.events import (
    FeedChanged,
    FeedState,
    Message,
    MessageRemoved,
    PhraseInvited,
    Role,
    RolesChanged,
    RoomClosed,
    RoomLive,
    RoomSilenced,
    SenderSilenced,
)
from tests.streams.bilibili.samples import DATA, FACTS, NOW_S, ROOM, a_line, body_of, captured, decoded, encoded

COLLECTIONS = ["blive-message-listener", "tiny-bilibili-ws", "blive-ws", "open-platform"]


def _shown(event: Any) -> dict[str, Any]:
    """An event as plain data, with its kind and readable roles."""
    fields = msgspec.structs.asdict(event)
    if "sender" in fields:
        sender = fields["sender"]
        fields["sender"] = [sender.id, sender.name, str(sender.roles)]
    plain = {name: value.value if isinstance(value, FeedState) else value for name, value in fields.items()}
    plain = {name: str(value) if isinstance(value, Role) else value for name, value in plain.items()}
    return {"is": type(event).__name__, **plain}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_captured_bodies_give_the_golden_events(collection: str) -> None:
    """Set ``REWRITE_GOLDEN=1`` to write the golden file anew, then read the difference."""
    decoder = Decoder(FACTS)
    rows = []
    for source, body in captured(collection):
        events = [_shown(event) for event in decoder.decode(encoded(body), NOW_S)]
        if events:
            rows.append(json.dumps({"source": source, "events": events}, ensure_ascii=False))
    golden = DATA / f"{collection}.golden.jsonl"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert rows == golden.read_text(encoding="utf-8").splitlines()
    assert not [kind for kind in decoder.tally.counts if not kind.startswith("unknown")]


def test_every_captured_line_becomes_a_message() -> None:
    for collection in COLLECTIONS:
        for source, body in captured(collection):
            if body["cmd"].startswith("DANMU_MSG") or body["cmd"] == "LIVE_OPEN_PLATFORM_DM":
                (message,) = decoded(body)
                assert isinstance(message, Message), source
                assert message.text


def _typed_and_tolerant(body: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """The same line read both ways; a wrong type in an unneeded corner sends it the slow one."""
    fast, slow = Decoder(FACTS), Decoder(FACTS)
    events = fast.decode(encoded(body), NOW_S)
    assert not fast.tally.counts
    others = slow.decode(encoded({**body, "p_is_ack": "no"}), NOW_S)
    assert set(slow.tally.counts) == {"odd DANMU_MSG"}
    return events, others


def test_the_typed_and_the_tolerant_way_agree_on_every_captured_line() -> None:
    for collection in COLLECTIONS:
        for source, body in captured(collection):
            if not body["cmd"].startswith("DANMU_MSG"):
                continue
            body["info"][0][15]["extra"] = json.dumps({"id_str": "abc", "reply_mid": 7, "content": body["info"][1]})
            fast, slow = _typed_and_tolerant(body)
            assert fast == slow, source
            assert fast[0].id == "abc"


@given(
    content=st.text() | st.sampled_from(['","id_str":"forged","x":"', '\\","hit_combo":1,"', '\\"id_str\\":\\"forged']),
    combo=st.integers(0, 3),
    reply=st.integers(0, 99),
    mirror=st.booleans(),
    order=st.permutations(["content", "hit_combo", "reply_mid", "is_mirror", "id_str"]),
    compact=st.booleans(),
    ascii_only=st.booleans(),
)
def test_nothing_a_viewer_writes_reaches_the_fields_of_a_line(
    content: str, combo: int, reply: int, mirror: bool, order: list[str], compact: bool, ascii_only: bool
) -> None:
    values = {"content": content, "hit_combo": combo, "reply_mid": reply, "is_mirror": mirror, "id_str": "00ff"}
    extra = {name: values[name] for name in order}
    body = a_line(content)
    separators = (",", ":") if compact else None
    body["info"][0][15]["extra"] = json.dumps(extra, ensure_ascii=ascii_only, separators=separators)
    raw = json.dumps(body, ensure_ascii=ascii_only, separators=separators).encode("utf-8", "surrogatepass")
    (line,) = Decoder(FACTS).decode(raw, NOW_S)
    assert isinstance(line, Message)
    assert (line.id, line.canned, line.mirrored) == ("00ff", combo > 0, mirror)
    assert line.reply_to_sender == (str(reply) if reply else None)


RUN = (
    ',"id_str":"f0f0","icon":null,"reply_mid":0,"reply_uname":"","reply_uname_color":"","reply_is_mystery":false'
    ',"reply_type_enum":0,"hit_combo":0,"esports_jump_url":"","is_mirror":false,'
)
FORGERIES = [
    RUN, RUN.replace('"', '\\"'), RUN.replace('"', '\\\\"'), RUN.replace('"', '\\\\\\"'),
    'x",', ",", "\\", "\\\\", ',\\"is_mirror\\":true,', ',"hit_combo":1,',
]  # fmt: skip
WORDS = st.text() | st.sampled_from(FORGERIES)


@pytest.mark.parametrize(
    "told", [(0, 0, False), (1, 0, False), (10, 0, False), (0, 1, False), (0, 10, False), (0, 0, True)]
)
@given(
    content=WORDS,
    name=st.sampled_from(["", "", "", *FORGERIES]),
    card=st.none() | WORDS | st.dictionaries(WORDS, WORDS, max_size=3),
    identity=st.just("4e3ed8ede9409b23") | st.sampled_from(["", "0", 'a"b', "a\\b", "é"]),
)
def test_a_line_of_todays_shape_is_read_the_same_however_its_extra_is_written(
    content: str, name: str, card: Any, told: tuple[int, int, bool], identity: str
) -> None:
    """Written without spaces, as the platform does, only the id of ``extra`` is cut out; else all of it is read."""
    combo, reply, mirror = told
    before = {"content": content, "emots": {content: {"emoji": content}}, "is_audited": False}
    answer = {"icon": None, "show_reply": True, "reply_mid": reply, "reply_uname": name, "reply_uname_color": ""}
    kind = {"reply_is_mystery": False, "reply_type_enum": 0, "hit_combo": combo, "esports_jump_url": ""}
    extra = {**before, "id_str": identity, **answer, **kind, "is_mirror": mirror, "card": {"card_content": card}}
    read = []
    for separators in ((",", ":"), (", ", ": ")):
        body = a_line("said")
        body["info"][0][15]["extra"] = json.dumps(extra, ensure_ascii=False, separators=separators)
        read.append(decoded(body))
    assert read[0] == read[1]
    (line,) = read[0]
    assert isinstance(line, Message)
    assert line.id == identity or not identity
    assert (line.canned, line.mirrored) == (combo > 0, mirror)
    assert line.reply_to_sender == (str(reply) if reply else None)


def _extra(identity: str, content: str = "said", **told: Any) -> dict[str, Any]:
    """An ``extra`` of today's order, as far as it matters: ``told`` stands behind the id."""
    answer = {"icon": None, "reply_mid": 0, "reply_uname": "", "hit_combo": 0, "is_mirror": False}
    return {"content": content, "is_audited": False, "id_str": identity, **answer, **told}


def _written(extra: dict[str, Any]) -> bytes:
    """A line with this ``extra``, written without spaces, as the platform does."""
    body = a_line("said")
    body["info"][0][15]["extra"] = json.dumps(extra, ensure_ascii=False, separators=(",", ":"))
    return encoded(body)


TOLD: list[dict[str, Any]] = [
    {}, {"reply_mid": 1}, {"hit_combo": 1}, {"is_mirror": True}, {"voice": {"is_mirror": True}}, {"brand_new": RUN},
]  # fmt: skip
EXTRAS = st.builds(
    lambda identity, content, told, first: {**first, **_extra(identity, content, **told)},
    identity=st.sampled_from(["abcdef", "77", "", 'a"b', "é"]),
    content=WORDS,
    told=st.sampled_from(TOLD),
    first=st.sampled_from([{}, {}, {"hit_combo": 7}, {"reply_mid": 7}, {"id_str": "7"}]),
)


@given(extras=st.lists(EXTRAS, min_size=6, max_size=20))
def test_what_a_connection_learned_from_earlier_lines_changes_none_of_the_later(extras: list[dict[str, Any]]) -> None:
    decoder = Decoder(FACTS)
    for extra in [extra for extra in extras for _ in range(2)]:
        assert decoder.decode(_written(extra), NOW_S) == Decoder(FACTS).decode(_written(extra), NOW_S)


def test_a_key_that_stands_twice_counts_as_it_stands_last() -> None:
    """Also where the line ends as the one before it did."""
    decoder = Decoder(FACTS)
    bodies = [_written(_extra("a1")), _written(_extra("b2")).replace(b'{\\"content', b'{\\"hit_combo\\":9,\\"content')]
    read = [event for body in bodies for event in decoder.decode(body, NOW_S)]
    assert [(line.id, line.canned) for line in read if isinstance(line, Message)] == [("a1", False), ("b2", False)]


def test_a_field_the_platform_adds_is_learned_with_the_line_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, read = Decoder(FACTS), Mock(wraps=lines._extra_decoder.decode)
    monkeypatch.setattr(lines, "_extra_decoder", Mock(decode=read))
    for number in range(5):
        decoder.decode(_written(_extra(f"a{number}")), NOW_S)
    assert read.call_count == 1
    for number in range(5):
        decoder.decode(_written(_extra(f"b{number}", brand_new=1)), NOW_S)
    assert read.call_count == 2


@pytest.mark.fault("X8")
@pytest.mark.parametrize("extra", ["{}", "7", "null", '"\\ud800"', "[1]"])
def test_an_extra_that_is_no_text_is_told(extra: str) -> None:
    decoder = Decoder(FACTS)
    body = a_line("kept")
    body["info"][0][15]["extra"] = "@@"
    (line,) = decoder.decode(encoded(body).replace(b'"@@"', extra.encode()), NOW_S)
    assert isinstance(line, Message)
    assert line.text == "kept"
    assert decoder.tally.counts == {"odd DANMU_MSG": 1}


def test_commands_are_cut_at_the_first_colon_and_compared_whole() -> None:
    suffixed = {**a_line("a"), "cmd": "DANMU_MSG:4:0:2:2:2:0"}
    assert [event.text for event in decoded(suffixed) if isinstance(event, Message)] == ["a"]
    assert decoded({**a_line("b"), "cmd": "RECALL_DANMU_MSG"}) == []
    assert decoded({**a_line("c"), "cmd": "X_DANMU_MSG"}) == []
    (mirror,) = decoded({**a_line("d"), "cmd": "DANMU_MSG_MIRROR"})
    assert isinstance(mirror, Message)
    assert mirror.mirrored


def test_a_line_tells_its_id_sender_time_and_whom_it_answers() -> None:
    (line,) = decoded(a_line("在", uid=42, name="ann", extra={"id_str": "f00", "reply_mid": 99}))
    assert isinstance(line, Message)
    assert (line.room, line.id, line.text, line.sent_s) == (ROOM, "f00", "在", 1_699_999_999.123)
    assert (line.sender.id, line.sender.name, line.reply_to_sender) == ("42", "ann", "99")
    assert not line.canned
    assert not line.mirrored


def test_roles_come_from_the_mark_and_the_account() -> None:
    def roles(uid: int, mark: int) -> Role:
        body = a_line(uid=uid)
        body["info"][2][2] = mark
        (line,) = decoded(body)
        assert isinstance(line, Message)
        return line.sender.roles

    assert roles(5, 0) is Role.VIEWER
    assert roles(5, 1) is Role.MODERATOR
    assert roles(9001, 0) is Role.OWNER
    assert roles(1001, 1) is Role.SELF | Role.MODERATOR


@pytest.mark.fault("X28")
@pytest.mark.parametrize("uid", [0, -3, "0", None])
def test_a_masked_sender_is_nobody(uid: Any) -> None:
    (line,) = decoded(a_line(uid=uid, name="奥***"))
    assert isinstance(line, Message)
    assert line.sender.id is None


def test_lines_without_an_id_get_one_that_is_stable_and_tells_them_apart() -> None:
    def identity(text: str, uid: int = 42, ms: int = 1_699_999_999_123) -> str:
        body = a_line(text, uid=uid, extra={"id_str": ""})
        body["info"][0][4] = ms
        (line,) = decoded(body)
        assert isinstance(line, Message)
        return line.id

    assert identity("a") == identity("a")
    assert len({identity("a"), identity("b"), identity("a", 43), identity("a", ms=1_699_999_999_124)}) == 4


@pytest.mark.parametrize(("path", "value"), [((0, 12), 1), ((0, 9), 2), ((0, 9), 1), ((0, 16), {"activity_source": 2})])
def test_stickers_and_invited_phrases_are_canned(path: tuple[int, int], value: Any) -> None:
    body = a_line()
    body["info"][path[0]][path[1]] = value
    (line,) = decoded(body)
    assert isinstance(line, Message)
    assert line.canned


def test_the_plus_one_button_is_canned() -> None:
    (line,) = decoded(a_line(extra={"hit_combo": 1}))
    assert isinstance(line, Message)
    assert line.canned


def test_a_super_chat_is_one_line_and_its_twin_none() -> None:
    decoder = Decoder(FACTS)
    body = body_of("SUPER_CHAT_MESSAGE/normal")
    twin = json.loads(json.dumps(body))
    twin["cmd"], twin["data"]["id"] = "SUPER_CHAT_MESSAGE_JPN", str(body["data"]["id"])
    (line,) = decoder.decode(encoded(body), NOW_S)
    assert isinstance(line, Message)
    assert line.id == "sc:4898587"
    assert "price" not in str(msgspec.to_builtins(line))
    assert decoder.decode(encoded(twin), NOW_S) == []


def test_removals_mutes_and_silence() -> None:
    assert decoded(body_of("RECALL_DANMU_MSG/normal")) == [MessageRemoved(ROOM, NOW_S, sender_id="77777777771")]
    assert decoded({"cmd": "RECALL_DANMU_MSG", "data": {"recall_type": 3, "target_id": 0}}) == [
        MessageRemoved(ROOM, NOW_S)
    ]
    assert decoded({"cmd": "RECALL_DANMU_MSG", "data": {"recall_type": 0, "target_id": 5}}) == []
    assert decoded(body_of("SUPER_CHAT_MESSAGE_DELETE/normal")) == [
        MessageRemoved(ROOM, NOW_S, message_id="sc:4898587")
    ]
    assert decoded(body_of("ROOM_BLOCK_MSG/normal")) == [SenderSilenced(ROOM, NOW_S, "77777777771", by="9001")]
    ending = {"cmd": "ROOM_BLOCK_MSG", "data": {"operator": 1, "block_expired": 1_700_003_600}, "uid": "7"}
    assert decoded(ending) == [SenderSilenced(ROOM, NOW_S, "7", until_s=1_700_003_600.0)]
    forever = {"cmd": "ROOM_BLOCK_MSG", "data": {"uid": 7, "operator": 1, "block_expired": 2145888000}}
    assert decoded(forever) == [SenderSilenced(ROOM, NOW_S, "7")]
    assert decoded(body_of("ROOM_SILENT_ON/all_member")) == [RoomSilenced(ROOM, NOW_S, True, 1673943338.0)]
    assert decoded(body_of("ROOM_SILENT_ON/by_user_level_unlimited")) == [RoomSilenced(ROOM, NOW_S, True)]
    assert decoded(body_of("ROOM_SILENT_OFF/normal")) == [RoomSilenced(ROOM, NOW_S, False)]


def test_moderators_come_and_go() -> None:
    decoder = Decoder(FACTS)

    def heard(body: dict[str, Any]) -> list[tuple[str, Role]]:
        events = decoder.decode(encoded(body), NOW_S)
        return [(event.sender_id, event.roles) for event in events if isinstance(event, RolesChanged)]

    assert heard({"cmd": "room_admin_entrance", "uid": 7}) == [("7", Role.MODERATOR)]
    assert heard({"cmd": "ROOM_ADMINS", "uids": [7, 8]}) == [("8", Role.MODERATOR)]
    assert heard({"cmd": "ROOM_ADMINS", "uids": [8]}) == [("7", Role.VIEWER)]
    assert heard({"cmd": "ROOM_ADMIN_REVOKE", "uid": 8}) == [("8", Role.VIEWER)]


def test_a_stream_begins_once_for_its_key() -> None:
    decoder = Decoder(FACTS)
    bodies = [body_of("LIVE/start_live"), body_of("LIVE/push_stream"), {"cmd": "LIVE", "live_key": "other"}]
    events = [event for body in bodies for event in decoder.decode(encoded(body), NOW_S)]
    assert events == [RoomLive(ROOM, NOW_S), RoomLive(ROOM, NOW_S)]
    assert decoded(body_of("PREPARING/normal")) == [RoomClosed(ROOM, NOW_S)]
    assert decoded(body_of("CUT_OFF/normal")) == [RoomClosed(ROOM, NOW_S)]
    assert decoded(body_of("WARNING/normal")) == []


def test_invited_phrases() -> None:
    assert decoded(body_of("DANMU_AGGREGATION", "tiny-bilibili-ws")) == [
        PhraseInvited(ROOM, NOW_S, "老板大气！点点红包抽礼物")
    ]
    assert decoded(body_of("DM_INTERACTION", "tiny-bilibili-ws")) == [
        PhraseInvited(ROOM, NOW_S, "BLG"),
        PhraseInvited(ROOM, NOW_S, "JDG"),
    ]
    combo = json.dumps({"combo": [{"content": "666", "cnt": 9}]})
    assert decoded({"cmd": "DM_INTERACTION", "data": {"type": 102, "status": 4, "data": combo}}) == [
        PhraseInvited(ROOM, NOW_S, "666")
    ]
    assert decoded({"cmd": "DM_INTERACTION", "data": {"type": 102, "status": 5, "data": combo}}) == []


def test_a_guest_is_told_to_be_blind() -> None:
    (event,) = decoded({"cmd": "LOG_IN_NOTICE", "data": {}})
    assert isinstance(event, FeedChanged)
    assert event.state is FeedState.BLIND
    assert "log in" in event.reason


def test_the_games_copy_of_a_line_is_not_a_line() -> None:
    assert decoded(body_of("LIVE_INTERACTIVE_GAME", "tiny-bilibili-ws")) == []


def test_the_open_platforms_events() -> None:
    facts = RoomFacts(ROOM, 1, owner_id="open-owner")
    data = {
        "open_id": "open-owner",
        "uname": "o",
        "msg": "hi",
        "msg_id": "m1",
        "timestamp": 1_700_000_001,
        "is_admin": 0,
    }
    (line,) = decoded({"cmd": "LIVE_OPEN_PLATFORM_DM", "data": {**data, "dm_type": 1, "reply_open_id": "x"}}, facts)
    assert isinstance(line, Message)
    assert (line.id, line.sender.id, line.sender.roles) == ("m1", "open-owner", Role.OWNER)
    assert (line.canned, line.reply_to_sender, line.sent_s) == (True, "x", 1_700_000_001.0)
    (mirror,) = decoded({"cmd": "LIVE_OPEN_PLATFORM_DM_MIRROR", "data": {**data, "is_admin": 1, "open_id": "y"}}, facts)
    assert isinstance(mirror, Message)
    assert mirror.mirrored
    assert mirror.sender.roles is Role.MODERATOR
    removed = {"cmd": "LIVE_OPEN_PLATFORM_SUPER_CHAT_DEL", "data": {"message_ids": [3992851]}}
    assert decoded(removed, facts) == [MessageRemoved(ROOM, NOW_S, message_id="sc:3992851")]
    assert decoded({"cmd": "LIVE_OPEN_PLATFORM_LIVE_START", "data": {}}, facts) == [RoomLive(ROOM, NOW_S)]
    assert decoded({"cmd": "LIVE_OPEN_PLATFORM_LIVE_END", "data": {}}, facts) == [RoomClosed(ROOM, NOW_S)]
    with pytest.raises(PushingStopped):
        decoded({"cmd": "LIVE_OPEN_PLATFORM_INTERACTION_END", "data": {"game_id": "g"}}, facts)


def test_unknown_commands_are_counted_and_the_names_are_bounded() -> None:
    decoder = Decoder(FACTS)
    for number in range(1000):
        assert decoder.decode(encoded({"cmd": f"NEW_{number}"}), NOW_S) == []
    assert sum(decoder.tally.counts.values()) == 1000
    assert len(decoder.tally.counts) <= 257


def test_a_message_that_asks_for_it_is_acknowledged_and_taken_once() -> None:
    decoder = Decoder(FACTS)
    body = encoded({**a_line("once"), "p_is_ack": True, "msg_id": "77", "p_msg_type": 1})
    assert [event.text for event in decoder.decode(body, NOW_S) if isinstance(event, Message)] == ["once"]
    assert decoder.decode(body, NOW_S) == []
    assert decoder.acks == [{"msg_id": "77", "cmd": "DANMU_MSG", "p_msg_type": 1}] * 2
    assert not decoder.tally.counts


# What breaks promises (X8)

HUGE = b"1" * 5000


@pytest.mark.fault("X8")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b"[" * 100_000,
        b'{"cmd":' * 100_000,
        b'{"cmd":"DANMU_MSG"}',
        b'{"cmd":"DANMU_MSG","info":null}',
        b'{"cmd":"DANMU_MSG","info":[]}',
        b'{"cmd":"DANMU_MSG","info":{"0":1}}',
        b'{"cmd":["DANMU_MSG"],"info":[]}',
        b'{"cmd":null}',
        b'{"cmd":' + HUGE + b"}",
        b'{"cmd":"SUPER_CHAT_MESSAGE","data":{"id":NaN,"message":[1]}}',
        b'{"cmd":"ROOM_BLOCK_MSG","data":{"uid":1e400}}',
        b'{"cmd":"ROOM_ADMINS","uids":{"a":1}}',
        b'{"cmd":"DM_INTERACTION","data":{"type":102,"data":"{\\"combo\\":7}"}}',
        b'{"cmd":"DM_INTERACTION","data":{"type":101,"data":"["}}',
    ],
)
def test_bodies_that_are_not_understood_are_survived(body: bytes) -> None:
    assert Decoder(FACTS).decode(body, NOW_S) == []


@pytest.mark.fault("X8", "X10")
def test_a_body_that_would_swell_as_plain_json_is_not_built() -> None:
    decoder = Decoder(FACTS)
    body = b'{"cmd":"NEW","data":[' + b"[]," * 1_000_000 + b"[]]}"
    tracemalloc.start()
    assert decoder.decode(body, NOW_S) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    assert decoder.tally.counts == {"too long": 1}


def _with(path: tuple[int, ...], value: str) -> bytes:
    """A line with one place of ``info`` replaced by raw JSON text."""
    body = a_line("kept")
    target: Any = body["info"]
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = "@@"
    return encoded(body).replace(b'"@@"', value.encode())


ODD = ["null", '"text"', "[]", "{}", "NaN", "Infinity", "1e400", "-1", "true", HUGE.decode(), '"\\ud800"', "2.5"]


@pytest.mark.fault("X8")
@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    "path",
    [
        (0, 4),
        (0, 5),
        (0, 7),
        (0, 9),
        (0, 12),
        (0, 13),
        (0, 15),
        (0, 16),
        (2, 0),
        (2, 1),
        (2, 2),
        (3,),
        (9,),
        (0,),
        (2,),
    ],
)
def test_a_wrong_type_anywhere_loses_no_line(path: tuple[int, ...], value: str) -> None:
    decoder = Decoder(FACTS)
    (line,) = decoder.decode(_with(path, value), NOW_S)
    assert isinstance(line, Message)
    assert line.text == "kept"
    line.sender.name.encode()
    assert line.sent_s == line.sent_s  # never NaN
    assert line.id


@pytest.mark.fault("X8")
def test_lone_surrogates_bad_utf8_and_duplicate_keys() -> None:
    (line,) = Decoder(FACTS).decode(encoded(a_line("@@")).replace(b'"@@"', b'"a\\ud800b"'), NOW_S)
    assert isinstance(line, Message)
    assert line.text == "a\ufffdb"
    (line,) = Decoder(FACTS).decode(encoded(a_line("@@")).replace(b"@@", b"a\xffb"), NOW_S)
    assert isinstance(line, Message)
    assert line.text == "a\ufffdb"
    doubled = encoded(a_line("x")).replace(b'{"cmd": "DANMU_MSG"', b'{"cmd": "OTHER", "cmd": "DANMU_MSG"')
    assert len(Decoder(FACTS).decode(doubled, NOW_S)) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
COMMANDS = [*sorted(Decoder(FACTS)._handlers), "DANMU_MSG", "DANMU_MSG_MIRROR"]


@pytest.mark.fault("X8")
@given(command=st.sampled_from(COMMANDS), data=JSON, info=JSON, uid=JSON)
def test_no_shape_of_any_command_raises(command: str, data: Any, info: Any, uid: Any) -> None:
    body = json.dumps({"cmd": command, "data": data, "info": info, "uid": uid, "uids": data, "live_key": uid}).encode()
    try:
        events = Decoder(FACTS).decode(body, NOW_S)
    except PushingStopped:
        return
    msgspec.json.encode([_shown(event) for event in events])


@pytest.mark.fault("X8")
@given(body=st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    Decoder(FACTS).decode(body, NOW_S)
