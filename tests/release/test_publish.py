"""What a release is: its files, its id, what a re-run does, what PostgreSQL shows."""

from __future__ import annotations

from minhu import release

from .conftest import CELLS, D20, Home


def test_first_release_can_be_read_everywhere(home: Home) -> None:
    night = home.night(D20)
    assert night.is_new
    assert len(home.rows("select * from published.kpi_results")) == len(CELLS)
    assert release.verify(home.settings) == []
