"""Broken records that real systems hold. They come on top of the clean ones and must end in quarantine.

Each is a copy of a record of the same day with one thing wrong. Their keys are part of the known truth.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city.streams import stream

_Mend = Callable[[pd.DataFrame], pd.DataFrame]

#: One broken record of each kind per this many clean ones, and at least one on every third day.
_RARITY = 1500


def _closed_before_created(rows: pd.DataFrame) -> pd.DataFrame:
    moment = rows["created_at"] - pd.Timedelta(hours=2)
    return rows.assign(closed_at=moment, status="closed", closure_code="solved")


def _created_in_future(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(created_at=rows["created_at"] + pd.Timedelta(days=800))


def _unknown_status(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(status="待归档")


def _year_3020(rows: pd.DataFrame) -> pd.DataFrame:
    moment = rows["created_at"]
    new_year = pd.to_datetime(moment.dt.year.astype(str) + "-01-01").astype("datetime64[s]")
    return rows.assign(created_at=np.datetime64("3020-01-01", "s") + (moment - new_year))


def _unknown_community(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(community_code="610199099999", street_code="610199099")


def _event_closed_before_reported(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(closed_at=rows["reported_at"] - pd.Timedelta(hours=1), status="closed")


def _case_finished_before_accepted(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(办结时间=rows["受理时间"] - pd.Timedelta(hours=3), 评价=None)


ORDER_KINDS: dict[str, _Mend] = {
    "order_closed_before_created": _closed_before_created,
    "order_created_in_future": _created_in_future,
    "order_unknown_status": _unknown_status,
    "order_year_3020": _year_3020,
    "order_unknown_community": _unknown_community,
}
EVENT_KINDS: dict[str, _Mend] = {"event_closed_before_reported": _event_closed_before_reported}
CASE_KINDS: dict[str, _Mend] = {"case_finished_before_accepted": _case_finished_before_accepted}


def broken_copies(
    seed: int, day: date, clean: pd.DataFrame, key: str, born: int, kinds: dict[str, _Mend]
) -> dict[str, pd.DataFrame]:
    """The broken records of each kind, for the things born on ``day``.

    Args:
        seed: the city's seed.
        day: the day on which the copied records were born.
        clean: those of the day's records that are visible now, keys ending in a running number.
        key: the key column.
        born: how many records were born that day, visible or not; the choice must not depend on what is visible.
        kinds: name of the fault to the function that makes it.
    """
    times = {name: kind for name, kind in clean.dtypes.items() if kind.kind == "M"}  # one resolution for all rows
    position = np.array([int(value[-5:]) for value in clean[key]], dtype=np.int64)
    broken: dict[str, pd.DataFrame] = {}
    for number, (name, mend) in enumerate(kinds.items()):
        rng = stream(seed, day, name)
        count = int(rng.poisson(born / _RARITY)) + ((day.toordinal() + number) % 3 == 0)
        chosen = rng.choice(min(born, 1000), size=min(count, born), replace=False)  # three digits of the new key
        visible = np.isin(position, chosen)
        if not visible.any():
            broken[name] = clean.iloc[:0]
            continue
        rows = clean[visible].reset_index(drop=True)
        fresh = rows[key].str[:-5] + f"9{number + 1}" + rows[key].str[-3:]
        rows = rows.assign(**{key: fresh})
        if "parent_order_id" in rows:
            rows = rows.assign(parent_order_id=None)
        broken[name] = mend(rows).astype(times)
    return broken
