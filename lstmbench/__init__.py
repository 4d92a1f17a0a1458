"""Benchmarks for recurrent networks, measured honestly."""
