"""The synthetic city: real forms, made-up residents, known truth. Nothing in the pipeline imports it."""

from minhu.simulator.grid.grid_server import GridServer
from minhu.simulator.simulate import SimulatedCity, read_city, same_city, simulate

__all__ = ["GridServer", "SimulatedCity", "read_city", "same_city", "simulate"]
