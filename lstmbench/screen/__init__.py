"""What a person sees on a terminal while a run goes on, and at its end."""
