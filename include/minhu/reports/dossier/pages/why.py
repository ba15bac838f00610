"""Why cells are not plainly published: what says the same stands once, with how many cells say it and a few of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Table, columns, table
from minhu.reports.dossier.reasons import Reasons
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, figure, link, shown, tag

#: Examples that a row shows.
MOST_EXAMPLES = 3
Key = tuple[str, str]
_COLUMNS = (
    "kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber", "unit_name", "last_good_value", "reason",
)  # fmt: skip
_CELL = "{" + ", ".join(f"{name}: {name}" for name in _COLUMNS) + "}"
_BY_RULE = f"""
with cells as (
    select *, coalesce(rule_id, '') as rule, coalesce(reason, '') as said from now.kpi_results
    where verdict <> 'PUBLISHED' or coalesce(reason, '') <> ''
),
texts as (
    select verdict, rule, said, count(*) as cells, min({_CELL}) as example from cells group by verdict, rule, said
),
kpis as (
    select verdict, rule, count(distinct kpi_id) as kpis from cells group by verdict, rule
)
select
    verdict, rule as rule_id, cast(sum(texts.cells) as bigint) as cells, any_value(kpis.kpis) as kpis,
    list({{cell: example, cells: texts.cells}} order by texts.cells desc, said)[1:{MOST_EXAMPLES}] as examples
from texts inner join kpis using (verdict, rule)
group by verdict, rule
order by verdict, rule
"""  # noqa: S608  our own words
_BY_CELL = f"""
select
    kpi_id, variant, unit_type, coalesce(rule_id, '') as rule_id, count(*) as cells,
    list({_CELL} order by caliber desc, period_start desc, period_type, unit_code)[1:{MOST_EXAMPLES}] as examples
from now.kpi_results
where verdict = 'WITHHELD'
group by all
order by kpi_id, variant, unit_type, rule_id
"""  # noqa: S608  our own words


def by_rule(evidence: Evidence, reasons: Reasons, names: Mapping[Key, Words]) -> Table:
    """A row per verdict and rule that decided."""
    rows = [
        [
            tag(row["verdict"], words.of(row["verdict"], words.VERDICTS)),
            _rule(row["rule_id"]),
            reasons.rule(row["rule_id"]),
            row["cells"],
            row["kpis"],
            _lines(
                Markup("{} {} · {}{} ({})").format(
                    found["cell"]["kpi_id"],
                    _name(found["cell"], names),
                    _place(found["cell"]),
                    _detail(row["rule_id"], found["cell"], reasons),
                    Words(f"共 {found['cells']:,} 个", f"{found['cells']:,} in all"),
                )
                for found in row["examples"]
            ),
        ]
        for row in evidence.rows(_BY_RULE)
    ]
    return table(
        Words("按裁定与规则；同一规则的单元格合为一行", "By verdict and rule; the cells of one rule are one row"),
        columns(
            ("裁定", "verdict"), ("规则", "rule"), ("原因", "reason"), ("单元格", "cells", "number"), ("指标", "KPIs", "number"),
            ("举例", "examples"),
        ),
        rows,
    )  # fmt: skip


def by_cell(evidence: Evidence, reasons: Reasons, names: Mapping[Key, Words], units: Mapping[Key, str]) -> Table:
    """A row per KPI, level and rule by which cells are withheld."""
    rows = [
        [
            Markup("{} {}").format(row["kpi_id"], _name(row, names)),
            words.of(row["unit_type"], words.LEVELS),
            _rule(row["rule_id"]),
            reasons.rule(row["rule_id"]),
            row["cells"],
            _lines(
                Markup("{}{}{}").format(
                    _place(cell),
                    _detail(row["rule_id"], cell, reasons),
                    _last_good(cell, units.get((cell["kpi_id"], cell["variant"]), "")),
                )
                for cell in row["examples"]
            ),
        ]
        for row in evidence.rows(_BY_CELL)
    ]
    return table(
        Words("暂缓公布的单元格；同一指标、层级与规则合为一行", "Cells that are withheld; those of one KPI, level and rule are one row"),
        columns(
            ("指标", "KPI"), ("层级", "level"), ("规则", "rule"), ("原因", "reason"),
            ("单元格", "cells", "number"), ("举例", "examples"),
        ),
        rows,
    )  # fmt: skip


def _rule(rule_id: str) -> Markup | None:
    return link(f"rules.html#{rule_id}", rule_id) if rule_id else None


def _name(cell: Row, names: Mapping[Key, Words]) -> Words:
    variant = str(cell["variant"])
    return names.get((str(cell["kpi_id"]), variant), Words(variant, variant))


def _place(cell: Row) -> Markup:
    """Whose cell it is, and of which period; the unit's name is a name in both languages."""
    unit = Markup('<span class="unit">{}</span>').format(cell["unit_name"] or cell["unit_code"])
    period = words.of(cell["period_type"], words.PERIODS)
    caliber = words.of(cell["caliber"], words.CALIBERS)
    return Markup("{} {} {} {}").format(unit, period, shown(cell["period_start"]), caliber)


def _detail(rule_id: str, cell: Row, reasons: Reasons) -> Markup:
    """What the cell's reason says beyond the words of its rule."""
    said, rule = reasons.words(rule_id, str(cell["reason"] or "")), reasons.rule(rule_id)
    beyond = Words(
        said.zh.removeprefix(rule.zh).lstrip("：；"),
        said.en.removeprefix(rule.en).lstrip("; "),
    )
    return Markup(" · {}").format(beyond) if beyond.zh or beyond.en else Markup()


def _last_good(cell: Row, unit: str) -> Markup:
    value = figure(cell["last_good_value"], unit)
    return Markup(" · {}").format(Words(f"上次有效值 {value}", f"last good value {value}")) if value else Markup()


def _lines(examples: Iterable[Markup]) -> Markup:
    return Markup("<br>").join(examples)
