"""The bill of materials, in the environment that has what writes it (`make audit` makes it)."""

from __future__ import annotations

import json
import subprocess

import pytest

from minhu.settings import PROJECT_ROOT

PYTHON = PROJECT_ROOT / ".venv-audit" / "bin" / "python"
SCRIPT = """
import sysconfig, sys
from pathlib import Path
from packaging.version import Version
from upkeep import bill_of_materials
from upkeep.lock import Pin
pins = {"requests": Pin("requests", Version("2.0"), ("aa" * 32,)), "idna": Pin("idna", Version("3.1"), ("bb" * 32, "cc" * 32))}
site = Path(sysconfig.get_path("purelib"))
sys.stdout.write(bill_of_materials.written("minhu", "0.7", sys.argv[1], pins, {"idna": "BSD-3-Clause", "requests": None}, site))
"""


def bill(lock_sha256: str) -> str:
    done = subprocess.run(
        [str(PYTHON), "-c", SCRIPT, lock_sha256], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.skipif(not PYTHON.exists(), reason="`make audit` was never run here")
def test_the_same_lock_gives_the_same_bill_and_another_lock_another_number() -> None:
    text = bill("00")
    assert text == bill("00")
    found, other = json.loads(text), json.loads(bill("01"))
    assert found["serialNumber"] != other["serialNumber"] and "timestamp" not in found["metadata"]
    assert {**found, "serialNumber": ""} == {**other, "serialNumber": ""}
    assert [(part["purl"], len(part["hashes"])) for part in found["components"]] == [
        ("pkg:pypi/idna@3.1", 2), ("pkg:pypi/requests@2.0", 1),
    ]  # fmt: skip
    assert [part.get("licenses") for part in found["components"]] == [[{"license": {"id": "BSD-3-Clause"}}], None]
    needs = {row["ref"]: row.get("dependsOn", []) for row in found["dependencies"]}
    assert needs == {"minhu": ["idna==3.1", "requests==2.0"], "requests==2.0": ["idna==3.1"], "idna==3.1": []}
