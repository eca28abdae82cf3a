"""Provenance of each artefact: a JSON file a job, and the chains that these files form."""
