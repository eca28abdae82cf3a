"""Sizes of published models, by their names on the hub."""

FRAME_ENCODERS = {
    "resnet": {
        "microsoft/resnet-18": {
            "embedding_size": 64,
            "hidden_sizes": [64, 128, 256, 512],
            "depths": [2, 2, 2, 2],
            "layer_type": "basic",
        }
    },
    "dinov2": {
        "facebook/dinov2-small": {
            "image_size": 518,
            "patch_size": 14,
            "hidden_size": 384,
            "num_hidden_layers": 12,
            "num_attention_heads": 6,
        }
    },
}
"""Settings of the library's configuration, by architecture and name."""
LANGUAGE_MODELS = {
    "dbmdz/german-gpt2": {
        "layers": 12,
        "heads": 12,
        "width": 768,
        "feed_forward": 3072,
        "positions": 1024,
        "dropout": 0.1,
    },
    "facebook/mbart-large-cc25": {
        "layers": 12,
        "heads": 16,
        "width": 1024,
        "feed_forward": 4096,
        "positions": 1024,
        "dropout": 0.1,
        "attention_dropout": 0.0,
    },
    "facebook/xglm-1.7B": {
        "layers": 24,
        "heads": 16,
        "width": 2048,
        "feed_forward": 8192,
        "positions": 2048,
        "dropout": 0.1,
        "attention_dropout": 0.1,
    },
    "facebook/xglm-564M": {
        "layers": 24,
        "heads": 16,
        "width": 1024,
        "feed_forward": 4096,
        "positions": 2048,
        "dropout": 0.1,
        "attention_dropout": 0.1,
    },
    "google/byt5-small": {
        "layers": 12,
        "heads": 6,
        "width": 1472,
        "feed_forward": 3584,
        "dropout": 0.1,
        "decoder_layers": 4,
        "head_width": 64,
    },
    "google/byt5-base": {
        "layers": 18,
        "heads": 12,
        "width": 1536,
        "feed_forward": 3968,
        "dropout": 0.1,
        "decoder_layers": 6,
        "head_width": 64,
    },
    "google/byt5-large": {
        "layers": 36,
        "heads": 16,
        "width": 1536,
        "feed_forward": 3840,
        "dropout": 0.1,
        "decoder_layers": 12,
        "head_width": 64,
    },
    "google/byt5-xl": {
        "layers": 36,
        "heads": 32,
        "width": 2560,
        "feed_forward": 6720,
        "dropout": 0.1,
        "decoder_layers": 12,
        "head_width": 64,
    },
    "google/mt5-base": {
        "layers": 12,
        "heads": 12,
        "width": 768,
        "feed_forward": 2048,
        "dropout": 0.1,
    },
    "google/mt5-large": {
        "layers": 24,
        "heads": 16,
        "width": 1024,
        "feed_forward": 2816,
        "dropout": 0.1,
    },
    "google/mt5-xl": {
        "layers": 24,
        "heads": 32,
        "width": 2048,
        "feed_forward": 5120,
        "dropout": 0.1,
    },
    "google/t5-v1_1-base": {
        "layers": 12,
        "heads": 12,
        "width": 768,
        "feed_forward": 2048,
        "dropout": 0.1,
    },
    "google/t5-v1_1-large": {
        "layers": 24,
        "heads": 16,
        "width": 1024,
        "feed_forward": 2816,
        "dropout": 0.1,
    },
    "google/t5-v1_1-xl": {
        "layers": 24,
        "heads": 32,
        "width": 2048,
        "feed_forward": 5120,
        "dropout": 0.1,
    },
}
"""Settings of a function in small_language_models.py, by name."""
T5_ROWS = {"google/byt5": 384, "google/mt5": 250_112, "google/t5-v1_1": 32_128}
"""Rows of the published embeddings and heads of T5s, by the beginning of the name."""
