"""One module a stage: a `Config`, a `run`, a command line, and what it reads (`READS`)."""
