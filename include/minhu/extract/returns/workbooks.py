"""The workbooks that departments return: which sheets each has, and what stands behind each landed column."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from minhu.extract import normal
from minhu.extract.spreadsheets.chinese_cells import (
    as_date,
    as_float,
    as_integer,
    as_latin_code,
    as_moment,
    as_text,
    as_yes,
    one_of,
)
from minhu.extract.spreadsheets.problems import Fault, Unreadable, fault
from minhu.landing import contracts
from minhu.landing.contracts import returns as words
from minhu.landing.table_contract import TableContract

_YEAR = re.compile(r"(?P<year>20\d\d)年?(?:度)?", re.ASCII)
_QUARTER = re.compile(r"(?P<year>20\d\d)年?(?:度)?[\s_-]*(?:[Qq第]?\s*(?P<part>[1-4一二三四])(?:季度|季)?)", re.ASCII)
_HALF_YEAR = re.compile(r"(?P<year>20\d\d)年?(?:度)?[\s_-]*(?:[Hh]?\s*(?P<part>[12]|上|下)(?:半年)?)", re.ASCII)
#: In names of files a number alone is a month: ``2026-1`` is January and neither a quarter nor half a year.
_MONTH_IN_NAME = re.compile(
    r"(?P<year>20\d\d)(?:\s*[年._-]\s*(?P<part>0?[1-9]|1[0-2])|(?P<two_digits>0[1-9]|1[0-2]))\s*(?:月份?)?", re.ASCII
)
_QUARTER_IN_NAME = re.compile(
    r"(?P<year>20\d\d)年?(?:度)?[\s_-]*(?:[Qq]\s*(?P<part>[1-4])|第?\s*(?P<word>[1-4一二三四])\s*季度?)", re.ASCII
)
_HALF_YEAR_IN_NAME = re.compile(
    r"(?P<year>20\d\d)年?(?:度)?[\s_-]*(?:[Hh]\s*(?P<part>[12])|(?P<word>上|下)半年度?)", re.ASCII
)
#: What people write where nothing came of something: no letter and no digit, or words that say so. ``未采纳`` is an outcome.
_NOTHING = re.compile(
    r"[^\w√✓✔☑✅]*_*[^\w√✓✔☑✅]*|0|否|不|空|不详|未知|待定|O|X|N|NO|N\.?A\.?|N/A|NAN|NONE|NULL|NIL|FALSE"
    "|(?:目前|截至目前|至今)?(?:尚|暂|暂时|还|仍|均|都)?(?:无|没|没有|未|未有|未见|未作|未予)(?:任何)?"
    "(?:办|办理|办结|办完|处理|处置|完成|解决|反馈|答复|回复|回应|落实|结案|结|办理完|办理完毕|处理完|处理完毕)?(?:结果|情况|进展|意见|信息)?"
)
_UNDER_WAY = re.compile(
    "(?:正在?|尚在|仍在|还在|在)?(?:办理|处理|推进|进行|跟进|协调|落实|研究|整改|核实|转办|流转)(?:过程)?(?:之?中|当中)"
    "|正在(?:办理|处理|推进|进行|跟进|协调|落实|研究|整改|核实)|在办|待办理?|待处理"
)
_BRACKETS = re.compile(r"^[(\[【]|[)\]】]$|\s")
#: What is behind it says what goes on, not what came of it.
_CLAUSE = re.compile("[,，、;；:：。.(（]")
_PART = {"一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2}


@dataclass(frozen=True)
class ReturnSheet:
    """One sheet of a workbook.

    Attributes:
        name: landed table.
        key: landed columns that name the thing a row is about.
        columns: per landed column its header and reader.
        not_kept: headers that must be there and do not land.
        optional_key: further key columns, which may be empty.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, tuple[str, Callable[[Any], Any]]]
    not_kept: tuple[str, ...] = ()
    optional_key: tuple[str, ...] = ()

    @property
    def contract(self) -> TableContract:
        return contracts.table("returns", self.name)

    @property
    def headers(self) -> list[str]:
        return [*(header for header, _ in self.columns.values()), *self.not_kept]

    def landed_column(self, header: str) -> str:
        """The landed column behind a header; "" where there is none."""
        return next((column for column, (own, _) in self.columns.items() if own == header), "")


@dataclass(frozen=True)
class Period:
    """What a return is about: its name in the file's name, and its first and last day."""

    name: str
    first: date
    last: date


def as_quarter(value: Any) -> date | None:
    """First day of a quarter written ``2026Q3``, ``2026-3`` or ``2026年第三季度``."""
    return _start(value, _QUARTER, 3, fault("not_a_quarter"))


