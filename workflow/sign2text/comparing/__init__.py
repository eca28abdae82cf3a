"""Comparisons of experiments with each other and with published tables."""
