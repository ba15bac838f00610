"""The exponent of a cost is that of its growing part, whatever every night costs anyway."""

from __future__ import annotations

import pytest

from benchmarks.sizes import exponent


@pytest.mark.parametrize("fixed", [0.0, 25.0, 1000.0])
@pytest.mark.parametrize("grows_with", [0.5, 1.0, 1.5])
def test_what_all_nights_cost_does_not_count(fixed: float, grows_with: float) -> None:
    costs = [fixed + 3 * rows**grows_with for rows in (1, 10, 100)]
    assert exponent(costs, 10) == grows_with
