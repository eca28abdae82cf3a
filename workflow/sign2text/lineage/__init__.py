"""Provenance of artefacts: a JSON file for each job, and the chains that these files form."""
