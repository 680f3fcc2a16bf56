"""What people see of a line's HTML."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.owncast.body import text_of
from tests.simulators.owncast.world import rendered


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>hello</p>", "hello"),
        ("plain", "plain"),
        ("<p>a<br>b</p><p>c</p>", "a b c"),
        ("<p>!report viewer-two &lt;b&gt; &amp;amp;</p>", "!report viewer-two <b> &amp;"),
        (
            '<p><img src="/img/emoji/x.gif" class="emoji" alt=":beer:" title=":beer:"> <strong>yes</strong></p>',
            ":beer: yes",
        ),
        ('<p><a href="https://a.example/x" rel="r">https://a.example/x</a></p>', "https://a.example/x"),
        ('<p><a href="https://a.example/">a.example</a></p>', "a.example"),
        ("<p></p>", ""),
        ("", ""),
    ],
)
def test_the_text_is_what_people_see(body: str, text: str) -> None:
    assert text_of(body) == text


def test_a_link_that_leads_elsewhere_than_it_says_tells_where() -> None:
    """Words over an address would slip past every look at links."""
    assert text_of(rendered("[free gifts](https://trap.example/x)")) == "free gifts (https://trap.example/x)"


@pytest.mark.fault("X7")
@pytest.mark.parametrize(
    "body", ["<", "<p", "</", "&#xD800;", "&#0;", "<a href", "<img alt=\x00>", "<!--", "<![CDATA["]
)
def test_broken_html_is_text_or_nothing(body: str) -> None:
    assert isinstance(text_of(body), str)


@given(st.text())
def test_never_raises_and_never_keeps_a_tag_that_was_typed(typed: str) -> None:
    """Whatever is typed reads back as typed, but for white space, as the server escapes it."""
    escaped = html.escape(typed)
    assert text_of(f"<p>{escaped}</p>").split() == html.unescape(escaped).split()


@given(st.text())
def test_any_string_is_taken(body: str) -> None:
    text_of(body)
