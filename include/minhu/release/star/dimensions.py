"""Dimensions: KPIs, units, days, periods and releases, by which every fact can be named and cut."""

from __future__ import annotations

from minhu.release.published_contract import Contract, Text
from minhu.release.star.views import View, ViewColumn, called, taken

_CITY = "(select min(place_code) as place_code, min(place_name) as place_name from published.dim_places where place_level = 'city')"
_UNITS = """from (
    select
        place_level as unit_type, place_code as unit_code, place_name as unit_name, district_code, street_code,
        community_code, valid_from, valid_to
    from published.dim_places
    where place_level is not null
    union all
    select
        'unit', office.unit_code, office.unit_name, seat.district_code, seat.street_code, seat.community_code,
        office.valid_from, office.valid_to
    from published.dim_units as office
    left join published.dim_places as seat on office.place_code = seat.place_code
    union all
    select unit_type, unit_code, unit_name, district_code, street_code, community_code, null, null
    from published.dim_points
) as unit"""
_ABOVE = (
    ("city", Text("市", "city")),
    ("district", Text("区县", "district")),
    ("street", Text("街镇", "street")),
    ("community", Text("社区", "community")),
)
_VALID_FROM = Text(
    "自哪一天起存在；一直存在或不知时为空值。", "Day from which it stands; null where it always did or nobody says."
)
_VALID_TO = Text("到哪一天为止，不含当天；仍存在时为空值。", "Day from which it stands no more; null while it does.")


def dim_kpi(contract: Contract) -> View:
    codes = contract.codes
    return View(
        "dim_kpi",
        Text("指标维度：每个指标和分支一行。", "KPIs: one row per KPI and variant."),
        (
            *taken(contract, "kpi_contract", "kpi_id variant", "kpi"),
            ViewColumn("is_main", "kpi.variant = 'main'", Text("主口径。", "Whether it is the main variant.")),
            ViewColumn("name_zh", "kpi.name_zh", Text("中文名称。", "Name in Chinese.")),
            ViewColumn("name_en", "kpi.name_en", Text("英文名称。", "Name in English.")),
            *taken(contract, "kpi_contract", "unit", "kpi"),
            ViewColumn(
                "unit_zh", called(codes["kpi_unit"], "kpi.unit"), Text("单位的中文名称。", "The unit in Chinese.")
            ),
            *taken(contract, "kpi_contract", "direction", "kpi"),
            ViewColumn(
                "direction_zh",
                called(codes["direction"], "kpi.direction"),
                Text("好坏方向的中文名称。", "The direction in Chinese."),
            ),
            *taken(contract, "kpi_contract", "source owner_zh standard contract_version levels periods", "kpi"),
            *taken(contract, "kpi_contract", "suppress_below band_below settle_days is_optional", "kpi"),
            ViewColumn("definition_zh", "kpi.description_zh", Text("定义。", "Definition in Chinese.")),
            ViewColumn("definition_en", "kpi.description", Text("定义（英文）。", "Definition in English.")),
        ),
        "from published.kpi_contract as kpi",
    )


def dim_unit(contract: Contract) -> View:
    columns = [
        ViewColumn("unit_type", "unit.unit_type", Text("层级。", "Level.")),
        ViewColumn(
            "unit_type_zh",
            called(contract.codes["unit_type"], "unit.unit_type"),
            Text("层级的中文名称。", "Level in Chinese."),
        ),
        ViewColumn("unit_code", "unit.unit_code", Text("对象代码。", "Code of the unit.")),
        ViewColumn(
            "unit_name",
            "coalesce(nullif(unit.unit_name, ''), unit.unit_code)",
            Text("对象名称；没有时为其代码。", "Name, or its code."),
        ),
    ]
    for level, text in _ABOVE:
        columns += [
            ViewColumn(
                f"{level}_code", f"{level}.place_code", Text(f"所属{text.zh}的代码。", f"Code of its {text.en}.")
            ),
            ViewColumn(
                f"{level}_name", f"{level}.place_name", Text(f"所属{text.zh}的名称。", f"Name of its {text.en}.")
            ),
        ]
    columns += [
        ViewColumn("valid_from", "unit.valid_from", _VALID_FROM),
        ViewColumn("valid_to", "unit.valid_to", _VALID_TO),
        ViewColumn("is_current", "unit.valid_to is null", Text("现在仍存在。", "Whether it stands now.")),
    ]
    joins = [
        f"left join published.dim_places as {level} on unit.{level}_code = {level}.place_code"
        for level, _ in _ABOVE[1:]
    ]
    return View(
        "dim_unit",
        Text(
            "对象维度：市、区县、街镇、社区、承办单位、网格、服务点各一行，附所属的各级区划。按 unit_type 和 unit_code 关联。",
            "Units: one row per city, district, street, community, responsible unit, grid and service point, with the places "
            "above it. Join by unit_type and unit_code.",
        ),
        tuple(columns),
        "\n".join((_UNITS, f"cross join {_CITY} as city", *joins)),
    )


