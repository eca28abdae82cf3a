"""What made each artefact: one JSON beside what a job made, and the chains that these form."""
