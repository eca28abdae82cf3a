"""Losses that trainings are made of, one a file."""
