"""The contract of what is published: tables, columns, types, keys, codes, references and who reads them.

It is written once, beside the SQL of each published model (``dbt_project/models/publish/*.yml``), where dbt holds every
build to its columns and types. This module reads those files without dbt; export, PostgreSQL, dictionary and tests ask
it. A description has two lines, the first Chinese, the second English. What dbt has no word for stands under ``meta``:

primary_key   columns that identify a row; [] where the whole row does, and equal rows are released once
nullable      columns that may be null; all others never are
codes         column: list of ``published_codes.yml`` that its words are from
word_codes    the same for columns that hold several words, joined by blanks
references    columns that stand in another published table, ``where`` an SQL condition holds
part_by       the date whose month decides the file of a row; rows without that date have a file of their own
looked_up_by  columns by which readers look rows up first, besides the key: indexes of PostgreSQL
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from minhu.errors import PermanentError
from minhu.settings import PROJECT_ROOT


@dataclass(frozen=True)
class Text:
    """The same said to a reader of Chinese and to one of English."""

    zh: str
    en: str


#: Schema of the work file that holds the published tables.
SCHEMA = "publish"
MODELS, CODES = Path("models") / "publish", Path("published_codes.yml")
#: Quarters, half-years and years change every night: they have files of their own, one a year.
_PART_OF_CELL = "case when period_type in ('quarter', 'half_year', 'year') then {year} else {month} end"
PART_OF_CELL = _PART_OF_CELL.format(year="strftime(period_start, '%Y')", month="strftime(period_start, '%Y-%m')")
#: The file of rows without the date that decides the file.
UNDATED = "undated"
#: What PostgreSQL shows beside a table's own columns; a table may have an ``as_of`` of its own.
VIEW_COLUMNS = {
    "release_no": Text("发布的序号，在本数据库内递增。", "Number of the release, in the order in which this database came to know them."),
    "release_id": Text("发布的编号，由业务日和内容摘要组成。", "Id of the release: its business date and a digest of its content."),
    "as_of": Text("数值截至的时刻（UTC）。", "Moment up to which the figures count (UTC)."),
}  # fmt: skip
_ARROW_TYPES = {
    "varchar": pa.string(), "boolean": pa.bool_(), "date": pa.date32(), "timestamp": pa.timestamp("us"),
    "double": pa.float64(), "integer": pa.int32(), "bigint": pa.int64(), "hugeint": pa.decimal128(38, 0),
}  # fmt: skip
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
_DOC_BLOCK = re.compile(r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}", re.DOTALL)
_DOC = re.compile(r"{{ doc\('(\w+)'\) }}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
#: Columns that the release store adds to a table, and another object of the PostgreSQL schema of readers.
_TAKEN_COLUMNS = frozenset({"release_id", "release_no", "from_release", "to_release", "part", "row_hash"})
_TAKEN_TABLES = frozenset({"releases"})
_META = frozenset({"primary_key", "nullable", "codes", "word_codes", "references", "part_by", "looked_up_by"})


@dataclass(frozen=True)
class CodeList:
    """Words of code columns, in the order in which a reader is told them.

    Attributes:
        words: code to what it is called.
        is_open: the words come from a source, which may send others.
    """

    name: str
    title: Text
    words: Mapping[str, Text]
    is_open: bool = False


@dataclass(frozen=True)
class Column:
    """A published column.

    Attributes:
        data_type: of DuckDB, as the model casts it.
        codes: the list its words are from; None where it is no code.
        has_several_words: words of the list are joined by blanks.
    """

    name: str
    data_type: str
    text: Text
    is_nullable: bool
    codes: CodeList | None = None
    has_several_words: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        """Its type in the files of a release."""
        decimal = _DECIMAL.fullmatch(self.data_type)
        return pa.decimal128(*map(int, decimal.groups())) if decimal else _ARROW_TYPES[self.data_type]


@dataclass(frozen=True)
class Reference:
    """Columns whose values stand in another published table (``to_columns`` there), where ``where`` holds."""

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    where: str | None


@dataclass(frozen=True)
class Table:
    """A published table; see the module for what its parts mean. ``model`` is the name it has in dbt."""

    name: str
    model: str
    text: Text
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    references: tuple[Reference, ...]
    part_by: str | None
    looked_up_by: tuple[tuple[str, ...], ...]

    def __getitem__(self, column: str) -> Column:
        return next(each for each in self.columns if each.name == column)

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns and types of its files."""
        return pa.schema([(column.name, column.arrow_type) for column in self.columns])

    @property
    def part_of_row(self) -> str | None:
        """SQL of the name of a row's file; None for a table in one file."""
        return self._part("strftime({}, '%Y')", "strftime({}, '%Y-%m')")

    @property
    def part_in_postgres(self) -> str | None:
        """The same in the SQL of PostgreSQL."""
        return self._part("to_char({}, 'YYYY')", "to_char({}, 'YYYY-MM')")

    def _part(self, year: str, month: str) -> str | None:
        if self.part_by is None:
            return None
        year, month = year.format(self.part_by), month.format(self.part_by)
        if self.part_by == "period_start":
            return _PART_OF_CELL.format(year=year, month=month)
        return f"coalesce({month}, '{UNDATED}')" if self[self.part_by].is_nullable else month


