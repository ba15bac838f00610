"""What can be wrong in an office's file, by code: once in English for findings, once in Chinese for who mends it.

A text is filled from named parameters, which are names of columns and sheets, words of the contract and counts: never the
content of a cell, which may name a person.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wording:
    """The texts of one code, as templates of :meth:`str.format`.

    Attributes:
        english: what was expected and found.
        problem: 问题, what is wrong.
        remedy: 应改为, what should stand there, or what to do.
    """

    english: str
    problem: str
    remedy: str

    @property
    def parameters(self) -> frozenset[str]:
        """Names that the texts use."""
        texts = (self.english, self.problem, self.remedy)
        return frozenset(name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name)


CATALOGUE: dict[str, Wording] = {
    # a cell
    "not_a_whole_number": Wording("expected a whole number", "不是整数", "整数，如 12"),
    "not_a_number": Wording("expected a number", "不是数字", "数字，如 12.5"),
    "not_a_date": Wording("expected a date", "不是日期", "日期，如 2026-11-03 或 2026-11-03 08:30"),
    "no_such_date": Wording("expected a date that exists", "日期不存在", "实际存在的日期，如 2026-11-03"),
    "not_a_quarter": Wording("expected a quarter such as 2026Q3", "不是季度", "季度，如 2026Q3"),
    "not_a_half_year": Wording("expected a half-year such as 2026H1", "不是半年度", "半年度，如 2026H1"),
    "not_a_year": Wording("expected a year", "不是年度", "年度，如 2026"),
    "not_yes_or_no": Wording("expected 是 or 否", "不是“是”或“否”", "“是”或“否”"),
    "not_one_of": Wording("expected one of {words}", "不在可选范围内", "下列之一：{words}"),
    "not_a_code": Wording(
        "expected a code of letters and digits, found something else", "不是代码", "由字母和数字组成的代码"
    ),
    "personal_number_as_code": Wording(
        "expected a code, found a phone or ID number", "代码列中填写了电话或证件号码", "代码；请勿填写电话或证件号码"
    ),
    "rounded_number": Wording(
        "expected a number in full, found one that a spreadsheet rounded",
        "号码被表格软件截为近似值", "将该列设为文本格式后重新填写完整号码",
    ),
    "number_too_long": Wording(
        "expected a number as text, found one longer than a spreadsheet can keep",
        "号码过长，表格软件已改变其末位", "将该列设为文本格式后重新填写完整号码",
    ),
    "key_is_empty": Wording(
        "expected a value, found none: the row is known by it", "必填项为空", "填写；该列用于识别本行"
    ),
    "row_repeated": Wording(
        "expected one row about one thing, found another with the same {columns}",
        "与其他行重复：{columns}相同", "同一“{columns}”只保留一行；如为不同内容，请更正“{columns}”",
    ),
    "error_cell": Wording(
        "expected a value, found an error of the spreadsheet",
        "单元格为错误值（如 #REF!、#N/A）", "修正公式或数据来源后填写实际的值；没有内容的请清空",
    ),
    "formula_without_value": Wording(
        "expected a value, found a formula that was never calculated",
        "公式没有计算结果", "用 Excel 或 WPS 打开重新计算并保存，或直接填写数值",
    ),
    "merged_number": Wording(
        "expected a number of its own, found one that several rows share",
        "多行合并为一个数字，无法判断各行的数值", "取消合并，逐行填写",
    ),
    "covered_cell": Wording(
        "expected a value of its own, found a cell that is merged with the one beside it",
        "与旁边的单元格合并，无法判断本列的内容", "取消合并，逐列填写；没有内容的请留空",
    ),
    "cell_too_long": Wording(
        "expected cells of at most {most:,} characters, found a longer one at or before line {line}",
        "第 {line} 行或之前有超过 {most:,} 个字符的单元格", "检查该处是否缺少换行或引号",
    ),
    "lost_character": Wording(
        "expected readable text, found a character that was lost", "含有乱码（字符已损坏）", "重新填写该单元格"
    ),
    "control_mark": Wording(
        "expected text, found a control mark in it", "含有不可见的控制字符", "删除该单元格内容后重新手工填写"
    ),
    "under_way": Wording(
        "expected an outcome or none, found that it is under way", "尚在办理，没有结果", "办结后填写办理结果；未办结的请留空"
    ),
    "not_readable": Wording("expected another kind of value", "内容无法识别", "核对后重新填写"),
    # a header, a sheet
    "column_missing": Wording(
        "expected a column {column}, found none like it", "缺少列“{column}”", "补上列“{column}”"
    ),
    "column_renamed": Wording(
        "expected a column {column}, found only {near} near it",
        "缺少列“{column}”，只有相近的“{near}”", "列名改为“{column}”",
    ),
    "column_repeated": Wording(
        "expected one column {column}, found {count}", "列“{column}”出现 {count} 次", "只保留一列“{column}”"
    ),
    "cells_beyond_header": Wording(
        "expected {expected} cells as in the header, found {found}: a comma too many?",
        "本行有 {found} 个单元格，表头只有 {expected} 个", "与表头相同的列数；请检查是否多了逗号",
    ),
    "other_delimiter": Wording(
        "expected commas between the cells, found {found}",
        "各列之间是“{found}”，不是逗号", "以逗号分隔各列，或用 Excel、WPS 另存为 CSV 后报送",
    ),
    "sheet_hidden": Wording(
        "expected a sheet that people can see, found a hidden one; it was not read",
        "工作表被隐藏，未读取", "如需报送，取消隐藏后重新报送；否则请删除该工作表",
    ),
    "header_missing": Wording(
        "expected a header row with {columns} in the first {rows} rows, found none",
        "前 {rows} 行中没有表头", "含有下列各列的表头：{columns}",
    ),
    "header_missing_in_text": Wording(
        "expected a header row with {columns} in the first {rows} rows, found none; is it saved as UTF-8 or GB18030?",
        "前 {rows} 行中没有表头，或编码不对", "含有下列各列的表头：{columns}；以 UTF-8 或 GB18030 编码保存",
    ),
    "sheet_missing": Wording(
        "expected a sheet with the columns {columns}, found none", "缺少工作表", "含有下列各列的工作表：{columns}"
    ),
    "sheet_repeated": Wording(
        "expected one sheet with the columns {columns}, found {count}",
        "相同的工作表有 {count} 张", "只保留一张含有下列各列的工作表：{columns}",
    ),
    "only_empty_sheets": Wording(
        "expected a table, found nothing but empty sheets", "文件中没有表格，只有空白工作表", "填好表格后重新报送"
    ),
    "total_of_column_differs": Wording(
        "{column} adds up to {counted}, its total row says {stated}",
        "“{column}”各行之和为 {counted}，合计行为 {stated}", "核对各行与合计，使两者一致",
    ),
    "total_of_rows_differs": Wording(
        "{counted} rows were read, its total row says {stated}",
        "读到 {counted} 行，合计行为 {stated}", "核对各行与合计，使两者一致",
    ),
    # a file
    "file_missing": Wording(
        "expected a file of this kind and day, found none", "没有收到当日的这类文件", "补报该文件"
    ),
    "file_not_opened": Wording(
        "expected a file that can be opened, found {error}", "文件无法打开（{error}）", "重新保存后报送"
    ),
    "file_too_large": Wording(
        "expected a file of at most {most:,} bytes", "文件过大，或不是文件", "不超过 {most:,} 字节的文件"
    ),
    "not_a_workbook": Wording(
        "expected an XLSX workbook, found one that cannot be opened ({error}); save it again and send it",
        "文件无法打开（{error}）", "重新另存为 XLSX 后报送",
    ),
    "unpacks_too_large": Wording(
        "expected at most {most} MiB unpacked, found {found} MiB: no such table is sent",
        "解压后为 {found} MiB，过大", "解压后不超过 {most} MiB 的工作簿",
    ),
    "cell_far_out": Wording(
        "expected a table of usual size, found a cell as far out as {cell}",
        "单元格 {cell} 远离表格却有内容（可能是空格）", "删除表格以外的空白行和列，保存后重新报送",
    ),
    "file_empty": Wording("expected a table, found an empty file", "文件是空的", "填好表格后重新报送"),
    "locked_by_password": Wording(
        "expected a workbook that can be opened, found one locked by a password",
        "工作簿设有打开密码", "取消密码后重新报送",
    ),
    "other_kind_of_file": Wording(
        "expected {expected}, found {found} by its first bytes",
        "文件内容实为 {found}，不是 {expected}", "用 Excel 或 WPS 打开，另存为 {expected} 后重新报送",
    ),
    "unknown_encoding": Wording(
        "expected UTF-8 or GB18030 text, found neither, first in line {line} at byte {byte}; save it as CSV UTF-8",
        "文件编码不是 UTF-8 或 GB18030：第 {line} 行（第 {byte} 字节）起无法识别", "另存为“CSV UTF-8”后重新报送",
    ),
    "damaged_character": Wording(
        "expected {encoding} text, found half a character at byte {byte} of the file",
        "文件第 {byte} 字节处的字符残缺（{encoding} 编码）", "重新填写该行后报送",
    ),
    "quote_alone": Wording(
        'expected quotes (") in pairs, found one alone at or before line {line}',
        "第 {line} 行或之前有不成对的英文引号", "成对的英文引号，或删除多余的引号",
    ),
    "impossible_day_in_name": Wording(
        "expected a day as YYYYMMDD in its name, found none that exists",
        "文件名中的日期不存在", "文件名含实际存在的日期，如 20261103",
    ),
    "later_day_in_name": Wording(
        "expected a day up to {business_date} in its name, found a later one",
        "文件名中的日期晚于 {business_date}", "文件名含不晚于 {business_date} 的日期",
    ),
    "not_a_name_of_a_return": Wording(
        "expected a name of subject and period such as {example}", "文件名不是报表名称，未读取",
        "文件名为“主题_期间.xlsx”，如 {example}；主题为下列之一：{subjects}",
    ),
    "not_a_period_in_name": Wording(
        "expected a period in its name, found none", "文件名中的期间无法识别，未读取",
        "文件名含期间，如 {example}；期间写作 2026-10、2026Q3、2026H1 或 2026",
    ),
    "not_a_name_of_a_station_file": Wording(
        "expected a name such as {examples}", "文件名不属于应报送的文件，未读取", "文件名为下列之一：{examples}"
    ),
    "file_repeated": Wording(
        "expected one file about a subject and period in a day, found several; {counted} counts",
        "同一天同一期间报送了多份，采用的是 {counted}，本文件未采用", "只保留一份",
    ),
    # a feedback sheet
    "more_problems": Wording(
        "{count} more", "另有 {count} 处问题未逐一列出", "按以上问题检查整列后重新报送"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What is wrong, without its place. Make it with :func:`fault`."""

    code: str
    parameters: dict[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if CATALOGUE[self.code].parameters != self.parameters.keys():
            raise TypeError(
                f"{self.code} is told with {sorted(CATALOGUE[self.code].parameters)}, got {self.parameters}"
            )

    @property
    def text(self) -> str:
        """What was expected and found, in English."""
        return CATALOGUE[self.code].english.format(**self.parameters)

    @property
    def problem(self) -> str:
        """What is wrong, in Chinese."""
        return CATALOGUE[self.code].problem.format(**self.parameters)

    @property
    def remedy(self) -> str:
        """What should stand there instead, in Chinese."""
        return CATALOGUE[self.code].remedy.format(**self.parameters)


def fault(code: str, /, **parameters: str | int) -> Fault:
    """A fault of :data:`CATALOGUE`.

    Raises:
        KeyError: there is no such code.
        TypeError: its texts need other parameters.
    """
    return Fault(code, parameters)


class Unreadable(ValueError):
    """A cell that holds something else than was asked for."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def fault_of(error: Exception) -> Fault:
    """What a reader of cells met; what it did not foresee is told in general words, for its own may hold the cell."""
    return error.fault if isinstance(error, Unreadable) else fault("not_readable")


@dataclass(frozen=True)
class Problem:
    """What has to be mended in a file, and where.

    Attributes:
        file_name: without folders.
        sheet: of a workbook, "" in a CSV.
        row: number in the file from 1, None where it is about the whole.
        column: header, "" where it is about the row or the whole.
        fault: what was expected and found.
    """

    file_name: str
    sheet: str
    row: int | None
    column: str
    fault: Fault

    def __str__(self) -> str:
        where = [self.file_name, f"sheet {self.sheet}" if self.sheet else "", f"row {self.row}" if self.row else ""]
        return f"{', '.join(part for part in where if part)}: {self.fault.text}"


class FileRefused(Exception):
    """A file that cannot be used as a whole, and everything that has to be mended in it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems
