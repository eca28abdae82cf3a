"""Downloads and archives: corpora and published models on their way to this machine."""
