"""Scaling Sign Language Translation (Zhang et al. 2024): one model for several tasks."""
