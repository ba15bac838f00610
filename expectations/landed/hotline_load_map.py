"""Arrival suite of hotline.load_map."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="map_sha256", meta=rule("L1-HOT-149", "block", "map_sha256 identifies the map")
    ),
    gxe.ExpectColumnValuesToBeUnique(column="map_sha256", meta=rule("L1-HOT-150", "block", "a map stands once")),
]
