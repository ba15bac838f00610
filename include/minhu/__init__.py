"""Minhu: measure every night whether the city that was called acted."""

__version__ = "0.1.0"
