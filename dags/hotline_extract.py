"""
### hotline_extract
Lands what the 12345 hotline (PostgreSQL) recorded up to the end of a business date.

**Inputs** the Airflow connection `minhu_hotline`; the window runs from the last accepted delivery, with an overlap of some
days, to the end of the business date. Without the connection the city has no such source, and its KPIs are NOT_RATED.

**Outputs** `landing/hotline/<table>/dt=<date>/attempt=<n>` for calls, work_orders, order_events, callbacks, categories,
units, places, order_claims, load_rejects, load_map, and the arrival record `landing/hotline/arrivals/dt=<date>.json`: accepted,
blocked or absent.
Updates the asset `landing/hotline`.

**When it fails** the night goes on: the cells that rest on this source stay as they were last published and are marked
stale. The reason stands in `minhu status`, in `quality_findings` (rule L0) and in `failures/<date>/`.

**Run a day again** trigger it with `partition_key=YYYY-MM-DD`. The same rows land as the same bytes; a changed source
lands as a new attempt beside the old one.
"""

from __future__ import annotations

from minhu.orchestration.extracts import extract_dag

hotline_extract = extract_dag("hotline", __doc__, __file__)
