"""Files, errors, settings, processes and devices: what every other room may use."""
