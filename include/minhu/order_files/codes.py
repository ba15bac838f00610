"""The city's words turned into codes of the contract: status, channel, closure and the rest, parents, on-time claims."""

from __future__ import annotations

import pandas as pd

from minhu.errors import PermanentError
from minhu.order_files.mapping import CODED_FIELDS, Condition, OrderMap
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
        found = _from_words(order_map, name, rows[column], notes)
    for flag in order_map.flags:
        if flag.field == name:
            found = found.mask(found.isna() & meets(rows, flag.when), flag.code)
    for pattern in order_map.patterns:
        if pattern.field == name:
            matches = rows[pattern.column].str.contains(pattern.pattern.replace("(?P<parent>", "(?:"), na=False)
            found = found.mask(found.isna() & matches, pattern.code)
    constant = order_map.constants.get(name)  # type: ignore[call-overload]
    if constant:
        found = found.where(found.notna(), constant)
    return found.where(found.notna(), None)


def _from_words(order_map: OrderMap, name: str, texts: pd.Series, notes: Notes) -> pd.Series:
    words: dict[str, str] = order_map.words[name]  # type: ignore[index]
    found = texts.astype(object).map(words)
    unknown = texts.notna() & found.isna()
    is_open_ended = name == "closure_code"  # most words of a status say nothing of how an order was closed
    if not is_open_ended:
        if unknown.sum() >= _ENOUGH_VALUES and unknown.sum() == texts.notna().sum():
            raise PermanentError(
                f"read the column {texts.name} of {order_map.city.code}",
                f"expected words of words.{name}, found none of them in {int(unknown.sum())} values",
                "check columns and words of the map, and file.encoding",
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
        notes.rows("L1-ORD-028", status.notna() & (status != "closed") & closed_at.notna(), column="closed_at")


def meets(rows: pd.DataFrame, condition: Condition) -> pd.Series:
    """For each row, whether every column of the condition holds one of its values."""
    found = pd.Series(True, index=rows.index)
    for column, values in condition.items():
        found &= rows[column].isin(values)
    return found


def parents(order_map: OrderMap, rows: pd.DataFrame, ids: pd.Series, closure: pd.Series, notes: Notes) -> pd.Series:
    """The order that each one repeats: named by a column, or by the group ``parent`` of a pattern."""
    found = pd.Series(None, index=rows.index, dtype=object)
    if order_map.columns.parent_order_id:
        named = rows[order_map.columns.parent_order_id].astype(object)
        found = named.where(named.notna(), None)
    for pattern in order_map.patterns:
        if "(?P<parent>" in pattern.pattern:
            named = rows[pattern.column].str.extract(pattern.pattern)["parent"].astype(object)
            found = found.where(found.notna(), named.where(named.notna(), None))
    circular = ids.isin(_in_circles(dict(zip(ids, found, strict=True))))
    notes.rows("L1-ORD-035", circular, column="parent_order_id")
    found = found.mask(circular, None)
    notes.rows("L1-ORD-034", found.notna() & ~found.isin(set(ids)), column="parent_order_id")
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
    yes, no = meets(rows, rule.true_when), meets(rows, rule.false_when)
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
