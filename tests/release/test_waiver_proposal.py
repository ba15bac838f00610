"""`minhu waivers --propose`: what blocks cells, each with the table, KPI, unit and days it is about, ready to be filled in."""

from __future__ import annotations

import tomllib
from pathlib import Path

from minhu.gate import waivers

from .conftest import CELLS, D20, Home


def test_a_proposal_says_what_each_finding_is_about(home: Home) -> None:
    home.build(D20, CELLS, findings=("block", "warn"))
    home.change("update publish.quality_findings set is_in_marts = true, kpi_id = 'H06', unit_type = 'district', "
                "unit_code = '610104', period_to = date '2026-11-30', detail = 'ends before it begins'")  # fmt: skip
    text = waivers.proposal(home.publish(D20), Path("waivers.toml"))
    about = "table hotline.work_orders, KPI H06, unit district 610104, from 2026-11-20, to 2026-11-30, records 1 of 5"
    assert f"# {about}\n" in text and "# ends before it begins\n" in text
    (entry,) = tomllib.loads(text)["waiver"]
    assert entry["rule_id"] == "L2-HOT-000" and entry["reason"] == ""


def test_where_nothing_blocks_it_says_so(home: Home) -> None:
    release = home.night(D20)
    assert (
        waivers.proposal(release, Path("waivers.toml")) == f"# nothing blocks a cell in release {release.release_id}\n"
    )
