"""What DuckDB and Spark both take and answer differently, without an error: found in compiled SQL by its types.

``concat`` passes over nulls on DuckDB and is null on Spark; ``concat_ws`` passes over them on both. A fraction cast to an
integer is rounded on DuckDB and cut off on Spark: ``round``, ``floor`` or ``ceil`` says which. A decimal that is divided is a
double on DuckDB and a decimal of few digits on Spark: ``cast(… as double)``. A double rounded to digits is scaled and rounded
on DuckDB, and rounded as it is written on Spark: the macro ``rounded`` scales on both. A
division by 0 is null or infinite on DuckDB and an error on Spark, where a ``where`` beside it need not come first: ``nullif``
or ``case``. Where nulls are ordered is one setting of the profile, not a matter of each query.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

_WHOLE = {*exp.DataType.INTEGER_TYPES}
_FRACTIONS = {*exp.DataType.FLOAT_TYPES, exp.DataType.Type.DECIMAL}
_DECIDED = (exp.Round, exp.Floor, exp.Ceil, exp.Trunc)
#: Those that sqlglot knows no class of.
_DECIDED_NAMES = {"round_even"}
#: Columns that are whole, of an engine's widest type: dbt's generate_series.
_WHOLE_COLUMNS = {"generated_number"}


def silent_differences(sql: str, schema: dict[str, Any]) -> list[str]:
    """Expressions of one DuckDB query that Spark answers differently.

    Args:
        sql: compiled, one ``select``.
        schema: types of the columns, by schema and table.
    """
    query = parse_one(sql, read="duckdb")
    found = [f"{node.sql('duckdb')}: concat of what may be null; write concat_ws('', ...)" for node in _concats(query)]
    try:
        query = annotate_types(qualify(query, schema=schema, dialect="duckdb"), schema=schema, dialect="duckdb")
    except OptimizeError as error:
        return [*found, f"types are not known: {error}"]
    for cast in query.find_all(exp.Cast):
        if cast.to.this in _WHOLE and _is_fraction(cast.this):
            found.append(f"{cast.sql('duckdb')}: a fraction cast to an integer; write round, floor or ceil")
    for division in query.find_all(exp.Div):
        sides = (division.this, division.expression)
        is_constant = division.find(exp.Column) is None
        if any(map(_is_decimal, sides)) and not any(map(_is_double, sides)) and not is_constant:
            found.append(f"{division.sql('duckdb')}: a decimal divided; cast one side as double")
        if _may_be_zero(division.expression) and not _is_asked_before(division):
            found.append(
                f"{division.sql('duckdb')}: nothing by DuckDB where the divisor is 0, an error by Spark; write nullif or case"
            )
    for rounding in query.find_all(exp.Round):
        digits = rounding.args.get("decimals")
        if digits is not None and digits.name != "0" and not _is_exact(rounding.this):
            found.append(f"{rounding.sql('duckdb')}: a double rounded to digits; write the macro rounded")
    return found


def unordered_sums(sql: str, schema: dict[str, Any]) -> list[str]:
    """Sums and means of doubles that are added in no order: their last digit is another one when threads end in another order.

    Arguments as of :func:`silent_differences`.
    """
    query = qualify(parse_one(sql, read="duckdb"), schema=schema, dialect="duckdb")
    query = annotate_types(query, schema=schema, dialect="duckdb")
    found = []
    for total in query.find_all(exp.Sum, exp.Avg):
        is_in_order = isinstance(total.parent, exp.Window) and total.parent.args.get("order")
        if not isinstance(total.this, exp.Order) and not is_in_order and _is_double(total.this):
            found.append(
                f"{total.sql('duckdb')}: doubles added in no order; write ordered_sum, or an order of the window"
            )
    return found


def _may_be_zero(divisor: exp.Expression) -> bool:
    """Whether a divisor can be zero in some row: not a number, what ``nullif`` or ``greatest`` keeps from it, a count of all rows of
    a group, a parameter, nor a product, power, root or sum with a number of such."""
    divisor = divisor.this if isinstance(divisor, (exp.Paren, exp.Neg, exp.Cast, exp.Sqrt, exp.Exp)) else divisor
    if isinstance(divisor, (exp.Paren, exp.Neg, exp.Cast)):
        return _may_be_zero(divisor)
    if isinstance(divisor, (exp.Nullif, exp.Literal, exp.Subquery)):
        return False
    if isinstance(divisor, exp.Greatest):
        return all(_may_be_zero(side) for side in (divisor.this, *divisor.expressions))
    if isinstance(divisor, exp.Mul):
        return _may_be_zero(divisor.this) or _may_be_zero(divisor.expression)
    if isinstance(divisor, exp.Count) and isinstance(divisor.this, exp.Star):
        return False
    return divisor.find(exp.Column) is not None


def _is_asked_before(division: exp.Expression) -> bool:
    """Whether a ``case`` around it decides if it is divided at all; a ``where`` does not, for engines choose its order."""
    node: exp.Expression | None = division
    while node is not None and not isinstance(node, exp.Select):
        if isinstance(node.parent, (exp.If, exp.Case)) and node.arg_key in ("true", "default"):
            return True
        node = node.parent
    return False


def _concats(query: exp.Expression) -> list[exp.Expression]:
    return [node for node in query.find_all(exp.Concat) if not isinstance(node, exp.ConcatWs)]


def _is_decimal(value: exp.Expression) -> bool:
    value = _inside(value)
    if isinstance(value, exp.Literal):
        return not value.is_string and "." in value.name
    if isinstance(value, (exp.Add, exp.Sub, exp.Mul)):
        return any(map(_is_decimal, (value.this, value.expression))) and not _is_double(value)
    return value.type is not None and value.type.this == exp.DataType.Type.DECIMAL


def _is_double(value: exp.Expression) -> bool:
    value = _inside(value)
    if isinstance(value, exp.Literal):
        return False
    if isinstance(value, (exp.Add, exp.Sub, exp.Mul)):
        return any(map(_is_double, (value.this, value.expression)))
    return isinstance(value, exp.Div) or (value.type is not None and value.type.this in exp.DataType.FLOAT_TYPES)


def _inside(value: exp.Expression) -> exp.Expression:
    """What brackets, a sign and the one column of a scalar query stand around."""
    while isinstance(value, (exp.Paren, exp.Subquery, exp.Select, exp.Neg)):
        value = value.selects[0].unalias() if isinstance(value, exp.Select) else value.this
    return value


def _is_exact(value: exp.Expression) -> bool:
    """Whether it is surely a decimal or whole."""
    return not _is_double(value) and value.type is not None and value.type.this in {exp.DataType.Type.DECIMAL, *_WHOLE}


def _is_fraction(value: exp.Expression) -> bool:
    """What a function made whole is none; what nobody knows the type of may be one."""
    value = _inside(value)
    if isinstance(value, _DECIDED) and (value.args.get("decimals") is None or value.args["decimals"].name == "0"):
        return False
    if isinstance(value, exp.Anonymous):
        return value.name.lower() not in _DECIDED_NAMES
    named = {column.name for column in value.find_all(exp.Column)}
    if isinstance(value, exp.Null) or (named and named <= _WHOLE_COLUMNS):
        return False
    kind = value.type
    if kind is None or kind.this == exp.DataType.Type.UNKNOWN:
        return True
    if kind.this not in _FRACTIONS:
        return False
    scale = kind.expressions[1].name if len(kind.expressions) > 1 else ""
    return not (kind.this == exp.DataType.Type.DECIMAL and scale == "0")
