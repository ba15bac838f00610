# One row per companion that is hidden beside the small ones (or can no longer be protected).
import pyarrow as pa

from minhu.statistics.suppression import SCHEMA, complements


def model(dbt, session):
    found = complements(dbt.ref("kpi_companions_to_protect").df())
    return pa.Table.from_pandas(found, schema=SCHEMA, preserve_index=False)
