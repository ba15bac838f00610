"""Facts: the figures, with defaults that cannot be summed, mixed or read for what they are not."""

from __future__ import annotations

from minhu.release import marks
from minhu.release.published_contract import Contract, Text
from minhu.release.star.views import View, ViewColumn, literal, taken

_KEY = "kpi_id unit_type unit_code"
_CELL = (
    "ci_low ci_high numerator denominator verdict rule_id reason peer_group peer_count peer_value band rank_best rank_worst "
    "is_stale as_of contract_version last_good_value last_good_as_of"
)
#: Main variants of months that are over, settled and covered by records.
SETTLED_MONTHS = "{0}.variant = 'main' and {0}.period_type = 'month' and not {0}.is_provisional"
_OF_MONTHS = Text(
    "只含主口径、已结束并已定稿的月份、{}。",
    "Main variants of months that are over and no longer provisional, in the {} caliber alone.",
)


def fct_kpi_results(contract: Contract) -> View:
    return _months(contract, "fct_kpi_results", "assessed", Text("考核口径", "assessed"))


def fct_kpi_results_full(contract: Contract) -> View:
    return _months(contract, "fct_kpi_results_full", "full", Text("全口径", "full"))


def _months(contract: Contract, name: str, caliber: str, called: Text) -> View:
    own = Text("指标月值：每个指标、对象和月份一行。", "KPIs by month: one row per KPI, unit and month.")
    return View(
        name,
        Text(own.zh + _OF_MONTHS.zh.format(called.zh), f"{own.en} {_OF_MONTHS.en.format(called.en)}"),
        (
            *taken(contract, "kpi_results", f"{_KEY} unit_name period_start period_end", "cell"),
            *_figures(contract),
        ),
        f"from published.kpi_results as cell\nwhere {SETTLED_MONTHS.format('cell')} and cell.caliber = '{caliber}'",
    )


def fct_kpi_results_all(contract: Contract) -> View:
    return View(
        "fct_kpi_results_all",
        Text(
            "全部单元格：各分支、各类期间、两种口径，含暂定的；查询时须各选其一，否则重复计算。",
            "Every cell: all variants, kinds of period and both calibers, provisional ones too. Choose one of each, or figures "
            "are counted several times.",
        ),
        (
            *taken(contract, "kpi_results", "kpi_id variant unit_type unit_code unit_name", "cell"),
            *taken(contract, "kpi_results", "period_type period_start period_end caliber", "cell"),
            *_figures(contract),
            *taken(contract, "kpi_results", "is_provisional is_covered", "cell"),
        ),
        "from published.kpi_results as cell",
    )


def _figures(contract: Contract) -> tuple[ViewColumn, ...]:
    instead = " ".join(f"when {literal(verdict)} then {literal(mark)}" for verdict, (mark, _) in marks.INSTEAD.items())
    beside = (
        f"nullif(concat(case when cell.verdict = 'BAND_ONLY' then '{marks.INTERVAL_ONLY}' end, "
        f"case when cell.is_provisional then '{marks.PROVISIONAL}' end, "
        f"case when cell.is_stale then '{marks.STALE}' end), '')"
    )
    return (
        *taken(contract, "kpi_results", "value", "cell"),
        ViewColumn(
            "mark",
            f"case cell.verdict {instead} else {beside} end",
            Text(
                "标记：[c] 隐去、[x] 暂缓、[z] 不评，数值为空值；[u] 仅区间、[p] 暂定、[o] 沿用，数值在；照常公布时为空值。",
                "Mark: [c] suppressed, [x] withheld, [z] not rated, the value is null; [u] interval only, [p] provisional, "
                "[o] carried over, beside a value; null where it is simply published.",
            ),
        ),
        *taken(contract, "kpi_results", _CELL, "cell"),
    )


def fct_kpi_signals(contract: Contract) -> View:
    table = contract.tables["kpi_signals"]
    return View(
        "fct_kpi_signals",
        Text(f"{table.text.zh}只含考核口径。", f"{table.text.en} The assessed caliber alone."),
        tuple(
            taken(
                contract,
                "kpi_signals",
                f"{_KEY} period_start value mean_value lower_limit upper_limit baseline_start baseline_months signal "
                "signal_direction target assurance",
                "cell",
            )
        ),
        "from published.kpi_signals as cell\nwhere cell.caliber = 'assessed'",
    )


def fct_kpi_changes(contract: Contract) -> View:
    table = contract.tables["kpi_changes"]
    return View(
        "fct_kpi_changes",
        Text(
            f"{table.text.zh}{_OF_MONTHS.zh.format('考核口径')}", f"{table.text.en} {_OF_MONTHS.en.format('assessed')}"
        ),
        tuple(
            taken(
                contract,
                "kpi_changes",
                f"{_KEY} unit_name period_start comparison aligned_by compare_from compare_to value value_before change "
                "change_low change_high trend is_break_in_series",
                "cell",
            )
        ),
        f"from published.kpi_changes as cell\nwhere {SETTLED_MONTHS.format('cell')} and cell.caliber = 'assessed'",
    )


