"""The formats of other tools, a module each: what they call the same things."""
