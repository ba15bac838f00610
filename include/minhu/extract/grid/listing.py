"""Listings of the grid platform, page by page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from minhu.extract.grid.json_api import JsonApi
from minhu.extract.grid.tables import Row, blocked

READ_AGAIN = 5
#: What platforms give as the next cursor where there is none; none of them is where a second page begins.
_NOWHERE = {"", "0", "-1", "null", "none", "nil", "undefined", "false", "end"}
_HAS_MORE = ("has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage")


def pages(api: JsonApi, path: str, parameters: Mapping[str, str | int]) -> Iterator[tuple[list[Row], int | None]]:
    """Rows and total of each page. A listing without pages may be a bare list."""
    cursor: str | None = None
    cursors: set[str] = set()
    while True:
        answer = api.get(path, {**parameters, **({"cursor": cursor} if cursor else {})})
        page = {"items": answer} if isinstance(answer, list) else answer
        items = page.get("items") if isinstance(page, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise blocked(path, "expected a list `items` of objects")
        total, following = page.get("total"), page.get("next_cursor")
        if total is not None and (isinstance(total, bool) or not isinstance(total, int)):
            raise blocked(path, "expected a whole number as `total`")
        yield items, total
        if _is_last(page, following):
            return
        cursor = str(following)
        if cursor in cursors:
            raise blocked(path, "its pages do not end: a `next_cursor` came twice")
        cursors.add(cursor)


def _is_last(page: Mapping[str, Any], following: object) -> bool:
    """Whether a page ends its listing: by a cursor that leads nowhere, or by saying that there is no more."""
    says_no_more = any(page.get(name) is False for name in _HAS_MORE)
    return says_no_more or not following or str(following).strip().lower() in _NOWHERE


def read_listing(api: JsonApi, path: str, **parameters: str) -> list[Row]:
    """All different rows of a listing; as many as its total says, where it has one."""
    known: dict[str, Row] = {}
    total: int | None = None
    for _ in range(READ_AGAIN):
        for items, stated in pages(api, path, parameters):
            total = stated
            known |= {json.dumps(item, sort_keys=True): item for item in items}
        if total is None or total == len(known):
            return list(known.values())
    raise blocked(path, f"expected {total:,} rows by its own total, found {len(known):,} different ones")


def read_days(api: JsonApi, path: str, column: str, days: Iterable[date]) -> list[Row]:
    return [{**row, column: day.isoformat()} for day in days for row in read_listing(api, path, date=day.isoformat())]
