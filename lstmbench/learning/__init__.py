"""What `lstmbench learn` does: the same training with several backends, until a target is reached.

A trial is one cell, one backend and one seed.  All trials of a seed begin with the same weights,
which are ours, converted, and see the same batches in the same order.
"""
