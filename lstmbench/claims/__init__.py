"""What `lstmbench claims` does: the field's claims about LSTMs, each measured and judged.

`plan` says what is run, `evidence` runs it and keeps it, and a module for each group of claims says
what they are, where they are from, what was measured, and whether they hold.
"""
