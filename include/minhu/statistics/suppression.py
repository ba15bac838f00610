"""Complementary suppression of one period: what else must be hidden so that no hidden figure follows from the totals.

A cell below the disclosure floor hides its numerator. Where its siblings and their total are shown, a subtraction gives it
back, so some of them are hidden too. The reader is taken to know every denominator, every figure that is shown, how places lie in
one another, and the figures of the release before where they did not change; what lies in no known place counts as known, but
not of a total that is itself small.
After Cox (1980), JASA 75, 377-385, and de Wolf (2002), LNCS 2316, 74-82 (a hierarchy is protected level by level).

A group (the parts of one total) is protected by an *anchor*: a hidden part of at least the floor that could be higher and
lower by one case, whatever the small cells are. Which cell is the anchor therefore says nothing about them. Where no cell can
be the anchor, small cells that protect each other are left alone if together they reach the floor and their sum does
not give any of them away; else the total is hidden too and stands, with its own siblings, for its parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

#: What a cell not hidden for its own size becomes, and what a small one is that nothing can protect any more.
COMPLEMENT, EXPOSED = "complement", "exposed"
_STEP = 1.0  # one case
_NO_CAP = 1e15
_Key = tuple[str, str]


@dataclass(eq=False)
class Cell:
    """A published figure of one unit: ``counted`` of ``size`` cases.

    Attributes:
        key: unit type and code.
        size: the denominator, which is always shown.
        counted: the numerator.
        is_small: hidden for its own size.
        is_fixed: shown for good: published unchanged before, or withheld and perhaps shown tomorrow.
        is_unchanged: since the release before.
        was_hidden: in the release before.
        is_capped: ``counted`` cannot exceed ``size``.
        is_hidden: so far.
        stands_for_others: hidden because nothing else among what it is added up with can protect them, so it needs
            protection itself.
        needs_change: by something that changed since the night before, or the difference of two nights would tell.
        is_exposed: known whatever is hidden, so that nothing is hidden for it.
        parent: the total of the same period it is a part of.
        has_hidden_kin: in a sum with other periods or the other caliber.
    """

    key: _Key
    size: float
    counted: float
    is_small: bool = False
    is_fixed: bool = False
    is_capped: bool = True
    is_unchanged: bool = False
    was_hidden: bool = False
    is_hidden: bool = False
    stands_for_others: bool = False
    needs_change: bool = False
    is_exposed: bool = False
    parent: Cell | None = None
    has_hidden_kin: bool = False
    groups: dict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def is_kept(self) -> bool:
        """Hidden in any case: small, or hidden the night before and the same since, so that it would tell what it hid."""
        return self.is_small or (self.was_hidden and self.is_unchanged)

    @property
    def is_secret(self) -> bool:
        """Must not be solved."""
        return self.is_kept and not self.is_exposed

    def free_since(self, parts: Iterable[Cell]) -> list[Cell]:
        """Those of its parts whose sum is not known from this total having been shown the night before."""
        was_told = not (self.is_unchanged or self.was_hidden)
        return [part for part in parts if not (was_told and part.is_unchanged)]

    def is_change_told(self) -> bool:
        """Whether by how much the figure changed since the night before follows from what was shown on both."""
        if not (self.is_hidden or self.was_hidden):
            return True
        if self.parent is None or not self.parent.is_change_told():
            return False
        others = (part for part in self.parent.groups[self.key[0]] if part is not self and not part.is_unchanged)
        return not any(part.is_hidden or part.was_hidden for part in others)

    def room(self) -> tuple[float, float]:
        """By how many cases the figure could be higher and lower without anything shown being different."""
        if not self.is_hidden:
            return 0.0, 0.0
        up = self.size - self.counted if self.is_capped else _NO_CAP
        down = self.counted
        for parts in self.groups.values():
            ups, downs = _room_of(self.free_since(parts))
            if self.is_small:  # what lies in no known part of so few is as little known as they are
                rest = max(0.0, self.size - sum(part.size for part in parts))
                ups, downs = ups + rest, downs + rest
            up, down = min(up, ups), min(down, downs)
        return up, down


def protect(cells: Sequence[Cell], floor: float) -> list[tuple[Cell, str]]:
    """Hide what the hidden cells need beside them; again, when others were hidden since.

    Args:
        cells: of one KPI, caliber and period, each with its parent and parts.
        floor: the least number of cases that may be shown.

    Returns:
        Cells that are hidden and not small (``COMPLEMENT``), and those that nothing protects (``EXPOSED``).
    """
    tops = [cell for cell in cells if cell.parent is None and cell.groups]
    shown = [top for top in tops if top.is_capped and not top.is_small]
    if any(top.counted in (0.0, top.size) for top in shown):  # all or none of the city: of each part too
        return [(cell, EXPOSED) for cell in cells if cell.is_secret]
    exposed: list[Cell] = []
    for cell in cells:
        if cell.is_hidden and not cell.is_small:
            _open(cell, floor)
    by_depth = sorted((c for c in cells if c.groups), key=lambda c: (-c.depth, c.key))
    for total in by_depth:  # from the smallest places upwards: a total that is hidden is seen by the group above it
        is_told = total.is_change_told()
        for kind in sorted(total.groups):
            parts = total.groups[kind]
            if (total.is_small and not is_told) or _is_protected(parts, floor, is_told):
                continue
            if (is_told or not total.is_hidden) and _hide_anchor(parts, floor):
                continue
            if _protect_each_other(parts, floor, is_told):
                continue
            if not total.is_fixed and not total.is_small:
                total.is_hidden = total.stands_for_others = True
                total.needs_change = is_told and _is_one_night_known(parts)
                _open(total, floor)
            if not total.is_hidden or not _follows(total, parts):
                exposed += _secrets(parts)
    hidden = [(c, COMPLEMENT) for c in cells if c.is_hidden and not c.is_small and c not in exposed]
    return hidden + [(c, EXPOSED) for c in cells if c in exposed]


def _is_protected(parts: Sequence[Cell], floor: float, is_told: bool) -> bool:
    """Nothing in the group must be kept, or an anchor keeps it, and something else keeps the anchor."""
    hidden = [part for part in parts if part.is_hidden]
    anchors = [part for part in _free_since(parts, is_told) if _is_anchor(part, floor)]
    for part in hidden:
        if not (part.is_secret or part.stands_for_others):
            continue
        if part in anchors:
            if max(_room_of(other for other in hidden if other is not part)) < _STEP:
                return False
        elif not anchors:
            return False
    return True


def _free_since(parts: Sequence[Cell], is_told: bool) -> list[Cell]:
    """Hidden parts whose sum the night before has not told, if the change of their total is known.

    Where a part that changed is hidden on one of two nights only, and others did not change, the difference of two totals is
    that of the part, whose figure on the other night is known: then only what changed can hide it.
    """
    hidden = [part for part in parts if part.is_hidden]
    return [part for part in hidden if not part.is_unchanged] if is_told and _is_one_night_known(parts) else hidden


def _is_one_night_known(parts: Iterable[Cell]) -> bool:
    return any(
        part.needs_change or (part.was_hidden != part.is_hidden and not part.is_unchanged)
        for part in parts
        if part.is_small or part.stands_for_others or part.was_hidden
    )


def _is_anchor(cell: Cell, floor: float) -> bool:
    return not cell.is_small and not cell.stands_for_others and cell.size >= floor and min(cell.room()) >= _STEP


def _hide_anchor(parts: Iterable[Cell], floor: float) -> bool:
    """Hide a part that can be an anchor: one that was, before one that is hidden in a longer or shorter period or the
    other caliber, before one without parts of its own, before the smallest.

    It changed since the night before, as `_free_since` asks: what did not is hidden already or fixed.
    """
    fit = [p for p in parts if not p.is_hidden and not p.is_fixed and p.size >= floor]
    for part in sorted(fit, key=_as_anchor):
        before = [cell for cell in _below(part) if cell.is_hidden]
        part.is_hidden = True
        _open(part, floor)
        if _is_anchor(part, floor):
            return True
        for cell in _below(part):
            cell.is_hidden = cell in before
    return False


def _as_anchor(part: Cell) -> tuple[bool, bool, bool, float, _Key]:
    return not part.was_hidden, not part.has_hidden_kin, bool(part.groups), part.size, part.key


def _open(total: Cell, floor: float) -> None:
    """A hidden total is no secret while all its parts are shown: hide one of each group that could be higher and lower."""
    for kind in sorted(total.groups):
        if min(_room_of(total.free_since(total.groups[kind]))) < _STEP:
            _hide_anchor(total.groups[kind], floor)


def _follows(total: Cell, parts: Iterable[Cell]) -> bool:
    """The total could be higher or lower wherever its parts could, whatever else it is the total of."""
    return all(own >= _STEP or other < _STEP for own, other in zip(total.room(), _room_of(parts), strict=True))


def _protect_each_other(parts: Sequence[Cell], floor: float, is_told: bool) -> bool:
    """Together the hidden parts reach the floor, and each could be another figure with the same sum."""
    hidden = _free_since(parts, is_told)
    if sum(part.size for part in hidden) < floor:
        return False
    rooms = [part.room() for part in hidden]
    ups, downs = sum(up for up, _ in rooms), sum(down for _, down in rooms)
    for part, (up, down) in zip(hidden, rooms, strict=True):
        ways = [other >= _STEP for own, other in ((up, downs - down), (down, ups - up)) if own >= _STEP]
        # a small cell needs one way, a total that stands for its parts every way that they could take
        if not (any(ways) if part.is_small else ways and all(ways)):
            return False
    return True


def _room_of(parts: Iterable[Cell]) -> tuple[float, float]:
    rooms = [part.room() for part in parts]
    return sum(up for up, _ in rooms), sum(down for _, down in rooms)


def _secrets(parts: Iterable[Cell]) -> list[Cell]:
    """What must not be solved among the hidden parts and among what these stand for."""
    return [cell for part in parts for cell in _below(part) if cell.is_hidden and cell.is_secret]


def _below(cell: Cell) -> list[Cell]:
    return [cell, *(deep for parts in cell.groups.values() for part in parts for deep in _below(part))]
