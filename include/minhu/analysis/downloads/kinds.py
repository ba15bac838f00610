"""Forms of an exported file."""

from enum import StrEnum


class Kind(StrEnum):
    """Forms of the file; the word is its ending, of two aside.

    ``star`` is a folder of Parquet files, one a view; ``open311`` is no figures but the orders behind them, as XML.
    """

    xlsx = "xlsx"
    csv = "csv"
    parquet = "parquet"
    duckdb = "duckdb"
    star = "star"
    open311 = "open311"
