"""Architectures, texts and sizes of small language models."""

TYPES = ("mbart", "mt5")
TEXTS = ["am montag regnet es .", "im norden scheint die sonne", "heute nacht schneit es"]
SIZES = {"layers": 1, "heads": 2, "width": 16, "feed_forward": 32, "dropout": 0.0}
