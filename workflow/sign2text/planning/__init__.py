"""Time and memory of a target on this machine, from a few steps of each stage at true sizes."""
