"""Training of Sign2GPT's translator on frames and on stored features, with tiny parts."""

import math
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel, ResNetConfig, XGLMForCausalLM, set_seed

from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameStore
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.manifest import read_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.sign2gpt.build_translator import build_translator
from sign2text.methods.sign2gpt.stages import adapt_language_model, pretrain_prototypes
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig
from sign2text.models.small_language_models import xglm_config
from sign2text.models.translator import load_translator
from sign2text.stages import decode, extract_features
from sign2text.training.history import read_history

sys.path.insert(0, str(Path(__file__).parent))
from test_causality import check_causality
from tiny_signs import write_signs

SPLITS = ("train", "dev", "test")


def settings_of(config, **values):
    return read_settings(config, values, "settings")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_signs(tmp_path_factory.mktemp("signs"))


@pytest.fixture(scope="module")
def results(corpus, tmp_path_factory, tiny_tokenizer):
    """Write an encoder without pretraining, its stored features, an XGLM and a tokenizer."""
    folder = tmp_path_factory.mktemp("results")
    set_seed(1)
    sizes = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"
    )  # fmt: skip
    encoder = FrameEncoder(FrameEncoderConfig(resnet=sizes))
    encoder.save_pretrained(folder / "pretrain_frame_encoder")
    pretrain_prototypes.run(
        **{f"{split}_frames": corpus / f"{split}.tar" for split in ("train", "dev")},
        **{f"{split}_manifest": corpus / f"{split}.tsv" for split in ("train", "dev")},
        frame_encoder=folder / "pretrain_frame_encoder" / "model.safetensors",
        output=folder / "pretrain_prototypes",
        config=settings_of(
            pretrain_prototypes.Config,
            lora_blocks=[], crop_height=28, crop_width=28, training={"epochs": 0},
            sign_encoder={"width": 16, "heads": 2, "feed_forward": 32, "layer_scale": 0.1},
        ),
    )  # fmt: skip
    for split in SPLITS:
        extract_features.run(
            frames=corpus / f"{split}.tar",
            model=folder / "pretrain_prototypes" / "model.safetensors",
            output=folder / f"{split}.safetensors",
            config=extract_features.Config(feature="sign_features", views=2),
            split=split,
        )
    save_language_model(folder / "language_model", tiny_tokenizer)
    tiny_tokenizer.save_pretrained(folder / "tokenizer")
    return folder


def save_language_model(folder, tokenizer, positions=64):
    set_seed(2)
    sizes = xglm_config(
        tokenizer, layers=2, heads=2, width=16, feed_forward=32, positions=positions, dropout=0.0,
        attention_dropout=0.0,
    )  # fmt: skip
    XGLMForCausalLM(sizes).save_pretrained(folder)


TRAINING = {"epochs": 2, "batch_size": 6, "learning_rate": 0.01}


def adapt(corpus: Path, results: Path, output: Path, language_model="language_model", **settings):
    kind, ending = ("frames", "tar") if settings.get("through_encoder", True) else (
        "features", "safetensors",
    )  # fmt: skip
    place = corpus if kind == "frames" else results
    adapt_language_model.run(
        **{f"{split}_manifest": corpus / f"{split}.tsv" for split in ("train", "dev")},
        **{f"{split}_{kind}": place / f"{split}.{ending}" for split in ("train", "dev")},
        tokenizer=results / "tokenizer" / "tokenizer.json",
        language_model=results / language_model / "model.safetensors",
        prototypes=results / "pretrain_prototypes" / "model.safetensors",
        output=output,
        config=settings_of(
            adapt_language_model.Config, training=TRAINING, dev_max_new_tokens=6, **settings
        ),
    )
    return output


@pytest.fixture(scope="module")
def on_features(corpus, results):
    return adapt(
        corpus, results, results / "on_features", through_encoder=False, gate_rate=30.0
    )  # fmt: skip


def moved(results: Path, folder: Path) -> list[str]:
    """List the weights and statistics that differ from their initial values."""
    config = settings_of(adapt_language_model.Config)
    model = build_translator(results / "pretrain_prototypes", results / "language_model", config)
    before, after = model.state_dict(), load_translator(folder).state_dict()
    assert before.keys() == after.keys()
    return [name for name, value in after.items() if not torch.equal(before[name], value)]


