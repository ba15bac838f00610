# One row per value of a breakdown in this build that is not shown as it is: hidden, nothing of its table told, or left as
# the release before had it.
import pyarrow as pa

from minhu.statistics.breakdown_suppression import SCHEMA, roles


def model(dbt, session):
    found = roles(dbt.ref("kpi_breakdown_cells").df())
    return pa.Table.from_pandas(found, schema=SCHEMA, preserve_index=False)
