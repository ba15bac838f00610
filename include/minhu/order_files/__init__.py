"""Order files of other cities, loaded into a hotline schema by a declarative map: a new city is a map file, no code."""

from minhu.order_files.loading import LoadReport, load_orders
from minhu.order_files.mapping import read_map

__all__ = ["LoadReport", "load_orders", "read_map"]