def fct_kpi_peers(contract: Contract) -> View:
    table = contract.tables["peer_comparisons"]
    return View(
        "fct_kpi_peers",
        Text(f"{table.text.zh}只含主口径、月、考核口径。", f"{table.text.en} Main variants, months and the assessed caliber alone."),
        tuple(
            taken(
                contract,
                "peer_comparisons",
                f"{_KEY} unit_name period_start peer_group peer_count sample_size value ci_low ci_high band rank_likely "
                "rank_likely_best rank_likely_worst peer_value funnel_95_low funnel_95_high funnel_998_low funnel_998_high "
                "funnel_position",
                "cell",
            )
        ),
        "from published.peer_comparisons as cell\n"
        "where cell.variant = 'main' and cell.period_type = 'month' and cell.caliber = 'assessed'",
    )  # fmt: skip


def release_banner(contract: Contract) -> View:
    newest = "cast(date_trunc('month', known.business_date + interval '1 day') - interval '1 month' as date)"
    counts = {
        "cell_count": ("1", Text("该月主口径、考核口径的单元格数。", "Cells of that month, main variants, assessed caliber.")),
        "shown_count": ("cell.value is not null", Text("其中公布了数值的。", "Those of them with a value.")),
        "provisional_count": ("cell.is_provisional", Text("其中暂定的。", "Provisional ones.")),
        "stale_count": ("cell.is_stale", Text("其中沿用上次发布的。", "Carried over from an earlier release.")),
        "withheld_count": ("cell.verdict = 'WITHHELD'", Text("其中暂缓的。", "Withheld ones.")),
        "suppressed_count": ("cell.verdict = 'SUPPRESSED'", Text("其中隐去的。", "Suppressed ones.")),
    }  # fmt: skip
    sums = ",\n        ".join(
        f"count(case when {condition if condition != '1' else 'true'} then 1 end) as {name}"
        for name, (condition, _) in counts.items()
    )
    return View(
        "release_banner",
        Text(
            "发布横幅：一行，看板页眉用。截至何时、是否签发，最近一个结束的月份有多少暂定、沿用、暂缓和隐去。",
            "Banner of the release, one row for the head of a report: as of when, signed off or not, and how much of the newest "
            "month that is over is provisional, carried over, withheld and suppressed.",
        ),
        (
            ViewColumn("release_id", "known.release_id", Text("发布的编号。", "Id of the release.")),
            ViewColumn("business_date", "known.business_date", Text("业务日。", "Business date.")),
            ViewColumn("as_of", "known.as_of at time zone 'UTC'", Text("数值截至的时刻。", "Moment up to which figures count.")),
            ViewColumn("signed_off_by", "known.signed_off_by", Text("签发人；未签发为空值。", "Who approved it; null: nobody did.")),
            ViewColumn("newest_month", newest, Text("最近一个结束的月份。", "The newest month that is over.")),
            *(ViewColumn(name, f"newest.{name}", text) for name, (_, text) in counts.items()),
        ),
        "from published.releases as known\n"
        f"cross join lateral (\n    select\n        {sums}\n    from published.kpi_results as cell\n"
        "    where cell.variant = 'main' and cell.period_type = 'month' and cell.caliber = 'assessed'\n"
        f"        and cell.period_start = {newest}\n) as newest\n"
        "where known.is_current",
    )  # fmt: skip


def fct_findings(contract: Contract) -> View:
    """What checks found, a row per rule: single cells stand in ``quality_findings``, thousands of them in a clean night."""
    grouped = (
        "from (\n    select\n        cell.rule_id, cell.severity, cell.source, cell.table_name, cell.column_name, known.business_date,\n"
        "        count(*) as cell_count, count(distinct cell.unit_code) as unit_count, min(cell.message) as example\n"
        "    from published.quality_findings as cell\n"
        "    join published.releases as known on known.release_id = cell.release_id\n    group by 1, 2, 3, 4, 5, 6\n) as found\n"
        "left join published.quality_rules as rule on rule.rule_id = found.rule_id"
    )
    named = "rule_id severity source table_name column_name"
    return View(
        "fct_findings",
        Text(
            "检查发现，按规则归并：每条规则、级别、来源和字段一行；逐个单元格的见 quality_findings。",
            "Findings by rule: one row per rule, severity, source and column; those of single cells are in quality_findings.",
        ),
        (
            *taken(contract, "quality_findings", named, "found"),
            ViewColumn("business_date", "found.business_date", Text("业务日。", "Business date.")),
            ViewColumn("cell_count", "cast(found.cell_count as integer)", Text("涉及的单元格数。", "Cells that it stands on.")),
            ViewColumn("unit_count", "cast(found.unit_count as integer)", Text("涉及的对象数。", "Units that it stands on.")),
            ViewColumn(
                "record_count",
                "cast(rule.rows_failed as integer)",
                Text("不合规则的记录数，每条只计一次。", "Records that broke the rule, each once."),
            ),
            *taken(contract, "quality_rules", "who_acts reason_zh reason", "rule"),
            ViewColumn("example", "nullif(found.example, '')", Text("一条说明，作为例子。", "One of its messages, as an example.")),
        ),
        grouped,
    )  # fmt: skip
