"""What is hidden of a table of values by places (orders by category and district), so that no small cell follows.

The reader is taken to know every number of cases, the totals of the places (cells of the KPI), every figure that is shown, and
the table of the release before. A figure is hidden in all districts or in none: of a *hidden value* the city alone is
shown, of a *closed value* not even the city. Whether that is enough is not derived but tried: a small cell is safe where a
table exists that differs there by one case and agrees with all that is shown. Two kinds of it are looked for,

* of closed values v and w in one place: one case more that counts in v, one less in w;
* of hidden values v and w in two places: one more of v and one less of w here, the opposite there;

and the same where a case counts for a part instead of not at all, or wholly instead of for a part. What is hidden is hidden in
both calibers, for one would tell the other: a step of assessed cases is one of both, one of the others is of all cases alone.

As long as a small cell has neither, one more value is hidden, then closed. Where that ends without success nothing is told
of the table, not even its numbers of cases. With a release before, the other table has to agree with both of them; where
none does, the rows of before stay as they are, so that tonight tells nothing new.
Moves that leave sums as they are: Diaconis and Sturmfels (1998), Annals of Statistics 26, 363-397.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

FAMILY = ["kpi_id", "period_start", "breakdown"]
CELL = ["caliber", "unit_type", "unit_code", "value_code"]
#: Types of the answer, for one without rows has none of its own.
SCHEMA = pa.schema(
    [(name, pa.date32() if name == "period_start" else pa.string()) for name in [*FAMILY, *CELL, "role"]]
)
#: The figure is hidden; not even the number of cases is told; the row of the release before stays.
HIDDEN, CLOSED, STALE = "hidden", "closed", "stale"
_CITY, _FULL, _ASSESSED = "city", "full", "assessed"
_FIGURES = [
    "denominator", "numerator", "whole_count", "any_count", "suppress_below", "is_total_hidden", "is_told_elsewhere",
    "was_published", "denominator_before", "numerator_before", "was_hidden",
]  # fmt: skip
_Mask = npt.NDArray[np.bool_]
_Counts = npt.NDArray[np.float64]
_CASES = ("denominator", "any_count", "whole_count")
#: Columns of the rows of one family.
_Family = dict[str, npt.NDArray[Any]]


def roles(cells: pd.DataFrame) -> pd.DataFrame:
    """Which cells of breakdowns are not shown as they are.

    Args:
        cells: one row per cell that has cases, columns of ``FAMILY`` and ``CELL`` (``caliber`` is ``full`` or, a part of it,
            ``assessed``; ``unit_type`` is ``city``, of one place, or ``district``); ``denominator`` (cases), ``numerator``,
            ``whole_count`` (cases that count wholly) and ``any_count`` (that count at all); ``suppress_below`` (the disclosure
            floor, one of a family; 0: nothing is hidden); ``is_total_hidden`` (the cell of the place is); ``is_told_elsewhere``
            (hides no other); and of the release before ``was_published`` (the family), ``denominator_before``,
            ``numerator_before`` and ``was_hidden``.

    Returns:
        ``FAMILY``, ``CELL`` and ``role`` of the cells that have one. Sorted; the same cells give the same rows in any order.
    """
    ordered = cells[cells["suppress_below"] > 0].sort_values([*FAMILY, *CELL], ignore_index=True)
    columns = {name: ordered[name].to_numpy() for name in [*FAMILY, *CELL]}
    columns |= {name: ordered[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in _FIGURES}
    ends = ordered.groupby(FAMILY, sort=True).size().cumsum().tolist()
    found: list[tuple[object, ...]] = []
    for start, end in zip([0, *ends], ends, strict=False):
        family = {name: column[start:end] for name, column in columns.items()}
        key = [family[name][0] for name in FAMILY]
        told = zip(*(family[name] for name in CELL), _roles_of(family), strict=True)
        found += [(*key, *cell, role) for *cell, role in told if role]
    return pd.DataFrame(found, columns=[*FAMILY, *CELL, "role"])


@dataclass(frozen=True)
class _Pattern:
    """By value: hidden in the districts; and in the city as well."""

    hidden: _Mask
    closed: _Mask


class _Steps(NamedTuple):
    """By place and value: cells that could be higher and lower by the same step."""

    up: _Mask
    down: _Mask


#: Steps of each size that a case can make: to count wholly, to count for a part, to count wholly instead of for a part.
_Ways = tuple[_Steps, ...]


class _Secrets(NamedTuple):
    """Small cells of one caliber, of places and of the city, and what could change them.

    Attributes:
        ways: of tonight's figures.
        fresh: those of cells that changed, which may be other ones tonight alone.
        kept: those that are possible in both releases, of cells that were hidden.
    """

    small: _Mask
    city_small: _Mask
    ways: _Ways
    fresh: _Ways
    kept: _Ways


@dataclass(frozen=True, eq=False)
class _Table:
    """One family: districts, and last what lies in no known one, by values.

    Attributes:
        is_total_hidden: by place, and of the city: the cell of the KPI is, in one caliber or both.
        may_close: by value, whether hiding it in the city hides it.
    """

    city_sizes: _Counts
    secrets: Sequence[_Secrets]
    is_total_hidden: _Mask
    is_city_hidden: bool
    may_close: _Mask
    before: _Pattern

    def protected(self) -> _Pattern | None:
        """The first pattern that leaves no small cell alone; None if none does."""
        hidden, closed = self.before.hidden, self.before.closed
        for secrets in self.secrets:
            hidden, closed = hidden | secrets.small.any(axis=0), closed | secrets.city_small
        if self.is_total_hidden.any() or self.is_city_hidden:  # shown parts would give the total away
            closed = np.ones_like(closed)
        if (closed & ~self.may_close).any():
            return None
        by_size = np.argsort(self.city_sizes, kind="stable")
        while True:
            pattern = _Pattern(hidden | closed, closed)
            left = [self.left_alone(secrets, pattern, secrets.ways) for secrets in self.secrets]
            alone, city_alone = (np.any(masks, axis=0) for masks in zip(*left, strict=True))
            if not (alone.any() or city_alone.any()):
                return pattern
            to_hide = [at for at in by_size if not pattern.hidden[at]]
            # one that stands alone before the smallest
            to_close = sorted(
                (at for at in by_size if not closed[at] and self.may_close[at]), key=lambda at: not alone[:, at].any()
            )
            if to_hide and not city_alone.any():
                hidden = hidden | (np.arange(len(hidden)) == to_hide[0])
            elif to_close:
                closed = closed | (np.arange(len(closed)) == to_close[0])
            else:
                return None

    def agrees_with_both(self, pattern: _Pattern) -> bool:
        """Each small cell has another figure with which tonight's table and that of before are as they are."""
        was = _Pattern(pattern.hidden & self.before.hidden, pattern.closed & self.before.closed)
        for secrets in self.secrets:
            tonight = self.left_alone(secrets, pattern, secrets.fresh)
            both = self.left_alone(secrets, was, secrets.kept)
            if any((one & other).any() for one, other in zip(tonight, both, strict=True)):
                return False
        return True

    def left_alone(self, secrets: _Secrets, pattern: _Pattern, ways: _Ways) -> tuple[_Mask, _Mask]:
        """Small cells, of places and of the city, that no step can change."""
        within = np.any([_within_a_place(steps, pattern.closed) for steps in ways], axis=0)
        between = np.any([_between_two_places(steps, pattern.hidden) for steps in ways], axis=0)
        alone = secrets.small & ~(within | between | self.is_total_hidden[:, None])
        return alone, secrets.city_small & ~within.any(axis=0) & (not self.is_city_hidden)


