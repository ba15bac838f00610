"""How the records of a count model can be told apart in the statement that counts them.

A count model adds records up by day and unit. No condition is copied here: the statement that the build ran is run again on
facts in which a column of *other* units than the cell's holds the record's own key, so that each record is a unit of its own
and shows what it adds to every count.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Model that says which days of a count model are counted; for a cell it is answered with the cell's own.
DAYS = "int_days_to_count"
_PLACES = {"district": "district_code", "street": "street_code", "community": "community_code"}


@dataclass(frozen=True)
class Counting:
    """A relation of counts whose records can be listed.

    Attributes:
        counts: model with the counts by day.
        fact: model it counts, one row per record.
        key: column that names a record and may be shown: a business key.
        table: landed table whose rows are the records.
        count_model: by which name :data:`DAYS` lists its days.
        levels: kind of unit to the column of the facts with its code; the city is everything.
        carriers: columns of levels that no condition of the model asks for; the first that is not the unit's own carries the
            key. Calls are of no unit but the city: their date carries a number instead.
        day_in_key: landed column that names a record together with the key.
    """

    counts: str
    fact: str
    key: str
    table: str
    count_model: str
    levels: dict[str, str]
    carriers: tuple[str, ...]
    day_in_key: str = ""


ORDERS = Counting(
    "fct_orders_by_day", "fct_work_orders", "order_id", "hotline.work_orders", "orders",
    {**_PLACES, "unit": "unit_code"}, ("unit_code", "community_code"),
)  # fmt: skip
CALLS = Counting("fct_calls_by_day", "fct_calls", "call_id", "hotline.calls", "calls", {}, ("call_date",))
GRID_EVENTS = Counting(
    "fct_grid_events_by_day", "fct_grid_events", "event_id", "grid.events", "grid_events",
    {**_PLACES, "grid": "grid_code", "unit": "unit_code"}, ("unit_code", "community_code"),
)  # fmt: skip
VERIFICATIONS = Counting(
    "fct_verifications_by_day", "fct_event_verification_days", "event_id", "grid.events",
    "verifications", {"district": "district_code", "street": "street_code", "unit": "unit_code"},
    ("unit_code", "street_code"),
)  # fmt: skip
CASES = Counting(
    "fct_cases_by_day", "fct_cases", "case_id", "stations.cases", "cases",
    {**_PLACES, "point": "station_code"}, ("station_code", "community_code"),
)  # fmt: skip
TERMINALS = Counting(
    "fct_terminals_by_day", "fct_terminal_days", "terminal_code", "stations.terminals", "terminals",
    {**_PLACES, "point": "station_code"}, ("station_code", "community_code"), day_in_key="service_date",
)  # fmt: skip
DISCOVERIES = Counting(
    "fct_discoveries_by_day", "fct_work_orders", "order_id", "hotline.work_orders", "discoveries",
    _PLACES, ("street_code", "district_code"),
)  # fmt: skip

#: Count model of the contract to what it adds up.
COUNTINGS: dict[str, tuple[Counting, ...]] = {
    "orders": (ORDERS,),
    "calls": (CALLS,),
    "grid_events": (GRID_EVENTS,),
    "verifications": (VERIFICATIONS,),
    "cases": (CASES,),
    "terminals": (TERMINALS,),
    "discoveries": (DISCOVERIES,),
    "tiers": (ORDERS, GRID_EVENTS),
}
#: Why the records of the other count models are not listed.
NOT_LISTED = {
    "estimates": "an estimate is fitted to all rows together: no row has a share of it",
    "returns": "it counts returned sheets, and what is kept of them is one row per thing and KPI without its line",
    "three_rate": "it is composed of other KPIs: explain each of its components",
    "answer_minimum": "it is the lowest of all windows of 24 hours: explain the variant main of the days around it",
    "addresses": "it is a stock: the period has what its last counted day has",
    "grids": "it is a stock: the period has what its last counted day has",
    "items": "it is a stock: the period has what its last counted day has",
    "residents": "it is a stock: the period has what its last counted day has",
    "worker_activity": "landed are numbers of workers by place and day, not workers",
    "tracked_orders": "it is the state of open orders at the end of a week, which is not kept order by order",
    "closure_gap": "it compares two rates: explain H06 and H08 of the same unit and period",
    "hotspots": "its records are places with many orders, not landed rows",
}
