"""Adapters for corpora of landmarks, a module per corpus: no clip has a video.

The modules have the interface of data/adapters. `video` of their manifests is a file of landmarks,
`.pose` or `.npy`, whose length landmarks/lengths.py reads.
"""