@pytest.mark.parametrize("through_encoder", [True, False])
def test_a_translator_that_was_just_built_sees_no_later_token(results, through_encoder):
    config = settings_of(adapt_language_model.Config, through_encoder=through_encoder)
    built = build_translator(results / "pretrain_prototypes", results / "language_model", config)
    for layer in built.decoder.model.layers:
        torch.nn.init.constant_(layer.self_attn.gate, 0.5)
    given = {"features": torch.randn(4, 16), "lengths": torch.tensor([4])}
    tokens = torch.tensor([[built.start_token, 5, 6, 7]])
    check_causality(built.eval(), given | {"decoder_input_ids": tokens})


def is_added(name: str) -> bool:
    """Return whether the gated decoder adds this weight to a language model."""
    return any(each in name for each in (".lora.", ".sign_", ".gate"))


def stored(folder: Path) -> set[str]:
    """List the tensors in a translator's own file."""
    return set(load_file(folder / "model.safetensors"))


def decoded(corpus: Path, folder: Path, output: Path, steps: int = 1024, **given: Path) -> Any:
    """Decode the test split in batches of `steps` padded steps; return sentences and scores."""
    decode.run(
        manifest=corpus / "test.tsv",
        model=folder / "model.safetensors",
        output=output,
        config=decode.Config(beams=4, max_new_tokens=6, batch_steps=steps),
        **given,
    )
    (table,) = read_hypotheses(output, read_manifest(corpus / "test.tsv")["id"].tolist())
    return table["hypothesis"].tolist(), table["score"].tolist()


def test_on_frames_backbone_sign_encoder_gates_and_increments_learn(corpus, results, tmp_path):
    folder = adapt(corpus, results, results / "on_frames")
    history = read_history(folder / "history.tsv")
    assert history["dev_bleu4"].dropna().between(0, 100).all()
    losses = history["loss"].dropna()
    assert losses.iloc[-1] < losses.iloc[0]
    for part in ("spatial", "sign_encoder", "decoder"):
        assert history[f"grad_norm_{part}"].dropna().gt(0).any(), part
    found = moved(results, folder)
    for part in ("encoder.backbone.projection.", "encoder.encoder.", "decoder.sign_projection."):
        assert any(name.startswith(part) for name in found), part
    assert not any("frame_encoder" in name for name in found)
    assert all(is_added(name) for name in found if name.startswith("decoder."))
    assert sum(name.endswith(".gate") for name in found) == 2
    own = {name for name in stored(folder) if name.startswith("decoder.")}
    assert own and all(map(is_added, own)), "the language model is not written again"
    _, scores = decoded(corpus, folder, tmp_path / "test.tsv", frames=corpus / "test.tar")
    assert len(set(scores)) > 1


def test_on_stored_features_the_encoder_stays_and_frames_give_the_same(
    corpus, results, on_features, tmp_path
):
    found = moved(results, on_features)
    assert found and all(is_added(name) for name in found)
    assert {name for name in stored(on_features) if not is_added(name)} == {
        f"encoder.backbone.{name}"
        for name, _ in load_translator(on_features).encoder.backbone.named_buffers()
    }
    batched = decoded(
        corpus, on_features, tmp_path / "stored.tsv", features=results / "test.safetensors"
    )
    alone = decoded(
        corpus, on_features, tmp_path / "frames.tsv", steps=1, frames=corpus / "test.tar"
    )
    assert batched[0] == alone[0]
    assert batched[1] == pytest.approx(alone[1], abs=1e-5) and len(set(alone[1])) > 1
    store, frames = FeatureStore(results / "test.safetensors"), FrameStore(corpus / "test.tar")
    # Every second frame, then half of the steps.
    halved = [math.ceil(math.ceil(int(n) / 2) / 2) for n in frames.lengths]
    assert store.lengths.tolist() == halved


