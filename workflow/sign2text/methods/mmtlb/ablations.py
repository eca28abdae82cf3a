"""MMTLB's ablation tables: the rows in words, and the pairs that its argument rests on."""

from sign2text.papers.directions import BLEU4, WER, Ablation

ABLATIONS = {
    "3": Ablation(
        "what the visual encoder is pretrained on",
        {
            "S2G only": "Sign2Gloss alone",
            "K400 + S2G": "actions and Sign2Gloss",
            "K400 + WLASL + S2G": "actions, isolated signs and Sign2Gloss",
            "K400 + WLASL": "actions and isolated signs without Sign2Gloss",
        },
        argument=(("K400 + WLASL + S2G", "K400 + WLASL"),),
        metrics=(BLEU4, WER),
    ),
    "4": Ablation(
        "which language model translates glosses",
        {
            "GPT2 Scratch": "GPT-2 without pretraining",
            "mBart Scratch": "mBART without pretraining",
            "GPT2 w/ German Corpus": "GPT-2 with pretraining",
            "mBART w/ CC25": "mBART with pretraining",
        },
        argument=(("mBART w/ CC25", "mBart Scratch"),),
    ),
    "5": Ablation(
        "what the language model is pretrained on",
        {
            "none": "nothing",
            "Gloss2Text": "Gloss2Text alone",
            "CC25": "text alone",
            "CC25 + Gloss2Text": "text and Gloss2Text",
        },
        argument=(("CC25 + Gloss2Text", "Gloss2Text"),),
    ),
    "6": Ablation(
        "what the language model reads",
        {
            "Gloss2Text": "true glosses",
            "Sign2Gloss2Text": "recognised glosses",
            "Sign2Text w/ Gloss Logits": "gloss logits",
            "Sign2Text w/ Gloss Reps": "gloss representations",
            "Sign2Text w/ S3D Features": "features of S3D",
        },
        argument=(
            ("Sign2Text w/ Gloss Reps", "Sign2Gloss2Text"),
            ("Sign2Text w/ Gloss Reps", "Gloss2Text"),
        ),
    ),
}
"""Ablations by table number."""
