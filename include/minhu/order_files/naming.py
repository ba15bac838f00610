"""Places, units and categories made from what the files name; ids and names that disagree."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from minhu.order_files.map_parts import Named
from minhu.order_files.mapping import OrderMap
from minhu.order_files.named_codes import UNKNOWN, below, code_of, of_level
from minhu.order_files.rules import Notes

LEVELS = ("district", "street", "community")
UNKNOWN_PLACE = "地点不明 / place unknown"
UNKNOWN_UNIT = "承办单位不明 / unit unknown"


@dataclass(frozen=True)
class Places:
    """Rows of ``hotline.places``, and of every order the codes of its community and street.

    Where the files stop at the district, the district's code stands in ``street_code``.
    """

    table: pd.DataFrame
    community_code: pd.Series
    street_code: pd.Series


def make_places(order_map: OrderMap, rows: pd.DataFrame, notes: Notes) -> Places:
    """The tree of places that the rows name. A code holds the codes above it, so a district's "3" is not a street's."""
    root = order_map.city.place_code
    columns = ["place_code", "name", "level", "parent_code"]
    tables = [pd.DataFrame([[root, order_map.city.name, "city", None]], columns=columns)]
    above = pd.Series(root, index=rows.index, dtype=object)
    stem = above  # with a mark for each level that is missing
    codes = {level: pd.Series(None, index=rows.index, dtype=object) for level in LEVELS}
    for level in LEVELS:
        thing: Named | None = getattr(order_map.places, level)
        if thing is None:
            continue
        known, own = name_things(level, thing, rows, notes, "L1-ORD-018", needs_name=True)
        _note_several_parents(level, own, above, notes)
        stem = below(stem, own)
        codes[level] = stem.where(own.notna(), None)
        named = pd.DataFrame({"place_code": codes[level], "name": own.map(known), "level": level, "parent_code": above})
        tables.append(named[own.notna()].drop_duplicates("place_code").sort_values("place_code"))
        above = codes[level].where(own.notna(), above)
        message = f"no {level} in the file: counted above it only"
        notes.rows("L1-ORD-019", own.isna(), message, f"{level}_code")
    nowhere = above == root
    if notes.rows("L1-ORD-037", nowhere, column="community_code"):
        unknown = f"{root}-{UNKNOWN}"
        tables.append(pd.DataFrame([[unknown, UNKNOWN_PLACE, "community", root]], columns=columns))
        codes["community"] = codes["community"].mask(nowhere, unknown)
    street = codes["street"].where(codes["street"].notna(), codes["district"])
    return Places(pd.concat(tables, ignore_index=True), codes["community"], street)


def _note_several_parents(level: str, own: pd.Series, above: pd.Series, notes: Notes) -> None:
    pairs = pd.DataFrame({"own": own, "above": above}).dropna()
    sizes = pairs.value_counts().reset_index(name="rows").sort_values(["own", "rows", "above"])
    main = sizes.drop_duplicates("own", keep="last").set_index("own")["above"]
    several = int((sizes.groupby("own").size() > 1).sum())
    message = f"{several} of {len(main)} values of {level} lie under several places: the part in each is one of its own"
    notes.rows("L1-ORD-032", own.notna() & (own.map(main) != above), message, f"{level}_code")


def make_categories(order_map: OrderMap, rows: pd.DataFrame, notes: Notes) -> tuple[pd.DataFrame, pd.Series]:
    """Rows of ``hotline.categories``, from wide to narrow, and each order's narrowest category."""
    columns = ["category_code", "name", "parent_code"]
    tables = [pd.DataFrame(columns=columns)]
    above = pd.Series(None, index=rows.index, dtype=object)
    stem = above
    for number, thing in enumerate(order_map.category, start=1):
        known, own = name_things(f"category level {number}", thing, rows, notes, "L1-ORD-012")
        stem = below(stem, own) if number > 1 else of_level(own) if len(order_map.category) > 1 else own
        code = stem.where(own.notna(), None)
        named = pd.DataFrame({"category_code": code, "name": own.map(known), "parent_code": above})
        tables.append(named[own.notna()].drop_duplicates("category_code").sort_values("category_code"))
        above = code.where(own.notna(), above)
    if order_map.category:
        notes.rows("L1-ORD-020", above.isna(), "no category in the file", "category_code")
    table = pd.concat(tables, ignore_index=True)
    return table, above


