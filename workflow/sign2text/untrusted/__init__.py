"""Checks of untrusted files before a library opens them."""
