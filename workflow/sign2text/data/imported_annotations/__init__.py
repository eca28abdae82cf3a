"""Import of annotations from other programs into a table of parts of videos."""
