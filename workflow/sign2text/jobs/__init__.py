"""Stages as jobs: their command line, and how they live under Snakemake."""
