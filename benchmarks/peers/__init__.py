"""What a user would pick instead, each on the same landed night: ``make bench-peers``.

A peer is a module with the same shape as the others:

    TITLE     what it is, for the table
    PYTHON    which environment runs it: "product", "peers", "sqlmesh" or "spark"
    PACKAGES  whose versions are told
    prepare(night)  what is there before a night begins, not timed; it may be missing
    run(night)      the night itself, timed with all of its process; returns details for the table's reader
    collect(night)  brings what it published into its work file, not timed; it may be missing
    MOST_RUNS       how often it runs at most, where that is less than is asked for
    IS_PART         it makes a part of the night only and compares that itself
"""

#: In the order of the table.
NAMES = (
    "bare_duckdb", "own", "dbt_command_line", "cosmos_watcher", "cosmos_local", "sqlmesh_models", "spark_local", "pandas_kpis",
)  # fmt: skip
