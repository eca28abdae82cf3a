"""The command `sign2text`."""