def _ways(cases: Sequence[_Counts], least: _Counts, where: _Mask) -> _Ways:
    """Steps that cells can make of which there are at least so many cases to make them."""
    sizes, counting, whole = cases
    can_count, can_part, can_whole = sizes - counting >= least, counting - whole >= least, whole >= least
    steps = ((can_count, can_whole), (can_count, can_part), (can_part, can_whole))
    return tuple(_Steps(up & where, down & where) for up, down in steps)


def _within_a_place(steps: _Steps, closed: _Mask) -> _Mask:
    up, down = steps.up & closed, steps.down & closed
    others_up = up.sum(axis=1, keepdims=True) - up > 0
    others_down = down.sum(axis=1, keepdims=True) - down > 0
    found: _Mask = (up & others_down) | (down & others_up)
    return found


def _between_two_places(steps: _Steps, hidden: _Mask) -> _Mask:
    """Cells (i, v) for which there are a place j and a value w: v up and w down in i, v down and w up in j; or the opposite."""
    up, down = steps.up & hidden, steps.down & hidden
    pairs = up.astype(np.int64) @ down.astype(np.int64).T  # [i, j]: values that go up in i and down in j
    found = np.zeros_like(up)
    for i in range(len(up)):
        there_down, there_up = up[i] & down, down[i] & up  # by j and v
        other_up = pairs[:, i, None] - there_up > 0  # a value other than v that goes up in j and down in i
        other_down = pairs[i, :, None] - there_down > 0
        possible = (there_down & other_up) | (there_up & other_down)
        possible[i] = False  # another place
        found[i] = possible.any(axis=0)
    return found


