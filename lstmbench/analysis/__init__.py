"""What measured rows say side by side: who is fastest, by how much, how surely."""
