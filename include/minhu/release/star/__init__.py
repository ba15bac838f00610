"""The star schema for BI: dimensions, facts, a wide view and a banner, as views over the published tables.

The same statements make the views of PostgreSQL, of ``minhu sql`` and of a release's DuckDB file. A view costs a night
nothing and shows the release that the tables show. Default facts cannot mislead who sums, averages or joins without
reading: main variants of months that are over, settled and covered, in one caliber. What is wider says so in its name.
"""
