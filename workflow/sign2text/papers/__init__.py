"""The published tables of the source documents, and the directions that they show."""
