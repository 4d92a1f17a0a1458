"""The elementwise step of each cell and its derivative, written once for every target."""