@dataclass(frozen=True)
class Reader:
    """Who reads published tables (an exposure of dbt), and whom to tell before one of them changes."""

    name: str
    label: str
    owner: str
    text: Text
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """Everything that is published."""

    tables: Mapping[str, Table]
    codes: Mapping[str, CodeList]
    readers: tuple[Reader, ...]

    def readers_of(self, table: str) -> list[Reader]:
        return [reader for reader in self.readers if table in reader.tables]


@cache
def load(dbt_dir: Path = PROJECT_ROOT / "dbt_project") -> Contract:
    """The contract in a dbt project, read once a process.

    Raises:
        PermanentError: a file does not say what it must; the message names it, the column and what is missing.
    """
    codes = {name: _code_list(name, entry) for name, entry in _read(dbt_dir / CODES).items()}
    folder = dbt_dir / MODELS
    docs = {
        name: text for path in sorted(folder.glob("*.md")) for name, text in _DOC_BLOCK.findall(path.read_text("utf-8"))
    }
    models: list[tuple[Path, dict[str, Any]]] = []
    exposures: list[tuple[Path, dict[str, Any]]] = []
    for path in sorted(folder.glob("*.yml")):
        content = _read(path)
        models += [(path, entry) for entry in content.get("models", [])]
        exposures += [(path, entry) for entry in content.get("exposures", [])]
    found = [_table(path, entry, docs, codes) for path, entry in models]
    tables = {table.name: table for table in sorted(found, key=lambda table: table.name)}
    names = {table.model: table.name for table in found}
    _check_references(folder, tables)
    readers = tuple(_reader(path, entry, names) for path, entry in exposures)
    return Contract(tables, codes, readers)


def key_of(table: str) -> tuple[str, ...]:
    """The key of a published table; () for one that the contract no longer has."""
    known = load().tables.get(table)
    return known.primary_key if known else ()


