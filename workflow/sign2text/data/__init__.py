"""Corpora: adapters, manifests, frame store, sampling and batches."""
