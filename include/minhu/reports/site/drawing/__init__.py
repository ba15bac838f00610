"""Drawings of the site as SVG text: pure functions of shown figures. A hidden figure is a gap, and no axis knows it."""
