"""Every model and its training keep to one device: no tensor is made on the CPU beside a GPU."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pretended_device import MixedDevicesError, pretending
from transformers import MBartConfig, MT5Config, PreTrainedModel, ResNetConfig, set_seed

from sign2text.data.clips import IGNORED, Collator, FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.ground.processes import processes
from sign2text.losses.coordinate_distance import CoordinateDistance
from sign2text.losses.loss import Loss
from sign2text.losses.token_cross_entropy import TokenCrossEntropy
from sign2text.methods.fla_llm.light_t import mbart_config
from sign2text.methods.fla_llm.translator import SignTranslator, SignTranslatorConfig
from sign2text.models.beam_search import beam_search
from sign2text.models.frame_encoder import FrameEncoderConfig
from sign2text.models.landmark_regressor import LandmarkRegressor
from sign2text.models.language_model import make_language_model
from sign2text.text.denoising import NoisySentences
from sign2text.training.dev_loss import DevLoss
from sign2text.training.settings import Training
from sign2text.training.stopping import StopOnSignal
from sign2text.training.task import Task

LENGTHS, FRAMES = [5, 3], 8
INPUTS = {
    "frames": lambda: torch.randint(0, 255, (FRAMES, 32, 32, 3), dtype=torch.uint8),
    "frame_features": lambda: torch.randn(FRAMES, 12),
    "features": lambda: torch.randn(FRAMES, 12),
}


def mt5(tokenizer: Any) -> MT5Config:
    return MT5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
        decoder_start_token_id=tokenizer.start_token_id,
    )  # fmt: skip


def mbart(tokenizer: Any) -> MBartConfig:
    return mbart_config(
        tokenizer, layers=1, heads=2, width=16, feed_forward=32, positions=64, dropout=0.0,
        attention_dropout=0.0,
    )  # fmt: skip


TRANSLATORS: dict[str, dict[str, Any]] = {
    "mBART": {"language_model": mbart, "light": False},
    "mT5": {"language_model": mt5, "light": False, "own_head": True},
    "frame-wise features": {"language_model": mbart, "light": False, "feature": "frame_wise"},
    "Light-T": {"language_model": mbart, "light": True},
}
ENCODER = ResNetConfig(embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic")


def make(tokenizer: Any, kind: str) -> SignTranslator:
    settings = dict(TRANSLATORS[kind])
    language_model = settings.pop("language_model")(tokenizer)
    frames = FrameEncoderConfig(resnet=ENCODER)
    set_seed(0)
    model = SignTranslator(
        SignTranslatorConfig(frames=frames, language_model=language_model, **settings)
    )
    model.language_model.set_attn_implementation("eager")
    return model.train()


TRANSLATION = TokenCrossEntropy(0.1)


def backward(model: PreTrainedModel, batch: dict[str, torch.Tensor], loss: Loss) -> None:
    """A step as the training takes it, and that every trained weight has got a gradient."""
    inputs = {key: value for key, value in batch.items() if key != loss.target}
    loss.sum(model(**inputs), batch).backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def translation_batch(key: str, start: int) -> dict[str, torch.Tensor]:
    return {
        key: INPUTS[key](),
        "lengths": torch.tensor(LENGTHS),
        "decoder_input_ids": torch.tensor([[start, 5, 6], [start, 7, 1]]),
        "labels": torch.tensor([[5, 6, 2], [7, 2, IGNORED]]),
    }


@pytest.mark.parametrize("key", INPUTS)
@pytest.mark.parametrize("kind", TRANSLATORS)
def test_a_translator_trains_and_writes_on_one_device(
    tiny_tokenizer: Any, kind: str, key: str
) -> None:
    model = make(tiny_tokenizer, kind)
    batch = translation_batch(key, model.start_token)
    with pretending(model, *batch.values()):
        backward(model, dict(batch), TRANSLATION)
        model.eval()
        with torch.no_grad():
            features = model.to_features(batch["lengths"], **{key: batch[key]})
        for beams in (1, 3):
            tokens, scores = model.generate(
                features, batch["lengths"], max_new_tokens=4, num_beams=beams
            )
            assert len(tokens) == len(scores) == len(LENGTHS)


def test_hidden_states_of_light_t_too(tiny_tokenizer: Any) -> None:
    model = make(tiny_tokenizer, "Light-T").eval()
    model.add_hidden_states()
    frames, lengths = INPUTS["frames"](), torch.tensor(LENGTHS)
    with pretending(model, frames, lengths), torch.no_grad():
        assert model.encode_frames(frames, lengths).hidden_states.shape == (FRAMES, 16)


def test_decoding_and_the_dev_loss_bring_their_batches_there(
    tiny_tokenizer: Any, tmp_path: Path
) -> None:
    """Stored features are read on the CPU."""
    model = make(tiny_tokenizer, "mBART").eval()
    views = [INPUTS["features"]()]
    write_features(tmp_path / "dev.safetensors", ["a", "b"], LENGTHS, views, feature="sign_wise")
    store = FeatureStore(tmp_path / "dev.safetensors")
    clips = FeatureClips(store, ["a", "b"], [[5, 6, 2], [7, 2]], seed=None)
    collate = Collator(clips.key, tiny_tokenizer.pad_token_id, model.start_token)
    losses = {"translation": TRANSLATION}
    task = Task(model, losses, [], clips, clips, collate, Training(), seed=1)
    with pretending(model):
        texts, scores = beam_search(model, tiny_tokenizer, clips, beams=2, max_new_tokens=4)
        loss = DevLoss(task)(model, StopOnSignal(processes()))
    assert len(texts) == len(scores) == 2 and loss["loss"] > 0


@pytest.mark.parametrize("config", [mbart, mt5])
def test_the_language_model_is_pretrained_on_one_device(
    tiny_tokenizer: Any, config: Callable[[Any], Any]
) -> None:
    set_seed(0)
    model = make_language_model(config(tiny_tokenizer), own_head=config is mt5).train()
    model.set_attn_implementation("eager")
    sentences = ["am montag regnet es", "im norden scheint"]
    noisy = NoisySentences(tiny_tokenizer, sentences, share=0.3, mean=2, seed=1)
    batch = noisy.collate([noisy[0, 0], noisy[1, 0]])
    with pretending(model, *batch.values()):
        backward(model, batch, TRANSLATION)


def test_the_frame_encoder_learns_landmarks_on_one_device() -> None:
    set_seed(0)
    model = LandmarkRegressor(FrameEncoderConfig(resnet=ENCODER)).train()
    batch = {"frames": INPUTS["frames"]()}
    with torch.no_grad():
        batch["labels"] = torch.zeros_like(model(**batch).logits)
    with pretending(model, *batch.values()):
        backward(model, batch, CoordinateDistance())


@pytest.mark.parametrize("fault", ["an input that was left behind", "made without a device"])
def test_a_fault_is_found(tiny_tokenizer: Any, fault: str) -> None:
    model = make(tiny_tokenizer, "mBART")
    batch = translation_batch("features", model.start_token)
    there = list(batch.values())
    if fault == "made without a device":
        adapter = model.adapter.forward
        model.adapter.forward = lambda features: (
            adapter(features) + torch.arange(len(features))[:, None] * 0.0
        )
    else:
        del there[0]
    with pretending(model, *there), pytest.raises(MixedDevicesError, match="are on the CPU"):
        backward(model, batch, TRANSLATION)
