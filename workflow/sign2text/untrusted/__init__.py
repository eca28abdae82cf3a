"""Checks of files from elsewhere, before a library opens them."""
