"""From rows of text to the tables of a hotline, with a finding for everything that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.order_files.codes import coded_fields, parents, read_claims
from minhu.order_files.mapping import OrderMap
from minhu.order_files.naming import make_categories, make_places, make_units
from minhu.order_files.reading import FILE, ROW, Reading
from minhu.order_files.repetitions import without_repetitions
from minhu.order_files.rules import Notes
from minhu.order_files.times import implausible, judge_times, last_day, last_known, read_times


@dataclass(frozen=True)
class Loaded:
    """What becomes of the files: tables by name as in ``sql/hotline.sql``, times local, and what was found.

    Attributes:
        tables: places, units, categories, work_orders, order_claims.
        rejects: rows that cannot be orders: file_name, row_number, rule_id, reason. No content of the row.
        findings: everything that is not as it should be, rules ``L1-ORD-…``.
        business_date: last local day the files know of, ISO.
    """

    tables: dict[str, pd.DataFrame]
    rejects: pd.DataFrame
    findings: list[Finding]
    business_date: str


def make_orders(order_map: OrderMap, reading: Reading) -> Loaded:
    """Turn rows of text into orders.

    Raises:
        PermanentError: no row became an order, or a column has no word that the map knows.
    """
    rows, parsed = reading.rows, read_times(order_map, reading.rows)
    ids = _order_ids(order_map, rows)
    notes = Notes(ids)
    notes.rows("L1-ORD-023", reading.damaged)
    if order_map.file.expect_ascii:
        notes.rows("L1-ORD-004", reading.not_ascii, "characters outside ASCII; text that is not mapped is not kept")
    _note_unread_columns(order_map, rows, notes)
    rejects = _rejects(rows, ids, parsed, reading, notes)
    kept = rows[ids.notna() & parsed["created_at"].notna()]
    if kept.empty:
        raise PermanentError(
            f"load orders of {order_map.city.code}",
            f"expected rows with an id and a time of creation, found none among {len(rows)}",
            "check columns.order_id, columns.created_at and file.time_formats of the map",
        )
    wrong = implausible(order_map, parsed.loc[kept.index])
    rows = without_repetitions(order_map, kept, ids, last_known(parsed.loc[kept.index], wrong), notes)
    parsed, wrong, ids = parsed.loc[rows.index], wrong.loc[rows.index], ids.loc[rows.index]
    judge_times(order_map, rows, parsed, wrong, notes)

    orders = pd.DataFrame({"order_id": ids, **{name: parsed[name] for name in _KEPT_TIMES}})
    orders = orders.assign(**coded_fields(order_map, rows, parsed, notes))
    orders["parent_order_id"] = parents(order_map, rows, ids, orders["closure_code"], notes)
    units, orders["unit_code"] = make_units(order_map, rows, notes)
    categories, orders["category_code"] = make_categories(order_map, rows, notes)
    places = make_places(order_map, rows, notes)
    orders["community_code"], orders["street_code"] = places.community_code, places.street_code
    for pair in order_map.same:
        _note_disagreement(rows[pair.id], rows[pair.name], pair.id, pair.name, notes)
    claims = read_claims(order_map, rows, orders, notes)
    missed = claims.set_index(orders.index)["claimed_on_time"].eq(False) if len(claims) else orders["order_id"].isna()
    end = last_day(order_map, parsed, wrong, missed)
    # an order whose only times are impossible must still land, so that the record rules can judge it
    orders["updated_at"] = last_known(parsed, wrong).fillna(end)
    claims["updated_at"] = orders["updated_at"].to_numpy() if len(claims) else None
    tables = {
        "places": places.table,
        "units": units.assign(kind="department", place_code=order_map.city.place_code),
        "categories": categories,
        "work_orders": orders.sort_values("order_id"),
        "order_claims": claims.sort_values("order_id"),
    }
    return Loaded(tables, rejects, sorted(notes.findings), end.date().isoformat())


_KEPT_TIMES = ("created_at", "due_at", "replied_at", "closed_at")


def _order_ids(order_map: OrderMap, rows: pd.DataFrame) -> pd.Series:
    """The id of every row, its parts joined; missing where a part is."""
    parts = rows[list(order_map.columns.order_id)].astype(object)
    joined = parts.apply(lambda row: "-".join(map(str, row)), axis=1) if parts.shape[1] > 1 else parts.iloc[:, 0]
    return joined.where(parts.notna().all(axis=1), None)


def _rejects(rows: pd.DataFrame, ids: pd.Series, parsed: pd.DataFrame, reading: Reading, notes: Notes) -> pd.DataFrame:
    reasons = {
        "no id": ids.isna(),
        "no time of creation that can be read": ids.notna() & parsed["created_at"].isna(),
    }
    tables = [pd.DataFrame(reading.torn, columns=["file_name", "row_number", "rule_id", "reason"])]
    for reason, failed in reasons.items():
        notes.rows("L1-ORD-005", failed, f"{reason}: kept in hotline.load_rejects, not an order")
        named = rows.loc[failed, [FILE, ROW]].rename(columns={FILE: "file_name", ROW: "row_number"})
        tables.append(named.assign(rule_id="L1-ORD-005", reason=reason))
    if reading.torn:
        message = "too few or too many cells: kept in hotline.load_rejects, not an order"
        notes.add("L1-ORD-005", len(rows) + len(reading.torn), len(reading.torn), message)
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _note_unread_columns(order_map: OrderMap, rows: pd.DataFrame, notes: Notes) -> None:
    read = set(order_map.used_columns())
    there = [name for name in rows.columns if name not in (FILE, ROW)]
    unread = [name for name in there if name not in read]
    if unread:
        message = (
            f"{len(unread)} of {len(there)} columns are not read, being personal or not needed: {', '.join(unread)}"
        )
        notes.add("L1-ORD-036", len(there), len(unread), message)


def _note_disagreement(ids: pd.Series, words: pd.Series, id_name: str, word_name: str, notes: Notes) -> None:
    """Rows whose id and word are not the pair that each of them mostly is, or of which only one is there."""
    pairs = pd.DataFrame({"id": ids, "word": words}).dropna()
    counts = (
        pairs.value_counts().reset_index(name="rows").sort_values(["rows", "id", "word"], ascending=[False, True, True])
    )
    of_id = counts.drop_duplicates("id").set_index("id")["word"]
    of_word = counts.drop_duplicates("word").set_index("word")["id"]
    differs = pairs.index[(pairs["id"].map(of_id) != pairs["word"]) | (pairs["word"].map(of_word) != pairs["id"])]
    failed = pd.Series(ids.index.isin(differs), index=ids.index) | (ids.notna() != words.notna())
    notes.rows("L1-ORD-033", failed, f"{id_name} and {word_name} should say the same and disagree, or one is missing")
