"""The city's words turned into codes of the contract: status, channel, closure and the rest, parents, on-time claims."""

from __future__ import annotations

import re

import pandas as pd

from minhu.errors import PermanentError
from minhu.order_files.map_parts import CODED_FIELDS, Condition, without_parent
from minhu.order_files.mapping import OrderMap
from minhu.order_files.reading import FILE
from minhu.order_files.rules import Notes, counted

#: With at least this many values and none of them known, the map or the encoding is wrong, not the data.
_ENOUGH_VALUES = 10


def coded_fields(order_map: OrderMap, rows: pd.DataFrame, parsed: pd.DataFrame, notes: Notes) -> dict[str, pd.Series]:
    """Every coded field of the orders: from its words, else from flags, patterns and the constant, in this order."""
    fields: dict[str, pd.Series] = {name: _coded(order_map, name, rows, notes) for name in CODED_FIELDS}
    if not order_map.columns.status and fields["status"].isna().any():
        known = parsed["closed_at"].notna().map({True: "closed", False: "open"})
        if order_map.columns.closed_at:
            fields["status"] = fields["status"].where(fields["status"].notna(), known)
    scope = fields["assessment_scope"]
    fields["assessment_scope"] = scope.where(scope.notna(), "three_rate")
    _judge_status(order_map, fields["status"], parsed["closed_at"], notes)
    return fields


def _coded(order_map: OrderMap, name: str, rows: pd.DataFrame, notes: Notes) -> pd.Series:
    found = pd.Series(None, index=rows.index, dtype=object)
    column = getattr(order_map.columns, name)
    if column:
        found = _from_words(order_map, name, rows[column], rows[FILE], notes)
    for flag in order_map.flags:
        if flag.field == name:
            found = found.mask(found.isna() & meets(order_map, rows, flag.when), flag.code)
    for pattern in order_map.patterns:
        if pattern.field == name:
            compiled = re.compile(without_parent(pattern.pattern))
            texts = rows[pattern.column]
            matches = texts.isin([text for text in texts.dropna().unique() if compiled.search(text)])
            found = found.mask(found.isna() & matches, pattern.code)
    constant = order_map.constants.get(name)  # type: ignore[call-overload]
    if constant:
        found = found.where(found.notna(), constant)
    return found.where(found.notna(), None)


def _from_words(order_map: OrderMap, name: str, texts: pd.Series, files: pd.Series, notes: Notes) -> pd.Series:
    words: dict[str, str] = order_map.words[name]  # type: ignore[index]
    found = texts.astype(object).map(words)
    unknown = texts.notna() & found.isna()
    is_open_ended = name == "closure_code"  # most words of a status say nothing of how an order was closed
    if not is_open_ended:
        for file, part in unknown[texts.notna()].groupby(files) if unknown.any() else ():
            if part.all() and len(part) >= _ENOUGH_VALUES:
                raise PermanentError(
                    f"read the column {texts.name} of {order_map.city.code} in {file}",
                    f"expected words of words.{name}, found none of them in {len(part)} values",
                    "check columns and words of the map, file.encoding, and whether the file is of this city",
                )
        message = f"words the map does not know, taken as missing: {counted(texts[unknown])}; add them to words.{name}"
        notes.rows("L1-ORD-013", unknown, message, name)
        notes.rows("L1-ORD-016", texts.isna(), f"no {name} in the file", name)
    without_code = found == ""
    message = f"words that the contract has no {name} for: {counted(texts[without_code])}"
    notes.rows("L1-ORD-030", without_code, message, name)
    found = found.mask(without_code, None)
    if name == "status":
        for state in sorted(set(found.dropna())):
            behind = texts[found == state]
            if behind.nunique() > 1:
                message = f"several words for {state}: {counted(behind)}"
                notes.add("L1-ORD-014", len(texts), len(behind), message, name)
    return found


def _judge_status(order_map: OrderMap, status: pd.Series, closed_at: pd.Series, notes: Notes) -> None:
    notes.rows("L1-ORD-041", status.isna(), column="status")
    if order_map.columns.closed_at:
        notes.rows("L1-ORD-027", (status == "closed") & closed_at.isna(), column="closed_at")
        notes.rows("L1-ORD-028", is_reopened(status, closed_at), column="closed_at")


