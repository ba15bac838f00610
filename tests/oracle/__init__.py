"""What every KPI means, written a second time in plain Python from the rows of the sources; nothing here knows the product.

To read it: `counts` says what a count is and how counts become cells, `calendar`, `periods` and `places` are the ground,
`sources` is what the four systems say at the end of a night, `records` are its orders, events and cases. Then one module a
family, one short function a KPI, whose docstring is its definition: `calls`, `orders`, `callbacks`, `tiers`, `grid`,
`stations`, `returns` (with `deliveries` and `estimates`), `cross_system`. `oracle.cells` makes all of them.

Source of the definitions: the KPI catalogue with its exact cohorts, docs/returns.md, the descriptions in kpis/*.yml.
Thresholds, holidays, levels and periods are data and read as data.
"""
