"""From rows of text to the tables of a hotline, with a finding for everything that is not as it should be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pandas as pd

from minhu.findings import Finding, sample
from minhu.order_files.mapping import Named, OrderMap

TIMES = ("created_at", "due_at", "replied_at", "closed_at", "status_at")
#: From this share of values at midnight UTC on, a column holds dates that were exported as times.
DATE_ONLY_SHARE = 0.05


@dataclass
class Loaded:
    """What becomes of the files: tables of the hotline schema, findings, and rows that cannot be orders."""

    orders: pd.DataFrame
    places: pd.DataFrame
    units: pd.DataFrame
    categories: pd.DataFrame
    claims: pd.DataFrame
    rejects: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)


def make_orders(order_map: OrderMap, rows: pd.DataFrame) -> Loaded:
    """Turn rows of text into orders.

    Args:
        order_map: the city's map.
        rows: from ``read_files``.

    Returns:
        Tables as in ``sql/hotline.sql``, times local; every anomaly as a finding with rule ``L1-ORD-…``.
    """
    notes = _Notes(order_map.columns.order_id)
    if order_map.file.expect_ascii:
        notes.rows(
            "L1-ORD-004",
            "info",
            "",
            _not_ascii(rows),
            rows,
            "characters outside ASCII in the row; unmapped text is dropped",
        )
    rows = _without_repetitions(order_map, rows, notes)
    parsed = _times(order_map, rows, notes)
    rejected = rows[order_map.columns.order_id].isna() | parsed["created_at"].isna()
    notes.rows(
        "L1-ORD-005",
        "warn",
        "created_at",
        rejected,
        rows,
        "no id or no creation time: kept in load_rejects, not an order",
    )
    rejects = rows.loc[rejected, ["_file", "_row"]].assign(reason="no id or no creation time")
    rows, parsed = rows[~rejected].reset_index(drop=True), parsed[~rejected].reset_index(drop=True)
    _judge_times(order_map, parsed, rows, notes)
    orders = pd.DataFrame({"order_id": rows[order_map.columns.order_id], **{n: parsed[n] for n in TIMES[:-1]}})
    for name in ("status", "channel", "demand_type"):
        orders[name] = _worded(order_map, name, getattr(order_map.columns, name), rows, notes)
    if order_map.constants.status:
        orders["status"] = order_map.constants.status
    orders["closure_code"] = _closure(order_map, rows, notes)
    orders["assessment_scope"] = order_map.constants.assessment_scope
    places, codes = _places(order_map, rows, notes)
    orders["street_code"], orders["community_code"] = codes["street"], codes["community"]
    # the contract attributes a place by street or community; where the files stop at the district, its code stands there
    orders["street_code"] = orders["street_code"].where(orders["street_code"].notna(), codes["district"])
    units, orders["unit_code"] = _named("unit", order_map.unit, rows, notes, "L1-ORD-011")
    categories, orders["category_code"] = _named("category", order_map.category, rows, notes, "L1-ORD-012")
    orders["updated_at"] = parsed[["created_at", "closed_at", "replied_at", "status_at"]].max(axis=1)
    claims = _claims(order_map, orders, rows, notes)
    return Loaded(
        orders=orders,
        places=places,
        units=units.rename(columns={"code": "unit_code"}).assign(
            kind="department", place_code=order_map.city.place_code
        ),
        categories=categories.rename(columns={"code": "category_code"}),
        claims=claims,
        rejects=rejects,
        findings=notes.findings,
    )


class _Notes:
    """Collects findings about rows, named by order id."""

    def __init__(self, id_column: str) -> None:
        self.id_column = id_column
        self.findings: list[Finding] = []

    def rows(
        self, rule_id: str, severity: str, column: str, failed: pd.Series, rows: pd.DataFrame, message: str
    ) -> None:
        """A finding if any row failed."""
        keys = rows.loc[failed.to_numpy(), self.id_column]
        if len(keys):
            self.add(rule_id, severity, column, len(rows), len(keys), sample(list(keys.dropna())), message)

    def add(self, rule_id: str, severity: str, column: str, seen: int, failed: int, keys: str, message: str) -> None:
        self.findings.append(
            Finding(
                rule_id, severity, "hotline", "hotline.work_orders", message, column_name=column, rows_seen=seen,  # type: ignore[arg-type]
                rows_failed=failed, sample_keys=keys,
            )
        )  # fmt: skip


def _not_ascii(rows: pd.DataFrame) -> pd.Series:
    texts = rows.drop(columns=["_file", "_row"])
    return texts.apply(lambda column: column.map(lambda text: isinstance(text, str) and not text.isascii())).any(axis=1)


def _without_repetitions(order_map: OrderMap, rows: pd.DataFrame, notes: _Notes) -> pd.DataFrame:
    """One row per id. The same row again goes; of rows that differ, the later one in the order of files stays."""
    key = order_map.columns.order_id
    content = [column for column in order_map.used_columns() if column != key]
    again = rows.duplicated([key, *content], keep="first") & rows[key].notna()
    notes.rows("L1-ORD-001", "info", "order_id", again, rows, "the same row again, id included: counted once")
    rows = rows[~again].reset_index(drop=True)
    conflict = rows.duplicated([key], keep="last") & rows[key].notna()
    notes.rows(
        "L1-ORD-002", "warn", "order_id", conflict, rows, "one id with different content: the last one read counts"
    )
    rows = rows[~conflict].reset_index(drop=True)
    everything = [column for column in rows.columns if column not in (key, "_file", "_row")]
    twins = rows.duplicated(everything, keep="first")
    notes.rows(
        "L1-ORD-003", "info", "order_id", twins, rows, "identical to another row but for the id: both are counted"
    )
    return rows


def _times(order_map: OrderMap, rows: pd.DataFrame, notes: _Notes) -> pd.DataFrame:
    parsed = pd.DataFrame(index=rows.index)
    for name in TIMES:
        column = getattr(order_map.columns, name)
        values = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
        if column:
            for form in order_map.file.time_formats:
                values = values.fillna(
                    pd.to_datetime(rows[column], format=form, errors="coerce").astype("datetime64[us]")
                )
            unread = values.isna() & rows[column].notna()
            notes.rows(
                "L1-ORD-006", "warn", name, unread, rows, "a time in a form the map does not know: taken as missing"
            )
        parsed[name] = values
    return parsed


def _judge_times(order_map: OrderMap, parsed: pd.DataFrame, rows: pd.DataFrame, notes: _Notes) -> None:
    checks: list[tuple[str, str, Callable[[], pd.Series], str]] = [
        ("L1-ORD-007", "closed_at", lambda: parsed["closed_at"] < parsed["created_at"], "closed before it was created"),
        (
            "L1-ORD-008",
            "status_at",
            lambda: parsed["status_at"] < parsed["created_at"],
            "a status time before its creation",
        ),
        ("L1-ORD-009", "due_at", lambda: parsed["due_at"] < parsed["created_at"], "a deadline before its creation"),
    ]
    for rule_id, name, failed, message in checks:
        notes.rows(rule_id, "warn", name, failed().fillna(False), rows, message)
    if order_map.columns.due_at:
        notes.rows(
            "L1-ORD-010",
            "info",
            "due_at",
            parsed["due_at"].isna(),
            rows,
            "no deadline: not in the due set of H05 and H06",
        )
    zone = ZoneInfo(order_map.city.time_zone)
    for name in TIMES:
        known = parsed[name].dropna()
        universal = known.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward").dt.tz_convert("UTC")
        midnight = (universal == universal.dt.normalize()) & (known != known.dt.normalize())
        if len(known) and midnight.mean() >= DATE_ONLY_SHARE:
            failed = pd.Series(False, index=parsed.index)
            failed[midnight[midnight].index] = True
            message = (
                "exactly midnight UTC: probably a date that was exported as a time; the local day may be one too early"
            )
            notes.rows("L1-ORD-015", "warn", name, failed, rows, message)


def _worded(order_map: OrderMap, name: str, column: str | None, rows: pd.DataFrame, notes: _Notes) -> pd.Series:
    """The map's word for each of the city's; unknown ones become missing and are reported."""
    if column is None:
        return pd.Series(None, index=rows.index, dtype=object)
    words = order_map.words.get(name, {})  # type: ignore[call-overload]
    found = rows[column].map(words)
    unknown = found.isna() & rows[column].notna()
    if unknown.any():
        counts = rows.loc[unknown, column].value_counts()
        message = f"words the map does not know, taken as missing: {', '.join(f'{w} ({n})' for w, n in sorted(counts.items()))}"
        notes.rows("L1-ORD-013", "warn", name, unknown, rows, message)
    notes.rows("L1-ORD-016", "info", name, rows[column].isna(), rows, f"no {name} in the file")
    if name == "status":
        for state in sorted(set(found.dropna())):
            behind = rows.loc[found == state, column].value_counts()
            if len(behind) > 1:
                message = f"several words for {state}: {', '.join(f'{w} ({n})' for w, n in sorted(behind.items()))}"
                notes.add("L1-ORD-014", "info", name, len(rows), int(behind.sum()), "", message)
    return found.where(found.notna(), None)


def _closure(order_map: OrderMap, rows: pd.DataFrame, notes: _Notes) -> pd.Series:
    found = pd.Series(None, index=rows.index, dtype=object)
    if order_map.closure_column:
        found = rows[order_map.closure_column].map(order_map.words.get("closure_code", {}))
    for pattern in order_map.closure_patterns:
        matches = rows[pattern.column].str.contains(pattern.pattern, regex=True, na=False)
        found = found.mask(matches & found.isna(), pattern.value)
    message = "closed as a duplicate without naming the order it repeats: it stays in the due set and is never counted as resolved"
    notes.rows("L1-ORD-017", "info", "closure_code", found == "duplicate", rows, message)
    return found.where(found.notna(), None)


def _places(order_map: OrderMap, rows: pd.DataFrame, notes: _Notes) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """The tree of places that the rows name, each below the place above it, and the codes of every row."""
    root = order_map.city.place_code
    places = [pd.DataFrame([{"place_code": root, "name": order_map.city.name, "level": "city", "parent_code": None}])]
    above = pd.Series(root, index=rows.index, dtype=object)
    codes: dict[str, pd.Series] = {}
    for level in ("district", "street", "community"):
        thing: Named | None = getattr(order_map.places, level)
        if thing is None:
            codes[level] = pd.Series(None, index=rows.index, dtype=object)
            continue
        known, own = _named(level, thing, rows, notes, "L1-ORD-018")
        code = (above + "-" + own).where(own.notna() & above.notna(), None)
        names = own.map(known.set_index("code")["name"])
        made = pd.DataFrame({"place_code": code, "name": names, "level": level, "parent_code": above}).dropna(
            subset=["place_code"]
        )
        places.append(made.drop_duplicates("place_code").sort_values("place_code"))
        codes[level] = code
        above = code.where(code.notna(), above)
        lost = codes[level].isna()
        notes.rows("L1-ORD-019", "info", f"{level}_code", lost, rows, f"no {level} in the file: counted above it only")
    return pd.concat(places, ignore_index=True), codes


def _named(
    what: str, thing: Named | None, rows: pd.DataFrame, notes: _Notes, rule_id: str
) -> tuple[pd.DataFrame, pd.Series]:
    """Codes and names of things: the id is the code and its most frequent name the name; else the name makes the code."""
    empty = pd.Series(None, index=rows.index, dtype=object)
    if thing is None:
        return pd.DataFrame(columns=["code", "name"]), empty
    names = rows[thing.name] if thing.name else rows[thing.id]
    codes = rows[thing.id] if thing.id else names.map(_code_of, na_action="ignore")
    pairs = pd.DataFrame({"code": codes, "name": names}).dropna()
    counted = (
        pairs.value_counts()
        .reset_index(name="count")
        .sort_values(["code", "count", "name"], ascending=[True, False, True])
    )
    nameless = pd.DataFrame({"code": sorted(set(codes.dropna()) - set(counted["code"]))})
    chosen = pd.concat([counted.drop_duplicates("code"), nameless.assign(name=nameless["code"])], ignore_index=True)
    if thing.id and thing.name:
        many_names = int((counted.groupby("code").size() > 1).sum())
        many_ids = int((counted.groupby("name").size() > 1).sum())
        other = names.notna() & codes.notna() & (names != codes.map(chosen.set_index("code")["name"]))
        message = (
            f"ids and names of the {what} disagree: {pairs['name'].nunique()} names for {pairs['code'].nunique()} ids, "
            f"{many_names} ids with several names, {many_ids} names with several ids; the id counts, with its most frequent name"
        )
        notes.rows(rule_id, "info", f"{what}_code", other, rows, message)
    if what in ("unit", "category"):
        notes.rows("L1-ORD-020", "info", f"{what}_code", codes.isna(), rows, f"no {what} in the file")
    return chosen[["code", "name"]].sort_values("code", ignore_index=True), codes.where(codes.notna(), None)


def _code_of(name: str) -> str:
    """A short code that is the same wherever the name stands."""
    return hashlib.blake2s(name.encode(), digest_size=4).hexdigest()


def _claims(order_map: OrderMap, orders: pd.DataFrame, rows: pd.DataFrame, notes: _Notes) -> pd.DataFrame:
    columns = ["order_id", "claimed_on_time", "claimed_at", "role", "updated_at"]
    rule = order_map.on_time
    if rule is None:
        return pd.DataFrame(columns=columns)
    yes = pd.concat([rows[column] == value for column, value in rule.true_when.items()], axis=1).all(axis=1)
    no = pd.concat([rows[column] == value for column, value in rule.false_when.items()], axis=1).all(axis=1)
    said = pd.Series(None, index=rows.index, dtype=object).mask(yes & ~no, True).mask(no & ~yes, False)
    notes.rows(
        "L1-ORD-021",
        "warn",
        "claimed_on_time",
        said.isna(),
        rows,
        "the file's on-time flag says neither or both: not in the due set",
    )
    late = (orders["closed_at"] > orders["due_at"]) | (orders["closed_at"].isna() & orders["due_at"].notna())
    praised = said.eq(True) & (late | orders["due_at"].isna())
    if rule.role == "beside":
        message = "the city's own flag says on time where there is no deadline, or it was missed: shown as a claim, not as H06"
        notes.rows("L1-ORD-022", "info", "claimed_on_time", praised, rows, message)
    anchor = orders["due_at"].fillna(orders["created_at"])
    return pd.DataFrame(
        {
            "order_id": orders["order_id"], "claimed_on_time": said, "claimed_at": anchor, "role": rule.role,
            "updated_at": orders["updated_at"],
        }
    )[columns]  # fmt: skip


def last_day(orders: pd.DataFrame) -> str:
    """The last local day that any time of the orders names, deadlines included: a file is a closed record."""
    latest = orders[["created_at", "due_at", "replied_at", "closed_at", "updated_at"]].max().max()
    return str(latest.date().isoformat())
