"""Measurements, each beside its limit or its peer in the same run (docs/bench.md). A goal that is missed is told."""
