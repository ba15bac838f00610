"""The drop folder of the stations: one folder a business date, in the forms and with the habits of real deliveries.

A folder of a day holds the cases changed on that day or in the three days before, so that a missed night can be made
good, and the day's snapshot of terminals, points, items and residents. Equal days give equal bytes.
"""

from __future__ import annotations

import codecs
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from minhu.simulator.city.city import City, cases_day, with_broken
from minhu.simulator.city.drop_folder import fill
from minhu.simulator.city.reference import service_items
from minhu.simulator.city.streams import end_of_day, midnight
from minhu.simulator.stations import station_forms as forms
from minhu.simulator.stations.stations import LONGEST_LIFE_DAYS, points_frame, residents_frame, terminals_frame

OVERLAP_DAYS = 3
CASE_COLUMNS = [
    "办件编号", "事项编码", "办理层级", "是否代办", "站点编码", "申请人证件号", "受理时间",
    "承诺办结时间", "办结时间", "评价", "更新时间",
]  # fmt: skip


def stations_folder(home: Path) -> Path:
    """The drop folder of a home."""
    return home / "simulator" / "stations"


def write_station_files(home: Path, city: City, business_date: date) -> int:
    """Make the folders of all days up to ``business_date`` that are not there, and take away later ones.

    Returns:
        Number of folders made.
    """
    due = {day: partial(day_files, city, day) for day in city.days(business_date)}
    return fill(stations_folder(home), city, business_date, due)


def day_files(city: City, day: date) -> dict[str, bytes]:
    """All files of one day's folder: name to content."""
    stamp = f"{day:%Y%m%d}"
    geo, points = city.geography, city.stations
    items = service_items()
    terminals = terminals_frame(city.seed, day, points, geo)
    files = {
        f"terminals_{stamp}.xlsx": forms.terminals_workbook(terminals, geo.districts, day),
        f"points_{stamp}.xlsx": forms.points_workbook(points_frame(points, geo), day),
        f"items_{stamp}.csv": codecs.BOM_UTF8
        + forms.csv_text(
            pd.DataFrame(
                {
                    "事项编码": items.codes,
                    "事项名称": items.names,
                    "是否个人事项": pd.Series(items.personal).map({True: "是", False: "否"}),
                    "是否核心事项": pd.Series(items.core).map({True: "是", False: "否"}),
                    "最低可办层级": items.lowest_level,
                }
            )
        ).encode("utf-8"),
        f"residents_{stamp}.csv": forms.csv_text(residents_frame(geo)).encode("gb18030"),
    }
    cases = _changed_cases(city, day)
    for number, district in enumerate(sorted(geo.districts)):
        of_district = cases.loc[cases["district_code"] == district, CASE_COLUMNS]
        form = forms.CASE_FORMS[(day.toordinal() * 3 + number) % len(forms.CASE_FORMS)]
        files[f"cases_{district}_{stamp}.csv"] = form(of_district)
    return files


def _changed_cases(city: City, day: date) -> pd.DataFrame:
    """Cases changed on ``day`` or in the days before that the delivery repeats, as known at the end of ``day``."""
    as_of, since = end_of_day(day), midnight(day - timedelta(days=OVERLAP_DAYS))
    born = city.days(day, day - timedelta(days=LONGEST_LIFE_DAYS))
    return pd.concat([with_broken(*cases_day(city, some, as_of, since)) for some in born], ignore_index=True)
