"""The machine: what it is, what its processors do meanwhile, what it draws."""
