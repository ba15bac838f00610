"""The files that stations send: how each kind is named, and which header and reader stand behind each landed column."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from minhu.extract.spreadsheets.chinese_cells import (
    as_code,
    as_date,
    as_float,
    as_integer,
    as_moment,
    as_number_of_a_person,
    as_text,
    as_yes,
    one_of,
)
from minhu.landing import contracts
from minhu.landing.contracts.stations import HANDLING_LEVELS, REVIEWS, STATION_KINDS
from minhu.landing.table_contract import TableContract


@dataclass(frozen=True, eq=False)
class FileKind:
    """One kind of file: how it is named and how each landed column is read from which header.

    Attributes:
        name: landed table.
        pattern: of the file name; group ``date`` is the day, ``district`` where there is one, ``copy`` a repetition.
        columns: landed column to (header as written, reader).
        is_snapshot: the newest file alone counts; otherwise every day's.
        suffix: of the file name.
    """

    name: str
    pattern: re.Pattern[str]
    columns: dict[str, tuple[str, Callable[[Any], Any]]]
    is_snapshot: bool
    suffix: str

    @property
    def contract(self) -> TableContract:
        return contracts.table("stations", self.name)

    @property
    def headers(self) -> list[str]:
        return [header for header, _ in self.columns.values()]

    def landed_column(self, header: str) -> str:
        """The landed column behind a header; "" where there is none."""
        return next((column for column, (own, _) in self.columns.items() if own == header), "")

    def example(self, day: date) -> str:
        """A proper name of such a file."""
        of_district = "610102_" if "district" in self.pattern.groupindex else ""
        return f"{self.name}_{of_district}{day:%Y%m%d}.{self.suffix}"


def _pattern(stem: str, suffix: str) -> re.Pattern[str]:
    return re.compile(
        rf"{stem}_(?P<date>\d{{8}})(?P<copy>(?:\s*-\s*副本)?[\s_-]*[(（]?v?\d*[)）]?)\.{suffix}",
        re.IGNORECASE | re.ASCII,
    )


KINDS: tuple[FileKind, ...] = (
    FileKind(
        "cases", _pattern(r"cases_(?P<district>\d{6})", "csv"),
        {
            "case_id": ("办件编号", as_code), "item_code": ("事项编码", as_code),
            "handling_level": ("办理层级", one_of(HANDLING_LEVELS)), "is_agent_handled": ("是否代办", as_yes),
            "station_code": ("站点编码", as_code), "applicant_key": ("申请人证件号", as_number_of_a_person),
            "accepted_at": ("受理时间", as_moment), "promised_at": ("承诺办结时间", as_moment),
            "finished_at": ("办结时间", as_moment), "review": ("评价", one_of(REVIEWS)),
            "updated_at": ("更新时间", as_moment),
        }, False, "csv",
    ),
    FileKind(
        "terminals", _pattern("terminals", "xlsx"),
        {
            "terminal_code": ("设备编号", as_code), "station_code": ("站点编码", as_code),
            "planned_minutes": ("计划服务分钟", as_integer), "available_minutes": ("可用分钟", as_integer),
            "case_count": ("办件数", as_integer),
        }, False, "xlsx",
    ),
    FileKind(
        "points", _pattern("points", "xlsx"),
        {
            "station_code": ("站点编码", as_code), "name": ("站点名称", as_text), "kind": ("类型", one_of(STATION_KINDS)),
            "community_code": ("社区代码", as_code), "lon": ("经度", as_float), "lat": ("纬度", as_float),
            "opening_hours": ("开放时间", as_text), "item_count": ("可办事项数", as_integer),
            "active_from": ("启用日期", as_date), "active_to": ("停用日期", as_date),
        }, True, "xlsx",
    ),
    FileKind(
        "items", _pattern("items", "csv"),
        {
            "item_code": ("事项编码", as_code), "name": ("事项名称", as_text), "is_personal": ("是否个人事项", as_yes),
            "is_core": ("是否核心事项", as_yes), "lowest_level": ("最低可办层级", one_of(HANDLING_LEVELS)),
        }, True, "csv",
    ),
    FileKind(
        "residents", _pattern("residents", "csv"),
        {
            "community_code": ("社区代码", as_code), "grid_code": ("网格代码", as_code),
            "resident_count": ("常住人口", as_integer), "household_count": ("户数", as_integer),
            "center_lon": ("中心经度", as_float), "center_lat": ("中心纬度", as_float),
        }, True, "csv",
    ),
)  # fmt: skip