def as_half_year(value: Any) -> date | None:
    """First day of a half-year written ``2026H1`` or ``2026年上半年``."""
    return _start(value, _HALF_YEAR, 6, fault("not_a_half_year"))


def as_year(value: Any) -> date | None:
    """First day of a year written ``2026`` or ``2026年度``."""
    return _start(value, _YEAR, 12, fault("not_a_year"))


def as_being_there(value: Any) -> bool:
    """Whether something was written that is an outcome. What it says may name people and is not kept."""
    text = (as_text(value) or "").upper().rstrip("。.!！ ")
    if _NOTHING.fullmatch(_BRACKETS.sub("", text)):
        return False
    if _UNDER_WAY.fullmatch(_CLAUSE.split(text, maxsplit=1)[0].removeprefix("目前")):
        raise Unreadable(fault("under_way"))
    return True


def period_of(text: str, delivered_on: date) -> Period | None:
    """The period in a file's name; one without is about the month of its delivery. None: it cannot be understood."""
    text = normal.plain(text).strip(" _-")
    if not text:
        return _period(f"{delivered_on:%Y-%m}", delivered_on.replace(day=1), 1)
    for pattern, months in ((_MONTH_IN_NAME, 1), (_QUARTER_IN_NAME, 3), (_HALF_YEAR_IN_NAME, 6), (_YEAR, 12)):
        if match := pattern.fullmatch(text):
            start = _first_day(match, months)
            number = (start.month - 1) // months + 1
            name = {1: f"{start:%Y-%m}", 3: f"{start.year}Q{number}", 6: f"{start.year}H{number}", 12: f"{start.year}"}
            return _period(name[months], start, months)
    return None


