"""Metrics, significance and score files."""
