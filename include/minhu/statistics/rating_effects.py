"""Scores of departments by streets taken apart: score = mean + street + department, by least squares.

Streets differ in severity and need not rate the same departments, so a department's plain mean says as much about who
rated it. Searle (1987), Linear Models for Unbalanced Data, section 4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
EFFECTS = ("grand_mean", "residual", "row_effect", "column_effect")


def rating_effects(scores: pa.Table) -> pa.Table:
    """The effects behind every score, each quarter for itself; both kinds of effect add up to 0 over its scores.

    Departments that no chain of common streets connects do not compare; their effects are those of least size.

    Args:
        scores: ``quarter_start``, ``street_code``, ``unit_code``, ``score``, one row per score.

    Returns:
        The first three columns with ``grand_mean``, ``residual``, ``row_effect`` (street) and ``column_effect``
        (department), in points, rounded to nine digits: the last ones hang on the order of adding.
    """
    made = {name: np.zeros(scores.num_rows) for name in EFFECTS}
    points = scores["score"].cast(pa.float64()).to_numpy()
    quarters = _numbered(scores["quarter_start"])
    for quarter in np.unique(quarters):
        rows = np.flatnonzero(quarters == quarter)
        street, unit = _numbered(scores["street_code"].take(rows)), _numbered(scores["unit_code"].take(rows))
        mean = points[rows].mean()
        of_street, of_unit = _solved(points[rows] - mean, street, unit)
        fitted = of_street[street] + of_unit[unit]
        for name, values in zip(
            EFFECTS, (mean, points[rows] - mean - fitted, of_street[street], of_unit[unit]), strict=True
        ):
            made[name][rows] = np.round(values, 9) + 0.0  # not a negative zero
    result = scores.select(["quarter_start", "street_code", "unit_code"])
    for name, values in made.items():
        result = result.append_column(name, pa.array(values))
    return result


def _solved(deviation: Floats, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Effects of rows and of columns. Rows are eliminated, so that what is solved is as large as there are columns."""
    pairs = np.zeros((row.max() + 1, column.max() + 1))
    np.add.at(pairs, (row, column), 1.0)
    per_row, per_column = pairs.sum(axis=1), pairs.sum(axis=0)
    row_mean = np.bincount(row, deviation) / per_row
    system = np.diag(per_column) - pairs.T @ (pairs / per_row[:, None])
    of_column = np.linalg.lstsq(system, np.bincount(column, deviation) - pairs.T @ row_mean, rcond=None)[0]
    of_column -= (per_column @ of_column) / per_column.sum()
    return row_mean - (pairs @ of_column) / per_row, of_column


def _numbered(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(
        values.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False), dtype=np.int64
    )
