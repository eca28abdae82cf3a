"""Downloads and archives of corpora and published models."""
