"""What `lstmbench gradients` does: for each network, what is left of a gradient after k steps."""
