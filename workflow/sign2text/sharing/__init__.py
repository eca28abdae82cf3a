"""Publish the artefacts of a target with DVC, and pull them on other machines."""
