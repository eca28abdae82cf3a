"""Models and layers, one family a file."""
