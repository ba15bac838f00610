"""What a file is by its first bytes. The ending of its name says nothing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: First bytes of what is neither a workbook nor a text of cells.
_STARTS = (
    (b"%PDF", "PDF"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"Rar!", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "GZ"), (b"BZh", "BZ2"), (b"\xfd7zXZ", "XZ"), (b"\x28\xb5\x2f\xfd", "ZSTD"), (b"PK\x05\x06", "ZIP"),
    (b"{\\rtf", "RTF"), (b"\x09\x08", "XLS"), (b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"), (b"GIF8", "GIF"), (b"BM", "BMP"), (b"RIFF", "WEBP"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"),
    (b"PAR1", "Parquet"), (b"SQLite format 3", "SQLite"), (b"\0\x01\0\0Standard ", "MDB"), (b"MZ", "EXE"), (b"\x7fELF", "ELF"),
    (b"ID;P", "SLK"), (b"MIME-Version:", "MHT"),
)  # fmt: skip
#: The name of a part that only this kind of archive has.
_PARTS = (
    ("workbook.xml", "XLSX"), ("workbook.bin", "XLSB"), ("word/document.xml", "DOCX"), ("ppt/presentation.xml", "PPTX"),
    ("content.xml", "ODS"),
)  # fmt: skip
#: Names of streams of a compound file stand in it as UTF-16.
_LOCKED, _BOOKS = (
    "EncryptedPackage".encode("utf-16-le"),
    tuple(name.encode("utf-16-le") for name in ("Workbook", "Book")),
)
_SHEET_XML = re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet|<\?mso-application")
_HTML = re.compile(rb"<(!doctype html|html|head|body|table|meta|div)\b", re.IGNORECASE)
_JSON = re.compile(rb"[\[{]\s*(?:\"|[\[{]|[\]}]\s*$)")
XLSX, TEXT, LOCKED, EMPTY = "XLSX", "CSV", "locked", "empty"


def kind_of(content: bytes) -> str:
    """``XLSX``, ``CSV`` (any text), ``locked`` (a workbook with a password), ``empty``, or the common name of another kind."""
    if not content.removeprefix(b"\xef\xbb\xbf").strip(b"\0\t\r\n "):
        return EMPTY
    if content.startswith(_ZIP):
        return next(_kinds_of_archive(content), "ZIP")
    if content.startswith(_COMPOUND):
        if _LOCKED in content:
            return LOCKED
        return "XLS" if any(name in content for name in _BOOKS) else "DOC"
    for start, kind in _STARTS:
        if content.startswith(start) and not (start.isalnum() and _is_text(content)):
            return kind
    beginning = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if _SHEET_XML.search(beginning):
        return "XML"
    if beginning.startswith(b"<"):
        return "HTML" if _HTML.search(beginning) else "XML"
    return "JSON" if _JSON.match(beginning) else TEXT


def _is_text(content: bytes) -> bool:
    """Whether a file that begins with letters may be a text that happens to."""
    return not any(mark in content[:64] for mark in (b"\0", b"\x01", b"\x02", b"\x03", b"\x04"))


def _kinds_of_archive(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.replace("\\", "/").lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        yield XLSX  # cut short: opening it will say so
        return
    yield from (kind for part, kind in _PARTS if any(name.endswith(part) for name in names))
