"""Annotations that people make with other programs, turned into a table of parts of videos."""
