"""Methods, the systems of the literature: a folder each, found by its name."""
