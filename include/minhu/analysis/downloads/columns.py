"""What an exported cell is called and shown as: titles in two languages, words of codes, marks of what is hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from minhu.release.marks import BREAK, INSTEAD, INTERVAL_ONLY, PROVISIONAL, RESTATED, STALE
from minhu.release.published_contract import CodeList, Text
from minhu.reports.presentation.names import name_of_kpi

Language = Literal["zh", "en"]
Row = Mapping[str, Any]

#: Mark beside a value that is shown: when it stands, and what it means.
BESIDE: tuple[tuple[str, Callable[[Row], bool], Text], ...] = (
    (
        INTERVAL_ONLY,
        lambda row: row["verdict"] == "BAND_ONLY",
        Text("仅给区间：样本小，不参与排名", "interval only: a small sample, not ranked"),
    ),
    (
        PROVISIONAL,
        lambda row: bool(row["is_provisional"]),
        Text("暂定：期间未结束、未满结算期或数据未覆盖期初", "provisional: the period or its records are not complete"),
    ),
    (
        RESTATED,
        lambda row: bool(row["is_restated"]),
        Text("已修订：此前公布的数值不同", "revised: published otherwise before"),
    ),
    (
        BREAK,
        lambda row: bool(row["is_break_in_series"]),
        Text("序列中断：定义在期内变更，前后不可比", "break in the series: the definition changed within the period"),
    ),
    (
        STALE,
        lambda row: bool(row["is_stale"]),
        Text("沿用：来源当夜未到，为上次发布的数值", "old: the source was away, the figure is of an earlier release"),
    ),
)


@dataclass(frozen=True)
class Column:
    """A column of the file.

    Attributes:
        name: as published tables have it.
        datatype: of CSVW (W3C, Tabular Data on the Web): string, number, date or dateTime.
        title: in two languages.
        of: the cell's value in a language: text, number, date or None.
        is_figure: it is formatted in the unit of the KPI.
    """

    name: str
    datatype: str
    title: Text
    of: Callable[[Row, Language], Any]
    is_figure: bool = False


def columns(codes: Mapping[str, CodeList]) -> list[Column]:
    """The columns in their order; ``codes`` are the contract's words."""

    def word(field: str, name: str) -> Callable[[Row, Language], Any]:
        words = codes[name].words
        return lambda row, language: getattr(words[row[field]], language) if row[field] in words else row[field]

    def plain(field: str) -> Callable[[Row, Language], Any]:
        return lambda row, _: row[field]

    def figure(field: str) -> Callable[[Row, Language], Any]:
        return lambda row, _: None if row[field] is None else float(row[field])

    return [
        Column("kpi_id", "string", Text("指标", "KPI"), plain("kpi_id")),
        Column(
            "kpi_name",
            "string",
            Text("指标名称", "name"),
            lambda row, lang: getattr(name_of_kpi(row), lang),
        ),
        Column("variant", "string", Text("分支", "variant"), plain("variant")),
        Column("unit_type", "string", Text("层级", "level"), word("unit_type", "unit_type")),
        Column("unit_code", "string", Text("对象代码", "unit code"), plain("unit_code")),
        Column("unit_name", "string", Text("对象", "unit"), plain("unit_name")),
        Column("period_type", "string", Text("期间类型", "kind of period"), word("period_type", "period_type")),
        Column("period_start", "date", Text("期初", "first day"), plain("period_start")),
        Column("period_end", "date", Text("期末", "last day"), plain("period_end")),
        Column("caliber", "string", Text("口径", "caliber"), word("caliber", "caliber")),
        Column("value", "number", Text("数值", "value"), _value, is_figure=True),
        Column("ci_low", "number", Text("区间下限", "interval from"), figure("ci_low"), is_figure=True),
        Column("ci_high", "number", Text("区间上限", "interval to"), figure("ci_high"), is_figure=True),
        Column("numerator", "number", Text("分子", "numerator"), figure("numerator")),
        Column("denominator", "number", Text("分母", "denominator"), figure("denominator")),
        Column("unit", "string", Text("单位", "unit of the value"), plain("unit")),
        Column("marks", "string", Text("标记", "marks"), lambda row, _: " ".join(marks_of(row))),
        Column("verdict", "string", Text("裁定", "verdict"), word("verdict", "verdict")),
        Column("rule_id", "string", Text("规则", "rule"), plain("rule_id")),
        Column("reason", "string", Text("原因", "reason"), plain("reason")),
        Column("as_of", "dateTime", Text("截至（UTC）", "as of (UTC)"), plain("as_of")),
        Column("contract_version", "string", Text("定义版本", "version of the definition"), plain("contract_version")),
        Column("release_id", "string", Text("发布编号", "release"), plain("release_id")),
    ]


def marks_of(row: Row) -> list[str]:
    """All marks of a cell, that in place of its value first."""
    instead = [INSTEAD[row["verdict"]][0]] if row["verdict"] in INSTEAD else []
    return instead + [mark for mark, stands, _ in BESIDE if stands(row)]


def explained_marks() -> list[tuple[str, Text]]:
    """Every mark with what it means."""
    return [*INSTEAD.values(), *((mark, meaning) for mark, _, meaning in BESIDE)]


def _value(row: Row, _: Language) -> Any:
    if row["verdict"] in INSTEAD:
        return INSTEAD[row["verdict"]][0]
    return None if row["value"] is None else float(row["value"])
