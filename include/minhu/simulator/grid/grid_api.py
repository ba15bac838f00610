"""The grid platform's HTTP API over the simulated state, with the habits of a real one.

Every ``busy_every``-th authorised request is answered 429 with ``Retry-After``, and every second page of events begins
two rows early, so that rows come twice as they do when pages shift under a reader.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hmac
import itertools
import os
import socket
import threading
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response

from minhu import atomic
from minhu.simulator.grid.grid_state import STATE_FILE, TABLES, grid_folder, read_state

MAX_LIMIT = 2000
SHIFT = 2
ZONE = ZoneInfo("Asia/Shanghai")


class GridData:
    """The Parquet files of one state, read again when the state file changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables: dict[str, pa.Table] = {}
        self.token = ""
        self._version = 0
        self._changed = np.array([], dtype="datetime64[us]")
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Read the files if they are newer.

        Raises:
            HTTPException: 503 while the state is being written.
        """
        path = self.folder / STATE_FILE
        with self._lock:
            state = read_state(self.folder)
            if state is None:
                raise HTTPException(503, "the platform is being updated")
            version = path.stat().st_mtime_ns
            if version != self._version:
                tables = {name: pq.read_table(self.folder / f"{name}.parquet") for name in TABLES}
                self._changed = tables["events"]["updated_at"].to_numpy()
                self.tables = tables
                self.token, self._version = str(state["token"]), version

    def rows_changed(self, start: datetime | None, end: datetime | None) -> tuple[int, int]:
        """Positions of the events with ``start <= updated_at < end``; events are sorted by change time."""
        low = 0 if start is None else int(np.searchsorted(self._changed, np.datetime64(start, "us")))
        high = len(self._changed) if end is None else int(np.searchsorted(self._changed, np.datetime64(end, "us")))
        return low, max(low, high)


def create_app(folder: Path, busy_every: int = 25) -> FastAPI:
    """The application over the state in ``folder``; ``busy_every`` 0 never answers 429."""
    app = FastAPI(title="长安e格 (simulated)", docs_url=None, redoc_url=None, openapi_url=None)
    data = GridData(folder)
    numbers = itertools.count(1)

    def authorised(request: Request) -> None:
        data.refresh()
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {data.token}".encode()):
            raise HTTPException(401, "a valid bearer token is required", {"WWW-Authenticate": "Bearer"})
        if busy_every and next(numbers) % busy_every == 0:
            raise HTTPException(429, "too many requests", {"Retry-After": "1"})

    guarded = [Depends(authorised)]

    @app.get("/api/v1/events", dependencies=guarded)
    def events(
        updated_from: str | None = None,
        updated_to: str | None = None,
        limit: int = Query(200, ge=1, le=MAX_LIMIT),
        cursor: str | None = None,
    ) -> Response:
        low, high = data.rows_changed(_moment("updated_from", updated_from), _moment("updated_to", updated_to))
        offset = _offset(cursor)
        shifted = (offset // limit) % 2 == 1
        first = max(0, offset - min(SHIFT, limit - 1)) if shifted else offset
        last = min(first + limit, high - low)
        page = _with_texts(data.tables["events"].slice(low + first, max(0, last - first))).to_pylist()
        following = _cursor(last) if last < high - low else None
        # as a response of its own: the framework would look at every value of the page again
        return JSONResponse({"items": [_event(row) for row in page], "next_cursor": following, "total": high - low})

    @app.get("/api/v1/grids", dependencies=guarded)
    def grids() -> dict[str, Any]:
        return _whole(data.tables["grids"])

    @app.get("/api/v1/workers/activity", dependencies=guarded)
    def activity(date: date) -> dict[str, Any]:
        return _whole(_of_day(data.tables["activity"], date))

    @app.get("/api/v1/addresses/coverage", dependencies=guarded)
    def coverage(date: date) -> dict[str, Any]:
        return _whole(_of_day(data.tables["coverage"], date))

    return app


def _whole(table: pa.Table) -> dict[str, Any]:
    items = table.to_pylist()
    return {"items": items, "next_cursor": None, "total": len(items)}


def _of_day(table: pa.Table, day: date) -> pa.Table:
    return table.filter(pc.equal(table["date"], day.isoformat())).drop_columns(["date"])


def _event(row: dict[str, Any]) -> dict[str, Any]:
    """One event as the contract has it: verifications as a list."""
    first, passed, second = row.pop("verified_at"), row.pop("verified_passed"), row.pop("verified_again_at")
    row["verifications"] = [
        {"verified_at": text, "passed": verdict}
        for text, verdict in ((first, passed), (second, True))
        if text is not None
    ]
    return row


def _with_texts(events: pa.Table) -> pa.Table:
    """Times as texts with the offset of local time."""
    for place, column in enumerate(events.schema):
        if pa.types.is_timestamp(column.type):
            aware = pc.assume_timezone(events[column.name].cast(pa.timestamp("s")), ZONE.key)
            texts = pc.strftime(aware, "%Y-%m-%dT%H:%M:%S%z")
            texts = pc.replace_substring_regex(texts, r"([+-]\d\d)(\d\d)$", r"\1:\2")
            events = events.set_column(place, column.name, texts)
    return events


def _moment(name: str, text: str | None) -> datetime | None:
    """A local naive time from ISO text; an offset is honoured, none means local. ``+`` may have come as a blank."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise HTTPException(400, f"{name} is not an ISO time") from None
    return moment.astimezone(ZONE).replace(tzinfo=None) if moment.tzinfo else moment


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"o{offset}".encode()).decode()


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix("o"))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise HTTPException(400, "unknown cursor") from None


def main(arguments: list[str] | None = None) -> None:
    """Serve one home on 127.0.0.1: ``python -m minhu.simulator.grid.grid_api --home DIR --port 0 --url-file FILE``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the city's home folder")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--url-file", type=Path, help="gets the address once connections are accepted")
    parser.add_argument("--busy-every", type=int, default=25, help="every n-th request is answered 429; 0 never")
    parser.add_argument("--parent", type=int, help="process id of the starter; the server ends when it is gone")
    options = parser.parse_args(arguments)
    app = create_app(grid_folder(options.home), options.busy_every)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    if options.parent:
        threading.Thread(target=_end_with, args=(options.parent, server), daemon=True).start()
    with socket.create_server(("127.0.0.1", options.port), backlog=64) as listener:
        if options.url_file:
            atomic.write_bytes(options.url_file, f"http://127.0.0.1:{listener.getsockname()[1]}".encode())
        server.run(sockets=[listener])


def _end_with(parent: int, server: uvicorn.Server) -> None:
    """A killed night must not leave its server behind."""
    while os.getppid() == parent:
        time.sleep(0.5)
    server.should_exit = True


if __name__ == "__main__":
    main()
