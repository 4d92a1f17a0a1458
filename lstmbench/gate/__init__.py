"""A performance gate: two builds on one machine, block by block, and what came of it.

``sides``     the builds that are compared, each a folder or an environment of its own
``blocks``    base, head, control, control, head, base: fresh processes, rows in random order
``stages``    screening, then confirmation of the rows that need it
``records``   what a verdict file holds
``verdict``   what the numbers mean, and the exit code
``comment``   the same as a comment on a pull request
"""
