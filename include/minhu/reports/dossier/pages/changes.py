"""What was waived, sent again, or published differently before."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from minhu.reports.dossier.evidence import CELL, HISTORY_NIGHTS, Evidence, Row, files_as_table
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.dossier.pages.verdicts import contracts_of, name_of
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, figure, tag

MOST_EXAMPLES = 5
_LOG = "kpi_restatements"
_KEY = ", ".join(CELL)


def build(evidence: Evidence) -> Page:
    return Page(
        "changes",
        Words("豁免与重述", "Waivers and restatements"),
        lead=Words(
            "已公布的数字可以改正，但不能悄悄改：每一处豁免、重报与重述都在此留痕。",
            "A published figure may be corrected, never silently: every waiver, every return sent again and every restated cell "
            "stands here.",
        ),
        sections=[
            Section(Words("豁免", "Waivers"), tables=[_waivers(evidence)]),
            Section(Words("报表重报", "Returns sent again"), tables=[_returns(evidence)]),
            *(_log(evidence) if evidence.has(_LOG, "causes") else [_settled(evidence)]),
        ],
    )


def restated_cells(evidence: Evidence) -> int:
    """Cells of finished periods that readers see otherwise than in the release before."""
    if evidence.has(_LOG, "causes"):
        counted = f"select count(*) from now.{_LOG} where business_date = $night"  # noqa: S608  our own name
        return int(evidence.one(counted, night=_night(evidence)))
    return sum(int(row["changed"] + row["added"] + row["gone"]) for row in settled_changes(evidence))


def _night(evidence: Evidence) -> date:
    return evidence.release.business_date


def _log(evidence: Evidence) -> list[Section]:
    """What the log says of this night, and how many a night the log has."""
    total, unexplained = restated_cells(evidence), unexplained_cells(evidence)
    notes = [
        Words("没有上一版可比。", "There is no release before this one.")
        if evidence.before is None
        else Words(
            f"与 {evidence.before.release_id} 相比，已结束时期有 {total:,} 个单元格的数字或裁定与当时公布的不同。",
            f"Against {evidence.before.release_id}, {total:,} cells of finished periods have other figures or another verdict.",
        )
    ]
    if unexplained:
        notes.append(
            Words(
                f"注意：其中 {unexplained:,} 个原因不明，没有任何记录、报表、口径、区划或程序的变化可以解释，须由工程师查明。",
                f"Warning: {unexplained:,} of them are unexplained: no record, return, definition, border or code that changed "
                "would account for them. An engineer has to find out.",
            )
        )
    return [
        Section(
            Words("当时所知与现在所知", "As known then, as known now"),
            notes=notes,
            tables=[_by_cause(evidence), _restated_by_kpi(evidence), _restated_examples(evidence)],
        ),
        Section(Words("历次重述", "Restatements night by night"), tables=[_by_night(evidence)]),
    ]


def unexplained_cells(evidence: Evidence) -> int:
    """Cells that this night published otherwise than before and nothing accounts for; 0 where a release has no such log."""
    if not evidence.has(_LOG):
        return 0
    return int(
        evidence.one(
            f"select count(*) from now.{_LOG} where business_date = $night and causes = 'unexplained'",  # noqa: S608
            night=_night(evidence),
        )
    )


def causes_of(text: str) -> Any:
    """The causes of a row as labels, in their order; an unexplained one stands out as a warning."""
    found = [tag("warn" if cause == "unexplained" else "", words.of(cause, words.CAUSES)) for cause in text.split(" ")]
    return Markup(" ").join(found)


def _by_cause(evidence: Evidence) -> Table:
    rows = evidence.rows(
        "select cause, count(*) as cells "  # noqa: S608
        f"from (select unnest(string_split(causes, ' ')) as cause, * from now.{_LOG} where business_date = $night) "
        "group by cause order by cells desc, cause",
        night=_night(evidence),
    )
    return table(
        Words("按原因（一个单元格可有几个）", "By cause (a cell may have several)"),
        columns(("原因", "cause"), ("单元格", "cells", "number")),
        [[causes_of(row["cause"]), int(row["cells"])] for row in rows],
    )


def _restated_by_kpi(evidence: Evidence) -> Table:
    contracts = contracts_of(evidence)
    rows = evidence.rows(
        "select kpi_id, variant, count(*) filter (difference = 'changed') as changed, "  # noqa: S608
        "count(*) filter (difference = 'added') as added, count(*) filter (difference = 'gone') as gone, "
        "count(*) filter (causes = 'unexplained') as unexplained, min(period_start) as first_period, "
        f"max(period_start) as last_period from now.{_LOG} where business_date = $night "
        "group by kpi_id, variant order by kpi_id, variant",
        night=_night(evidence),
    )
    return table(
        Words("按指标", "By KPI"),
        columns(
            ("编号", "KPI"), ("指标", "name"), ("改变", "changed", "number"), ("新增", "added", "number"),
            ("消失", "gone", "number"), ("原因不明", "unexplained", "number"), ("时期", "periods"),
        ),
        [
            [
                row["kpi_id"],
                name_of(contracts.get((row["kpi_id"], row["variant"])), row["variant"]),
                row["changed"],
                row["added"],
                row["gone"],
                row["unexplained"],
                f"{row['first_period']:%Y-%m} – {row['last_period']:%Y-%m}",
            ]
            for row in rows
        ],
    )  # fmt: skip


def _restated_examples(evidence: Evidence) -> Table:
    contracts = contracts_of(evidence)
    rows = evidence.rows(
        "select log.*, cells.unit_name from (select *, row_number() over (partition by kpi_id, variant order by "  # noqa: S608
        f"case causes when 'unexplained' then 0 else 1 end, {_KEY}) as place from now.{_LOG} where business_date = $night) "
        f"as log left join now.kpi_results as cells using ({_KEY}) where place <= {MOST_EXAMPLES} order by {_KEY}",
        night=_night(evidence),
    )

    def shown_figure(row: Row, side: str) -> str | None:
        unit = str((contracts.get((row["kpi_id"], row["variant"])) or {}).get("unit") or "")
        value = figure(row[f"value_{side}"], unit)
        counts = (row[f"numerator_{side}"], row[f"denominator_{side}"])
        # a rate may be the same although its counts are not
        return value if None in (value, *counts) else f"{value} ({counts[0]:,.0f}/{counts[1]:,.0f})"

    def shown_verdict(row: Row, side: str) -> Any:
        verdict = row[f"verdict_{side}"]
        return None if verdict is None else tag(verdict, words.of(verdict, words.VERDICTS))

    def shown_details(row: Row) -> str:
        return " ".join(
            str(found)
            for found in (
                f"+{row['late_rows']}" if row["late_rows"] else None,
                f"Δ{row['corrected_rows']}" if row["corrected_rows"] else None,
                row["restated_return"], row["border_change"], row["reference_change"],
                row["rule_id_now"] if "verdict_only" in row["causes"] else None,
            )
            if found
        )  # fmt: skip

    return table(
        Words(
            f"样例：每个指标前 {MOST_EXAMPLES} 处（＋迟到记录数，Δ更正记录数）",
            f"Examples: the first {MOST_EXAMPLES} of each KPI (+ late, Δ corrected records)",
        ),
        columns(
            ("指标", "KPI"), ("层级", "level"), ("单位", "unit"), ("时期", "period"), ("口径", "caliber"),
            ("当时", "then", "number"), ("现在", "now", "number"), ("当时裁定", "verdict then"), ("裁定", "verdict now"),
            ("原因", "causes"), ("依据", "by"),
        ),
        [
            [
                f"{row['kpi_id']} {row['variant']}",
                words.of(row["unit_type"], words.LEVELS),
                row["unit_name"] or row["unit_code"],
                Words(
                    f"{words.of(row['period_type'], words.PERIODS).zh} {row['period_start']}",
                    f"{words.of(row['period_type'], words.PERIODS).en} {row['period_start']}",
                ),
                words.of(row["caliber"], words.CALIBERS),
                shown_figure(row, "before"),
                shown_figure(row, "now"),
                shown_verdict(row, "before"),
                shown_verdict(row, "now"),
                causes_of(row["causes"]),
                shown_details(row),
            ]
            for row in rows
        ],
        most=1000,
        is_folded=len(rows) > 60,
    )  # fmt: skip


def _by_night(evidence: Evidence) -> Table:
    rows = evidence.rows(
        "select business_date, release_before, count(*) as cells, "  # noqa: S608
        "count(*) filter (causes = 'unexplained') as unexplained, min(period_start) as first_period "
        f"from now.{_LOG} group by business_date, release_before order by business_date desc"
    )
    return table(
        Words("各夜重述的单元格，新的在前", "Cells restated each night, the newest first"),
        columns(
            ("业务日", "night"), ("对照版本", "against"), ("单元格", "cells", "number"),
            ("原因不明", "unexplained", "number"), ("最早时期", "earliest period"),
        ),
        [
            [row["business_date"], row["release_before"], row["cells"], row["unexplained"], row["first_period"]]
            for row in rows
        ],
        most=HISTORY_NIGHTS,
    )  # fmt: skip


def _settled(evidence: Evidence) -> Section:
    """The same for a release from before the log: settled months only, and without a cause."""
    return Section(
        Words("已结时期的重述", "Restated cells of settled periods"),
        notes=[_note(evidence)],
        tables=[_by_kpi(evidence), _examples(evidence)],
    )


def settled_changes(evidence: Evidence) -> list[Row]:
    """Cells of settled, finished periods that are not what they were, counted by KPI and variant."""
    _compare(evidence)
    return evidence.rows(
        "select kpi_id, variant, count(*) filter (what = 'changed') as changed, count(*) filter (what = 'added') as added, "
        "count(*) filter (what = 'gone') as gone, min(period_start) as first_period, max(period_start) as last_period "
        "from main.settled_changes group by kpi_id, variant order by kpi_id, variant"
    )


def _compare(evidence: Evidence) -> None:
    """Only files that differ are read: an unchanged month is the same file in both releases."""
    if evidence.rows("select 1 from information_schema.tables where table_name = 'settled_changes'"):
        return
    now, before = evidence.changed_files("kpi_results")
    if evidence.before is None or not (now or before):
        evidence.engine.execute(
            f"create table main.settled_changes as select {_KEY}, unit_name, '' as what, value as value_before, "  # noqa: S608
            "value as value_now, verdict as verdict_now from now.kpi_results where false"
        )
        return
    evidence.engine.execute(
        f"create table main.settled_changes as with n as ({_cells(now)}), b as ({_cells(before)}) "  # noqa: S608  own names
        f"select {_KEY}, coalesce(n.unit_name, b.unit_name) as unit_name, "
        "case when b.verdict is null then 'added' when n.verdict is null then 'gone' else 'changed' end as what, "
        "b.value as value_before, n.value as value_now, n.verdict as verdict_now "
        f"from n full join b using ({_KEY}) "
        "where not coalesce(n.is_provisional, false) and not coalesce(b.is_provisional, false) "
        "and (n.value is distinct from b.value or n.verdict is distinct from b.verdict "
        "or n.numerator is distinct from b.numerator or n.denominator is distinct from b.denominator)"
    )


def _cells(paths: list[Path]) -> str:
    """The cells in files; none where there is no file."""
    columns_of_cell = f"{_KEY}, unit_name, value, verdict, numerator, denominator, is_provisional"
    source = files_as_table(paths) if paths else "now.kpi_results where false"
    return f"select {columns_of_cell} from {source}"  # noqa: S608  our own names


def _note(evidence: Evidence) -> Words:
    if evidence.before is None:
        return Words("没有上一版可比。", "There is no release before this one.")
    before = evidence.before.release_id
    return Words(
        f"与 {before} 相比；只计两版都已结束的时期中、所在文件有变的单元格。迟到的记录会使旧月份重算。",
        f"Against {before}; cells of finished periods in files of settled months that differ. Records that come late count old "
        "months again.",
    )


def _by_kpi(evidence: Evidence) -> Table:
    contracts = contracts_of(evidence)
    return table(
        Words("按指标", "By KPI"),
        columns(
            ("编号", "KPI"), ("指标", "name"), ("改变", "changed", "number"), ("新增", "added", "number"),
            ("消失", "gone", "number"), ("时期", "periods"),
        ),
        [
            [
                row["kpi_id"],
                name_of(contracts.get((row["kpi_id"], row["variant"])), row["variant"]),
                row["changed"],
                row["added"],
                row["gone"],
                f"{row['first_period']:%Y-%m} – {row['last_period']:%Y-%m}",
            ]
            for row in settled_changes(evidence)
        ],
    )  # fmt: skip


def _examples(evidence: Evidence) -> Table:
    contracts = contracts_of(evidence)
    rows = evidence.rows(
        f"select * from (select *, row_number() over (partition by kpi_id, variant order by {_KEY}) as place "  # noqa: S608
        f"from main.settled_changes where what = 'changed') where place <= {MOST_EXAMPLES} order by {_KEY}"
    )

    def unit_of(row: Row) -> str:
        return str((contracts.get((row["kpi_id"], row["variant"])) or {}).get("unit") or "")

    return table(
        Words(f"样例：每个指标前 {MOST_EXAMPLES} 处", f"Examples: the first {MOST_EXAMPLES} of each KPI"),
        columns(
            ("指标", "KPI"), ("层级", "level"), ("单位", "unit"), ("时期", "period"), ("口径", "caliber"),
            ("此前", "before", "number"), ("现在", "now", "number"), ("裁定", "verdict"),
        ),
        [
            [
                f"{row['kpi_id']} {row['variant']}",
                words.of(row["unit_type"], words.LEVELS),
                row["unit_name"] or row["unit_code"],
                f"{row['period_type']} {row['period_start']}",
                words.of(row["caliber"], words.CALIBERS),
                figure(row["value_before"], unit_of(row)),
                figure(row["value_now"], unit_of(row)),
                tag(row["verdict_now"], words.of(row["verdict_now"], words.VERDICTS)),
            ]
            for row in rows
        ],
        most=1000,
        is_folded=len(rows) > 60,
    )  # fmt: skip


def _waivers(evidence: Evidence) -> Table:
    caption = Words("对检查的豁免：由谁、为何、到何时", "Waivers of checks: by whom, why, until when")
    if not evidence.has("waivers"):
        empty = Words("本版没有任何豁免", "no waiver is in force in this release")
        return table(caption, columns(("豁免", "waiver")), [], empty=empty)
    titles = columns(
        ("豁免", "waiver"), ("状态", "status"), ("规则", "rule"), ("检查结果", "finding"), ("提出人", "author"),
        ("批准人", "approver"), ("理由", "reason"), ("批准日", "approved on"), ("有效至", "expires on"),
    )  # fmt: skip
    rows = evidence.rows(
        "select waiver_id, status_zh, rule_id, finding, author, approver, reason, approved_on, expires_on "
        "from now.waivers order by waiver_id"
    )
    return table(
        caption, titles, [list(row.values()) for row in rows], empty=Words("豁免文件为空", "there are no waivers")
    )


def _returns(evidence: Evidence) -> Table:
    caption = Words("部门重新报送的报表，与此前一次的差异", "Returns that were sent again, against the delivery before")
    titles = columns(
        ("表", "sheet"), ("报告期", "report period"), ("首次报送", "first delivered"), ("上一次", "delivery before"),
        ("现行", "in force"), ("次数", "deliveries", "number"), ("新增", "added", "number"), ("删除", "removed", "number"),
        ("改动", "changed", "number"), ("样例", "examples"),
    )  # fmt: skip
    needed = (
        "table_name",
        "report_period",
        "first_delivered_on",
        "previous_delivered_on",
        "delivered_on",
        "delivery_count",
    )
    if not evidence.has("return_restatements", *needed):
        return table(caption, titles, [], empty=Words("本版没有此表", "this release has no such table"))
    rows = evidence.rows("select * from now.return_restatements order by all")
    return table(
        caption,
        titles,
        [
            [
                row["table_name"],
                row["report_period"],
                row["first_delivered_on"],
                row["previous_delivered_on"],
                row["delivered_on"],
                row["delivery_count"],
                row.get("rows_added"),
                row.get("rows_removed"),
                row.get("rows_changed"),
                row.get("sample_keys"),
            ]
            for row in rows
        ],
        most=1000,
    )
