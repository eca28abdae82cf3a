"""Files, errors, settings, processes and devices: the base of all other subpackages."""
