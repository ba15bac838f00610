"""The returns of departments (XLSX workbooks), and the Chinese words of their sheets."""

from __future__ import annotations

import pyarrow as pa

from minhu.landing.table_contract import BOOL, DATE, FLOAT, INT, TEXT, TIME, TableContract, columns

INPUTS = ("returns",)


def _return(name: str, /, **types: pa.DataType) -> TableContract:
    """A sheet of a return: rows are known by the delivery they came with and where they stood in it.

    Every delivery stays: which one of a period counts is decided in staging.
    """
    known_by: dict[str, pa.DataType] = {"delivered_on": DATE, "report_period": TEXT, "row_number": INT}
    return TableContract("returns", name, columns(**known_by, **types), tuple(known_by))


TABLES: tuple[TableContract, ...] = (
    TableContract(
        "returns", "deliveries", columns(
            delivered_on=DATE, workbook=TEXT, report_period=TEXT, report_from=DATE, report_to=DATE,
            digest=TEXT, row_count=INT,
        ),
        key=("delivered_on", "workbook", "report_period"),
    ),
    _return("studios", studio_code=TEXT, community_code=TEXT, quarter_start=DATE, reception_count=INT),
    _return(
        "proposals",
        proposal_code=TEXT, proposal_kind=TEXT, unit_code=TEXT, assigned_on=DATE, due_on=DATE, answered_on=DATE,
    ),
    _return(
        "consultations",
        consultation_code=TEXT, consultation_kind=TEXT, street_code=TEXT, held_on=DATE, conclusion_count=INT,
        task_count=INT,
    ),
    _return("opinions", opinion_code=TEXT, street_code=TEXT, received_on=DATE, has_outcome=BOOL, told_on=DATE),
    _return("checkin_units", party_unit_code=TEXT, street_code=TEXT, obliged_count=INT, checked_in_count=INT),
    _return("checkin_members", street_code=TEXT, obliged_count=INT, checked_in_count=INT),
    _return("needs", need_code=TEXT, community_code=TEXT, posted_on=DATE, matched_on=DATE, done_on=DATE),
    _return(
        "checkin_feedback",
        street_code=TEXT, checkin_count=INT, community_report_count=INT, unit_report_count=INT,
    ),
    _return(
        "department_calls",
        call_code=TEXT, street_code=TEXT, unit_code=TEXT, called_at=TIME, required_at=TIME, arrived_at=TIME,
    ),
    _return("department_ratings", quarter_start=DATE, street_code=TEXT, unit_code=TEXT, score=FLOAT),
    _return("meetings", meeting_code=TEXT, street_code=TEXT, held_on=DATE, has_minutes=BOOL),
    _return("meeting_decisions", decision_code=TEXT, meeting_code=TEXT, due_on=DATE, done_on=DATE),
    _return("disputes", order_id=TEXT, started_at=TIME, settled_at=TIME),
    _return(
        "posts",
        district_code=TEXT, street_code=TEXT, post_kind=TEXT, grade=INT, worker_count=INT, graduate_count=INT,
        left_count=INT, promoted_count=INT, recruited_count=INT,
    ),
    _return(
        "benchmark_checks",
        year_start=DATE, community_code=TEXT, check_group=TEXT, indicator_number=INT, is_passed=BOOL,
    ),
    _return(
        "benchmarks", community_code=TEXT, named_year_start=DATE, rechecked_year_start=DATE, is_retained=BOOL
    ),
    _return(
        "projects",
        project_code=TEXT, project_kind=TEXT, district_code=TEXT, year_start=DATE, planned_amount=FLOAT,
        done_amount=FLOAT, measure_unit=TEXT, accepted_on=DATE,
    ),
    _return(
        "funds",
        year_start=DATE, fund_kind=TEXT, district_code=TEXT, community_code=TEXT, budget_yuan=FLOAT,
        paid_yuan=FLOAT,
    ),
    _return(
        "survey_waves",
        half_year_start=DATE, domain=TEXT, district_code=TEXT, contacted_count=INT, valid_count=INT,
        mean_score=FLOAT, score_deviation=FLOAT, satisfied_count=INT,
    ),
)  # fmt: skip

#: Chinese words of the returns and the codes that land.
PROPOSAL_KINDS = {"提案": "proposal", "建议": "suggestion"}
CONSULTATION_KINDS = {"微协商": "micro_consultation", "专题调研": "survey"}
POST_KINDS = {"正职": "head", "副职": "deputy", "专职": "full_time"}
#: The five groups of the 31 indicators of a benchmark community (五化).
CHECK_GROUPS = {
    "组织体系标准化": "organisation", "为民服务精准化": "service", "民主自治规范化": "self_government",
    "社会治理精细化": "governance", "保障机制常态化": "support",
}  # fmt: skip
CONSULTATION_KINDS = {"微协商": "micro_consultation", "专题调研": "survey"}
POST_KINDS = {"正职": "head", "副职": "deputy", "专职": "full_time"}
#: The five groups of the 31 indicators of a benchmark community (五化).
CHECK_GROUPS = {
    "组织体系标准化": "organisation", "为民服务精准化": "service", "民主自治规范化": "self_government",
    "社会治理精细化": "governance", "保障机制常态化": "support",
}  # fmt: skip
POST_KINDS = {"正职": "head", "副职": "deputy", "专职": "full_time"}
#: The five groups of the 31 indicators of a benchmark community (五化).
CHECK_GROUPS = {
    "组织体系标准化": "organisation", "为民服务精准化": "service", "民主自治规范化": "self_government",
    "社会治理精细化": "governance", "保障机制常态化": "support",
}  # fmt: skip
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
FUND_KINDS = {"社区工作经费": "operations", "集中活动月": "activity_month", "建设提升奖补": "upgrade_award"}
SURVEY_DOMAINS = {
    "教育": "education", "医疗": "medical", "交通": "transport", "住房": "housing", "就业": "employment",
    "环境": "environment",
}  # fmt: skip
SURVEY_DOMAINS = {
    "教育": "education", "医疗": "medical", "交通": "transport", "住房": "housing", "就业": "employment",
    "环境": "environment",
}  # fmt: skip
