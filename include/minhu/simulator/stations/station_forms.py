"""How station files look: encodings, headers, dates and totals as offices really send them. All of it can be read."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from datetime import date, datetime

import pandas as pd
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from minhu.workbooks import saved

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")
_TIMES = ["受理时间", "承诺办结时间", "办结时间", "更新时间"]


def csv_text(frame: pd.DataFrame) -> str:
    """Comma-separated text with a header row and the line ends of Windows."""
    return str(frame.to_csv(index=False, lineterminator="\r\n", date_format="%Y-%m-%d %H:%M:%S"))


def _iso(moments: pd.Series) -> pd.Series:
    return moments.map(lambda t: f"{t:%Y-%m-%d %H:%M:%S}", na_action="ignore").fillna("")


def _slashes(moments: pd.Series) -> pd.Series:
    return moments.map(lambda t: f"{t.year}/{t.month}/{t.day} {t.hour}:{t:%M:%S}", na_action="ignore").fillna("")


def _chinese(moments: pd.Series) -> pd.Series:
    return moments.map(lambda t: f"{t.year}年{t.month}月{t.day}日 {t:%H:%M:%S}", na_action="ignore").fillna("")


def _serials(moments: pd.Series) -> pd.Series:
    """Days since 1899-12-30 as Excel keeps them; ten decimals, so a second survives rounding."""
    days = (moments - _EXCEL_EPOCH) / pd.Timedelta(days=1)
    return days.map(lambda value: f"{value:.10f}", na_action="ignore").fillna("")


def _with_times(frame: pd.DataFrame, form: Callable[[pd.Series], pd.Series], but: str = "") -> pd.DataFrame:
    return frame.assign(**{name: (_iso if name == but else form)(frame[name]) for name in _TIMES})


def _plain(frame: pd.DataFrame) -> bytes:
    return csv_text(frame).encode("gb18030")


def _moved_columns(frame: pd.DataFrame) -> bytes:
    """Another column order and a column nobody announced, with a character that GBK does not have."""
    moved = frame[["更新时间", *frame.columns[:-1]]].assign(备注="群众㐂欢")
    return csv_text(moved).encode("gb18030")


def _utf8(frame: pd.DataFrame) -> bytes:
    return codecs.BOM_UTF8 + csv_text(frame).encode("utf-8")


def _total_row(frame: pd.DataFrame) -> bytes:
    """A blank line in the middle and a total at the end."""
    lines = csv_text(frame).splitlines(keepends=True)
    commas = "," * (len(frame.columns) - 1)
    middle = 1 + len(frame) // 2
    lines.insert(middle, f"{commas}\r\n")
    lines.append(f"合计,{len(frame)}{commas[1:]}\r\n")
    return "".join(lines).encode("gb18030")


def _full_width(frame: pd.DataFrame) -> bytes:
    """Codes and times typed with a Chinese input method."""
    wide = _with_times(frame, _iso)
    for name in ("办件编号", "事项编码", "受理时间"):
        wide[name] = wide[name].str.translate(_FULL_WIDTH)
    return csv_text(wide).encode("gb18030")


def _serial_dates(frame: pd.DataFrame) -> bytes:
    return csv_text(_with_times(frame, _serials, but="更新时间")).encode("gb18030")


def _chinese_dates(frame: pd.DataFrame) -> bytes:
    return csv_text(_with_times(frame, _chinese)).encode("gb18030")


def _padded(frame: pd.DataFrame) -> bytes:
    """Blanks around values, slashes in dates, UTF-8 without a mark."""
    padded = _with_times(frame, _slashes)
    for name in ("办件编号", "办理层级", "是否代办"):
        padded[name] = " " + padded[name] + "\u3000"
    return csv_text(padded).encode("utf-8")


#: The forms in which districts send their cases; a district sends another one every day.
CASE_FORMS: tuple[Callable[[pd.DataFrame], bytes], ...] = (
    _plain, _moved_columns, _utf8, _total_row, _full_width, _serial_dates, _chinese_dates, _padded,
)  # fmt: skip


def terminals_workbook(terminals: pd.DataFrame, districts: dict[str, str], day: date) -> bytes:
    """One sheet a district: two merged title rows, the header, the rows; some with totals, blanks or moved columns."""
    book = Workbook()
    book.remove(_first_sheet(book))
    for number, (code, rows) in enumerate(terminals.groupby("district_code")):
        rows = rows.drop(columns="district_code")
        form = (number + day.toordinal()) % 3
        if form == 1:
            rows = rows[["站点编码", "设备编号", "可用分钟", "计划服务分钟", "办件数"]]
        sheet = book.create_sheet(districts[str(code)])
        _titles(sheet, (f"{districts[str(code)]}自助终端运行情况表", f"日期：{day.year}年{day.month}月{day.day}日"), 5)
        sheet.append(list(rows.columns))
        for position, values in enumerate(rows.itertuples(index=False)):
            if form == 2 and position == 1:
                sheet.append([None] * 5)
            sheet.append([str(v).translate(_FULL_WIDTH) if form == 2 and isinstance(v, int) else v for v in values])
        if form == 0:
            sheet.append(["合计", None, *(int(rows[name].sum()) for name in rows.columns[2:])])
    return saved(book)


def points_workbook(points: pd.DataFrame, day: date) -> bytes:
    """All points on one sheet; opening dates as text, Excel serial or date cell, and sometimes a column with phones."""
    book = Workbook()
    sheet = _first_sheet(book)
    sheet.title = "站点"
    if day.toordinal() % 2:
        _titles(sheet, ("便民服务站点一览表",), len(points.columns))
    extra = day.toordinal() % 3 == 0
    sheet.append([*points.columns, *(["联系电话"] if extra else [])])
    for position, values in enumerate(points.itertuples(index=False)):
        row = list(values)
        row[8] = _date_cell(date.fromisoformat(row[8]), position % 4)
        sheet.append([*row, *([f"029-8{position:07d}"] if extra else [])])
    return saved(book)


def _date_cell(day: date, form: int) -> object:
    if form == 0:
        return day.isoformat()
    if form == 1:
        return f"{day.year}年{day.month}月{day.day}日"
    if form == 2:
        return (day - _EXCEL_EPOCH.date()).days
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  # a date cell of a workbook has no time zone


def _first_sheet(book: Workbook) -> Worksheet:
    sheet = book.worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


def _titles(sheet: Worksheet, titles: tuple[str, ...], width: int) -> None:
    for row, title in enumerate(titles, start=1):
        sheet.append([title])
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
