"""The shape of the dbt project: direction of layers, lineage in the contract, portable SQL, documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlglot
import yaml

from minhu.gate.kpi_contract import form
from minhu.gate.kpi_contract.counts import read_counts
from minhu.landing.night import Night
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import dbt_build, work_file
from tests.dbt import column_lineage
from tests.dbt.silent_differences import silent_differences, unordered_sums
from tests.fixtures.homes import build_and_judge, manifest_of, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity

pytestmark = pytest.mark.nights(3)

LAYERS = ["staging", "reference", "intermediate", "core", "assessment", "kpis", "publish"]
#: Models that must read from a layer above their own: (reason, owner, day on which it is looked at again).
UPWARD: dict[str, tuple[str, str, str]] = {
    "kpi_restated_cells": ("what is compared with the release before is what readers see", "engineer", "2027-06-30"),
}
#: Models that add doubles in any order, for these are whole: no digit is lost.
SUMS_OF_WHOLE_DOUBLES = {
    "int_order_deadlines": "positions on a clock are whole minutes",
    "est_survey_satisfaction": "residents are persons",
    "claim_reconciliation": "what the brief claims to be the parts of a sum are counts",
}
#: Compiled models that sqlglot cannot turn into Spark SQL: name to (reason, date it was seen).
NOT_PORTABLE: dict[str, tuple[str, str]] = {}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_at(tmp_path_factory.mktemp("shape"))
    LandedCity().land(settings)
    build_and_judge(settings, NIGHT)
    return settings


@pytest.fixture(scope="module")
def manifest(built: Settings) -> dict[str, Any]:
    return manifest_of(built)


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert sorted(node["name"] for node in found) == model_names(".sql", ".py")
    return found


def model_names(*suffixes: str) -> list[str]:
    """Names of the model files, which dbt has not been asked for."""
    folder = PROJECT_ROOT / "dbt_project" / "models"
    return sorted(path.stem for path in folder.rglob("*") if path.suffix in suffixes)


def layer(node: dict[str, Any]) -> int:
    return LAYERS.index(node["config"]["schema"])


def test_models_read_only_from_their_own_layer_or_below(manifest: dict[str, Any]) -> None:
    for node in models(manifest):
        for parent in node["depends_on"]["nodes"]:
            if parent.startswith("source."):
                landed = manifest["sources"][parent]["name"]
                # a sheet of the returns has our names as it lands; a picture is renamed by its only reader
                is_unstaged = landed.startswith("returns__") or node["config"]["schema"] == "reference"
                allowed = layer(node) == 0 or is_unstaged or landed in (
                    "arrivals", "absent_inputs", "findings", "previous_kpi_results", "loads", "judged", "judged_findings",
                    "periods_pending", "periods_since_release", "previous_kpi_restatements", "previous_kpi_published_since",
                    "previous_release", "previous_integrity_companions", "previous_standardised_on_time", "previous_on_time_by_channel",
                    "landed_since_release", "changed_pictures", "waivers", "previous_kpi_breakdowns",
                )  # fmt: skip
                assert allowed, f"{node['name']} reads {parent} past staging"
            elif parent.startswith("model."):
                above = layer(manifest["nodes"][parent]) > layer(node)
                assert not above or node["name"] in UPWARD, f"{node['name']} reads {parent} from a layer above"


def test_exceptions_to_the_direction_are_still_needed(manifest: dict[str, Any]) -> None:
    reading_up = {
        node["name"]
        for node in models(manifest)
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("model.") and layer(manifest["nodes"][parent]) > layer(node)
    }
    assert set(UPWARD) == reading_up


def test_names_tell_the_layer(manifest: dict[str, Any]) -> None:
    prefixes = {
        "staging": ("stg_",), "reference": ("dim_", "bridge_"), "intermediate": ("int_",),
        "core": ("fct_", "quarantine_"), "assessment": ("int_", "fct_", "agg_"),
        "kpis": ("kpi_", "qc_", "est_"), "publish": ("",),
    }  # fmt: skip
    for node in models(manifest):
        assert node["name"].startswith(prefixes[node["config"]["schema"]]), node["name"]


def test_every_model_is_described_and_starts_with_its_grain(manifest: dict[str, Any]) -> None:
    for node in models(manifest):
        assert node["description"], f"{node['name']} has no description"
        first = node["raw_code"].splitlines()[0]
        assert first.lstrip("-# ").startswith("One row per"), f"{node['name']} does not say its grain: {first}"


def test_every_data_test_has_a_rule_id_of_its_own(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    rule_ids = [node["config"]["meta"]["rule_id"] for node in tests]
    assert len(rule_ids) == len(set(rule_ids)), "a rule id is used twice"
    singular = list((PROJECT_ROOT / "dbt_project" / "tests").glob("*.sql"))
    assert len(rule_ids) == len(singular) + sum(map(_data_tests, _described())), "a test that dbt does not know"


def test_every_data_test_is_run_by_a_night(built: Settings, manifest: dict[str, Any]) -> None:
    with work_file.connect(built) as db:
        state = work_file.read_state(db)
    written = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    results = dbt_build.run_dbt(Night(built, NIGHT), dbt_build.CHECK, state, may_fail=True)
    assert {result.node.name for result in results} == written, "below what is judged later, where no night runs it"


def test_selections_name_only_what_is_there(manifest: dict[str, Any]) -> None:
    """A selection that names nothing is a warning of dbt, and what it left out would be built again, every night."""
    folders = {folder for node in models(manifest) for folder in (".".join(node["fqn"][1:end]) for end in range(2, 5))}
    known = {node["name"] for node in manifest["nodes"].values()} | folders
    left_out = [name for step in (dbt_build.BUILD, dbt_build.CHECK) for name in step[step.index("--exclude") + 1 :]]
    named = [*dbt_build.STANDING, *dbt_build.OF_RETURNS, *dbt_build.PUBLISHED_AS_STANDING, *left_out]
    assert {name.rstrip("+") for name in named if ":" not in name} - known == set()


def test_the_landed_columns_of_every_kpi_are_those_its_models_read(built: Settings) -> None:
    counted = column_lineage.what_is_counted(built)
    counts = read_counts(PROJECT_ROOT)
    kpis, _ = form.read_folder(PROJECT_ROOT / "kpis")
    by_kpi = {(kpi.kpi_id, kpi.variant): set(counts.landed_columns(kpi)) for kpi in kpis}
    # seen by reading the models: what only one of three KPIs of call-backs reads, and what none of them does
    callbacks = {
        kpi_id: {c.rsplit(".", 1)[1] for c in by_kpi[kpi_id, "main"] if ".callbacks." in c}
        for kpi_id in ("H07", "H08", "H09")
    }
    told = {"contacted", "resolved", "satisfaction", "reached"}
    assert {kpi_id: columns & told for kpi_id, columns in callbacks.items()} == {
        "H07": {"contacted"}, "H08": {"resolved"}, "H09": {"satisfaction"},
    }  # fmt: skip
    assert "grid.events.photo_hash" in by_kpi["G04", "clustered_verified"] - by_kpi["G04", "raw"]
    assert all(by_kpi.values()), "a KPI of nothing"
    written = column_lineage.COUNTED_IN.read_text(encoding="utf-8")
    assert written == column_lineage.as_json(counted), "run: python -m tests.dbt.column_lineage, then: minhu kpi write"


def test_every_compiled_model_is_also_spark_sql(built: Settings, manifest: dict[str, Any]) -> None:
    folder = built.home / "dbt" / "target" / "compiled"
    paths = {path.stem: path for path in folder.rglob("models/**/*.sql") if path.parent.suffix != ".yml"}  # data tests
    assert sorted(paths) == model_names(".sql")
    for name, path in sorted(paths.items()):
        if name in NOT_PORTABLE:
            continue
        text = path.read_text(encoding="utf-8")
        spark = sqlglot.transpile(text, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        assert sqlglot.parse(spark[0], read="spark"), name


@pytest.fixture(scope="module")
def compiled(built: Settings, manifest: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The SQL of every model by name, and the types of all columns by schema and table."""
    schema: dict[str, Any] = {}
    listed = "select table_schema, table_name, column_name, data_type from information_schema.columns"
    for table_schema, table, column, kind in query(built, listed):
        schema.setdefault(table_schema, {}).setdefault(table, {})[column] = kind
    folder = built.home / "dbt" / "target" / "compiled"
    paths = [path for path in sorted(folder.rglob("models/**/*.sql")) if path.parent.suffix != ".yml"]
    assert len(paths) == len(model_names(".sql"))
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}, schema


