"""Small faults that can be put into a module, one at a time, as mutation testing does."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.RShift: ast.LShift, ast.LShift: ast.RShift,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A module with one fault.

    Attributes:
        line: where the fault is.
        before: the statement or expression as it was.
        after: as it is with the fault.
        tree: of the whole module.
    """

    line: int
    before: str
    after: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Every module that differs from ``source`` by one fault, in the order of the text.

    Faults: a comparison turned or moved by its edge, ``and`` for ``or``, a ``not`` left out, another operator, a number one
    higher, true for false, the other branch of a conditional expression, ``continue`` for ``break``. Texts are left
    alone, for most are words for people; so are annotations and docstrings.
    """
    tree = ast.parse(source)
    notes = {id(part) for node in ast.walk(tree) for note in _annotations(node) for part in ast.walk(note)}
    count = sum(1 for _ in ast.walk(tree))
    for position in range(count):
        original = _node(tree, position)
        if id(original) in notes:
            continue
        for number in range(_ways(original)):
            mutated = copy.deepcopy(tree)
            node = _node(mutated, position)
            before = ast.unparse(node)
            replaced = _mutate(node, number)
            if replaced is not node:
                mutated = _Replace(node, replaced).visit(mutated)
            yield Mutant(
                getattr(original, "lineno", 0), before, ast.unparse(replaced), ast.fix_missing_locations(mutated)
            )


def _node(tree: ast.Module, position: int) -> ast.AST:
    return next(node for number, node in enumerate(ast.walk(tree)) if number == position)


def _annotations(node: ast.AST) -> list[ast.AST]:
    found = [getattr(node, name, None) for name in ("annotation", "returns")]
    return [note for note in found if isinstance(note, ast.AST)]


def _ways(node: ast.AST) -> int:
    """In how many ways a node can be wrong."""
    if isinstance(node, ast.Compare):
        return len(node.ops)
    if isinstance(node, ast.BinOp | ast.AugAssign):
        return int(type(node.op) in _CALCULATED)
    if isinstance(node, ast.Constant):
        return int(isinstance(node.value, bool | int | float))
    if isinstance(node, ast.UnaryOp):
        return int(isinstance(node.op, ast.Not | ast.USub))
    return int(isinstance(node, ast.BoolOp | ast.IfExp | ast.Continue | ast.Break))


def _mutate(node: ast.AST, number: int) -> ast.AST:
    """The node with its fault: itself changed, or another in its place."""
    match node:
        case ast.Compare():
            node.ops[number] = _COMPARED[type(node.ops[number])]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.BinOp() | ast.AugAssign():
            node.op = _CALCULATED[type(node.op)]()
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1
        case ast.UnaryOp():
            return node.operand
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.Continue():
            return ast.Break()
        case ast.Break():
            return ast.Continue()
    return node


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)
