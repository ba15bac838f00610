"""Faults that are put into a module one at a time."""

from __future__ import annotations

import ast

from upkeep.mutants import mutants

SOURCE = '''
def share(parts: int = 2, whole: float | None = None) -> float | None:
    """Not changed: 1 < 2."""
    if not whole or parts > 10:
        return None
    for _ in range(1):
        continue
    return parts / whole if parts is not True else -1
'''


def test_each_mutant_has_one_fault_and_the_source_is_left_as_it_was() -> None:
    found = [(mutant.line, mutant.before, mutant.after) for mutant in mutants(SOURCE)]
    assert sorted(found) == [
        (2, "2", "3"),
        (4, "10", "11"),
        (4, "not whole", "whole"),
        (4, "not whole or parts > 10", "not whole and parts > 10"),
        (4, "parts > 10", "parts >= 10"),
        (6, "1", "2"),
        (7, "continue", "break"),
        (8, "-1", "1"),
        (8, "1", "2"),
        (8, "True", "False"),
        (8, "parts / whole", "parts * whole"),
        (8, "parts / whole if parts is not True else -1", "-1 if parts is not True else parts / whole"),
        (8, "parts is not True", "parts is True"),
    ]
    whole = ast.unparse(ast.parse(SOURCE))
    for mutant in mutants(SOURCE):
        text = ast.unparse(mutant.tree)
        assert text != whole and text.count("\n") == whole.count("\n")
        compile(mutant.tree, "mutant", "exec")
