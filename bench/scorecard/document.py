"""Writes the tables into the page about the scorecard, in both languages, between ``<!-- scorecard -->`` and its end."""

from __future__ import annotations

import re
from pathlib import Path

from bench.scorecard import report
from bench.scorecard.card import Card

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = {"en": DOCS / "reference" / "scorecard.md", "zh-CN": DOCS / "zh-CN" / "scorecard.md"}
_PART = re.compile(r"(<!-- scorecard -->\n).*?(<!-- /scorecard -->)", re.DOTALL)
_CHINESE = {
    "wave of 10 to 80 fresh accounts, one text: lines after no. 5 kept off": "10 到 80 个新账号推同一句话：第 5 条之后拦下",
    "wave of 10 to 80 fresh accounts, one text: lines shown, median": "10 到 80 个新账号推同一句话：显示条数，中位",
    "one account repeating itself: lines after no. 4 kept off": "一个账号重复：第 4 条之后拦下",
    "one account writing too fast: lines after no. 8 kept off": "一个账号发得太快：第 8 条之后拦下",
    "warmed-up accounts, slow drip: lines after no. 6 kept off": "养过的号、慢慢渗：第 6 条之后拦下",
    "innocents muted or banned": "无辜观众被禁言或封禁",
    "advertisements with a contact, by newcomers, kept off": "新人发的带联系方式的广告，拦下",
    "links named by people known there kept off": "熟面孔提到的链接，被拦下",
    "collected advertisements, by newcomers, kept off": "收集来的广告，由新人发，拦下",
    "the same by people known there kept off": "同样的广告由熟面孔发，被拦下",
    "targets": "目标",
    "attacks": "攻击",
    "innocents": "无辜观众",
    "bystanders of the attacks": "攻击期间的旁人",
    "chat as it is": "真实弹幕",
    "single lines": "单条弹幕",
    "attack": "攻击",
    "tried": "次数",
    "lines shown, median": "显示条数，中位",
    "p90": "九成分位",
    "median with a hold of 1 s": "缓冲 1 秒时的中位",
    "after line": "第几条之后",
    "kept off": "拦下",
    "kept off with 1 s": "缓冲 1 秒时拦下",
    "scenes": "场次",
    "lines": "条数",
    "hidden": "隐藏",
    "people": "人数",
    "muted": "禁言",
    "banned": "封禁",
    "by check": "由哪项检测",
    "hidden per 10,000": "每万条隐藏",
    "muted per 10,000": "每万条禁言",
    "banned per 10,000": "每万条封禁",
    "source": "来源",
    "part": "部分",
    "label": "标注",
    "said": "条数",
    "by regulars kept off": "老观众说时拦下",
    "target": "目标",
    "gate": "门槛",
    "measured": "实测",
    "verdict": "结果",
    "holds": "达到",
    "MISSED": "未达到",
    "tuning": "调参用",
    "aside": "留作检验",
    "ad": "广告",
    "ordinary": "普通",
}


def write(card: Card) -> None:
    """Write the tables of one run into both pages."""
    for language, page in PAGES.items():
        page.write_text(renewed(page.read_text(encoding="utf-8"), card, language), encoding="utf-8")


def renewed(text: str, card: Card, language: str) -> str:
    """A page with the tables of this run in their place."""
    sheets = sorted((_short(sheet) for sheet in card.sheets()), key=lambda sheet: sheet.title != "targets")
    made = "\n".join(
        f"### {_word(sheet.title, language)}\n\n{report.as_markdown(_in(sheet, language))}" for sheet in sheets
    )
    return _PART.sub(lambda found: found[1] + made + found[2], text)


def _short(sheet: report.Sheet) -> report.Sheet:
    """The targets without those of single sources: these stand in a table of their own."""
    if sheet.title != "targets":
        return sheet
    return sheet._replace(rows=[row for row in sheet.rows if "per 10,000" not in row[0]])


def _in(sheet: report.Sheet, language: str) -> report.Sheet:
    head = "|".join(_word(each, language) for each in sheet.head.split("|"))
    return sheet._replace(head=head, rows=[[_word(cell, language) for cell in row] for row in sheet.rows])


def _word(text: str, language: str) -> str:
    return _CHINESE.get(text, text) if language == "zh-CN" else text
