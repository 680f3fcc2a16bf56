"""How people are muted on the servers of the world, and whom a mask holds."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import Role, RoomKey
from streams.irc.channel import Channel, Member
from streams.irc.features import Features, ModeChange
from streams.irc.masks import MuteForm, glob, is_nick, mask_of, masks_of, mute_form, read_mask, whom


def features(*tokens: str) -> Features:
    made = Features()
    made.learn(tokens)
    return made


def channel(**user_hosts: str) -> Channel:
    made = Channel(RoomKey("irc:#r"), "#r", "#r")
    made.members.update({nick: Member(nick, user_host=user_host) for nick, user_host in user_hosts.items()})
    return made


@pytest.mark.parametrize(
    ("tokens", "form"),
    [
        (["EXTBAN=,ACNOQRSTUacmz", "CHANMODES=IXbegw,k,l,imnpst"], MuteForm("b", "m:")),
        (["EXTBAN=~,GptmTSOcaqr", "CHANMODES=beI,fkL,lH,cimnpst"], MuteForm("b", "~q:")),
        (["EXTBAN=$,ajrxz", "CHANMODES=eIbq,k,flj,CFLMPQScgimnprstz"], MuteForm("q", "")),
        (["CHANMODES=b,k,l,imnpst"], None),
        ([], None),
    ],
    ids=["InspIRCd", "UnrealIRCd", "solanum", "plain", "silent"],
)
def test_each_server_mutes_in_its_own_way(tokens: list[str], form: MuteForm | None) -> None:
    assert mute_form(features(*tokens)) == form


def test_the_host_is_chosen_only_where_nobody_shares_it() -> None:
    alone = channel(ann="a@host", ben="b@host")
    assert mask_of(alone, "ann") == "*!a@host"
    shared = channel(ann="web@gateway", ben="web@gateway")
    assert mask_of(shared, "ann") == "ann!*@*"
    assert mask_of(channel(ann=""), "ann") == "ann!*@*"
    assert mask_of(channel(ann="*@*"), "ann") == "ann!*@*"
    alone.drop("ann")
    assert masks_of(alone, "ann") == ["ann!*@*", "*!a@host"]
    assert mask_of(alone, "stranger") == "stranger!*@*"


def test_a_mask_means_somebody_only_if_it_holds_exactly_one() -> None:
    people = channel(ann="a@one", ben="b@two", cat="c@two")
    plain = features()
    assert whom("ANN!*@*", people, plain) == "ann"
    assert whom("*!?@one", people, plain) == "ann"
    assert whom("*!*@two", people, plain) is None
    assert whom("dan!*@*", people, plain) is None


def test_entries_that_aim_at_no_person_mean_nothing() -> None:
    inspircd = features("EXTBAN=,mr")
    assert read_mask("b", "m:ann!*@*", inspircd) == ("ann!*@*", False)
    assert read_mask("b", "ann!*@*", inspircd) == ("ann!*@*", True)
    assert read_mask("b", "r:real name", inspircd) is None
    assert read_mask("b", "N:ann!*@*", inspircd) is None
    assert read_mask("e", "ann!*@*", inspircd) is None
    solanum = features("EXTBAN=$,ar", "CHANMODES=eIbq,k,l,m")
    assert read_mask("q", "ann!*@*", solanum) == ("ann!*@*", False)
    assert read_mask("b", "$a:ann", solanum) is None


@given(st.text("ab*?[!", max_size=10), st.text("ab[!", max_size=12))
def test_glob_agrees_with_the_standard_librarys(pattern: str, text: str) -> None:
    wanted = re.match(fnmatch.translate(pattern.replace("[", "[[]")), text) is not None
    assert glob(pattern, text) is wanted


def test_a_hostile_mask_cannot_stall() -> None:
    assert not glob("*a" * 60 + "b", "a" * 400)


@given(st.text(max_size=20))
def test_a_nick_is_one_word_that_means_one_person(text: str) -> None:
    if is_nick(text):
        assert not set(text) & set(" ,*?!@:\r\n\0")
        assert text[0] not in "#&"


@given(st.text(max_size=20), st.sampled_from(["ascii", "rfc1459", "strict-rfc1459", "precis"]))
def test_folding_twice_changes_nothing(name: str, casemapping: str) -> None:
    folding = features(f"CASEMAPPING={casemapping}")
    assert folding.fold(folding.fold(name)) == folding.fold(name) or casemapping == "precis"
    assert folding.fold("NiCK") == "nick"


def test_casemappings_differ_in_their_brackets() -> None:
    assert features("CASEMAPPING=rfc1459").fold("[A]~") == "{a}^"
    assert features("CASEMAPPING=strict-rfc1459").fold("[A]~") == "{a}~"
    assert features("CASEMAPPING=ascii").fold("[A]~") == "[a]~"


def test_modes_take_the_arguments_their_groups_say() -> None:
    made = features("CHANMODES=eb,k,l,imn", "PREFIX=(qov)~@+")
    read = list(made.read_modes("+bl-lk+ov-n", ["mask", "5", "key", "ann"]))
    assert read == [
        ModeChange(True, "b", "mask"),
        ModeChange(True, "l", "5"),
        ModeChange(False, "l", None),
        ModeChange(False, "k", "key"),
        ModeChange(True, "o", "ann"),
        ModeChange(True, "v", None),
        ModeChange(False, "n", None),
    ]


def test_ranks_become_roles() -> None:
    made = features("PREFIX=(Yqaohv)!~&@%+")
    assert made.role_of("v") is Role.VIEWER
    assert made.role_of("h") is made.role_of("o") is made.role_of("a") is made.role_of("Y") is Role.MODERATOR
    assert made.role_of("q") is Role.OWNER | Role.MODERATOR
    assert made.split_name("~@ann") == ("qo", "ann")


@pytest.mark.parametrize(
    "token", ["PREFIX=", "PREFIX=(ov)@", "CHANMODES=b", "MODES=", "MODES=x", "NICKLEN=999999999", "="]
)
def test_a_nonsense_token_changes_nothing(token: str) -> None:
    made, plain = features(token), Features()
    assert (made.ranks, made.list_modes, made.nick_length) == (plain.ranks, plain.list_modes, plain.nick_length)


def test_client_tags_may_be_denied() -> None:
    assert features().allows_tag("draft/reply")
    assert not features("CLIENTTAGDENY=draft/reply").allows_tag("draft/reply")
    assert not features("CLIENTTAGDENY=*").allows_tag("draft/reply")
    assert features("CLIENTTAGDENY=*,-draft/reply").allows_tag("draft/reply")
