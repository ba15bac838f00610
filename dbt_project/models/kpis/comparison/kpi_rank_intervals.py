# One row per cell ranked in this build: the rank it likely has among its peers, and the ranks that hold 95 % of the draws.
from minhu.statistics.rank_intervals import likely_ranks


def model(dbt, session):
    cells = dbt.ref("kpi_cells_ranked").df()
    parameters = dbt.ref("kpi_parameters").df().set_index("name")["value"]
    return likely_ranks(cells, int(parameters["rank_draws"]), int(parameters["rank_seed"]))
