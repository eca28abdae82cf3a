"""Adapters for further corpora that the avatar renders, a module per corpus.

The modules have the interface of data/adapters, whose own code is part of what renders the avatar.
"""
