"""Settings with which every stage of a plan takes no time."""

from pathlib import Path

import yaml

TINY = {
    "synthesize_avatar": {"train": 30, "dev": 6, "test": 10},
    "check_corpus": {"most_steps": 64},
    "sample_frames": {"height": 40, "width": 36},
    "train_tokenizer": {"published": None, "pieces": 40},
    "pretrain_language_model": {
        "published": None,
        "layers": 1,
        "heads": 2,
        "width": 16,
        "feed_forward": 32,
        "positions": 64,
    },
    "pretrain_frame_encoder": {
        "start": "landmarks",
        "stem": 8,
        "widths": [8, 12],
        "depths": [1, 1],
        "crop_height": 32,
        "crop_width": 32,
    },
    "encode_frames": {"crop_height": 32, "crop_width": 32},
    "visual_init": {
        "light_t": {"layers": 1, "heads": 2, "width": 16, "feed_forward": 32, "positions": 64},
        "crop_height": 32,
        "crop_width": 32,
        "training": {"epochs": 5, "batch_size": 4},
    },
    "extract_features": {"views": 3, "frame_budget": 64},
    "finetune_llm": {
        "training": {"epochs": 7, "batch_size": 8},
        "dev_bleu_every": 3,
        "dev_beams": 2,
    },
    "decode": {"beams": 2, "max_new_tokens": 9, "batch_steps": 64},
}


def write_config(**changes):
    """Write a config.yaml of a tiny data set into the folder that is worked in."""
    stages = {stage: TINY[stage] | changes.get(stage, {}) for stage in TINY}
    config = {
        "datasets": {
            "tiny": {"adapter": "avatar", "language": "de", "stages": stages},
            "phoenix": {"adapter": "phoenix", "language": "de"},
            "lectures": {"adapter": "table", "language": "en"},
        },
        "experiments": {"fla_llm": {"method": "fla_llm"}},
    }
    Path("config.yaml").write_text(yaml.safe_dump(config))
    return Path("config.yaml")