def _roles_of(family: _Family) -> list[str]:
    """The role of each cell, or ``""``."""
    values, value_at = np.unique(family["value_code"].astype(str), return_inverse=True)
    table = _table_of(family, value_at, len(values))
    was_published, was_hidden = bool(family["was_published"][0]), family["was_hidden"] > 0
    sizes, sizes_before = family["denominator"], family["denominator_before"]
    is_same = (sizes == sizes_before) & (was_hidden | (family["numerator"] == family["numerator_before"]))
    was_closed = bool((was_hidden & np.isnan(sizes_before)).any())
    pattern = None if was_closed else table.protected()
    if pattern is None:
        return [STALE if was_published and not was_closed else CLOSED] * len(sizes)
    if was_published and not is_same.all() and not table.agrees_with_both(pattern):
        return [STALE] * len(sizes)
    of_value = np.where(family["unit_type"] == _CITY, pattern.closed[value_at], pattern.hidden[value_at])
    return [HIDDEN if is_hidden else "" for is_hidden in of_value | (sizes < family["suppress_below"])]


def _table_of(family: _Family, value_at: npt.NDArray[np.intp], value_count: int) -> _Table:
    is_city = family["unit_type"] == _CITY
    places, place_at = np.unique(np.where(is_city, "", family["unit_code"]).astype(str), return_inverse=True)
    districts = places[places != ""]
    elsewhere = len(districts)  # the row of what lies in no known district
    place_at = np.where(is_city, elsewhere, place_at - (len(places) - elsewhere))
    floor = family["suppress_below"][0]

    def spread(column: str, caliber: str = "") -> _Counts:
        """A column by districts and values, the city last; 0 where there is no row, the greater of two calibers."""
        wide = np.zeros((elsewhere + 1, value_count))
        rows = slice(None) if not caliber else family["caliber"] == caliber
        np.maximum.at(wide, (place_at[rows], value_at[rows]), np.nan_to_num(family[column][rows]))
        return wide

    def counted(column: str, caliber: str) -> _Counts:
        wide = spread(column, caliber)
        return np.vstack([wide[:-1], wide[-1] - wide[:-1].sum(axis=0)])

    in_district = np.arange(elsewhere + 1)[:, None] < elsewhere
    told, was_hidden = spread("is_told_elsewhere") > 0, (spread("was_hidden") > 0) & in_district
    may_close = ~told[elsewhere]
    before: dict[str, tuple[_Mask, _Counts]] = {}  # what changed, and by how many cases
    for caliber in (_FULL, _ASSESSED):
        change = np.abs(spread("denominator", caliber) - spread("denominator_before", caliber))
        is_same_figure = was_hidden | (spread("numerator", caliber) == spread("numerator_before", caliber))
        before[caliber] = ~((change == 0) & is_same_figure) & in_district, change
    # a hidden figure of before is not known here: it differs by no more cases than came and went
    room = 1 + before[_FULL][1] + before[_ASSESSED][1]
    is_kept = was_hidden & (spread("denominator_before", _FULL) > 0)
    cases = {caliber: [counted(name, caliber) for name in _CASES] for caliber in (_FULL, _ASSESSED)}
    others = [of_all - assessed for of_all, assessed in zip(cases[_FULL], cases[_ASSESSED], strict=True)]
    # what another table tells can only be another figure where that hides it as well
    is_open = ~(told & in_district) | ((cases[_FULL][0] > 0) & (cases[_FULL][0] < floor))
    ways: dict[str, tuple[_Ways, _Ways, _Ways]] = {}
    fresh = before[_FULL][0] & before[_ASSESSED][0], before[_FULL][0]
    for name, counts, is_fresh in ((_ASSESSED, cases[_ASSESSED], fresh[0]), (_FULL, others, fresh[1])):
        one = np.ones_like(room)
        ways[name] = (
            _ways(counts, one, is_open), _ways(counts, one, is_open & is_fresh), _ways(counts, room, is_open & is_kept)
        )  # fmt: skip
    secrets = []
    for caliber, of_all in ((_ASSESSED, ((), (), ())), (_FULL, ways[_FULL])):
        sizes, city_sizes = cases[caliber][0], spread("denominator", caliber)[elsewhere]
        secrets.append(
            _Secrets(
                (sizes > 0) & (sizes < floor) & in_district,
                (city_sizes > 0) & (city_sizes < floor) & may_close,
                *(assessed + others for assessed, others in zip(ways[_ASSESSED], of_all, strict=True)),
            )
        )
    closed_before = (spread("was_hidden")[elsewhere] > 0) & may_close
    is_total_hidden = spread("is_total_hidden").max(axis=1) > 0
    return _Table(
        city_sizes=spread("denominator", _FULL)[elsewhere],
        secrets=secrets,
        is_total_hidden=is_total_hidden & in_district[:, 0],
        is_city_hidden=bool(is_total_hidden[elsewhere]),
        may_close=may_close,
        before=_Pattern(was_hidden.any(axis=0) | closed_before, closed_before),
    )
