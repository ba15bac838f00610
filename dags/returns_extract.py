"""
### returns_extract
Lands what departments returned (XLSX workbooks in a drop folder, monthly or quarterly) up to the end of a business date.

**Inputs** the Airflow connection `minhu_returns`; the window runs from the last accepted delivery, with an overlap of some
days, to the end of the business date. A night without a return is a usual one. Without the connection the city has no
such source, and its KPIs are NOT_RATED.

**Outputs** `landing/returns/<table>/dt=<date>/attempt=<n>` for deliveries, studios, proposals, consultations, opinions,
checkin_units, checkin_members, needs, checkin_feedback, department_calls, department_ratings, meetings,
meeting_decisions, disputes, posts, benchmark_checks, benchmarks, projects, funds, survey_waves, and the arrival record
`landing/returns/arrivals/dt=<date>.json`: accepted, blocked or absent. Updates the asset `landing/returns`.

**When it fails** the night goes on: the cells that rest on this source stay as they were last published and are marked
stale. The reason stands in `minhu status`, in `quality_findings` (rule L0) and in `failures/<date>/`.

**Run a day again** trigger it with `partition_key=YYYY-MM-DD`. The same rows land as the same bytes; a changed source
lands as a new attempt beside the old one.
"""

from __future__ import annotations

from minhu.orchestration.extracts import extract_dag

returns_extract = extract_dag("returns", __doc__, __file__)