def test_no_model_answers_differently_on_spark_without_an_error(
    compiled: tuple[dict[str, str], dict[str, Any]],
) -> None:
    found = {name: silent_differences(text, compiled[1]) for name, text in compiled[0].items()}
    assert {name: said for name, said in found.items() if said} == {}


def test_no_sum_of_doubles_depends_on_the_order_of_rows(compiled: tuple[dict[str, str], dict[str, Any]]) -> None:
    found = {name: unordered_sums(text, compiled[1]) for name, text in compiled[0].items()}
    assert {name for name, said in found.items() if said} == set(SUMS_OF_WHOLE_DOUBLES)


def test_models_keep_to_portable_sql(manifest: dict[str, Any]) -> None:
    for node in models(manifest):
        code = node["raw_code"].lower()
        for word in (" exclude ", "qualify", "asof ", "::"):
            assert word not in code, f"{node['name']} uses {word.strip()!r}: put it behind a macro"
        assert not any(word in code for word in ("now()", "current_date", "current_timestamp", "random()", "first("))


def test_seeds_reach_every_rule_that_models_name(built: Settings) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in _rule_files(built.dbt_dir))
    known = {rule for (rule,) in query(built, "select rule_id from seeds.record_rules")}
    named = {word for word in text.replace("'", " ").split() if word.startswith("L2-")}
    assert named and named == known


def _rule_files(dbt_dir: Path) -> list[Path]:
    models = dbt_dir / "models"
    return [
        *models.rglob("*_checked.sql"),
        *models.rglob("quarantine_*.sql"),
        dbt_dir / "macros" / "returned_sheets.sql",
    ]


def test_every_dbt_unit_test_passes(built: Settings) -> None:
    with work_file.connect(built) as db:
        state = work_file.read_state(db)
    results = dbt_build.run_dbt(Night(built, NIGHT), ["test", "--select", "test_type:unit"], state, may_fail=True)
    written = [unit["name"] for described in _described() for unit in described.get("unit_tests", [])]
    assert sorted(r.node.name for r in results) == sorted(written)
    assert [f"{r.node.name}: {r.message}" for r in results if str(r.status) != "pass"] == []


def _described() -> list[dict[str, Any]]:
    """The YAML files of the project, which dbt has not been asked for."""
    project = PROJECT_ROOT / "dbt_project"
    paths = [path for folder in ("models", "seeds") for path in sorted((project / folder).rglob("*.yml"))]
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]


def _data_tests(described: dict[str, Any]) -> int:
    """How many data tests a YAML file asks for, of tables and of columns."""
    sources = [table for source in described.get("sources", []) for table in source.get("tables", [])]
    tables = [*described.get("models", []), *described.get("seeds", []), *sources]
    return sum(len(thing.get("data_tests", [])) for table in tables for thing in (table, *table.get("columns", [])))
