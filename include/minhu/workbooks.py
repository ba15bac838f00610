"""XLSX workbooks whose bytes depend on their content alone."""

from __future__ import annotations

import io
import re
import zipfile

from openpyxl import Workbook

_FIXED = (2020, 1, 1, 0, 0, 0)


def saved(book: Workbook) -> bytes:
    """The workbook without the clock: openpyxl writes the time of saving into the archive and the properties."""
    written, fixed = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2020-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, date_time=_FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return fixed.getvalue()
