"""From rows of text to the tables of a hotline, with a finding for everything that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.order_files.business_date import far_off, impossible, last_day, last_known
from minhu.order_files.codes import coded_fields, is_reopened, meets, parents, read_claims
from minhu.order_files.ids import order_ids, rounded
from minhu.order_files.mapping import OrderMap
from minhu.order_files.naming import make_categories, make_places, make_units
from minhu.order_files.parts import one_row_per_order
from minhu.order_files.reading import FILE, ROW, Reading
from minhu.order_files.rejects import count_by_file, list_rejects
from minhu.order_files.repetitions import without_repetitions
from minhu.order_files.rules import Notes
from minhu.order_files.tables import shown_names
from minhu.order_files.times import Times, judge_times, read_times

_KEPT_TIMES = ("created_at", "due_at", "replied_at", "closed_at")


@dataclass(frozen=True)
class Loaded:
    """What becomes of the files: tables by name as in ``sql/hotline.sql``, times local, and what was found.

    Attributes:
        tables: places, units, categories, work_orders, order_claims.
        rejects: rows that cannot be orders: file_name, row_number, rule_id, reason, and what is known of where they belong
            (created_at, due_at, closed_at, community_code, street_code, unit_code). No other content of the row.
        files: of every file its file_name, and rows_read, rows_left_out, rows_rejected.
        findings: everything that is not as it should be, rules ``L1-ORD-…``.
        business_date: last local day the files know of, ISO.
    """

    tables: dict[str, pd.DataFrame]
    rejects: pd.DataFrame
    files: pd.DataFrame
    findings: list[Finding]
    business_date: str


def make_orders(order_map: OrderMap, reading: Reading) -> Loaded:
    """Turn rows of text into orders.

    Raises:
        PermanentError: no row became an order, a column has no word that the map knows, times can be read in two ways, or
            a spreadsheet has rounded the ids.
    """
    every_row, ids = reading.rows, order_ids(order_map, reading.rows)
    notes = Notes(ids)
    is_left_out = _left_out(order_map, every_row, notes)
    rows, times = every_row[~is_left_out], read_times(order_map, reading).of(every_row.index[~is_left_out])
    _note_files(order_map, reading, rows, notes)
    reasons = {
        "no id": ids.isna(),
        "an id that a spreadsheet rounded": rounded(ids),
        "no time of creation that can be read": times.values["created_at"].isna(),
    }
    rejected = _rejected(reasons, rows, reading, notes)
    kept = rows[rejected.isna()]
    if kept.empty:
        torn = f", and {len(reading.torn)} with too few or too many cells" if reading.torn else ""
        raise PermanentError(
            f"load orders of {order_map.city.code}",
            f"expected rows with an id and a time of creation, found none among {len(rows)}{torn}",
            "check columns.order_id, columns.created_at and file.time_formats of the map",
        )
    tables, end = _tables(order_map, kept, ids, times.of(kept.index), notes)
    lost = rejected.dropna()
    return Loaded(
        tables,
        list_rejects(order_map, every_row, lost, times.of(lost.index), reading, tables),
        count_by_file(reading, is_left_out, lost),
        sorted(notes.findings),
        end.date().isoformat(),
    )


def _tables(
    order_map: OrderMap, kept: pd.DataFrame, ids: pd.Series, times: Times, notes: Notes
) -> tuple[dict[str, pd.DataFrame], pd.Timestamp]:
    """The tables of rows that can be orders, and the last day they know of."""
    wrong = impossible(order_map, times.values)
    far = far_off(order_map, times.values, wrong)
    _date(notes, times.values, wrong | far)
    rows = without_repetitions(order_map, kept, ids, times, last_known(times.values, wrong | far), notes)
    times, wrong, far, ids = times.of(rows.index), wrong.loc[rows.index], far.loc[rows.index], ids.loc[rows.index]
    judge_times(order_map, rows, times, wrong, far, notes)

    orders = pd.DataFrame({"order_id": ids, **{name: times.values[name] for name in _KEPT_TIMES}})
    orders = orders.assign(**coded_fields(order_map, rows, times.values, notes))
    orders["closed_at"] = orders["closed_at"].mask(is_reopened(orders["status"], orders["closed_at"]))
    orders["parent_order_id"] = parents(order_map, rows, ids, orders["closure_code"], notes)
    units, orders["unit_code"] = make_units(order_map, rows, notes)
    categories, orders["category_code"] = make_categories(order_map, rows, notes)
    places = make_places(order_map, rows, notes)
    orders["community_code"], orders["street_code"] = places.community_code, places.street_code
    for pair in order_map.same:
        _note_disagreement(rows[pair.id], rows[pair.name], pair.id, pair.name, notes)
    claims = read_claims(order_map, rows, orders, notes)
    claimed = claims.set_index(orders.index)["claimed_on_time"] if len(claims) else pd.Series(None, index=orders.index)
    is_open = orders["closed_at"].isna() & orders["status"].ne("closed")
    end = last_day(order_map, times.values, wrong | far, claimed, is_open, notes)
    # an order whose only times are impossible must still land, so that the record rules can judge it
    orders["updated_at"] = last_known(times.values, wrong | far).fillna(end)
    claims["updated_at"] = orders["updated_at"].to_numpy() if len(claims) else None
    if order_map.is_defined_by_flag and "durations" in order_map.absent:
        orders["closed_at"] = pd.NaT  # what is no time of closing must not be counted as one anywhere
    if order_map.parts:
        orders = one_row_per_order(orders, notes)
    if not order_map.is_defined_by_flag:
        # over, and nobody says since when: neither closed in time nor open
        orders["status"] = orders["status"].mask(orders["status"].eq("closed") & orders["closed_at"].isna(), "final")
    tables = {
        "places": places.table,
        "units": units.assign(kind="department", place_code=order_map.city.place_code),
        "categories": categories,
        "work_orders": orders.sort_values("order_id"),
        "order_claims": claims.sort_values("order_id"),
    }
    return tables, end


def _date(notes: Notes, times: pd.DataFrame, odd: pd.DataFrame) -> None:
    """Let findings stand against the days of the orders they are about, those found before included."""
    notes.days = times["created_at"].mask(odd["created_at"])
    found, notes.findings = notes.findings, []
    first, last = notes.span()
    notes.findings = [replace(finding, period_from=first, period_to=last) for finding in found]


def _left_out(order_map: OrderMap, rows: pd.DataFrame, notes: Notes) -> pd.Series:
    found = pd.Series(False, index=rows.index)
    for rule in order_map.leave_out:
        meeting = meets(order_map, rows, rule.when) & ~found
        notes.rows("L1-ORD-046", meeting, f"rows that the map leaves out: {rule.reason}")
        found |= meeting
    return found


def _note_files(order_map: OrderMap, reading: Reading, rows: pd.DataFrame, notes: Notes) -> None:
    """Findings about whole files and their characters."""
    notes.rows("L1-ORD-023", reading.damaged.loc[rows.index])
    if order_map.file.expect_ascii:
        message = "characters outside ASCII; text that is not mapped is not kept"
        notes.rows("L1-ORD-004", reading.not_ascii.loc[rows.index], message)
    _note_unread_columns(order_map, rows, notes)
    filled = set(reading.rows[FILE].unique())
    empty = [name for name in reading.files if name not in filled]
    if empty:
        message = (
            f"files that hold column names and no row: {', '.join(empty)}; have them sent again, or leave them out"
        )
        notes.add("L1-ORD-047", len(reading.files), len(empty), message)
    if reading.unread_sheets:
        seen, unread = len(reading.unread_sheets) + len(reading.files), reading.unread_sheets
        notes.add("L1-ORD-052", seen, len(unread), f"sheets of a workbook that are not read: {shown_names(unread)}")


def _rejected(reasons: dict[str, pd.Series], rows: pd.DataFrame, reading: Reading, notes: Notes) -> pd.Series:
    """Why each row cannot be an order, the first reason; missing where it can."""
    found = pd.Series(None, index=rows.index, dtype=object)
    for reason, failed in reasons.items():
        failing = failed.loc[rows.index] & found.isna()
        notes.rows("L1-ORD-005", failing, f"{reason}: kept in hotline.load_rejects, not an order")
        found = found.mask(failing, reason)
    if reading.torn:
        message = "too few or too many cells: kept in hotline.load_rejects, not an order"
        notes.add("L1-ORD-005", len(rows) + len(reading.torn), len(reading.torn), message)
    return found


def _note_unread_columns(order_map: OrderMap, rows: pd.DataFrame, notes: Notes) -> None:
    read = set(order_map.used_columns())
    there = [name for name in rows.columns if name not in (FILE, ROW)]
    unread = [name for name in there if name not in read]
    if unread:
        message = (
            f"{len(unread)} of {len(there)} columns are not read, being personal or not needed: {shown_names(unread)}"
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
