"""The drop folder of the returns: a folder on the 5th of each month, and the mended ones of some on the 12th.

The first folder lies on the city's first day, so that even a young city has returns. Equal days give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from minhu.simulator.city.city import City
from minhu.simulator.city.drop_folder import fill
from minhu.simulator.returns.reporting import months_before
from minhu.simulator.returns.returns import SUBJECTS, Frames, report_frames
from minhu.workbooks import saved

SENT_ON, MENDED_ON = 5, 12
#: Sent with figures too high at first, and again after a week.
MENDED = "双报到"


def returns_folder(home: Path) -> Path:
    """The drop folder of a home."""
    return home / "simulator" / "returns"


def deliveries(city: City, business_date: date) -> Iterator[tuple[date, date, tuple[str, ...]]]:
    """Every delivery up to ``business_date``: day, first day of the month it is about, subjects."""
    for day in city.days(business_date):
        about = months_before(day.replace(day=1), 1)
        if day in (city.start, day.replace(day=SENT_ON)):
            yield day, about, tuple(SUBJECTS)
        elif day.day == MENDED_ON:
            yield day, about, (MENDED,)


def write_return_files(home: Path, city: City, business_date: date) -> int:
    """Make the folders up to ``business_date`` that are not there, and take away later ones.

    Returns:
        Number of folders made.
    """
    due = {
        day: partial(day_files, city, day, month, subjects) for day, month, subjects in deliveries(city, business_date)
    }
    return fill(returns_folder(home), city, business_date, due)


def day_files(city: City, day: date, month: date, subjects: tuple[str, ...]) -> dict[str, bytes]:
    """The workbooks delivered on ``day``: name to content."""
    frames = sent_frames(city, day, month)
    return {f"{subject}_{month:%Y-%m}.xlsx": workbook(subject, frames, month) for subject in subjects}


def sent_frames(city: City, day: date, month: date) -> Frames:
    """The sheets as sent on ``day``: before the 12th some who have not come are counted as having come."""
    frames = report_frames(city.seed, city.scale, city.start, month, city.geography)
    if day.day != MENDED_ON:
        members = frames["checkin_members"]
        frames["checkin_members"] = members.assign(已报到人数=members["应报到人数"])
    return frames


def workbook(subject: str, frames: Frames, month: date) -> bytes:
    """One workbook: a sheet per form, one title row, then the header."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name in SUBJECTS[subject]:
        frame = frames[name]
        headers = list(frame.columns)
        sheet = book.create_sheet(name)
        sheet.append([f"{subject}情况报表（{month:%Y年%m月}）"])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(headers))
        sheet.append(headers)
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(value) for value in row])
    return saved(book)


def _cell(value: object) -> object:
    if value is None or value is pd.NaT or value != value:  # not a number
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M") if value != value.normalize() else f"{value:%Y-%m-%d}"
    return value.item() if hasattr(value, "item") else value


def report_end(month: date) -> date:
    """Last day that a report of ``month`` knows."""
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
