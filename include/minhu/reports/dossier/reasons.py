"""Why a cell is not plainly published, in Chinese and in English.

A release says it in Chinese (``kpi_results.reason``). The English text is made of the words of the rules that it rests on
(``quality_rules``) and, where the finding itself is published, of its detail (``quality_findings``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.presentation.values import Words

_RULE = re.compile(r"L\d-[A-Z]+-\d{3}")
#: Rules that say what must be; all others say what is wrong, and those of order files do in English.
_ASKS = re.compile(r"L[013]-|L4-GXK-")
_ASKS_IN_CHINESE_ALONE = "L1-ORD-"
_CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


@dataclass(frozen=True)
class Reasons:
    """The words of a release's rules, and its findings by what they say in Chinese."""

    rules: dict[str, Words]
    findings: dict[str, Row]

    @classmethod
    def of(cls, evidence: Evidence) -> Reasons:
        """Those of a release; a release older than the published rules has none, and its findings no detail."""
        rules: list[Row] = []
        if evidence.has("quality_rules"):
            rules = evidence.rows("select rule_id, reason, reason_zh from now.quality_rules order by rule_id")
        findings: list[Row] = []
        if evidence.has("quality_findings", "detail"):
            findings = evidence.rows(
                "select message, min(rule_id) as rule_id, min(waiver_id) as waiver_id, max(rows_seen) as rows_seen, "
                "max(rows_failed) as rows_failed, min(detail) as detail from now.quality_findings where message <> '' "
                "group by message order by message"
            )
        return cls(
            {str(row["rule_id"]): Words(str(row["reason_zh"]), str(row["reason"])) for row in rules},
            {str(row["message"]): row for row in findings},
        )

    def rule(self, rule_id: str) -> Words:
        """What is wrong where a rule decided, in its words; its id where it has none."""
        said = self.rules.get(rule_id)
        if said is None or not _ASKS.match(rule_id):
            return said or Words(rule_id, rule_id)
        english = said.en if rule_id.startswith(_ASKS_IN_CHINESE_ALONE) else f"not met: {said.en}"
        return Words(f"未通过“{said.zh}”", english)

    def words(self, rule_id: str, reason: str) -> Words:
        """The reason of one cell, with its numbers."""
        return Words(reason or self.rule(rule_id).zh, self._english(rule_id, reason))

    def _english(self, rule_id: str, reason: str) -> str:
        said = [self.rule(rule_id).en] if rule_id else []
        finding = self.findings.get(reason) or self.findings.get(self._after_rule(rule_id, reason))
        if finding is not None:
            said += self._of_finding(rule_id, finding)
        said += [f"{other} {self.rule(other).en}" for other in dict.fromkeys(_RULE.findall(reason)) if other != rule_id]
        return "; ".join(said)

    def _of_finding(self, rule_id: str, finding: Row) -> list[str]:
        """What a finding adds to the words of the rule: its own where it has some in English, its counts where not."""
        found_by = str(finding["rule_id"])
        asked = self.rules.get(found_by, Words("", "")).en
        detail = str(finding["detail"] or "").removeprefix(f"{asked}: ").removeprefix("does not hold: ")
        said = [f"waived by {finding['waiver_id']}"] if finding["waiver_id"] else []
        if found_by != rule_id:
            said.append(f"{found_by} {self.rule(found_by).en}")
        if detail not in ("", asked) and not _CHINESE.search(detail):
            return [*said, detail]
        seen, failed = finding["rows_seen"], finding["rows_failed"]
        return [*said, f"{failed:,} of {seen:,}" if seen else f"{failed:,}"] if failed else said

    def _after_rule(self, rule_id: str, reason: str) -> str:
        """What stands behind the words of the deciding rule, where it tells of a finding as well."""
        return reason.removeprefix(self.rule(rule_id).zh)[1:]
