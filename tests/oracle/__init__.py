"""What every KPI means, written a second time in plain Python from the rows of the sources; nothing here knows the product.

To read it: `counts` says what a count is and how counts become cells; `calendar`, `periods`, `places` and `contract` are the
ground; `sources` is what the four systems say at the end of a night, `records` are its orders, events and cases. Then one
module a family, one short function a KPI, whose docstring is its definition: `calls`, `orders`, `callbacks`, `tiers`,
`grid`, `stations`, `returns` (with `deliveries` and `estimates`), `cross_system`. `oracle.cells` makes all of them.

Source of the definitions: the KPI catalogue with its exact cohorts, docs/returns.md, the descriptions in kpis/*.yml.
Thresholds, holidays, levels and periods are data and read as data. `disputes` is where the product counts otherwise.

Where those texts leave room, this is how they were read, here and by the product alike:
* unit: the last `close` step names who was responsible at closing;
* T01, T02: merged and withdrawn orders leave what was due, as in H05 and H06, and void events, as in G05;
* H06 by the rule: closing ends a suspension; a deferral is a pause from the old deadline to the new;
* H11: nobody is asked about merged, withdrawn and handed-over orders; X01 leaves merged orders and void events out, and
  orders before the first week of events; X03 leaves merged orders out;
* G01: who was not counted on the last counted day of a period has no figure in it;
* G02, S03: `active_to` and 停用日期 are the first day without, `valid_to` of a place is the last day with it;
* W01: its denominator is in ten thousands; H10 has the n of H08, Q02 the smaller n of its two years;
* L03: the return knows no scope, so that both calibers are the same.
"""
