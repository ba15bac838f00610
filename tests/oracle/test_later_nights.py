"""What DuckDB makes of the models in a night that goes on from others: their SQL is another one than in a first night."""

from __future__ import annotations

from minhu.settings import Settings
from minhu.warehouse import work_file
from tests.fixtures.plans import compiled_models, joins_of_all_pairs
from tests.oracle.conftest import Told


def test_no_model_joins_all_pairs_of_rows(city_home: Settings, told: list[Told]) -> None:
    assert len(told) == 4
    models = compiled_models(city_home)
    assert '."int_orders_latest"' in models["int_orders_latest"], "it goes on from what it held"
    with work_file.connect(city_home, read_only=True) as db:
        assert joins_of_all_pairs(db, models) == {}
