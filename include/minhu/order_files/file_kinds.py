"""What a file is by its first bytes, and what lies in it where it is packed. A name's ending says nothing."""

from __future__ import annotations

import codecs
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from minhu.errors import PermanentError

Kind = Literal["text", "json", "xml", "workbook"]
#: A million orders of forty columns have a quarter of it.
MOST_BYTES = 1 << 30
_MOST_LAYERS = 2
_ZIP, _GZIP, _COMPOUND = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
#: First bytes of what is not read, what it is, and what to do with it.
_OTHERS = (
    (b"%PDF", "a PDF", "ask for the table that it was made of"),
    (b"\x89PNG", "a picture", "ask for the table itself"),
    (b"\xff\xd8\xff", "a picture", "ask for the table itself"),
    (b"Rar!", "a RAR archive", "unpack it and give the files in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and give the files in it"),
    (b"BZh", "a bzip2 archive", "unpack it with bunzip2"),
    (b"\xfd7zXZ", "an xz archive", "unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it with unzstd"),
    (b"PAR1", "a Parquet file", "save it as CSV"),
    (b"SQLite format 3", "a SQLite database", "export its table as CSV"),
    (b"{\\rtf", "a text of a word processor", "save its table as CSV"),
)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Content:
    """A table's bytes.

    Attributes:
        name: of the file; of one in an archive, the archive's name and its own.
        kind: what it is.
        data: unpacked.
    """

    name: str
    kind: Kind
    data: bytes


def unpacked(name: str, data: bytes, layer: int = 0) -> Iterator[Content]:
    """The tables in a file: itself, or what is packed in it with gzip or zip.

    Raises:
        PermanentError: it is of a kind that is not read, too large, locked or damaged; nothing of its content is told.
    """
    if layer > _MOST_LAYERS:
        raise PermanentError(f"read {name}", "archives lie in archives in it", "unpack it and give the files in it")
    if data.startswith(_GZIP):
        yield from unpacked(name.removesuffix(".gz"), _gunzipped(name, data), layer + 1)
    elif data.startswith(_ZIP):
        yield from _of_zip(name, data, layer)
    elif data.startswith(_COMPOUND):
        yield Content(name, "workbook", data)
    else:
        yield Content(name, _kind_of_text(name, data), data)


def _kind_of_text(name: str, data: bytes) -> Kind:
    for start, what, next_step in _OTHERS:
        if data.startswith(start):
            raise PermanentError(f"read {name}", f"expected a table, found {what}", next_step)
    text = data[:4096]
    for mark in _MARKS:
        text = text.removeprefix(mark)
    text = text.replace(b"\0", b"").lstrip()  # of UTF-16, every second byte
    if text[:1] in (b"{", b"["):
        return "json"
    if text[:1] == b"<":
        if b"<html" in text.lower() or text[:9].lower() == b"<!doctype":
            raise PermanentError(
                f"read {name}", "expected a table, found a web page", "download the file itself, or save it as CSV"
            )
        return "xml"
    return "text"


def _gunzipped(name: str, data: bytes) -> bytes:
    whole = bytearray()
    try:
        while data:  # a gzip file may be several, one after the other
            stream = zlib.decompressobj(wbits=31)
            whole += stream.decompress(data, MOST_BYTES + 1 - len(whole))
            if len(whole) > MOST_BYTES:
                raise _too_large(name)
            if not stream.eof:
                raise PermanentError(f"read {name}", "it is gzip and cut short", "have the file sent again")
            data = stream.unused_data.lstrip(b"\0")
    except zlib.error:
        raise PermanentError(f"read {name}", "it is gzip and damaged", "have the file sent again") from None
    return bytes(whole)


def _of_zip(name: str, data: bytes, layer: int) -> Iterator[Content]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [
                entry for entry in archive.infolist() if not entry.is_dir() and "__MACOSX/" not in entry.filename
            ]
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise _too_large(name)
            names = {entry.filename for entry in entries}
            if names & set(_WORKBOOKS):
                yield Content(name, "workbook", data)
                return
            if "word/document.xml" in names or "ppt/presentation.xml" in names:
                raise PermanentError(
                    f"read {name}", "expected a table, found a text document or slides", "save its table as CSV"
                )
            if any(entry.flag_bits & 1 for entry in entries):
                raise PermanentError(
                    f"read {name}", "it is zip and locked by a password", "unpack it and give the files"
                )
            contents = [(f"{name}/{entry.filename}", archive.read(entry)) for entry in entries]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError):
        raise PermanentError(
            f"read {name}", "it is zip and damaged, or packed in an unusual way", "have the file sent again"
        ) from None
    if not contents:
        raise PermanentError(f"read {name}", "expected tables in the archive, found no file", "have it sent again")
    for inner, content in contents:
        yield from unpacked(inner, content, layer + 1)


def _too_large(name: str) -> PermanentError:
    return PermanentError(
        f"read {name}", f"expected at most {MOST_BYTES >> 20} MiB unpacked, found more", "split it into several files"
    )