def is_reopened(status: pd.Series, closed_at: pd.Series) -> pd.Series:
    """Where an order has a closing time and is not closed: it was, and is open again, without a closing for now."""
    return status.notna() & (status != "closed") & closed_at.notna()


def meets(order_map: OrderMap, rows: pd.DataFrame, condition: Condition) -> pd.Series:
    """For each row, whether every column of the condition holds one of its values.

    A value that the map calls missing is met where the cell is.
    """
    found = pd.Series(True, index=rows.index)
    for column, values in condition.items():
        may_be_missing = bool(set(values) & set(order_map.file.missing))
        found &= rows[column].isin(values) | (rows[column].isna() & may_be_missing)
    return found


def parents(order_map: OrderMap, rows: pd.DataFrame, ids: pd.Series, closure: pd.Series, notes: Notes) -> pd.Series:
    """The order that each one repeats: named by a column, or by the group ``parent`` of a pattern."""
    found = pd.Series(None, index=rows.index, dtype=object)
    if order_map.columns.parent_order_id:
        named = rows[order_map.columns.parent_order_id].astype(object)
        found = named.where(named.notna(), None)
    for pattern in order_map.patterns:
        if "(?P<parent>" in pattern.pattern:
            compiled = re.compile(pattern.pattern)
            texts = rows[pattern.column]
            matches = {text: compiled.search(text) for text in texts.dropna().unique()}
            named = texts.map({text: match and match["parent"] for text, match in matches.items()}).astype(object)
            found = found.where(found.notna(), named.where(named.notna(), None))
    named = found.dropna()
    circular = ids.isin(_in_circles(dict(zip(ids.loc[named.index], named, strict=True))))
    notes.rows("L1-ORD-035", circular, column="parent_order_id")
    found = found.mask(circular, None)
    notes.rows("L1-ORD-034", found.notna() & ~found.isin(ids), column="parent_order_id")
    message = (
        "closed as a duplicate without naming the order it repeats: stays in the due set, never counts as resolved"
    )
    notes.rows("L1-ORD-017", (closure == "duplicate") & found.isna(), message, "closure_code")
    return found.where(found.notna(), None)


def _in_circles(parent_of: dict[str, str | None]) -> set[str]:
    """Ids whose chain of parents comes back to them."""
    circular: set[str] = set()
    for start, parent in parent_of.items():
        seen: set[str] = set()
        while parent is not None and parent not in seen:
            if parent == start:
                circular.add(start)
                break
            seen.add(parent)
            parent = parent_of.get(parent)
    return circular


def read_claims(order_map: OrderMap, rows: pd.DataFrame, orders: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Rows of ``hotline.order_claims``: what the city's own flag says of every order.

    A claim counts on the day of the deadline, as H06 does, or on the day of creation where there is none.
    """
    columns = ["order_id", "claimed_on_time", "claimed_at", "role", "updated_at"]
    rule = order_map.on_time
    if rule is None:
        return pd.DataFrame(columns=columns)
    yes, no = meets(order_map, rows, rule.true_when), meets(order_map, rows, rule.false_when)
    said = pd.Series(None, index=rows.index, dtype=object).mask(yes & ~no, True).mask(no & ~yes, False)
    notes.rows("L1-ORD-021", said.isna(), column="claimed_on_time")
    if rule.role == "beside":
        in_time = (orders["closed_at"] <= orders["due_at"]).astype(bool)
        praised = said.eq(True) & ~in_time
        without = int((praised & orders["due_at"].isna()).sum())
        message = (
            f"the city's own flag says on time for {int(said.eq(True).sum())} orders, of which {int(praised.sum())} were "
            f"not closed by a deadline ({without} have none): shown as a claim beside H06"
        )
        notes.rows("L1-ORD-022", praised, message, "claimed_on_time")
        notes.rows("L1-ORD-038", said.eq(False) & in_time, column="claimed_on_time")
    claimed_at = orders["due_at"].fillna(orders["created_at"])
    claims = pd.DataFrame({"order_id": orders["order_id"], "claimed_on_time": said, "claimed_at": claimed_at})
    return claims.assign(role=rule.role, updated_at=None)[columns]
