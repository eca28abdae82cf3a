"""Stages as jobs: their command line, and their interaction with Snakemake."""
