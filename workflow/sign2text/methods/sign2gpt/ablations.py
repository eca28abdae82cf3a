"""Sign2GPT's tables whose rows are compared: names in words, and the pairs of its argument."""

from sign2text.papers.directions import F1, Ablation

OWN_SPATIAL = "Spatial Adapters + Local Attention + Downsampling"
OWN_POSITIONS = "Sinusoidal positional"

ABLATIONS = {
    # Rows of other systems take no part. Table 3 has the same three systems on another corpus, with
    # the last two in another order: on one data set of ours its directions could not all hold.
    "2": Ablation(
        "with or without pseudo-gloss pretraining",
        {
            "Sign2GPT": "training without pseudo-glosses",
            "Sign2GPT(w/PGP)": "pretraining on pseudo-glosses",
            "Sign(Z)2GPT(w/PGP)": "pretraining on pseudo-glosses with a frozen sign encoder",
        },
        argument=(("Sign2GPT(w/PGP)", "Sign2GPT"),),
    ),
    "4": Ablation(
        "parts of the sign encoder, and positions in the decoder",
        {
            OWN_SPATIAL: "spatial adapters, local attention and downsampling",
            "No Spatial Adapters": "no spatial adapters",
            "No Local Attention (+ Global Attention)": "global attention",
            "No Downsampling on Sign Encoder": "no downsampling",
            "No positional": "no positions",
            "Learnable positional (zero init)": "positions learned from zero",
            "Learnable positional (random init)": "positions learned from random ones",
            OWN_POSITIONS: "sinusoidal positions",
        },
        argument=(
            (OWN_SPATIAL, "No Spatial Adapters"),
            (OWN_SPATIAL, "No Local Attention (+ Global Attention)"),
            (OWN_SPATIAL, "No Downsampling on Sign Encoder"),
            (OWN_POSITIONS, "No positional"),
            (OWN_POSITIONS, "Learnable positional (zero init)"),
            (OWN_POSITIONS, "Learnable positional (random init)"),
        ),
        within_setting=True,
    ),
    "11": Ablation(
        "size of the language model",
        {
            "Sign2GPT(w/ PGP) (XGLM-564M)": "XGLM-564M",
            "Sign2GPT(w/ PGP) (XGLM-1.7B)": "XGLM-1.7B",
        },
        argument=(("Sign2GPT(w/ PGP) (XGLM-1.7B)", "Sign2GPT(w/ PGP) (XGLM-564M)"),),
    ),
    "backbone": Ablation(
        "which spatial backbone",
        {"ResNet18": "ResNet18", "DinoV2 (ViT-S/14)": "DINOv2"},
        argument=(("DinoV2 (ViT-S/14)", "ResNet18"),),
    ),
    "pgp-encoder": Ablation(
        "pseudo-gloss pretraining with or without sign encoder",
        {"no sign encoder": "no sign encoder", "sign encoder": "a sign encoder"},
        argument=(("sign encoder", "no sign encoder"),),
        metrics=(F1,),
    ),
    "pgp-tokens": Ablation(
        "which words are pretrained on",
        {"all words": "all words", "pseudo-glosses": "pseudo-glosses"},
        argument=(("pseudo-glosses", "all words"),),
        metrics=(F1,),
    ),
}
"""Ablations by table number."""
