"""FLa-LLM's ablation tables: the rows in words, and the pairs that its argument rests on."""

from sign2text.papers.directions import Ablation

ABLATIONS = {
    "4": Ablation(
        "one joint training or two",
        {"joint": "one joint training", "factorized": "two separate trainings"},
        argument=(("factorized", "joint"),),
    ),
    "5": Ablation(
        "which of the two trainings",
        {
            "LFS only": "LLM fine-tuning alone",
            "VIS only": "visual initialising alone",
            "VIS + LFS": "visual initialising with LLM fine-tuning",
        },
        argument=(("VIS + LFS", "LFS only"),),
    ),
    "6": Ablation(
        "share of the frames",
        {
            "100%": "all frames",
            "50%": "half of the frames",
            "25%": "a quarter of the frames",
            "12.5%": "an eighth of the frames",
        },
    ),
    "7": Ablation(
        "size of Light-T",
        {size: f"a {size.lower()} Light-T" for size in ("Tiny", "Small", "Base", "Large")},
    ),
    "8": Ablation(
        "what the language model reads",
        {
            "Frame-wise": "frame-wise features",
            "Sign-wise": "sign-wise features",
            "Hidden states": "hidden states of Light-T's encoder",
        },
    ),
    "9": Ablation(
        "what is frozen in LLM fine-tuning",
        {
            "none frozen": "nothing frozen",
            "VB frozen": "the vision backbone frozen",
            "VB + TM frozen": "vision backbone and temporal module frozen",
        },
    ),
    "10": Ablation(
        "which language model",
        {
            "MBart w/o pre": "mBART without pretraining",
            "MT5-Base w/o pre": "MT5 without pretraining",
            "MBart w/ pre": "mBART with pretraining",
            "MT5-Base w/ pre": "MT5 with pretraining",
        },
    ),
}
"""Ablations by table number."""
