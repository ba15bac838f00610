"""The landed night that every peer builds, and what the product made of it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
#: DuckDB names a catalog after its file, and compiled SQL names the catalog.
FILE_NAME = "work.duckdb"
#: What the product's own steps between build and verdicts leave for the models: given to peers, who have no such steps.
GIVEN = (
    "findings", "waivers", "landed_since_release", "changed_pictures", "previous_release", "periods_pending",
    "periods_since_release",
)  # fmt: skip


@dataclass(frozen=True)
class Night:
    """A night in a folder.

    Attributes:
        folder: scratch of the bench; every peer has one of its own below it.
        business_date: ISO date.
        variables: of dbt, as the product tells them in this night.
        size: what was simulated, and rows landed.
    """

    folder: str
    business_date: str
    variables: dict[str, Any]
    size: dict[str, Any]

    @property
    def path(self) -> Path:
        return Path(self.folder)

    @property
    def dbt_dir(self) -> Path:
        return ROOT / "dbt_project"

    @property
    def home(self) -> Path:
        """State directory of the product with the landing; its work file is that of :meth:`start_own`."""
        return self.path / "home"

    @property
    def built(self) -> Path:
        """Work file with everything built and judged by the product: what peers are compared with."""
        return self.path / "built" / FILE_NAME

    @property
    def loaded(self) -> Path:
        """Work file with what landed and nothing built."""
        return self.path / "loaded" / FILE_NAME

    @property
    def given(self) -> Path:
        """The same with :data:`GIVEN`: where peers begin."""
        return self.path / "given" / FILE_NAME

    @property
    def compiled(self) -> Path:
        """Folder of compiled SQL of all models, as the product ran it."""
        return self.path / "compiled"

    @property
    def statements(self) -> Path:
        """What dbt sent while the product built and judged it."""
        return self.path / "statements.json"

    def nodes(self) -> list[dict[str, Any]]:
        """Seeds, models and data tests of dbt's manifest, each after those that it reads."""
        found: list[dict[str, Any]] = json.loads((self.path / "nodes.json").read_text(encoding="utf-8"))
        return found

    def folder_of(self, peer: str) -> Path:
        """Where a peer keeps what is its own."""
        return self.path / "peers" / peer

    def work_file_of(self, peer: str) -> Path:
        """What a peer built."""
        return self.folder_of(peer) / "warehouse" / FILE_NAME

    def start(self, peer: str) -> Path:
        """Give a peer a work file to begin with, in place of what it built before."""
        path = self.work_file_of(peer)
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(parents=True)
        shutil.copyfile(self.given, path)
        return path

    def environment(self, work_file: Path) -> dict[str, str]:
        """What dbt_project/profiles.yml asks the environment for."""
        return {
            "MINHU_WORK_FILE": str(work_file), "MINHU_WORK_THREADS": "2", "MINHU_WORK_MEMORY": "4GB",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1",
            # all cells are judged, as in every first night, and unit tests are no part of one
            "DBT_FULL_REFRESH": "true", "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",
        }  # fmt: skip

    def write(self) -> None:
        (self.path / "night.json").write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Night:
        """What :meth:`write` wrote.

        Raises:
            FileNotFoundError: no night was prepared in the folder.
        """
        return cls(**json.loads((folder / "night.json").read_text(encoding="utf-8")))


def outcome(path: Path, schema: str = "publish") -> dict[str, str]:
    """``rows:hash`` of every relation of the schema; doubles are compared to six digits after the point."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as db:
        db.execute("set TimeZone = 'UTC'")
        names = db.execute(
            "select table_name from information_schema.tables where table_schema = ? order by 1", [schema]
        ).fetchall()
        for (name,) in names:
            found[name] = fingerprint(db, f'"{schema}"."{name}"')
    return found


def expected_outcome(night: Night) -> dict[str, str]:
    """What the product published, which every run is held against.

    Raises:
        ValueError: nothing, and then any run would count.
    """
    found = outcome(night.built)
    if not found:
        raise ValueError(f"compare with {night.built}: expected published tables, found none - run without --again")
    return found


def fingerprint(db: duckdb.DuckDBPyConnection, relation: str) -> str:
    """``rows:hash`` of a relation as a multiset of texts: engines store a number in different widths."""
    columns = db.execute(f"describe {relation}").fetchall()
    texts = ", ".join(
        f'coalesce(cast(round("{name}", 6) + 0 as varchar), \'\')' if kind in ("DOUBLE", "FLOAT")
        else f'coalesce(cast("{name}" as varchar), \'\')'
        for name, kind, *_ in sorted(columns)
    )  # fmt: skip
    rows, digest = db.execute(
        f"select count(*), coalesce(sum(hash({texts})), 0) from {relation}"  # noqa: S608
    ).fetchall()[0]
    return f"{rows}:{digest}"


def differing(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """What a peer made otherwise than the product, for a person; empty if nothing."""
    said = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    for name in sorted(expected.keys() & found.keys()):
        if expected[name] != found[name]:
            ours, theirs = expected[name].split(":")[0], found[name].split(":")[0]
            said.append(f"{name}: {theirs} rows for {ours}" if ours != theirs else f"{name}: other values")
    return said


def give_python_models(night: Night, peer: str) -> None:
    """Put the tables of dbt's Python models into a peer's work file: it has no such models."""
    with duckdb.connect(str(night.work_file_of(peer))) as db:
        db.execute(f"attach '{night.built}' as built (read_only)")
        for node in night.nodes():
            if node.get("language") == "python":
                relation = node["relation"]
                db.execute(f"create schema if not exists {relation.split('.')[0]}")
                db.execute(f"create or replace table {relation} as from built.{relation}")


def environ() -> dict[str, str]:
    """Of a child process: the project's code from this tree."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT)])}
