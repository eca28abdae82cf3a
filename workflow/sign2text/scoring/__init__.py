"""Metrics, significance and published numbers."""
