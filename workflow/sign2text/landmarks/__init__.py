"""Landmarks of signers: their store, how it is filled, and how models read it."""
