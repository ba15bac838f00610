"""An explanation as lines of text: Chinese names first, with what engineers call them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from minhu.analysis.explain.explanation import Explanation, LandedEvidence
from minhu.analysis.explain.history import Version
from minhu.analysis.explain.landed import LandedRow
from minhu.analysis.explain.question import write_period
from minhu.analysis.explain.words import of_anchor
from minhu.reports.presentation import words
from minhu.reports.presentation.names import name_of_kpi
from minhu.reports.presentation.values import Words

_LABEL = 22


def lines(explained: Explanation) -> Iterator[str]:
    """The whole explanation, from the cell to its landed rows and what changed it."""
    cell, name = explained.cell, name_of_kpi(explained.contract)
    yield f"{cell['kpi_id']} {name.zh} {name.en}  variant {cell['variant']}"
    period = write_period(cell["period_type"], cell["period_start"])
    yield (
        f"{cell['unit_name']} {cell['unit_code']}（{_both(words.of(cell['unit_type'], words.LEVELS))}）  "
        f"{period}（{_both(words.of(cell['period_type'], words.PERIODS))}，{cell['period_start']} – {cell['period_end']}）  "
        f"{_both(words.of(cell['caliber'], words.CALIBERS))}"
    )
    current = "" if explained.is_current else "  not the current release"
    yield _labelled("发布 release", f"{explained.release_id}, night of {explained.business_date}{current}")
    for title, part in (
        ("数字 Figures", _figures(explained)),
        ("口径 Cohort and definition", _definition(explained)),
        ("模型 Models it passed", _models(explained)),
        ("检查发现 Findings that touched it", _findings(explained)),
        ("落地记录 Landed rows behind it", _landed(explained.landed)),
        ("变动 What releases said of it", _versions(explained)),
    ):
        yield ""
        yield title
        yield from part
    if explained.notes:
        yield ""
        yield "说明 Notes"
        yield from (f"  {note}" for note in explained.notes)


def _figures(explained: Explanation) -> Iterator[str]:
    cell, contract = explained.cell, explained.contract
    verdict = words.of(cell["verdict"], words.VERDICTS)
    rule = f"  {cell['rule_id']}" if cell["rule_id"] else ""
    yield _labelled("裁定 verdict", f"{verdict.zh} {cell['verdict']}{rule}")
    if cell["reason"]:
        yield _labelled("理由 reason", str(cell["reason"]))
    yield _labelled("分子 numerator", f"{_shown(cell['numerator'])}  = {contract['numerator'] or 'see the definition'}")
    if contract["denominator"]:
        yield _labelled("分母 denominator", f"{_shown(cell['denominator'])}  = {contract['denominator']}")
    interval = f"  [{_number(cell['ci_low'])}, {_number(cell['ci_high'])}]" if cell["ci_low"] is not None else ""
    yield _labelled("值 value", f"{_shown(cell['value'])}{interval}")
    marks = [
        text
        for name, text in (
            ("is_provisional", "暂定 provisional: the period may still change as planned"),
            ("is_stale", f"沿用 stale: as of {cell['as_of']} UTC"),
        )
        if cell[name]
    ]
    if marks:
        yield _labelled("状态 state", "; ".join(marks))
    if cell["last_good_as_of"] is not None:
        yield _labelled("上次有效 last good", f"{_shown(cell['last_good_value'])}, as of {cell['last_good_as_of']} UTC")


def _definition(explained: Explanation) -> Iterator[str]:
    contract = explained.contract
    for anchor in explained.anchors:
        yield _labelled("计入 cohort", f"{_both(of_anchor(anchor), '；')}  ({anchor.table}/{anchor.anchor})")
    if contract.get("description_zh"):
        yield _labelled("定义 definition", str(contract["description_zh"]))
        yield _labelled("", str(contract["description"]))
    else:  # of a release that was made before definitions were published in Chinese
        yield _labelled("定义 definition", str(contract["description"]))
    yield _labelled("版本 contract", f"{explained.cell['contract_version']}, standard: {contract['standard']}")
    yield _labelled("口径方 owner", str(contract["owner_zh"]))


def _models(explained: Explanation) -> Iterator[str]:
    for layer, names in explained.models.items():
        yield _labelled(layer, ", ".join(names))


def _findings(explained: Explanation) -> Iterator[str]:
    if not explained.findings:
        yield "  无 none"
    for finding in explained.findings:
        severity = words.of(finding["severity"], words.SEVERITIES)
        counted = (
            f"  {_number(finding['rows_failed'])} of {_number(finding['rows_seen'])} rows"
            if finding["rows_seen"] is not None and finding["rows_failed"] is not None
            else ""
        )
        found_on = f"  found {finding['found_on']}" if finding["found_on"] else ""
        column = f".{finding['column_name']}" if finding["column_name"] else ""
        yield f"  {finding['rule_id']} {_both(severity)}  {finding['table_name']}{column}{counted}{found_on}"
        yield f"    {finding['message']}"
        if finding["detail"]:
            yield f"    {finding['detail']}"
        if finding["sample_keys"]:
            yield f"    样例 sample keys: {finding['sample_keys']}"
    for waiver in explained.waivers:
        yield (
            f"  豁免 waiver {waiver['waiver_id']}: {waiver['reason']}  ({waiver['rule_id']}, approved by "
            f"{waiver['approver']} on {waiver['approved_on']}, until {waiver['expires_on']})"
        )


def _landed(behind: LandedEvidence) -> Iterator[str]:
    if not behind.is_listed:
        yield f"  不能逐条列出 not listed: {behind.why_not}"
        return
    if not behind.is_of_release:
        yield (
            f"  the work file is of the night {behind.work_business_date}, not of this release: records may have come or "
            "changed since"
        )
    yield f"  {_found(behind)}"
    by_record: dict[str, list[LandedRow]] = defaultdict(list)
    for row in behind.rows:
        by_record[row.record].append(row)
    for record in behind.records:
        rows = by_record[record.key]
        adds = [f"分子 {_number(record.numerator)}" if record.numerator is not None else ""]
        adds += [f"分母 {_number(record.denominator)}" if record.denominator is not None else ""]
        yield f"  {record.key}  {record.day}  {' '.join(filter(None, adds))}"
        own = [row for row in rows if row.table == record.table and row.is_counted]
        for row in own:
            yield f"      {row.file} row {row.row}（attempt {row.attempt}）"
        others = Counter(row.table for row in rows if row not in own)
        if others:
            yield "      and " + ", ".join(f"{_rows(count)} of {table}" for table, count in sorted(others.items()))
    if behind.record_count > len(behind.records):
        yield f"  {len(behind.records):,} of {behind.record_count:,} records are listed; --rows {behind.record_count} lists all"
    for file in behind.files:
        yield f"  sha256 {file.sha256[:12]}  {file.file}"


def _found(behind: LandedEvidence) -> str:
    """How much of the published figures was found, in one sentence."""
    known = {"numerator": behind.numerator, "denominator": behind.denominator}
    sums = [f"{name} {_number(total)}" for name, total in known.items() if total is not None]
    total = f"{behind.record_count:,} records found, {', '.join(sums)}"
    if behind.is_complete is None:
        return f"{total}; the release shows no figure to compare with"
    if behind.is_complete:
        return f"{total}: 与公布一致 exactly what is published"
    return f"{total}: 与公布不一致 NOT what is published"


def _versions(explained: Explanation) -> Iterator[str]:
    if not explained.versions:
        yield "  no release since the period began has it"
    before: Version | None = None
    for version in explained.versions:
        nights = f"{version.releases} releases, last {version.last_release_id}" if version.releases > 1 else "1 release"
        yield f"  {version.release_id}  {_told(version.figures, bool(explained.contract['denominator']))}  （{nights}）"
        if before is not None:
            yield f"      {_why(version, before, explained.cell['period_end'])}"
        before = version


def _told(figures: Mapping[str, Any] | None, has_denominator: bool) -> str:
    if figures is None:
        return "no such cell"
    verdict = words.of(figures["verdict"], words.VERDICTS)
    counts = f"{_shown(figures['numerator'])} / {_shown(figures['denominator'])}"
    return (
        f"{counts} = {_shown(figures['value'])}  {verdict.zh} {figures['verdict']} {figures['rule_id'] or ''}".rstrip()
    )


def _why(version: Version, before: Version, period_end: date) -> str:
    """Why a version is another than the one before it."""
    log = version.restatement
    if log is None:
        if version.figures and version.figures["is_stale"]:
            return "来源未到，沿用 the source delivered nothing: carried over"
        if before.figures and before.figures["is_stale"]:
            return "来源恢复 the source delivered again"
        running = version.business_date <= period_end
        return (
            "期间未结束 the period was still running" if running else "不属重述 no restatement: nothing final changed"
        )
    causes = [_both(words.of(cause, words.CAUSES)) for cause in str(log["causes"]).split()]
    details = ", ".join(
        f"{name} {log[name]}"
        for name in ("late_rows", "corrected_rows", "restated_return", "border_change", "reference_change")
        if log.get(name)
    )
    return f"重述 restated: {', '.join(causes)}{f'（{details}）' if details else ''}"


def _labelled(label: str, text: str) -> str:
    width = sum(2 if ord(letter) > 0x2E80 else 1 for letter in label)
    return f"  {label}{' ' * max(1, _LABEL - width)}{text}"


def _both(said: Words, between: str = " ") -> str:
    return said.zh if said.zh == said.en else f"{said.zh}{between}{said.en}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _shown(value: Any) -> str:
    return "— (not shown)" if value is None else _number(value)


def _number(value: float | Decimal | int) -> str:
    number = float(value)
    return f"{number:,.0f}" if number == int(number) else f"{number:,.6f}".rstrip("0")
