"""The warehouse takes what the machine has, and no more than it needs."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pytest

from minhu.landing.night import Night
from minhu.warehouse import dbt_build, machine, work_file
from tests.fixtures.homes import settings_at
from tests.fixtures.landed import NIGHT


class Machine:
    """Stands in for a DuckDB that finds this machine."""

    def __init__(self, memory: str, processors: int) -> None:
        self.found = (memory, processors)

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        pass

    def execute(self, _: str) -> Machine:
        return self

    def fetchone(self) -> tuple[str, int]:
        return self.found


@pytest.mark.parametrize(
    ("memory", "processors", "expected"),
    [
        ("18.8 GiB", 2, machine.Share(4_000_000_000, 2)),
        ("1.6 GiB", 1, machine.Share(int(0.6 * int(1.6 * 2**30)), 2)),  # a container of 2 GiB
        ("409.6 MiB", 2, machine.Share(int(0.6 * int(409.6 * 2**20)), 2)),
        ("1.5 TiB", 64, machine.Share(4_000_000_000, 4)),
    ],
)
def test_the_share_of_a_machine(
    memory: str, processors: int, expected: machine.Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine.duckdb, "connect", lambda: Machine(memory, processors))
    assert machine.share.__wrapped__() == expected


def test_it_is_what_every_connection_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = machine.Share(256 * 2**20, 2)
    monkeypatch.setattr(machine, "share", lambda: small)
    settings = settings_at(tmp_path / "home")
    asked = "select current_setting('memory_limit')"
    with work_file.connect(settings) as db:
        assert db.execute(asked).fetchone() == ("256.0 MiB",)
        work_file.prepare(db)
    state = {"previous_business_date": NIGHT, "previous_load_no": 0, "city_code": "610100"}
    shown = dbt_build.run_dbt(Night(settings, NIGHT), ["show", "--inline", f"{asked} as found"], state)
    assert [row["found"] for row in shown[0].agate_table.rows] == ["256.0 MiB"]
