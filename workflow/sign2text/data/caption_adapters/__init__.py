"""Adapters for captioned videos, a module per corpus: a clip is a part of a video.

The modules have the interface of data/adapters, and `read_captions` for captions in other written
languages. The avatar cannot sign these corpora, since they have no glosses.
"""
