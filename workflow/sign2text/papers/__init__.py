"""The papers' published tables, and the directions that they show."""
