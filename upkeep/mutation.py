"""Mutation testing of one module by its own tests: how many small faults in it no test notices.

``python -m upkeep.mutation include/minhu/statistics/suppression.py tests/kpis/test_suppression.py --share 0.5 --seed 1``

Each fault is tried in a process of its own, forked after the libraries that the tests need were imported, which is what a
run of tests mostly waits for. Written to a file are the faults that no test noticed, for someone to look at.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from upkeep.mutants import Mutant, mutants

KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"
_OWN = ("minhu", "tests", "upkeep", "expectations", "conftest", "__main__")


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a tree that was changed, and leaves all others alone."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self._name, self._path, self._code = name, path, code

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(self._path))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self._path)
        exec(self._code, module.__dict__)


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[1:] if parts[0] == "include" else parts)


def _run(arguments: list[str], seconds: int, path: Path | None = None, tree: ast.Module | None = None) -> str:
    """What the tests say of a module, in a process of their own."""
    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        if path is not None and tree is not None:
            sys.meta_path.insert(0, _Mutated(_module_name(path), path, compile(tree, str(path), "exec")))
        os._exit(int(pytest.main(arguments)))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return TIMED_OUT if os.WTERMSIG(status) == signal.SIGALRM else KILLED
    return SURVIVED if os.WEXITSTATUS(status) == 0 else KILLED


def _import_what_tests_need(arguments: list[str], listing: Path) -> None:
    """Import every library that a run of the tests imports, and nothing of the project."""
    child = os.fork()
    if child == 0:
        code = int(pytest.main(arguments))
        foreign = sorted(name for name in sys.modules if name.split(".")[0] not in _OWN)
        listing.write_text(json.dumps(foreign), encoding="utf-8")
        os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise SystemExit("the tests fail without any fault in the module: mend them first")
    for name in json.loads(listing.read_text(encoding="utf-8")):
        try:
            importlib.import_module(name)
        except Exception:
            continue  # some are made while tests run


def _told(mutant: Mutant, path: Path, outcome: str) -> str:
    return json.dumps(
        {"file": str(path), "line": mutant.line, "before": mutant.before, "after": mutant.after, "outcome": outcome},
        ensure_ascii=False,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("module", type=Path, help="file from the root of the project")
    options.add_argument("tests", nargs="+", help="what pytest is given; a word with - goes behind --")
    options.add_argument("--share", type=float, default=1.0, help="of the faults, drawn with the seed")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--seconds", type=int, default=120, help="after which the tests count as stuck")
    options.add_argument("--out", type=Path, default=Path("var/mutation"))
    asked = options.parse_args()
    every = list(mutants(asked.module.read_text(encoding="utf-8")))
    drawn = random.Random(asked.seed).sample(range(len(every)), round(asked.share * len(every)))
    asked.out.mkdir(parents=True, exist_ok=True)
    arguments = [
        "-x",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:timeout",
        "-p",
        "no:xdist",
        *asked.tests,
    ]
    _import_what_tests_need(arguments, asked.out / "libraries.json")
    counted: Counter[str] = Counter()
    with (asked.out / f"{_module_name(asked.module)}.jsonl").open("w", encoding="utf-8") as file:
        for number in sorted(drawn):
            outcome = _run(arguments, asked.seconds, asked.module, every[number].tree)
            counted[outcome] += 1
            file.write(_told(every[number], asked.module, outcome) + "\n")
            file.flush()
    sys.stdout.write(
        f"{asked.module}: {len(every)} faults, {len(drawn)} tried (seed {asked.seed}): {dict(sorted(counted.items()))}\n"
    )


if __name__ == "__main__":
    main()
