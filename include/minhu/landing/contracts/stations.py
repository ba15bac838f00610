"""The service stations (Chinese CSV and XLSX files), and the Chinese words of their files."""

from __future__ import annotations

from minhu.landing.table_contract import BOOL, DATE, FLOAT, INT, TEXT, TIME, TableContract, columns

INPUTS = ("stations",)
TABLES: tuple[TableContract, ...] = (
    TableContract(
        "stations", "cases", columns(
            case_id=TEXT, district_code=TEXT, item_code=TEXT, handling_level=TEXT,
            is_agent_handled=BOOL, station_code=TEXT, applicant_key=TEXT, accepted_at=TIME,
            promised_at=TIME, finished_at=TIME, review=TEXT, updated_at=TIME,
        ),
        key=("case_id",), version="updated_at",
    ),
    TableContract(
        "stations", "terminals", columns(
            service_date=DATE, terminal_code=TEXT, station_code=TEXT, planned_minutes=INT,
            available_minutes=INT, case_count=INT,
        ),
        key=("service_date", "terminal_code"),
    ),
    TableContract(
        "stations", "points", columns(
            station_code=TEXT, name=TEXT, kind=TEXT, community_code=TEXT, lon=FLOAT, lat=FLOAT,
            opening_hours=TEXT, item_count=INT, active_from=DATE, active_to=DATE,
        ),
        key=("station_code",), is_reference=True,
        states=(
            "name", "kind", "community_code", "lon", "lat", "opening_hours", "item_count", "active_from", "active_to",
        ),
    ),
    TableContract(
        "stations", "items", columns(
            item_code=TEXT, name=TEXT, is_personal=BOOL, is_core=BOOL, lowest_level=TEXT,
        ),
        key=("item_code",), is_reference=True, states=("name", "is_personal", "is_core", "lowest_level"),
    ),
    TableContract(
        "stations", "residents", columns(
            community_code=TEXT, grid_code=TEXT, resident_count=INT, household_count=INT,
            center_lon=FLOAT, center_lat=FLOAT,
        ),
        key=("community_code", "grid_code"), is_reference=True,
        states=("resident_count", "center_lon", "center_lat"),
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
