"""What somebody reads before they sign a release off: Chinese first, then English, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minhu.audit.sign_off import APPROVE, Proposal
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words


def question(proposal: Proposal) -> dict[str, Any]:
    """All that the asking needs, as JSON: the proposal itself, subject, body, and the answer that approves it."""
    return {
        "proposal": proposal.as_dict(),
        "subject": f"{_month(proposal)}考核指标签发 · Sign-off of release {proposal.release_id}",
        "body": f"{_body_zh(proposal)}\n\n---\n\n{_body_en(proposal)}\n",
        "approve": f"{APPROVE} {proposal.mark}",
    }


def _month(proposal: Proposal) -> str:
    year, month, _ = proposal.business_date.split("-")
    return f"{year}年{int(month)}月"


def _body_zh(proposal: Proposal) -> str:
    return "\n".join(
        [
            "请核对后答复。签发表示本人对下列这一版负责；驳回不影响已公布的数字。",
            "",
            f"- 发布编号：`{proposal.release_id}`，业务日 {proposal.business_date}",
            f"- 清单 SHA-256：`{proposal.manifest_sha256}`（同意键上是前 {len(proposal.mark)} 位）",
            f"- 单元格：{_counts(proposal.verdicts, words.VERDICTS, 'zh')}",
            f"- 检查发现：{_counts(proposal.findings, words.SEVERITIES, 'zh')}",
            f"- 未到来源：{'、'.join(words.of(s, words.SOURCES).zh for s in proposal.stale_sources) or '无'}",
            f"- 生效的豁免：{_names(proposal.waivers, '、') or '无'}",
            f"- 案卷：`{proposal.dossier}`",
            f"- 参与制作、不得签发：{_names(proposal.authors, '、') or '无'}",
        ]
    )


def _body_en(proposal: Proposal) -> str:
    made = [f"`{name}` ({why})" for name, why in proposal.authors.items()]
    return "\n".join(
        [
            "Check, then answer. Who approves answers for this release; a rejection changes nothing that is published.",
            "",
            f"- release: `{proposal.release_id}`, business date {proposal.business_date}",
            f"- SHA-256 of its manifest: `{proposal.manifest_sha256}` (its first {len(proposal.mark)} digits are on the button)",
            f"- cells: {_counts(proposal.verdicts, words.VERDICTS, 'en')}",
            f"- findings: {_counts(proposal.findings, words.SEVERITIES, 'en')}",
            f"- sources that did not deliver: {', '.join(proposal.stale_sources) or 'none'}",
            f"- waivers that hold: {_names(proposal.waivers, ', ') or 'none'}",
            f"- dossier: `{proposal.dossier}`",
            f"- made it and cannot approve it: {', '.join(made) or 'nobody is known'}",
        ]
    )


def _names(names: Mapping[str, str] | list[str], between: str) -> str:
    return between.join(f"`{name}`" for name in names)


def _counts(counts: Mapping[str, int], table: dict[str, Words], language: str) -> str:
    """Every code with its number, those that are not there as 0."""
    codes = [*table] if table is words.VERDICTS else [code for code in table if code in counts]
    codes += sorted(set(counts) - set(codes))
    between = "，" if language == "zh" else ", "
    return between.join(f"{getattr(words.of(code, table), language)} {counts.get(code, 0):,}" for code in codes)
