"""Forms of an exported file."""

from enum import StrEnum


class Kind(StrEnum):
    """Forms of the file; the word is its ending."""

    xlsx = "xlsx"
    csv = "csv"
    parquet = "parquet"
    duckdb = "duckdb"
