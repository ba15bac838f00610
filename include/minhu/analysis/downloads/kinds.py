"""Forms of an exported file."""

from enum import StrEnum


class Kind(StrEnum):
    """Forms of the file; the word is its ending. ``star`` is a folder of Parquet files, one a view."""

    xlsx = "xlsx"
    csv = "csv"
    parquet = "parquet"
    duckdb = "duckdb"
    star = "star"