def _period(name: str, first: date, months: int) -> Period:
    beyond = first.month - 1 + months
    return Period(name, first, date(first.year + beyond // 12, beyond % 12 + 1, 1) - timedelta(days=1))


def _start(value: Any, pattern: re.Pattern[str], months: int, otherwise: Fault) -> date | None:
    text = as_text(value)
    if text is None:
        return None
    found = pattern.fullmatch(text)
    if found is None:
        raise Unreadable(otherwise)
    return _first_day(found, months)


def _first_day(match: re.Match[str], months: int) -> date:
    found = match.groupdict()
    part = found.get("part") or found.get("two_digits") or found.get("word") or "1"
    return date(int(match["year"]), (_PART.get(part) or int(part)) * months - months + 1, 1)


_STREET = {"street_code": ("街镇代码", as_latin_code)}
WORKBOOKS: dict[str, tuple[ReturnSheet, ...]] = {
    "两代表一委员": (
        ReturnSheet("studios", ("quarter_start", "studio_code"), {
            "studio_code": ("工作室编码", as_latin_code), "community_code": ("社区代码", as_latin_code),
            "quarter_start": ("季度", as_quarter), "reception_count": ("接待次数", as_integer),
        }),
        ReturnSheet("proposals", ("proposal_code",), {
            "proposal_code": ("提案编号", as_latin_code), "proposal_kind": ("类型", one_of(words.PROPOSAL_KINDS)),
            "unit_code": ("承办单位", as_latin_code), "assigned_on": ("交办日期", as_date), "due_on": ("答复期限", as_date),
            "answered_on": ("答复日期", as_date),
        }),
        ReturnSheet("consultations", ("consultation_code",), {
            "consultation_code": ("编号", as_latin_code), "consultation_kind": ("类型", one_of(words.CONSULTATION_KINDS)),
            **_STREET, "held_on": ("日期", as_date), "conclusion_count": ("结论数", as_integer),
            "task_count": ("转办任务数", as_integer),
        }),
        ReturnSheet("opinions", ("opinion_code",), {
            "opinion_code": ("编号", as_latin_code), **_STREET, "received_on": ("收到日期", as_date),
            "has_outcome": ("办理结果", as_being_there), "told_on": ("反馈日期", as_date),
        }),
    ),
    "双报到": (
        ReturnSheet("checkin_units", ("party_unit_code", "street_code"), {
            "party_unit_code": ("单位编码", as_latin_code), **_STREET, "obliged_count": ("应报到", as_integer),
            "checked_in_count": ("已报到", as_integer),
        }),
        ReturnSheet("checkin_members", ("street_code",), {
            **_STREET, "obliged_count": ("应报到人数", as_integer), "checked_in_count": ("已报到人数", as_integer),
        }),
        ReturnSheet("needs", ("need_code",), {
            "need_code": ("需求编号", as_latin_code), "community_code": ("社区代码", as_latin_code),
            "posted_on": ("发布日期", as_date), "matched_on": ("对接日期", as_date), "done_on": ("完成日期", as_date),
        }),
        ReturnSheet("checkin_feedback", ("street_code",), {
            **_STREET, "checkin_count": ("报到次数", as_integer), "community_report_count": ("社区已反馈", as_integer),
            "unit_report_count": ("单位已反馈", as_integer),
        }),
    ),
    "街镇考评部门": (
        ReturnSheet("department_calls", ("call_code",), {
            "call_code": ("编号", as_latin_code), **_STREET, "unit_code": ("部门编码", as_latin_code),
            "called_at": ("呼叫时间", as_moment), "required_at": ("要求到场时间", as_moment),
            "arrived_at": ("实际到场时间", as_moment),
        }),
        ReturnSheet("department_ratings", ("quarter_start", "street_code", "unit_code"), {
            "quarter_start": ("季度", as_quarter), **_STREET, "unit_code": ("部门编码", as_latin_code),
            "score": ("得分", as_float),
        }),
    ),
    "党建联席会": (
        ReturnSheet("meetings", ("meeting_code",), {
            "meeting_code": ("编号", as_latin_code), **_STREET, "held_on": ("日期", as_date),
            "has_minutes": ("有无纪要", as_yes),
        }),
        ReturnSheet("meeting_decisions", ("decision_code",), {
            "decision_code": ("编号", as_latin_code), "meeting_code": ("会议编号", as_latin_code),
            "due_on": ("完成期限", as_date), "done_on": ("完成日期", as_date),
        }, not_kept=("事项",)),
        ReturnSheet("disputes", ("order_id",), {
            "order_id": ("工单编号", as_latin_code), "started_at": ("争议开始", as_moment),
            "settled_at": ("明确主体时间", as_moment),
        }),
    ),
    "社区工作者": (
        ReturnSheet("posts", ("street_code", "post_kind", "grade"), {
            "district_code": ("区县代码", as_latin_code), **_STREET, "post_kind": ("岗位", one_of(words.POST_KINDS)),
            "grade": ("等级", as_integer), "worker_count": ("人数", as_integer),
            "graduate_count": ("大学以上人数", as_integer), "left_count": ("年内离职", as_integer),
            "promoted_count": ("年内晋级", as_integer), "recruited_count": ("年内招录", as_integer),
        }),
    ),
    "五化标杆": (
        ReturnSheet("benchmark_checks", ("year_start", "community_code", "indicator_number"), {
            "year_start": ("年度", as_year), "community_code": ("社区代码", as_latin_code),
            "check_group": ("类别", one_of(words.CHECK_GROUPS)), "indicator_number": ("指标编号", as_integer),
            "is_passed": ("是否达标", as_yes),
        }),
        ReturnSheet("benchmarks", ("community_code", "named_year_start"), {
            "community_code": ("社区代码", as_latin_code), "named_year_start": ("命名年度", as_year),
            "rechecked_year_start": ("复查年度", as_year), "is_retained": ("复查是否达标", as_yes),
        }, optional_key=("rechecked_year_start",)),
    ),
    "民生实事": (
        ReturnSheet("projects", ("project_code",), {
            "project_code": ("项目编号", as_latin_code), "project_kind": ("类别", one_of(words.PROJECT_KINDS)),
            "district_code": ("区县代码", as_latin_code), "year_start": ("年度", as_year),
            "planned_amount": ("计划数", as_float), "done_amount": ("完成数", as_float),
            "measure_unit": ("计量单位", one_of(words.MEASURE_UNITS)), "accepted_on": ("验收日期", as_date),
        }),
        ReturnSheet("funds", ("year_start", "fund_kind", "district_code"), {
            "year_start": ("年度", as_year), "fund_kind": ("类别", one_of(words.FUND_KINDS)),
            "district_code": ("区县代码", as_latin_code), "community_code": ("社区代码", as_latin_code),
            "budget_yuan": ("预算元", as_float), "paid_yuan": ("拨付元", as_float),
        }, optional_key=("community_code",)),
    ),
    "公众满意度": (
        ReturnSheet("survey_waves", ("half_year_start", "domain", "district_code"), {
            "half_year_start": ("半年度", as_half_year), "domain": ("领域", one_of(words.SURVEY_DOMAINS)),
            "district_code": ("区县代码", as_latin_code), "contacted_count": ("接触数", as_integer),
            "valid_count": ("有效样本", as_integer), "mean_score": ("均值", as_float),
            "score_deviation": ("标准差", as_float), "satisfied_count": ("满意及以上数", as_integer),
        }),
    ),
}  # fmt: skip
