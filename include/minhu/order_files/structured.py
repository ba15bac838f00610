"""Order files of interfaces: JSON (also one object a line) and XML, such as GeoReport v2 gives out."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.parsers import expat

from minhu.order_files.delimited import REPLACEMENT, decoded
from minhu.order_files.tables import Table, refuse

_DEEPEST = 40
_Record = dict[str, str | None]
_DECLARED = re.compile(rb"<\?xml[^>]{1,80}encoding=[\"']([A-Za-z0-9._-]+)")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def read_json(name: str, data: bytes, encoding: str) -> Table:
    """The records of a JSON file: a list of objects, the one list of objects in an object, or one object a line.

    Numbers keep the digits they are written with. An object in a record becomes columns ``outer.inner``; lists in a
    record are not read. The number of a row is its place in the list, from 1.

    Raises:
        PermanentError: it is not JSON, or holds no list of objects.
    """
    text = decoded(name, data, encoding)
    try:
        content = _loaded(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        refuse(name, f"it begins as JSON and is none from {where} on", "have the file sent again (was it cut short?)")
    except RecursionError:
        refuse(name, "its objects lie too deep in one another", "give a file with a list of records")
    records = _records(name, content)
    return _table(name, "JSON", (dict(_flat(record)) for record in records))


def _loaded(text: str) -> Any:
    def loads(part: str) -> Any:
        return json.loads(part, parse_int=str, parse_float=str, parse_constant=lambda _: None)

    text = text.removeprefix("\ufeff")
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
    return [loads(line) for line in text.splitlines() if line.strip()]


def _records(name: str, content: Any) -> list[Mapping[str, Any]]:
    if isinstance(content, Mapping):
        lists = [value for value in content.values() if isinstance(value, list) and value and _are_objects(value)]
        if len(lists) > 1:
            refuse(name, f"expected one list of records, found {len(lists)}", "give a file with one of them")
        content = lists[0] if lists else [content]
    if not isinstance(content, list) or not _are_objects(content):
        refuse(
            name,
            "it is JSON and expected a list of records, found something else",
            "give a file with a list of records",
        )
    return content


def _are_objects(values: Sequence[Any]) -> bool:
    return all(isinstance(value, Mapping) for value in values)


def _flat(record: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, str | None]]:
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        elif not isinstance(value, list):
            text = str(value).lower() if isinstance(value, bool) else value
            yield _storable(f"{above}{key}").strip(), text and _storable(text)


def _storable(text: str) -> str:
    """The text without what no database keeps: zero characters and halves of pairs, which JSON can write."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def read_xml(name: str, data: bytes) -> Table:
    """The records of an XML file: the elements right below the outermost one.

    An element in a record is a column, one in that ``outer.inner``; of several of one name the first is read. Attributes of
    the record itself are columns too.

    Raises:
        PermanentError: it is not XML, or declares a document type, with which a small file can ask for much.
    """
    reader = _Records(name)
    declared = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8))
    encoding = declared.group(1).decode() if declared else "utf-8"
    try:
        text = data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else encoding)
    except (LookupError, UnicodeDecodeError):
        refuse(name, f"it is XML that says it is in {encoding} and is not", "have the file sent again")
    parser = expat.ParserCreate("utf-8")  # for the parser knows few encodings itself
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.Parse(text.removeprefix("\ufeff").encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        where = f"line {parser.ErrorLineNumber}"
        refuse(name, f"it begins as XML and is none in {where}", "have the file sent again (was it cut short?)")
    return _table(name, "XML", reader.records)


class _Records:
    """Takes what the parser meets."""

    def __init__(self, name: str) -> None:
        self.records: list[_Record] = []
        self._name = name
        self._path: list[str] = []
        self._texts: list[str] | None = None  # of a leaf; what stands between elements is none

    def doctype(self, *_: object) -> None:
        refuse(self._name, "it is XML with a document type, which is not read", "have it sent without <!DOCTYPE …>")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._path.append(tag.rpartition(":")[2])
        self._texts = []
        if len(self._path) > _DEEPEST:
            refuse(self._name, "its elements lie too deep in one another", "give a file with a list of records")
        if len(self._path) == 2:
            self.records.append({name: value.strip() or None for name, value in attributes.items()})

    def text(self, part: str) -> None:
        if self._texts is not None:
            self._texts.append(part)

    def end(self, _: str) -> None:
        if self._texts is not None and len(self._path) > 2:
            column = ".".join(self._path[2:])
            if self.records[-1].get(column) is None:
                self.records[-1][column] = "".join(self._texts).strip() or None
        self._path.pop()
        self._texts = None


def _table(name: str, kind: str, records: Iterable[_Record]) -> Table:
    known = list(records)
    header = list(dict.fromkeys(column for record in known for column in record))
    rows: list[Sequence[str | None]] = [tuple(record.get(column) for column in header) for record in known]
    return Table(name, header, rows, range(1, len(rows) + 1), kind=kind)
