"""Small models of Sign2GPT."""

from functools import partial
from typing import Any

import torch
from transformers import Dinov2Config, set_seed
from translator_cases import Case

from sign2text.data.clips import IGNORED
from sign2text.losses.binary_cross_entropy import BinaryCrossEntropy
from sign2text.losses.token_cross_entropy import token_loss
from sign2text.methods.sign2gpt.prototype_model import PrototypeModel, PrototypeModelConfig
from sign2text.methods.sign2gpt.pseudo_gloss_targets import LABELS
from sign2text.methods.sign2gpt.translator import SignTranslator, SignTranslatorConfig
from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.small_language_models import xglm_config

SIDE = 28
"""Side of a crop in pixels: two patches."""
WORDS = ["regen", "sonne", "nord"]


def vision() -> Dinov2Config:
    """Return a vision transformer of two blocks, with positions for images of 42 x 42 pixels."""
    return Dinov2Config(
        image_size=42, patch_size=14, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        mlp_ratio=2,
    )  # fmt: skip


def prototype_config(**changes: Any) -> PrototypeModelConfig:
    values = {
        "frames": FrameEncoderConfig(dinov2=vision()),
        "lora_blocks": [1],
        "sign_encoder": {
            "width": 16, "heads": 2, "feed_forward": 32, "layer_scale": 0.5, "window": 3,
        },
        "pseudo_glosses": WORDS,
        "vector_width": 6,
        "crop_size": [SIDE, SIDE],
        "frame_size": [32, 32],
    }  # fmt: skip
    return PrototypeModelConfig(**(values | changes))


def prototype_model(**changes: Any) -> PrototypeModel:
    """Make a model in evaluation mode with effective increments and BatchNorm."""
    set_seed(0)
    model = PrototypeModel(prototype_config(**changes))
    for name, each in model.named_parameters():
        if name.endswith("b.weight"):
            torch.nn.init.normal_(each, std=0.5)
    torch.nn.init.normal_(model.backbone.normalization.running_mean, std=0.1)
    if model.head is not None:
        model.head.vectors.normal_()
        model.head.known.fill_(True)
    return model.eval()


def random_frames(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, SIDE, SIDE, 3), dtype=torch.uint8, generator=generator)


def prototypes(tokenizer: Any) -> Case:
    model = prototype_model()
    model.backbone.frame_encoder.set_attn_implementation("eager")
    labels = torch.tensor([[1.0, 0, 0], [0, 1, 1]])
    inputs = {"frames": random_frames(8), "lengths": torch.tensor([5, 3])}
    return Case(model.train(), inputs, {LABELS: labels}, loss, ("sign_features",))


def loss(model: PrototypeModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    given = {name: values for name, values in batch.items() if name != LABELS}
    return BinaryCrossEntropy(target=LABELS).sum(model(**given), batch)


def translator(inputs: str, tokenizer: Any) -> Case:
    """Make the translator on frames or on stored features, with its gates half open."""
    set_seed(0)
    sizes = xglm_config(
        tokenizer, layers=1, heads=2, width=16, feed_forward=32, positions=64, dropout=0.0,
        attention_dropout=0.0,
    )  # fmt: skip
    model = SignTranslator(
        SignTranslatorConfig(
            encoder=prototype_config(pseudo_glosses=[]),
            language_model=sizes,
            through_encoder=inputs == "frames",
        )
    ).train()
    for layer in model.decoder.model.layers:
        torch.nn.init.constant_(layer.self_attn.gate, 0.5)
    model.encoder.backbone.frame_encoder.set_attn_implementation("eager")
    given = {"frames": random_frames(8), "lengths": torch.tensor([5, 3])}
    if inputs == "features":
        given = {"features": torch.randn(5, 16), "lengths": torch.tensor([3, 2])}
    start = model.start_token
    targets = {
        "decoder_input_ids": torch.tensor([[start, 5, 6], [start, 7, 1]]),
        "labels": torch.tensor([[5, 6, 2], [7, 2, IGNORED]]),
    }
    return Case(model, given, targets, translation_loss)


def translation_loss(model: SignTranslator, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    given = {name: values for name, values in batch.items() if name != "labels"}
    return token_loss(model(**given).logits, batch["labels"], 0.1)


TRANSLATORS = {
    "prototypes": prototypes,
    **{f"translator on {each}": partial(translator, each) for each in ("frames", "features")},
}
