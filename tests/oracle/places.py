"""What lay in what on a day: the city, its districts, streets and communities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Where = dict[str, str]
_STATE = ("name", "level", "parent_code", "valid_from", "valid_to", "successor_code")


class Places:
    """The pictures of places that the hotline showed, night by night.

    A state of a place begins when the picture says (``valid_from``), else on the night that first showed it. The first
    state known stands for all time before.
    """

    def __init__(self, pictures: Sequence[tuple[date, Sequence[Mapping[str, Any]]]]) -> None:
        self._states: dict[str, list[tuple[date, Mapping[str, Any]]]] = {}
        for night, picture in pictures:
            for row in picture:
                states = self._states.setdefault(row["place_code"], [])
                if not states:
                    states.append((date.min, row))
                elif any(states[-1][1][column] != row[column] for column in _STATE):
                    moved = row["valid_from"] if row["valid_from"] != states[-1][1]["valid_from"] else None
                    states.append((moved or night, row))
        self._pictures = pictures
        self._now = {row["place_code"]: row for row in pictures[-1][1]} if pictures else {}
        self.city = next((code for code, row in self._now.items() if row["level"] == "city"), "")

    def knows(self, code: str | None) -> bool:
        """Whether any picture had it: who is struck off a list has been on it."""
        return code is None or code in self._states

    def residents(self, code: str, day: date = date.max) -> int:
        """As the picture of a day has them; the first picture stands for all time before."""
        known = [picture for night, picture in self._pictures if night <= day] or [self._pictures[0][1]]
        return next(int(row["resident_count"] or 0) for row in known[-1] if row["place_code"] == code)

    def standing(self, level: str, day: date) -> list[str]:
        """Places of a level that exist on a day."""
        found = []
        for code, row in self._now.items():
            begun, ended = row["valid_from"], row["valid_to"]
            if row["level"] == level and not (begun and day < begun) and not (ended and day > ended):
                found.append(code)
        return found

    def level(self, code: str | None) -> str | None:
        row = self._now.get(code) if code else None
        return row["level"] if row else None

    def where(
        self,
        day: date,
        *,
        community: str | None = None,
        street: str | None = None,
        district: str | None = None,
        **others: str | None,
    ) -> Where:
        """All that a thing of that day belongs to, by level; a street that is named goes before that of the community."""
        street = street or self._parent(community, day)
        district = self._parent(street, day) or district
        known = {"city": self.city, "district": district, "street": street, "community": community, **others}
        return {level: code for level, code in known.items() if code}

    def _parent(self, code: str | None, day: date) -> str | None:
        states = self._states.get(code or "", [])
        held = [row["parent_code"] for began, row in states if began <= day]
        return held[-1] if held else None
