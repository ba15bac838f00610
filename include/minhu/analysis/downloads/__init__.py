"""``minhu export``: cells of a release as a file for people with spreadsheets (CSV, XLSX) or programs (Parquet)."""
