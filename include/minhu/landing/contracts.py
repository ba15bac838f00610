"""The tables that land: names, types, keys. What an extract must write and staging may rely on.

Landed times are UTC without an offset (``timestamp[us]``), dates are local calendar days, codes are text. Columns
ending in ``_key`` are pseudonyms of persons. Anything personal in the sources is absent here by design.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Source = Literal["hotline", "grid", "stations", "returns"]
SOURCES: tuple[Source, ...] = ("hotline", "grid", "stations", "returns")

#: Inputs a city may lack (``city.json``: absent_inputs); the KPI contract's ``requires`` names the same words.
INPUTS = (
    "calls", "work_orders", "replies", "on_time", "durations", "callbacks", "tiers", "callers", "dispatches", "grid",
    "stations", "returns",
)  # fmt: skip

_TEXT, _INT, _BOOL, _FLOAT = pa.string(), pa.int64(), pa.bool_(), pa.float64()
_DATE, _TIME = pa.date32(), pa.timestamp("us")


@dataclass(frozen=True)
class TableContract:
    """One landed table.

    Attributes:
        source: which extract lands it.
        name: table name, without the source.
        schema: columns and types, in order.
        key: columns that identify an entity; rows are landed sorted by key, then version.
        version: the change-time column that orders the versions of a key, or None for a table that is a full
            picture of its day (every night replaces the whole of it).
    """

    source: Source
    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    version: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.source}.{self.name}"

    @property
    def sort_order(self) -> list[tuple[str, str]]:
        columns = self.key if self.version is None else (*self.key, self.version)
        return [(column, "ascending") for column in columns]


def _table(
    source: Source, name: str, key: tuple[str, ...], version: str | None = None, /, **columns: pa.DataType
) -> TableContract:
    return TableContract(source, name, pa.schema(list(columns.items())), key, version)


def _return(name: str, /, **columns: pa.DataType) -> TableContract:
    """A sheet of a return: rows are known by the delivery they came with and where they stood in it.

    Every delivery stays: which one of a period counts is decided in staging.
    """
    known_by: dict[str, pa.DataType] = {"delivered_on": _DATE, "report_period": _TEXT, "row_number": _INT}
    return _table("returns", name, tuple(known_by), **known_by, **columns)


TABLES: tuple[TableContract, ...] = (
    _table(
        "hotline", "calls", ("call_id",), "updated_at",
        call_id=_TEXT, direction=_TEXT, caller_key=_TEXT, agent_key=_TEXT,
        offered_at=_TIME, answered_at=_TIME, ended_at=_TIME, updated_at=_TIME,
    ),
    _table(
        "hotline", "work_orders", ("order_id",), "updated_at",
        order_id=_TEXT, created_at=_TIME, channel=_TEXT, demand_type=_TEXT, category_code=_TEXT, tier=_TEXT,
        assessment_scope=_TEXT, caller_key=_TEXT, location_cell=_TEXT, content_length=_INT, content_hash=_TEXT,
        community_code=_TEXT, street_code=_TEXT, unit_code=_TEXT, parent_order_id=_TEXT, due_at=_TIME,
        replied_at=_TIME, closed_at=_TIME, closure_code=_TEXT, status=_TEXT, updated_at=_TIME,
    ),
    _table(
        "hotline", "order_events", ("event_id",), "recorded_at",
        event_id=_TEXT, order_id=_TEXT, event_type=_TEXT, occurred_at=_TIME, recorded_at=_TIME, unit_code=_TEXT,
        from_value=_TEXT, to_value=_TEXT,
    ),
    _table(
        "hotline", "callbacks", ("callback_id",), "recorded_at",
        callback_id=_TEXT, order_id=_TEXT, attempt_no=_INT, called_at=_TIME, interviewer_key=_TEXT, reached=_BOOL,
        is_valid=_BOOL, invalid_reason=_TEXT, contacted=_BOOL, resolved=_BOOL, satisfaction=_TEXT, recorded_at=_TIME,
    ),
    _table(
        "hotline", "order_claims", ("order_id",), "updated_at",
        order_id=_TEXT, claimed_on_time=_BOOL, claimed_at=_TIME, role=_TEXT, updated_at=_TIME,
    ),
    _table(
        "hotline", "categories", ("category_code",),
        category_code=_TEXT, name=_TEXT, parent_code=_TEXT, theme=_TEXT,
    ),
    _table(
        "hotline", "units", ("unit_code",),
        unit_code=_TEXT, name=_TEXT, kind=_TEXT, place_code=_TEXT, parent_code=_TEXT, valid_from=_DATE, valid_to=_DATE,
    ),
    _table(
        "hotline", "places", ("place_code",),
        place_code=_TEXT, name=_TEXT, level=_TEXT, parent_code=_TEXT, resident_count=_INT, valid_from=_DATE,
        valid_to=_DATE, successor_code=_TEXT,
    ),
    _table(
        "grid", "events", ("event_id",), "updated_at",
        event_id=_TEXT, grid_code=_TEXT, reporter_key=_TEXT, category_code=_TEXT, tier=_TEXT, reported_at=_TIME,
        accepted_at=_TIME, registered_at=_TIME, due_at=_TIME, handled_at=_TIME, closed_at=_TIME, unit_code=_TEXT,
        status=_TEXT, self_handled=_BOOL, deferred_until=_TIME, photo_hash=_TEXT, location_cell=_TEXT,
        updated_at=_TIME,
    ),
    _table(
        "grid", "event_verifications", ("event_id", "verified_at"), "updated_at",
        event_id=_TEXT, verified_at=_TIME, passed=_BOOL, updated_at=_TIME,
    ),
    _table(
        "grid", "grids", ("grid_code",),
        grid_code=_TEXT, community_code=_TEXT, street_code=_TEXT, household_count=_INT, active_from=_DATE,
        active_to=_DATE,
    ),
    _table(
        "grid", "worker_activity", ("activity_date", "grid_code"),
        activity_date=_DATE, grid_code=_TEXT, registered_count=_INT, active_count=_INT,
    ),
    _table(
        "grid", "address_coverage", ("coverage_date", "community_code"),
        coverage_date=_DATE, community_code=_TEXT, address_count=_INT, covered_once_count=_INT,
        covered_many_count=_INT,
    ),
    _table(
        "stations", "cases", ("case_id",), "updated_at",
        case_id=_TEXT, district_code=_TEXT, item_code=_TEXT, handling_level=_TEXT, is_agent_handled=_BOOL,
        station_code=_TEXT, applicant_key=_TEXT, accepted_at=_TIME, promised_at=_TIME, finished_at=_TIME,
        review=_TEXT, updated_at=_TIME,
    ),
    _table(
        "stations", "terminals", ("service_date", "terminal_code"),
        service_date=_DATE, terminal_code=_TEXT, station_code=_TEXT, planned_minutes=_INT, available_minutes=_INT,
        case_count=_INT,
    ),
    _table(
        "stations", "points", ("station_code",),
        station_code=_TEXT, name=_TEXT, kind=_TEXT, community_code=_TEXT, lon=_FLOAT, lat=_FLOAT,
        opening_hours=_TEXT, item_count=_INT, active_from=_DATE, active_to=_DATE,
    ),
    _table(
        "stations", "items", ("item_code",),
        item_code=_TEXT, name=_TEXT, is_personal=_BOOL, is_core=_BOOL, lowest_level=_TEXT,
    ),
    _table(
        "stations", "residents", ("community_code", "grid_code"),
        community_code=_TEXT, grid_code=_TEXT, resident_count=_INT, household_count=_INT, center_lon=_FLOAT,
        center_lat=_FLOAT,
    ),
    _table(
        "returns", "deliveries", ("delivered_on", "workbook", "report_period"),
        delivered_on=_DATE, workbook=_TEXT, report_period=_TEXT, report_from=_DATE, report_to=_DATE, digest=_TEXT,
        row_count=_INT,
    ),
    _return("studios", studio_code=_TEXT, community_code=_TEXT, quarter_start=_DATE, reception_count=_INT),
    _return(
        "proposals",
        proposal_code=_TEXT, proposal_kind=_TEXT, unit_code=_TEXT, assigned_on=_DATE, due_on=_DATE, answered_on=_DATE,
    ),
    _return(
        "consultations",
        consultation_code=_TEXT, consultation_kind=_TEXT, street_code=_TEXT, held_on=_DATE, conclusion_count=_INT,
        task_count=_INT,
    ),
    _return("opinions", opinion_code=_TEXT, street_code=_TEXT, received_on=_DATE, has_outcome=_BOOL, told_on=_DATE),
    _return("checkin_units", party_unit_code=_TEXT, street_code=_TEXT, obliged_count=_INT, checked_in_count=_INT),
    _return("checkin_members", street_code=_TEXT, obliged_count=_INT, checked_in_count=_INT),
    _return("needs", need_code=_TEXT, community_code=_TEXT, posted_on=_DATE, matched_on=_DATE, done_on=_DATE),
    _return(
        "checkin_feedback",
        street_code=_TEXT, checkin_count=_INT, community_report_count=_INT, unit_report_count=_INT,
    ),
    _return(
        "department_calls",
        call_code=_TEXT, street_code=_TEXT, unit_code=_TEXT, called_at=_TIME, required_at=_TIME, arrived_at=_TIME,
    ),
    _return("department_ratings", quarter_start=_DATE, street_code=_TEXT, unit_code=_TEXT, score=_FLOAT),
    _return("meetings", meeting_code=_TEXT, street_code=_TEXT, held_on=_DATE, has_minutes=_BOOL),
    _return("meeting_decisions", decision_code=_TEXT, meeting_code=_TEXT, due_on=_DATE, done_on=_DATE),
    _return("disputes", order_id=_TEXT, started_at=_TIME, settled_at=_TIME),
    _return(
        "posts",
        district_code=_TEXT, street_code=_TEXT, post_kind=_TEXT, grade=_INT, worker_count=_INT, graduate_count=_INT,
        left_count=_INT, promoted_count=_INT, recruited_count=_INT,
    ),
    _return(
        "benchmark_checks",
        year_start=_DATE, community_code=_TEXT, check_group=_TEXT, indicator_number=_INT, is_passed=_BOOL,
    ),
    _return(
        "benchmarks", community_code=_TEXT, named_year_start=_DATE, rechecked_year_start=_DATE, is_retained=_BOOL
    ),
    _return(
        "projects",
        project_code=_TEXT, project_kind=_TEXT, district_code=_TEXT, year_start=_DATE, planned_amount=_FLOAT,
        done_amount=_FLOAT, measure_unit=_TEXT, accepted_on=_DATE,
    ),
    _return(
        "funds",
        year_start=_DATE, fund_kind=_TEXT, district_code=_TEXT, community_code=_TEXT, budget_yuan=_FLOAT,
        paid_yuan=_FLOAT,
    ),
    _return(
        "survey_waves",
        half_year_start=_DATE, domain=_TEXT, district_code=_TEXT, contacted_count=_INT, valid_count=_INT,
        mean_score=_FLOAT, score_deviation=_FLOAT, satisfied_count=_INT,
    ),
)  # fmt: skip

#: Chinese words of the station files and the codes that land.
HANDLING_LEVELS = {"市": "city", "区县": "district", "街镇": "street", "社区": "community", "自助": "self_service"}
REVIEWS = {
    "非常满意": "very_satisfied",
    "满意": "satisfied",
    "基本满意": "basically_satisfied",
    "不满意": "dissatisfied",
    "非常不满意": "very_dissatisfied",
}
STATION_KINDS = {
    "便民服务站": "convenience_station",
    "政务驿站": "government_post",
    "自助点": "self_service_point",
    "示范点": "model_point",
}
#: Chinese words of the returns and the codes that land.
PROPOSAL_KINDS = {"提案": "proposal", "建议": "suggestion"}
CONSULTATION_KINDS = {"微协商": "micro_consultation", "专题调研": "survey"}
POST_KINDS = {"正职": "head", "副职": "deputy", "专职": "full_time"}
#: The five groups of the 31 indicators of a benchmark community (五化).
CHECK_GROUPS = {
    "组织体系标准化": "organisation", "为民服务精准化": "service", "民主自治规范化": "self_government",
    "社会治理精细化": "governance", "保障机制常态化": "support",
}  # fmt: skip
PROJECT_KINDS = {
    "新投用学校": "school", "新增学位": "school_place", "老旧小区改造": "compound", "背街小巷改造": "alley",
    "打通断头路": "road", "架空线缆落地": "cable",
}  # fmt: skip
MEASURE_UNITS = {"所": "piece", "个": "piece", "条": "piece", "公里": "kilometre", "千米": "kilometre"}
FUND_KINDS = {"社区工作经费": "operations", "集中活动月": "activity_month", "建设提升奖补": "upgrade_award"}
SURVEY_DOMAINS = {
    "教育": "education", "医疗": "medical", "交通": "transport", "住房": "housing", "就业": "employment",
    "环境": "environment",
}  # fmt: skip


def tables_of(source: str) -> tuple[TableContract, ...]:
    """The contracts of one source, in the order they land."""
    return tuple(table for table in TABLES if table.source == source)


def table(source: str, name: str) -> TableContract:
    """One contract.

    Raises:
        KeyError: no such table lands.
    """
    for contract in TABLES:
        if (contract.source, contract.name) == (source, name):
            return contract
    raise KeyError(f"{source}.{name} is not a landed table")
