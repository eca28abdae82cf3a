"""Losses of trainings, one per file."""
