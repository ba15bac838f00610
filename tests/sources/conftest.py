"""The sources that several files of tests read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from tests.fixtures.grid_platform import Platform
from tests.fixtures.station_folder import case, write_cases, write_workbook


@pytest.fixture
def platform() -> Iterator[tuple[Platform, str]]:
    state = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlparse(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            status, headers, body = state.answer(url.path, query, self.headers.get("Authorization", ""))
            self.send_response_only(status)  # without a Date of its own
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds the extract would have waited between tries."""
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    return slept


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """A complete delivery of one day."""
    folder = tmp_path / "drop" / "2026-11-20"
    folder.mkdir(parents=True)
    write_cases(folder, [case()])
    write_workbook(
        folder / "terminals_20261120.xlsx",
        "碑林区",
        ["设备编号", "站点编码", "计划服务分钟", "可用分钟", "办件数"],
        [["T1", "S1", 600, 540, 3]],
        titles=2,
    )
    write_workbook(
        folder / "points_20261120.xlsx", "站点",
        ["站点编码", "站点名称", "类型", "社区代码", "经度", "纬度", "开放时间", "可办事项数", "启用日期", "停用日期"],
        [["S1", "友谊站", "便民服务站", "K1", 108.9, 34.2, "09:00-17:00", 30, "2020年1月3日", None]],
    )  # fmt: skip
    (folder / "items_20261120.csv").write_text(
        "事项编码,事项名称,是否个人事项,是否核心事项,最低可办层级\nI1,医保,是,否,社区\n", encoding="utf-8-sig"
    )
    (folder / "residents_20261120.csv").write_text(
        "社区代码,网格代码,常住人口,户数,中心经度,中心纬度\nK1,G1,1000,330,108.9,34.2\n", encoding="gb18030"
    )
    return folder.parent
