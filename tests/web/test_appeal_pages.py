"""Appeals, objections, remarks and link codes on the pages; every state in plain words."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import msgspec
import pytest

from cases.catalogue import LANGUAGES
from cases.history import Addressee, Letter
from cases.model import (
    Actor,
    ActorKind,
    Appeal,
    AppealStatus,
    CaseStatus,
    EvidenceLine,
    Finding,
    Informed,
    LetterStatus,
    MeasureStatus,
    Refusal,
    Report,
    ReportStatus,
    StatementStatus,
)
from cases.ports import LetterRow, StorageError
from tests.web.house import DEMO, NOW, RECEIPT_TOKEN, STATEMENT_TOKEN, House, a_case
from web.screen import FeedLine
from web.texts import texts
from web.views import LinkView, OwnDecision

OPEN = Appeal("A7K2/1", "42", NOW, "it was a song", AppealStatus.OPEN)
INFORMED = (Informed("42", NOW, "page"),)


async def get(house: House, path: str, status: int = 200, /, **headers: str) -> str:
    async with house.session.get(path, headers=headers, allow_redirects=False) as answer:
        body = await answer.text()
        assert answer.status == status, (path, answer.status, body[:500])
        return body


async def post(house: House, path: str, data: dict[str, str]) -> tuple[int, str]:
    headers = {"Origin": str(house.session._base_url).rstrip("/")}
    async with house.session.post(path, data=data, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", "") or await answer.text()


def answered(status: AppealStatus, **changes: object) -> Appeal:
    values: dict[str, object] = {
        "status": status,
        "decided_at": NOW,
        "decided_by": Actor(ActorKind.MODERATOR, "secret-id", "Secret Max"),
        "answer": "the song was over by then",
        "findings": (Finding("it was a song", "over by then"),),
    }
    return msgspec.structs.replace(OPEN, **(values | changes))


class TestStates:
    @pytest.mark.norm("P3-3", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_none_is_without_a_plain_line(self, language: str) -> None:
        known = texts(language).all
        wanted = [
            *(f"hearing.report.{status}" for status in ReportStatus),
            *(f"hearing.appeal.{status}" for status in AppealStatus),
            *(f"hearing.letter.{status}" for status in LetterStatus),
            *(f"hearing.statement.{status}" for status in StatementStatus),
            *(f"status.{status}" for status in (*CaseStatus, *AppealStatus)),
            *(f"progress.{status}" for status in CaseStatus),
            *(f"outcome.{status}" for status in MeasureStatus),
        ]
        assert [key for key in wanted if not known.get(key, "").strip()] == []

    @pytest.mark.norm("P3-3", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("status", [AppealStatus.OPEN, AppealStatus.NEEDS_INFO])
    def test_what_waits_says_why(self, language: str, status: AppealStatus) -> None:
        because = {"en": "Waiting because:", "zh-CN": "等待原因", "zh-TW": "等待原因"}[language]
        if status is AppealStatus.OPEN:
            assert because in texts(language).all[f"hearing.appeal.{status}"]
        for waits in (ReportStatus.RECEIVED, ReportStatus.ACCEPTED, ReportStatus.NEEDS_INFO):
            assert because in texts(language).all[f"hearing.report.{waits}"]

    @pytest.mark.norm("P3-3", "deadline")
    async def test_a_change_is_seen_at_the_next_look(self, house: House) -> None:
        house.reader.hold(a_case(appeals=(OPEN,), status=CaseStatus.APPEALED))
        path = f"/statement/{STATEMENT_TOKEN}"
        assert "somebody who took no part" in await get(house, path)
        house.reader.hold(a_case(appeals=(answered(AppealStatus.UPHELD),), status=CaseStatus.UPHELD))
        assert "the song was over by then" in await get(house, path)


class TestTheStatement:
    @pytest.mark.norm("N3.2-1b", "deadline")
    async def test_who_opens_it_is_informed(self, house: House) -> None:
        house.reader.hold(a_case())
        assert "no time runs before that" in await get(house, f"/statement/{STATEMENT_TOKEN}")
        assert house.opened_tokens == [STATEMENT_TOKEN]
        await get(house, "/statement/somebody-elses-token", 404)
        assert house.opened_tokens == [STATEMENT_TOKEN]

    @pytest.mark.norm("N1.3-4", "bad-input")
    async def test_a_line_as_a_reporter_quoted_it_is_not_shown(self, house: House) -> None:
        """It has no message id: its wording, even a slip of the pen in it, is the reporter's."""
        quoted = EvidenceLine("", "Flooding Fred", "he rote aaaa", NOW, judged=True)
        house.reader.lines = (*house.reader.lines, quoted)
        house.reader.hold(a_case())
        body = await get(house, f"/statement/{STATEMENT_TOKEN}")
        assert "aaaaaaaa" in body
        assert "he rote" not in body

    @pytest.mark.norm("N3.2-1b", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_a_mute_that_an_appeal_changed_shows_its_real_end_beside_the_first(
        self, house: House, language: str
    ) -> None:
        first = a_case().actions[0]
        path = f"/statement/{STATEMENT_TOKEN}?lang={language}"
        t = texts(language)
        house.reader.hold(a_case())
        body = await get(house, path)
        assert t("hearing.ends_now") not in body
        assert t("hearing.runs_no_more") not in body
        lifted = msgspec.structs.replace(first, status=MeasureStatus.REVOKED)
        house.reader.hold(a_case(actions=(lifted,)))
        assert t("hearing.runs_no_more") in await get(house, path)
        later, sooner = NOW + timedelta(minutes=2), NOW + timedelta(minutes=4)
        shorter = msgspec.structs.replace(first, id="A7K2.3", ordered_at=later, until=sooner)
        house.reader.hold(a_case(actions=(lifted, shorter)))
        body = await get(house, path)
        assert t("hearing.ends_now") in body
        assert sooner.strftime("%H:%M") in body
        assert (NOW + timedelta(minutes=10)).strftime("%H:%M") in body, "beside what was decided first"

    @pytest.mark.norm("N3.2-1b", "behaviour")
    async def test_it_says_until_when_counted_from_being_informed(self, house: House) -> None:
        later = (Informed("42", NOW + timedelta(days=3), "page"),)
        house.reader.hold(a_case(informed=later))
        until = NOW + timedelta(days=183)
        assert f"{until:%Y-%m-%d}" in await get(house, f"/statement/{STATEMENT_TOKEN}")

    @pytest.mark.norm("N3.2-1b", "behaviour")
    @pytest.mark.parametrize("path", [f"/statement/{STATEMENT_TOKEN}", "/case/A7K2"])
    async def test_nobody_banned_is_sent_to_the_chat(self, house: House, path: str) -> None:
        from cases.model import ActionKind

        mute = a_case().actions[0]
        ban = msgspec.structs.replace(mute, kind=ActionKind.BAN, until=None)
        house.reader.hold(a_case(actions=(ban,)))
        body = await get(house, path)
        assert "You need not write in the chat" in body
        assert "!appeal" not in body

    @pytest.mark.norm("N3.3-3b", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_an_answer_has_findings_and_further_routes_and_no_name(self, house: House, language: str) -> None:
        house.reader.hold(a_case(appeals=(answered(AppealStatus.UPHELD),), status=CaseStatus.UPHELD))
        body = await get(house, f"/statement/{STATEMENT_TOKEN}?lang={language}")
        assert "over by then" in body
        assert texts(language)("hearing.routes") in body
        assert "Max" not in body
        assert "secret-id" not in body

    @pytest.mark.norm("N3.3-2", "behaviour")
    async def test_it_says_when_somebody_involved_answered_and_when_nobody_did(self, house: House) -> None:
        alone = answered(AppealStatus.UPHELD, alone=True)
        house.reader.hold(a_case(appeals=(alone,), status=CaseStatus.UPHELD))
        assert "somebody who had acted in the case answered" in await get(house, f"/statement/{STATEMENT_TOKEN}")
        late = msgspec.structs.replace(OPEN, overdue=True, suspended=("A7K2.1",))
        house.reader.hold(a_case(appeals=(late,), status=CaseStatus.APPEALED))
        assert "Nobody answered in time" in await get(house, f"/statement/{STATEMENT_TOKEN}")


class TestTheForm:
    @pytest.mark.norm("N3.3-1", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_it_takes_evidence_what_is_new_and_a_contact(self, house: House, language: str) -> None:
        house.reader.hold(a_case())
        fields = {
            "token": STATEMENT_TOKEN,
            "reasons": "it was a song",
            "evidence": "https://clip.example/1\n\na witness",
            "news": "the clip",
            "contact": "ann@example.org",
            "show_again": "yes",
        }
        status, body = await post(house, f"/appeal?lang={language}", fields)
        assert status == 200, body
        (sent,) = house.appeals
        assert (sent.reasons, sent.news, sent.contact) == ("it was a song", "the clip", "ann@example.org")
        assert (sent.evidence, sent.show_again) == (("https://clip.example/1", "a witness"), True)

    @pytest.mark.norm("N3.3-1", "bad-input")
    async def test_without_reasons_it_is_sent_on_to_be_asked_for_them(self, house: House) -> None:
        house.reader.hold(a_case())
        status, _ = await post(house, "/appeal", {"token": STATEMENT_TOKEN})
        assert (status, house.appeals[0].reasons) == (200, "")

    @pytest.mark.norm("N3.3-1", "behaviour")
    @pytest.mark.norm("N3.2-1a", "behaviour")
    async def test_a_refused_reporter_objects_from_the_receipt(self, house: House) -> None:
        report = Report("A7K2.r1", "pseudonym-1", "web", NOW, "flooding", status=ReportStatus.REFUSED, answer="no rule")
        house.reader.hold(a_case(reports=(report,), status=CaseStatus.DISMISSED, measures=(), actions=()))
        body = await get(house, f"/receipt/{RECEIPT_TOKEN}")
        assert "no rule" in body
        assert f"/appeal?token={RECEIPT_TOKEN}" in body
        status, _ = await post(house, "/appeal", {"token": RECEIPT_TOKEN, "reasons": "he did it"})
        assert (status, house.appeals[0].token) == (200, RECEIPT_TOKEN)

    @pytest.mark.norm("N3.3-2", "behaviour")
    @pytest.mark.parametrize("page", [f"/receipt/{RECEIPT_TOKEN}", f"/statement/{STATEMENT_TOKEN}"])
    async def test_both_sides_are_heard_while_an_appeal_is_open(self, house: House, page: str) -> None:
        house.reader.hold(a_case(appeals=(OPEN,), status=CaseStatus.APPEALED))
        token = page.rpartition("/")[2]
        assert f"/appeal/remark?token={token}" in await get(house, page)
        assert 'name="text"' in await get(house, f"/appeal/remark?token={token}")
        status, _ = await post(house, "/appeal/remark", {"token": token, "text": "one thing more"})
        assert (status, [one.text for one in house.remarks]) == (200, ["one thing more"])

    @pytest.mark.norm("N3.3-2", "bad-input")
    async def test_a_remark_that_cannot_be_taken_loses_nothing(self, house: House) -> None:
        house.reader.hold(a_case())
        assert (await post(house, "/appeal/remark", {"token": "x" * 30, "text": ""}))[0] == 422
        assert '<input id="token"' in await get(house, "/appeal/remark"), "nobody is left without a place for the token"
        status, body = await post(house, "/appeal/remark", {"token": "", "text": "hi"})
        assert (status, 'id="token-error"' in body) == (422, True)
        house.answer = Refusal("unknown_case", "no such statement")
        assert (await post(house, "/appeal/remark", {"token": "x" * 30, "text": "hi"}))[0] == 404
        house.answer = StorageError("away")
        status, body = await post(house, "/appeal/remark", {"token": "x" * 30, "text": "keep this"})
        assert status == 503
        assert "keep this" in body


class TestTheLinkPage:
    @pytest.mark.norm("N2.1-1b", "behaviour")
    @pytest.mark.norm("N3.3-1", "behaviour")
    async def test_it_shows_a_code_then_the_decisions(self, house: House) -> None:
        status, path = await post(house, "/link", {})
        assert status == 303
        secret = path.rpartition("/")[2]
        async with house.session.get(path) as answer:
            assert "!link K7ACDEFH" in await answer.text()
            assert answer.headers["Refresh"] == "3"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
        own = OwnDecision("A7K2", a_case().room, CaseStatus.DECIDED, NOW, STATEMENT_TOKEN)
        house.links.views[secret] = LinkView("K7ACDEFH", True, NOW, (own,))
        body = await get(house, path)
        assert f"/statement/{STATEMENT_TOKEN}" in body
        assert "K7ACDEFH" not in body

    @pytest.mark.norm("N2.1-1b", "bad-input")
    async def test_a_guess_gets_the_neutral_page_and_codes_are_few(self, house: House) -> None:
        guess = (await get(house, "/link/guessed-secret-0001", 404)).partition("<main")[2]
        assert guess == (await get(house, "/statement/guessed-secret-0001", 404)).partition("<main")[2]
        answers = [(await post(house, "/link", {}))[0] for _ in range(7)]
        assert answers == [303] * 5 + [429] * 2

    @pytest.mark.norm("N2.1-1b", "bad-input")
    async def test_looking_makes_no_code_and_strangers_pages_post_nothing(self, house: House) -> None:
        await get(house, "/link")
        assert house.links.views == {}
        async with house.session.post("/link", data={}, headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403


class TestShownAgain:
    @pytest.mark.norm("N3.3-3a", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_the_feed_page_lists_it_apart_and_no_overlay_does(self, house: House, language: str) -> None:
        path = f"/feed/sandbox%3Ademo?lang={language}"
        assert texts(language)("hearing.again") not in await get(house, path)
        house.hub.show_again(FeedLine(DEMO, "m1", "Ann", "<b>it was a song", NOW.timestamp()))
        body = await get(house, path)
        assert texts(language)("hearing.again") in body
        assert "&lt;b&gt;it was a song" in body
        assert house.hub.lines(DEMO) == ()


class TestLetters:
    @pytest.mark.norm("N3.2-1a", "behaviour")
    @pytest.mark.norm("P3-3", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(
        ("state", "when"), [("queued", {}), ("sent", {"sent_at": NOW, "channel": "mail"}), ("held", {"held_at": NOW})]
    )
    async def test_the_receipt_tells_what_was_told_and_how_it_went(
        self, house: House, language: str, state: str, when: dict[str, object]
    ) -> None:
        house.reader.hold(a_case())
        letter = Letter(Addressee.REPORTER, "A7K2.r1", "report_refused", {"code": "A7K2", "reason": "<i>no rule"})
        other = Letter(Addressee.REPORTER, "A7K2.r2", "report_needs_info", {"code": "A7K2", "missing": "a secret"})
        for one in (letter, other):
            house.post.append(LetterRow(1, one, "A7K2", DEMO, NOW, NOW, **when))  # type: ignore[arg-type]
        body = await get(house, f"/receipt/{RECEIPT_TOKEN}?lang={language}")
        assert texts(language)(f"hearing.letter.{state}") in body
        assert "&lt;i&gt;no rule" in body
        assert "a secret" not in body


class TestFilesOfAnAppeal:
    @pytest.mark.norm("N3.3-2", "behaviour")
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_it_says_beforehand_where_the_streamer_decides(self, house: House, language: str) -> None:
        told, path = texts(language)("hearing.streamer_decides"), f"/appeal?lang={language}"
        assert told not in await get(house, path)
        house.streamer_decides = True
        assert told in await get(house, path)

    @pytest.mark.norm("N3.3-1", "behaviour")
    async def test_up_to_three_pictures_or_documents_go_with_it(self, house: House) -> None:
        house.reader.hold(a_case())
        png = b"\x89PNG\r\n\x1a\n" + b"x" * 100
        status, _ = await self.send(house, png)
        assert status == 200
        assert [file.media_type for file in house.appeals[-1].files] == ["image/png"]

    @pytest.mark.norm("N3.3-1", "bad-input")
    @pytest.mark.parametrize("files", [(b"MZ a program",), (b"\x89PNG\r\n\x1a\n",) * 4])
    async def test_other_files_or_more_are_refused_and_nothing_typed_is_lost(
        self, house: House, files: tuple[bytes, ...]
    ) -> None:
        house.reader.hold(a_case())
        status, body = await self.send(house, *files)
        assert status == 422
        assert "it was a song" in body
        assert house.appeals == []

    @staticmethod
    async def send(house: House, *files: bytes) -> tuple[int, str]:
        data = aiohttp.FormData(default_to_multipart=True)
        data.add_field("token", STATEMENT_TOKEN)
        data.add_field("reasons", "it was a song")
        data.add_field("key", "k" * 32)
        for number, content in enumerate(files):
            data.add_field("file", content, filename=f"clip{number}.png", content_type="application/octet-stream")
        headers = {"Origin": str(house.session._base_url).rstrip("/")}
        async with house.session.post("/appeal", data=data, headers=headers) as answer:
            return answer.status, await answer.text()
