"""What `lstmbench guess` does: weights are drawn at random until a network is right."""