def test_a_new_video_is_read_as_in_evaluation(corpus, on_features, tmp_path):
    model, store = load_translator(on_features), FrameStore(corpus / "test.tar")
    clip = tmp_path / "clip"
    clip.mkdir()
    for number, frame in enumerate(store.read(2, range(int(store.lengths[2])))):
        cv2.imwrite(str(clip / f"{number:03}.png"), frame[..., ::-1])
    found = model.read_video(clip)
    clips = model.read_clips(store.ids, None, {"frames": corpus / "test.tar"})
    expected = clips.inputs([2])
    assert found["frames"].shape == expected["frames"].shape
    difference = (found["frames"].int() - expected["frames"].int()).abs()
    assert difference.max() <= 12  # stored once more as JPEG
    assert model.steps_of(int(found["lengths"][0])) == -(-int(expected["lengths"][0]) // 2)


def test_gates_have_their_rate_and_no_decay(results):
    config = settings_of(adapt_language_model.Config, training=TRAINING, gate_rate=30.0)
    model = build_translator(results / "pretrain_prototypes", results / "language_model", config)
    groups = adapt_language_model.parameter_groups(config, model)
    names = {id(each): name for name, each in model.named_parameters()}
    kinds = [
        (group["lr"], group.get("weight_decay"), {names[id(each)] for each in group["params"]})
        for group in groups
    ]
    (rate, decay, decayed), (_, free, rest), (faster, gates_decay, gates) = kinds
    assert (rate, decay, free, faster, gates_decay) == (0.01, None, 0.0, pytest.approx(0.3), 0.0)
    assert gates == {f"decoder.model.layers.{layer}.self_attn.gate" for layer in (0, 1)}
    assert "decoder.model.layers.0.self_attn.q_proj.lora.a.weight" in decayed
    assert "decoder.sign_projection.linear.weight" in decayed
    assert "decoder.sign_projection.linear.bias" in rest
    assert any("scale" in name for name in rest) and not any("scale" in name for name in decayed)
    trained = {name for name, each in model.named_parameters() if each.requires_grad}
    assert decayed | rest | gates == trained


def test_sentences_are_cut_to_the_most_tokens(corpus, results, tiny_tokenizer):
    config = settings_of(adapt_language_model.Config, most_tokens=3)
    model = build_translator(results / "pretrain_prototypes", results / "language_model", config)
    given = {"frames": corpus / "train.tar", "features": None}
    clips = adapt_language_model.read_clips(
        "train", corpus / "train.tsv", given, tiny_tokenizer, model, config
    )
    assert max(map(len, clips.targets)) == 2  # and the start token before them


def test_what_cannot_be_adapted_is_refused(corpus, results, tiny_tokenizer, tmp_path):
    with pytest.raises(InputError, match=r"train-features .*: features found, expected --train-fr"):
        model = build_translator(
            results / "pretrain_prototypes", results / "language_model",
            settings_of(adapt_language_model.Config),
        )  # fmt: skip
        model.read_clips([], None, {"features": results / "train.safetensors"}, option="train-")
    save_language_model(results / "short", tiny_tokenizer, positions=16)
    with pytest.raises(InputError, match=r"short: the language model has 16 positions, expected"):
        adapt(corpus, results, tmp_path / "refused", "short")
    GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=1, n_embd=8, vocab_size=9)).save_pretrained(
        results / "gpt2"
    )
    with pytest.raises(InputError, match=r"gpt2: language model: found model_type 'gpt2'"):
        adapt(corpus, results, tmp_path / "refused", "gpt2")
    ids = read_manifest(corpus / "train.tsv")["id"].tolist()
    values = torch.zeros(3 * len(ids), 16)
    write_features(
        tmp_path / "train.safetensors", ids, [3] * len(ids), [values], feature="sign_wise"
    )
    model = build_translator(
        results / "pretrain_prototypes", results / "language_model",
        settings_of(adapt_language_model.Config, through_encoder=False),
    )  # fmt: skip
    with pytest.raises(
        InputError, match=r"holds features 'sign_wise' of 16 values, expected 'sign_f"
    ):
        model.read_clips(ids, None, {"features": tmp_path / "train.safetensors"})
    found = {
        "pretrain_language_model": {"architecture": "gpt2", "published": None, "positions": 63},
        "extract_features": {"feature": "s3d"},
        "adapt_language_model": {"through_encoder": False, "most_tokens": 64},
    }  # fmt: skip
    told = list(
        adapt_language_model.check_settings(lambda stage: type("Settings", (), found[stage]))
    )
    assert "architecture gpt2, expected xglm" in told[0]
    assert told[1].startswith("most_tokens: found 64, expected at most 63, pretrain_language_model")
    assert "feature sign_features, found s3d" in told[2]


@pytest.mark.long
def test_the_same_seed_gives_the_same_model(corpus, results, on_features):
    again = adapt(corpus, results, results / "again", through_encoder=False, gate_rate=30.0)
    assert (again / "model.safetensors").read_bytes() == (
        on_features / "model.safetensors"
    ).read_bytes()
