# One row per score that a street gave a department in a quarter: the severity of the street, the effect of the department.
from minhu.statistics.rating_effects import rating_effects


def model(dbt, session):
    counted = dbt.ref("int_returned_rows_checked").filter("sheet = 'department_ratings' and broken_rule is null")
    row = "report_period, delivered_on, landed_date, landed_attempt, row_number"
    scores = dbt.source("raw", "returns__department_ratings").join(counted.select(row), row)
    return rating_effects(scores.select("quarter_start, street_code, unit_code, score").to_arrow_table())
