"""What import-linter's contracts (pyproject.toml) cannot say of imports and names, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from minhu.extract import registry
from minhu.settings import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "include" / "minhu"
MODULES = {
    ".".join(path.relative_to(PROJECT_ROOT / "include").with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
DAG_FILES = sorted((PROJECT_ROOT / "dags").glob("*.py"))
READS_THE_CLOCK = {"minhu.cli.app"}
READS_THE_ENVIRONMENT = {"minhu.settings"}
IMPORTS_AIRFLOW = {
    f"minhu.orchestration.{name}" for name in ("approval", "extracts", "links", "notify", "pages", "plugin", "tasks")
}  # fmt: skip
#: What asks who it is that wants to see a page; the SDK is for tasks.
ASKS_WHO_IT_IS = "airflow.api_fastapi."
#: The one operator the project does not write itself; the SDK has none that waits for a person.
WAITS_FOR_A_PERSON = "airflow.providers.standard.operators.hitl.HITLOperator"
#: Modules that only hand an environment to a library or a process of ours.
PASSES_THE_ENVIRONMENT = {
    "minhu.standalone.airflow_runtime",
    "minhu.standalone.embedded_server",
    "minhu.warehouse.dbt_build",
    "minhu.warehouse.spark_engine",
}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "helpers", "misc"}


def imports(path: Path, top_level_only: bool = False) -> Iterator[str]:
    """Full names a file imports; ``from a import b`` gives ``a.b``, which may be a module or a name in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(prefix: str, allowed: set[str], top_level_only: bool = False) -> list[str]:
    """Modules outside ``allowed`` that import something that is or begins with ``prefix``."""
    return [
        f"{name} imports {imported}"
        for name, path in MODULES.items()
        if name not in allowed
        for imported in imports(path, top_level_only)
        if f"{imported}.".startswith(f"{prefix}.")
    ]


def test_the_modules_were_found() -> None:
    assert {
        "minhu.cli.app",
        "minhu.orchestration.tasks",
        "minhu.extract.hotline.extract",
        "minhu.simulator.simulate",
    } <= set(MODULES)
    assert len(DAG_FILES) == 8
    assert "minhu.simulator.simulate.simulate" in set(imports(MODULES["minhu.standalone.nightly"]))


def test_airflow_is_used_only_through_its_sdk() -> None:
    for path in [*DAG_FILES, *(MODULES[name] for name in IMPORTS_AIRFLOW)]:
        allowed = ("airflow.sdk", ASKS_WHO_IT_IS if path.name == "pages.py" else WAITS_FOR_A_PERSON)
        other = [name for name in imports(path) if name.startswith("airflow") and not name.startswith(allowed)]
        assert other == [], f"{path.name}: import from airflow.sdk"


def test_nothing_in_the_package_imports_orchestration_or_the_dags() -> None:
    for name in IMPORTS_AIRFLOW:
        assert offenders(name, IMPORTS_AIRFLOW) == [], "it would load Airflow wherever the package is used"
    assert offenders("dags", set()) == []
    assert offenders("tests", set()) == []


def test_dag_files_call_one_thing_below_them() -> None:
    allowed = (
        "airflow.sdk.", "minhu.orchestration.", "minhu.warehouse.dbt_build", "minhu.pipeline.publication",
        "minhu.audit.replay", "minhu.audit.proposal_text", "minhu.audit.sign_off", "minhu.reports.data_docs",
        "minhu.settings", "datetime.", "typing.", "__future__.",
    )  # fmt: skip
    for path in DAG_FILES:
        other = [name for name in imports(path) if not name.startswith(allowed)]
        assert other == [], (
            f"{path.name}: a task body is one call; what it needs beyond that belongs into include/minhu"
        )


def test_dag_files_and_what_they_share_load_without_the_heavy_libraries() -> None:
    heavy = (
        "pandas", "dbt.", "great_expectations", "minhu.quality.", "minhu.warehouse.dbt_build", "minhu.gate.",
        "minhu.extract.hotline.extract", "minhu.extract.grid.extract", "minhu.extract.stations.extract",
        "minhu.extract.returns.extract",
    )  # fmt: skip
    shared = ["minhu.pipeline.stages", "minhu.extract.registry", *sorted(IMPORTS_AIRFLOW)]
    shared += [name for name in MODULES if name.startswith("minhu.extract.") and name.endswith(".source")]
    assert len(shared) == 2 + len(IMPORTS_AIRFLOW) + len(registry.names())
    for name in shared:
        found = [
            imported for imported in imports(MODULES[name], top_level_only=True) if f"{imported}.".startswith(heavy)
        ]
        assert found == [], f"{name}: import inside the function; the scheduler loads every DAG file again and again"


def test_the_simulator_is_loaded_only_where_a_city_is_simulated() -> None:
    simulator = {name for name in MODULES if name.startswith("minhu.simulator")}
    assert offenders("minhu.simulator", simulator, top_level_only=True) == [], "import it inside the function"


def test_only_settings_reads_the_environment() -> None:
    for name, path in MODULES.items():
        if name in READS_THE_ENVIRONMENT | PASSES_THE_ENVIRONMENT:
            continue
        text = path.read_text(encoding="utf-8")
        assert "os.environ" not in text and "os.getenv" not in text, f"{name}: add a field to minhu.settings.Settings"


def test_only_the_command_line_reads_the_clock() -> None:
    clocks = ("datetime.now(", "datetime.utcnow(", "date.today(", "time.time(", "pendulum.now(")
    for name, path in MODULES.items():
        used = [clock for clock in clocks if clock in path.read_text(encoding="utf-8")]
        assert not used or name in READS_THE_CLOCK, f"{name} uses {used}: take the business date as an argument"


def test_no_module_has_a_name_that_says_nothing() -> None:
    found = [name for name in MODULES if NAMES_THAT_SAY_NOTHING & set(name.split("."))]
    assert found == [], "name a module after what it is responsible for"
