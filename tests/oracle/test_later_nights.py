"""What DuckDB makes of the models in a night that goes on from others: their SQL is another one than in a first night."""

from __future__ import annotations

from minhu.settings import Settings
from tests.fixtures.plans import joins_of_all_pairs
from tests.oracle.conftest import Told


def test_no_model_joins_all_pairs_of_rows(city_home: Settings, told: list[Told]) -> None:
    assert len(told) == 4
    assert joins_of_all_pairs(city_home) == {}