def make_units(order_map: OrderMap, rows: pd.DataFrame, notes: Notes) -> tuple[pd.DataFrame, pd.Series]:
    """Rows of ``hotline.units``, and each order's unit.

    A city whose files name no unit has the one that says so, for a list of units that is empty would be none at all; no
    order has it, so its KPIs are not rated.
    """
    codes = pd.Series(None, index=rows.index, dtype=object)
    known = pd.Series(dtype=object)
    if order_map.unit is not None:
        known, codes = name_things("unit", order_map.unit, rows, notes, "L1-ORD-011")
        notes.rows("L1-ORD-020", codes.isna(), "no unit in the file", "unit_code")
    if known.empty:
        known = pd.Series({UNKNOWN: UNKNOWN_UNIT})
        notes.rows("L1-ORD-050", codes.isna(), column="unit_code")
    return pd.DataFrame({"unit_code": known.index, "name": known.to_numpy()}), codes


def name_things(
    what: str, thing: Named, rows: pd.DataFrame, notes: Notes, rule_id: str, needs_name: bool = False
) -> tuple[pd.Series, pd.Series]:
    """Name by code, sorted by code, and the code of every row.

    The id is the code and its most frequent name the name; without a column of ids the name makes the code. A name
    without its id takes the id it has elsewhere.

    Args:
        what: for messages.
        thing: columns of ids and names.
        rows: of the files.
        notes: gets the findings.
        rule_id: of ids and names that disagree.
        needs_name: an id that never has a name means nothing is known (places).
    """
    column = f"{what}_code" if " " not in what else "category_code"
    names = _cells(thing, rows, thing.name or str(thing.id))
    made = names.map({name: code_of(name, beside_ids=bool(thing.id)) for name in names.dropna().unique()}).astype(
        object
    )
    codes = _cells(thing, rows, thing.id) if thing.id else made
    codes = codes.where(codes.notna(), None)
    counts = pd.DataFrame({"code": codes, "name": names}).dropna().value_counts().reset_index(name="rows")
    counts = counts.sort_values(["code", "rows", "name"], ascending=[True, False, True])
    chosen = counts.drop_duplicates("code").set_index("code")["name"]
    if thing.id and thing.name:
        codes = _mend(what, codes, names, made, counts, chosen, needs_name, column, notes)
        several_ids = int((counts.groupby("name").size() > 1).sum())
        several_names = int((counts.groupby("code").size() > 1).sum())
        message = (
            f"ids and names of {what} disagree: {counts['name'].nunique()} names for {counts['code'].nunique()} ids; "
            f"{several_names} ids have several names, {several_ids} names several ids. The id counts, under its most "
            "frequent name"
        )
        notes.rows(rule_id, names.notna() & codes.notna() & (names != codes.map(chosen).fillna(names)), message, column)
    elif thing.name:
        several = int((counts.groupby("code").size() > 1).sum())
        message = f"{several} names of {what} are written in several ways; the most frequent one is shown"
        notes.rows(rule_id, names.notna() & (names != codes.map(chosen)), message, column)
    used = set(codes.dropna().unique())
    rest = pd.Series({code: code for code in sorted(used - set(chosen.index))}, dtype=object)
    taken = names[codes.notna()].groupby(codes[codes.notna()]).first().reindex(rest.index)
    rest = taken.where(taken.notna(), rest)
    known = pd.concat([chosen[chosen.index.isin(used)], rest]).sort_index()
    return known, codes.where(codes.notna(), None)


def _cells(thing: Named, rows: pd.DataFrame, column: str) -> pd.Series:
    """A column of ids or names, under what each counts as; missing where the map says that it means nothing."""
    cells = rows[column].astype(object)
    if thing.aliases:
        cells = cells.map(thing.aliases).where(cells.isin(thing.aliases.keys()), cells)
    return cells.where(cells.notna() & ~cells.isin(thing.missing), None)


def _mend(
    what: str, codes: pd.Series, names: pd.Series, made: pd.Series, counts: pd.DataFrame, chosen: pd.Series,
    needs_name: bool, column: str, notes: Notes,
) -> pd.Series:  # fmt: skip
    """Codes of rows with only an id or only a name."""
    nameless = codes.notna() & ~codes.isin(chosen.index)
    fate = "taken as missing" if needs_name else "its id is shown as the name"
    notes.rows("L1-ORD-031", nameless, f"an id of {what} that never comes with a name: {fate}", column)
    only_named = codes.isna() & names.notna()
    notes.rows(
        "L1-ORD-031", only_named, f"a name of {what} without its id: the id it has elsewhere, or its own", column
    )
    alone = counts.drop_duplicates("name", keep=False).set_index("name")["code"]
    found = names.map(alone)
    codes = codes.mask(only_named, found.where(found.notna(), made))
    return codes.mask(nameless, None) if needs_name else codes