def _read(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    return dict(content or {})


def _table(path: Path, entry: dict[str, Any], docs: Mapping[str, str], codes: Mapping[str, CodeList]) -> Table:
    config = entry.get("config", {})
    meta = config.get("meta", {})
    unknown = [key for key in meta if key not in _META]
    if unknown or not config.get("contract", {}).get("enforced"):
        raise _wrong(
            path, f"meta says {unknown[0]!r}, which nobody reads" if unknown else "its contract is not enforced"
        )
    lists = {**meta.get("codes", {}), **meta.get("word_codes", {})}
    columns = tuple(
        Column(
            name=column["name"],
            data_type=_data_type(path, column),
            text=_text(path, f"column {column['name']}", column.get("description", ""), docs),
            is_nullable=column["name"] in meta.get("nullable", []),
            codes=_list(path, codes, lists[column["name"]]) if column["name"] in lists else None,
            has_several_words=column["name"] in meta.get("word_codes", {}),
        )
        for column in entry.get("columns", [])
    )
    table = Table(
        name=config.get("alias", entry["name"]),
        model=entry["name"],
        text=_text(path, "the table", entry.get("description", ""), docs),
        columns=columns,
        primary_key=tuple(meta.get("primary_key", ())),
        references=tuple(
            Reference(
                columns=tuple(reference["columns"]),
                to=reference["to"],
                to_columns=tuple(reference.get("to_columns", reference["columns"])),
                where=reference.get("where"),
            )
            for reference in meta.get("references", [])
        ),
        part_by=meta.get("part_by"),
        looked_up_by=tuple(tuple(columns) for columns in meta.get("looked_up_by", [])),
    )
    if "primary_key" not in meta:
        raise _wrong(path, "meta names no primary_key ([] where the whole row is one)")
    named = {
        *table.primary_key, *meta.get("nullable", []), *lists, *(c for r in table.references for c in r.columns),
        *(c for index in table.looked_up_by for c in index), *([table.part_by] if table.part_by else []),
    }  # fmt: skip
    missing = sorted(named - set(table.column_names))
    if missing:
        raise _wrong(path, f"meta names a column {missing[0]!r} that is not among its columns")
    taken = [name for name in table.column_names if name in _TAKEN_COLUMNS or not _NAME.fullmatch(name)]
    if taken or table.name in _TAKEN_TABLES or not _NAME.fullmatch(table.name):
        raise _wrong(path, f"the name {taken[0] if taken else table.name!r} cannot be published")
    return table


def _text(path: Path, of: str, description: str, docs: Mapping[str, str]) -> Text:
    block = _DOC.fullmatch(description.strip())
    if block and block[1] not in docs:
        raise _wrong(path, f"{of} is described by doc block {block[1]!r}, which no file beside it has")
    lines = (docs[block[1]] if block else description).strip().splitlines()
    if len(lines) != 2 or not all(line.strip() for line in lines):
        raise _wrong(path, f"{of} is described in {len(lines)} lines, expected two: Chinese, then English")
    return Text(lines[0].strip(), lines[1].strip())


def _data_type(path: Path, column: dict[str, Any]) -> str:
    data_type = str(column.get("data_type", ""))
    if data_type not in _ARROW_TYPES and not _DECIMAL.fullmatch(data_type):
        raise _wrong(
            path,
            f"column {column['name']} has the type {data_type!r}, expected one of {', '.join(_ARROW_TYPES)}, decimal(p, s)",
        )
    return data_type


def _code_list(name: str, entry: dict[str, Any]) -> CodeList:
    words = {word: Text(*called) for word, called in entry["words"].items()}
    return CodeList(name, Text(*entry["title"]), words, bool(entry.get("is_open", False)))


def _list(path: Path, codes: Mapping[str, CodeList], name: str) -> CodeList:
    if name not in codes:
        raise _wrong(path, f"meta names the code list {name!r}, which {CODES} does not have")
    return codes[name]


def _check_references(folder: Path, tables: Mapping[str, Table]) -> None:
    for table in tables.values():
        for reference in table.references:
            path = folder / f"{table.model}.yml"
            if reference.to not in tables:
                raise _wrong(path, f"it refers to {reference.to}, which is not published")
            missing = sorted(set(reference.to_columns) - set(tables[reference.to].column_names))
            if missing:
                raise _wrong(path, f"it refers to {reference.to}.{missing[0]}, which is not published")


def _reader(path: Path, entry: dict[str, Any], names: Mapping[str, str]) -> Reader:
    models = [str(reference).removeprefix("ref('").removesuffix("')") for reference in entry.get("depends_on", [])]
    unknown = [model for model in models if model not in names]
    if unknown:
        raise _wrong(path, f"reader {entry['name']} depends on {unknown[0]}, which is not published")
    return Reader(
        name=entry["name"],
        label=entry["label"],
        owner=entry["owner"]["name"],
        text=_text(path, f"reader {entry['name']}", entry.get("description", ""), {}),
        tables=tuple(names[model] for model in models),
    )


def words_of(codes: Iterable[str], known: CodeList) -> list[str]:
    """Codes that are not words of a list, in order; an empty string never counts, it says that the list does not apply."""
    return sorted({code for code in codes if code and code not in known.words})


def _wrong(path: Path, found: str) -> PermanentError:
    return PermanentError(f"read the contract of what is published in {path.name}", found, "mend that file")
