"""
### grid_extract
Lands what the grid platform (HTTP API) recorded up to the end of a business date.

**Inputs** the Airflow connection `minhu_grid`; the window runs from the last accepted delivery, with an overlap of some
days, to the end of the business date. Without the connection the city has no such source, and its KPIs are NOT_RATED.

**Outputs** `landing/grid/<table>/dt=<date>/attempt=<n>` for events, event_verifications, grids, worker_activity, address_coverage, and
the arrival record `landing/grid/arrivals/dt=<date>.json`: accepted, blocked or absent. Updates the asset `landing/grid`.

**When it fails** the night goes on: the cells that rest on this source stay as they were last published and are marked
stale. The reason stands in `minhu status`, in `quality_findings` (rule L0) and in `failures/<date>/`.

**Run a day again** trigger it with `partition_key=YYYY-MM-DD`. The same rows land as the same bytes; a changed source
lands as a new attempt beside the old one.
"""

from __future__ import annotations

from minhu.orchestration.extracts import extract_dag

grid_extract = extract_dag("grid", __doc__, __file__)
