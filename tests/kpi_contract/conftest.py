"""A checkout with nothing in it but what the KPIs' files are held against."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from minhu.gate.kpi_contract import count_models
from minhu.gate.kpi_contract.counts import COUNTS_FILE
from minhu.gate.kpi_contract.form import Kpi
from minhu.gate.kpi_contract.project import ANCHORS_MACRO, KPIS_FOLDER, SEEDS_FOLDER
from minhu.settings import PROJECT_ROOT


def copy_of_project(folder: Path) -> Path:
    """The KPIs' files, what they are held against and the seeds written from them, in a folder of their own."""
    shutil.copytree(PROJECT_ROOT / KPIS_FOLDER, folder / KPIS_FOLDER)
    shutil.copytree(PROJECT_ROOT / SEEDS_FOLDER, folder / SEEDS_FOLDER)
    counted = Path("dbt_project") / "models" / "assessment"
    shutil.copytree(PROJECT_ROOT / counted, folder / counted)
    for file in (ANCHORS_MACRO, count_models.MACRO, Path("CHANGELOG.md")):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT_ROOT / file, folder / file)
    assert (folder / COUNTS_FILE).exists()
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_of_project(tmp_path)


@pytest.fixture
def edit(project: Path) -> Callable[..., None]:
    """Change keys of a KPI's file in ``project``; a key that is given None is removed."""

    def change(kpi_id: str, **keys: Any) -> None:
        path = project / KPIS_FOLDER / f"{kpi_id}.yml"
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        said = {key: value for key, value in {**said, **keys}.items() if value is not None}
        path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")

    return change


def a_kpi(**keys: Any) -> Kpi:
    """One variant with plain values, of whom a test says only what matters to it."""
    plain = {
        "kpi_id": "H99", "variant": "main", "kpi_name": "a_rate", "name_zh": "率", "name_en": "A rate", "owner_zh": "办",
        "standard": "own definition",
        "source": "hotline", "requires": "work_orders", "count_model": "orders", "numerator": "on_time_count",
        "denominator": "due_count", "sample_size": "due_count", "unit": "share", "interval_method": "wilson",
        "direction": "up", "levels": ["city"], "periods": ["month"], "suppress_below": 10, "band_below": 30,
        "settle_days": 0, "inputs": ["hotline.work_orders", "agg_orders_by_period"],
        "anchors": ["hotline.work_orders/due"], "description": "Orders due.", "description_zh": "到期工单。",
        "history": [{"version": "1.0.0", "valid_from": "2026-01-01"}],
    }  # fmt: skip
    return Kpi.model_validate(plain | keys)
