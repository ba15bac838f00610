"""``make test-airflow-next``: the tests of the DAGs under the next minor of Airflow, in an environment of their own.

The lock moves once they pass; until then they say what would break. Without a newer minor there is nothing to try.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.version import Version

from upkeep import lock, registry
from upkeep.registry import Offer

AIRFLOW = "apache-airflow"
#: What uses Airflow: the DAG files, the processes a night starts, a night as a whole by the scheduler.
TESTS = ("tests/dags", "tests/nightly/test_airflow_api.py", "tests/nightly/test_airflow_environment.py")


def none_newer(locked: Version, offered: Sequence[Offer]) -> str:
    """What is said where no newer minor can be tried, with the final version and what is on its way."""
    known = registry.usable(offered)
    ahead = sorted(offer.version for offer in offered if offer.version.is_prerelease and offer.version > locked)
    coming = f"; {ahead[-1]} is on its way (AIRFLOW={ahead[-1]} tries it)" if ahead else ""
    return f"no minor of Airflow above the locked {locked} in the registry, whose newest is {known[-1]}{coming}: nothing to try"


def requirements(text: str, version: Version) -> str:
    """Requirements that ask for another version of Airflow.

    Raises:
        ValueError: they do not pin it.
    """
    replaced, count = re.subn(rf"^{AIRFLOW}==\S+$", f"{AIRFLOW}=={version}", text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"expected one line {AIRFLOW}==<version> in requirements.in, found {count}; write it as such")
    return replaced


def install(version: Version, folder: Path) -> Path:
    """An environment with that Airflow and else what is locked, as far as it allows; gives its Python."""
    folder.mkdir(parents=True, exist_ok=True)
    asked, locked = folder / "requirements.in", folder / "requirements.txt"
    runtime = requirements(Path("requirements.in").read_text(encoding="utf-8"), version)
    development = Path("requirements-dev.in").read_text(encoding="utf-8")
    kept = [line for line in development.splitlines() if not line.startswith(("-c", "-r"))]
    asked.write_text("\n".join([runtime, *kept, ""]), encoding="utf-8")
    locked.write_bytes(Path("requirements-dev.txt").read_bytes())  # what uv finds there it keeps where it can
    python = folder / "venv" / "bin" / "python"
    compile_lock = [
        "uv", "pip", "compile", "-q", "--no-header", "--no-annotate", "--no-strip-extras", "--python-version", "3.11",
        "--generate-hashes", "--prerelease", "if-necessary-or-explicit", str(asked), "-o", str(locked),
    ]  # fmt: skip
    for command in (
        compile_lock,
        [sys.executable, "-m", "venv", str(folder / "venv")],
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", str(locked)],
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", "."],
    ):
        subprocess.run(command, check=True)
    return python


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--version", type=Version, default=None, help="of Airflow, instead of the next minor; may be a beta"
    )
    options.add_argument("--folder", type=Path, default=Path("var/airflow-next"))
    asked = options.parse_args()
    locked = lock.read(Path("requirements.txt"))[AIRFLOW].version
    offered = registry.offers(AIRFLOW)
    version = asked.version or registry.next_minor(locked, offered)
    if version is None:
        sys.stdout.write(none_newer(locked, offered) + "\n")
        return 0
    sys.stdout.write(f"Airflow {version} instead of {locked}: installing it in {asked.folder} ...\n")
    sys.stdout.flush()
    python = install(version, asked.folder)
    return subprocess.run([str(python), "-m", "pytest", "-q", *TESTS], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
