"""One gate for all text that lands: no NUL, no control marks, no halves of characters.

A later store cannot hold them (PostgreSQL refuses a NUL and with it the whole copy), and no source means them. What passes
here may be copied anywhere.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minhu.findings import Finding, are_many, sample
from minhu.landing.table_contract import TableContract
from minhu.landing.text_bytes import bytes_of, hold, lie_within

#: As RE2 writes it, NUL included.
_UNSTORABLE_OR_NUL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{fffd}-\x{ffff}]"
#: First bytes of those that are not below a blank: 7f, and as UTF-8 80 to 9f and fffd to ffff.
_BEGIN_UNSTORABLE = b"\x7f\xc2\xef"


def pass_text(contract: TableContract, rows: pa.Table) -> tuple[pa.Table, list[Finding]]:
    """The rows as they may land. A damaged text becomes null; a row that is known by one is set aside.

    Args:
        contract: of the table.
        rows: with the contract's columns.

    Returns:
        The rows, and findings: L1-TXT-001 per column with how many texts were damaged, L1-TXT-002 where they are too many.
    """
    known_by = {*contract.key, contract.version}
    damaged = {
        field.name: found
        for field in contract.schema
        if pa.types.is_string(field.type) and pc.any(found := _is_damaged(rows[field.name])).as_py()
    }
    if not damaged:
        return rows, []
    is_nameless = pa.array([False] * rows.num_rows)
    for name, found in damaged.items():
        if name in known_by:
            is_nameless = pc.or_(is_nameless, found)
        else:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, rows.schema.field(place), pc.if_else(found, None, rows[name]))
    keys = [name for name in contract.key if name not in damaged]
    return rows.filter(pc.invert(is_nameless)), [
        _finding(contract, name, rows.num_rows, [*rows.filter(found).select(keys).to_pylist()])
        for name, found in damaged.items()
    ]


def _is_damaged(column: pa.ChunkedArray) -> pa.Array:
    texts = column.combine_chunks()
    letters, _ = bytes_of(texts)
    if lie_within(letters, 0x20, 0xFF) and not hold(letters, _BEGIN_UNSTORABLE):
        return pa.array(np.zeros(len(texts), dtype=bool))
    return pc.fill_null(pc.match_substring_regex(texts, _UNSTORABLE_OR_NUL), False)


def _finding(contract: TableContract, column: str, rows: int, damaged: list[dict[str, object]]) -> Finding:
    is_key = column in {*contract.key, contract.version}
    keys = ["/".join(str(value).replace(" ", "T") for value in row.values()) for row in damaged if row]
    message = f"{len(damaged)} texts of {column} hold a control mark or half a character, which no store can hold; " + (
        "their rows were set aside" if is_key else "they landed as null"
    )
    rule, severity = ("L1-TXT-002", "block") if are_many(len(damaged), rows) else ("L1-TXT-001", "warn")
    return Finding(
        rule, severity, contract.source, contract.full_name, message,  # type: ignore[arg-type]  # one of the two above
        column_name=column, rows_seen=rows, rows_failed=len(damaged), sample_keys=sample(keys),
    )  # fmt: skip