def dim_unit_history(contract: Contract) -> View:
    return View(
        "dim_unit_history",
        Text(
            "对象沿革：每个对象的每一种状态一行，名称和上级以当时为准。",
            "States of units: one row per unit and span of days, its name and the places above it as they were then.",
        ),
        (
            ViewColumn("unit_type", "state.unit_type", Text("层级。", "Level.")),
            ViewColumn("unit_code", "state.unit_code", Text("对象代码。", "Code of the unit.")),
            ViewColumn("unit_name", "state.unit_name", Text("当时的名称。", "Its name then.")),
            ViewColumn("district_code", "state.district_code", Text("当时所属区县。", "Its district then.")),
            ViewColumn("street_code", "state.street_code", Text("当时所属街镇。", "Its street then.")),
            ViewColumn("valid_from", "state.began_on", Text("状态的第一天。", "First day of the state.")),
            ViewColumn(
                "valid_to",
                "state.ended_from",
                Text(
                    "状态结束之日，不含当天；现在仍是时为空值。", "Day from which it is another; null while it holds."
                ),
            ),
        ),
        "from (\n"
        "    select place_level as unit_type, place_code as unit_code, place_name as unit_name, district_code, street_code,\n"
        "        began_on, ended_from\n"
        "    from published.dim_place_versions where place_level is not null\n"
        "    union all\n"
        "    select 'unit', unit_code, unit_name, null, null, began_on, ended_from from published.dim_unit_versions\n"
        ") as state",
    )


def dim_date(contract: Contract) -> View:
    return View(
        "dim_date",
        Text(
            "日期维度：每天一行，附工作日和法定节假日。", "Days: one row each, with working days and public holidays."
        ),
        (
            ViewColumn("day", "days.period_start", Text("日期。", "The day.")),
            ViewColumn("year", "cast(extract(year from days.period_start) as integer)", Text("年。", "Year.")),
            ViewColumn(
                "quarter",
                "cast(extract(quarter from days.period_start) as integer)",
                Text("季度，1 至 4。", "Quarter, 1 to 4."),
            ),
            ViewColumn(
                "month",
                "cast(extract(month from days.period_start) as integer)",
                Text("月，1 至 12。", "Month, 1 to 12."),
            ),
            ViewColumn(
                "month_start",
                "cast(date_trunc('month', days.period_start) as date)",
                Text("当月第一天。", "First day of its month."),
            ),
            ViewColumn(
                "week_start",
                "cast(date_trunc('week', days.period_start) as date)",
                Text("当周星期一。", "Monday of its week."),
            ),
            ViewColumn(
                "weekday",
                "cast(extract(isodow from days.period_start) as integer)",
                Text("星期，1 为星期一。", "Day of the week, 1 is Monday."),
            ),
            ViewColumn(
                "is_working_day", "days.working_day_count = 1", Text("工作日。", "Whether it is a working day.")
            ),
            *taken(contract, "periods", "is_calendar_known holiday", "days"),
            ViewColumn(
                "holiday_zh",
                called(contract.codes["holiday"], "days.holiday"),
                Text("节假日的中文名称。", "The holiday in Chinese."),
            ),
        ),
        "from published.periods as days\nwhere days.period_type = 'day'",
    )


def dim_period(contract: Contract) -> View:
    year = "cast(extract(year from period.period_start) as integer)"
    month = "cast(extract(month from period.period_start) as integer)"
    quarter = "cast(extract(quarter from period.period_start) as integer)"
    name = (
        f"case period.period_type when 'year' then concat({year}, '年') when 'month' then concat({year}, '年', {month}, '月') "
        f"when 'quarter' then concat({year}, '年第', {quarter}, '季度') "
        f"when 'half_year' then concat({year}, '年', case when {month} = 1 then '上' else '下' end, '半年') "
        "when 'day' then cast(period.period_start as varchar) "
        "else concat(cast(period.period_start as varchar), '至', cast(period.period_end as varchar)) end"
    )
    return View(
        "dim_period",
        Text(
            "期间维度：每个期间一行。按 period_type 和 period_start 关联；不同类型的期间不可相加。",
            "Periods: one row each. Join by period_type and period_start; kinds of period do not add up.",
        ),
        (
            *taken(contract, "periods", "period_type", "period"),
            ViewColumn(
                "period_type_zh",
                called(contract.codes["period_type"], "period.period_type"),
                Text("期间类型的中文名称。", "Kind of period in Chinese."),
            ),
            *taken(contract, "periods", "period_start period_end", "period"),
            ViewColumn("name_zh", name, Text("期间的中文名称，如 2026年10月。", "Its name in Chinese, as 2026年10月.")),
            ViewColumn("year", year, Text("期初所在的年。", "Year in which it begins.")),
            *taken(contract, "periods", "day_count working_day_count is_calendar_known", "period"),
        ),
        "from published.periods as period",
    )


def dim_release(_: Contract) -> View:
    return View(
        "dim_release",
        Text(
            "发布：每次发布一行；各事实视图只显示当前发布。", "Releases: one row each; the facts show the current one."
        ),
        (
            ViewColumn("release_id", "known.release_id", Text("发布的编号。", "Id of the release.")),
            ViewColumn("city", "known.city", Text("城市代码。", "Code of the city.")),
            ViewColumn("business_date", "known.business_date", Text("业务日。", "Business date.")),
            ViewColumn(
                "as_of", "known.as_of at time zone 'UTC'", Text("数值截至的时刻。", "Moment up to which figures count.")
            ),
            ViewColumn("is_current", "known.is_current", Text("当前发布。", "Whether it is the current one.")),
            ViewColumn(
                "signed_off_by",
                "known.signed_off_by",
                Text("签发人；未签发为空值。", "Who approved it; null: nobody did."),
            ),
            ViewColumn(
                "signed_off_on", "known.signed_off_on", Text("签发日期；未签发为空值。", "When; null: nobody did.")
            ),
            ViewColumn(
                "manifest_sha256",
                "known.manifest_sha256",
                Text("清单的 SHA-256，引用时注明。", "SHA-256 of its manifest, to cite."),
            ),
        ),
        "from published.releases as known",
    )
