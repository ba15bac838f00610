"""Quality of each source by the six dimensions of GB/T 36344, as published in data_quality_scores."""

from __future__ import annotations

from markupsafe import Markup

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, link, share

_METHOD = (
    Words(
        "得分 ＝ 1 − 不合行数 ÷ 检视行数，对该来源、该维度的所有检视到数据的规则求和。时效性：最近三十夜未到的夜数；"
        "可访问性：应可读而被暂缓或陈旧的单元格（因样本小而隐去的不算缺陷）。",
        "Score = 1 − rows failed ÷ rows seen, summed over the rules of that source and dimension that saw rows. Timeliness: nights "
        "of the last thirty without a delivery; accessibility: cells that should be readable and are withheld or stale (one hidden "
        "for its small n is no defect).",
    ),
    Words(
        "规则归入哪个维度、得分归入五级中的哪一级，见种子 quality_dimensions 与 quality_levels；"
        "标准只定维度，归类与分级为本地约定（占位）。",
        "Which rule belongs to which dimension and which score to which of five levels stands in the seeds quality_dimensions and "
        "quality_levels; the standard names the dimensions, mapping and levels are a local choice (placeholders).",
    ),
)


def build(evidence: Evidence) -> Page:
    title = Words("数据质量评价", "Data quality")
    if not evidence.has("data_quality_scores"):
        note = Words("本版早于数据质量评价表。", "This release is older than the table of scores.")
        return Page("scores", title, [Section(title, notes=[note])])
    rows = evidence.rows("select * from now.data_quality_scores order by source, dimension")
    return Page(
        "scores",
        title,
        lead=Words(
            "依 GB/T 36344《信息技术 数据质量评价指标》的六个维度，按来源评价。",
            "By the six dimensions of GB/T 36344, for each source.",
        ),
        sections=[
            Section(Words("来源 × 维度", "Source by dimension"), notes=_METHOD, tables=[matrix(rows)]),
            Section(Words("如何得出", "How they come about"), tables=[_details(rows)]),
            Section(Words("规则属于哪个维度", "Which rule measures what"), tables=[_mapping(evidence)]),
        ],
    )


def matrix(rows: list[Row]) -> Table:
    """Score and level by source and dimension."""
    of = {(row["source"], row["dimension"]): row for row in rows}
    sources = [s for s in words.SOURCES if any(row["source"] == s for row in rows)]
    return table(
        Words("得分与等级（五级为最好）", "Score and level (five is best)"),
        columns(("来源", "source"), *((w.zh, w.en, "number") for w in words.DIMENSIONS.values())),
        [
            [words.of(source, words.SOURCES), *(_cell(of.get((source, name))) for name in words.DIMENSIONS)]
            for source in sources
        ],
    )


def _cell(row: Row | None) -> Markup | None:
    if row is None or row["score"] is None:
        return None
    return Markup('<span class="score level{}">{} <small>{}</small></span>').format(
        row["level"], share(row["score"]), Words(f"{row['level']} 级", f"level {row['level']}")
    )


def _details(rows: list[Row]) -> Table:
    return table(
        Words("检视行、不合行与最差的规则", "Rows seen, rows failed, and the worst rule"),
        columns(
            ("来源", "source"), ("维度", "dimension"), ("规则", "rules", "number"), ("检视行", "rows seen", "number"),
            ("不合行", "rows failed", "number"), ("得分", "score", "number"), ("等级", "level"), ("最差的规则", "worst rule"),
            ("其不合占比", "its share", "number"),
        ),
        [
            [
                words.of(row["source"], words.SOURCES),
                words.of(row["dimension"], words.DIMENSIONS),
                row["rule_count"],
                row["rows_seen"],
                row["rows_failed"],
                share(row["score"], 4),
                Words(f"{row['level']} 级 {row['level_zh']}", f"level {row['level']}") if row["level"] else None,
                link(f"rules.html#{row['worst_rule_id']}", row["worst_rule_id"])
                if row["worst_rule_id"] and len(row["worst_rule_id"]) > len("L4-KPI")
                else row["worst_rule_id"],
                share(row["worst_share"], 4),
            ]
            for row in sorted(rows, key=lambda row: (_place(row["source"], words.SOURCES), _place(row["dimension"], words.DIMENSIONS)))
        ],
    )  # fmt: skip


def _place(code: str, known: dict[str, Words]) -> int:
    return list(known).index(code) if code in known else len(known)


def _mapping(evidence: Evidence) -> Table:
    rows = evidence.rows(
        "select dimension, source, count(*) as rules, count(*) filter (rows_seen > 0) as with_rows, "
        "string_agg(rule_id, ' ' order by rule_id) as rule_ids from now.quality_rules where dimension is not null "
        "group by all order by dimension, source"
    )
    return table(
        Words("全部规则的归类", "Where all rules belong"),
        columns(
            ("维度", "dimension"), ("来源", "source"), ("规则", "rules", "number"), ("检视到数据的", "that saw rows", "number"),
            ("规则编号", "rule ids"),
        ),
        [
            [
                words.of(row["dimension"], words.DIMENSIONS),
                words.of(row["source"], words.SOURCES),
                row["rules"],
                row["with_rows"],
                Markup('<span class="mono small">{}</span>').format(row["rule_ids"]),
            ]
            for row in rows
        ],
        is_folded=True,
    )  # fmt: skip
