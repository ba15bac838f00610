# One row per cell judged in this build, and per companion of a rate, that is hidden beside the small ones (or can no longer
# be protected). A companion stands under its name in kpi_id.
import pyarrow as pa

from minhu.statistics.complements import SCHEMA, complements


def model(dbt, session):
    cells = complements(dbt.ref("kpi_cells_to_protect").df())
    companions = complements(dbt.ref("kpi_companions_to_protect").df())
    return pa.concat_tables(
        pa.Table.from_pandas(found, schema=SCHEMA, preserve_index=False) for found in (cells, companions)
    )
