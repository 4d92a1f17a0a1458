"""Kernels for recurrent networks, written in Numba."""
