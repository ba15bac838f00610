# One row per score that a street gave a department in a quarter: the severity of the street, the effect of the department.
from minhu.statistics.rating_effects import rating_effects


def model(dbt, session):
    scores = dbt.ref("int_returned_department_ratings").filter("broken_rule is null")
    return rating_effects(scores.select("quarter_start, street_code, unit_code, score").to_arrow_table())
