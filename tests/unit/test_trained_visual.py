"""Visual encoder parts that fine-tuning trains, and translators' inputs: stored or frames."""

import csv
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from sign2text.commands.translate import ClipTranslator
from sign2text.data.augmentation import Augmentation
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.manifest import read_manifest
from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.llm_translator import build_translator
from sign2text.methods.fla_llm.stages import finetune_llm
from sign2text.methods.fla_llm.translator_clips import translator_clips
from sign2text.models.translator import load_translator
from sign2text.scoring.conventions import CONVENTIONS
from sign2text.stages import decode, extract_features
from sign2text.training.dev_bleu import corpus_bleu4
from sign2text.training.history import chosen_checkpoint, read_history
from sign2text.training.trainer import train

sys.path.insert(0, str(Path(__file__).parent))
from tiny_corpus import run_visual_init, write_corpus
from tiny_training import configure

FEATURES = ("frame_wise", "sign_wise", "hidden_states")
SETTINGS = {
    "epochs": 2,
    "batch_size": 2,
    "learning_rate": 0.01,
    "adapter_learning_rate": 0.01,
    "visual_learning_rate": 0.01,
    "dropout": 0.1,
    "attention_dropout": 0.0,
    "dev_bleu_every": 0,
    "dev_beams": 2,
    "dev_max_new_tokens": 12,
}
# (trained_visual, input): every combination in the paper's tables.
WAYS = [("nothing", feature) for feature in FEATURES]
WAYS += [("temporal_module", "frame_wise"), ("all", "frames")]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, tiny_tokenizer):
    """Make a tiny corpus, a visual encoder trained on it, and its features."""
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, tiny_tokenizer)
    augmentation = Augmentation(brightness=0.3, colour_probability=1.0)
    run_visual_init(folder, folder / "visual_init", encoded=False, augmentation=augmentation)
    for feature in FEATURES:
        for split in ("train", "dev"):
            extract_features.run(
                frames=folder / f"{split}.tar",
                model=folder / "visual_init" / "model.safetensors",
                output=folder / feature / f"{split}.safetensors",
                config=extract_features.Config(feature=feature),
                split=split,
            )
    return folder


@pytest.fixture(scope="module")
def language_model(corpus, tiny_tokenizer):
    """Make a small mBART, wider than Light-T."""
    from transformers import MBartForConditionalGeneration, set_seed

    from sign2text.models.small_language_models import mbart_config

    set_seed(5)
    sizes = {"layers": 1, "heads": 2, "width": 24, "feed_forward": 32, "positions": 64}
    config = mbart_config(tiny_tokenizer, **sizes, dropout=0.0, attention_dropout=0.0)
    MBartForConditionalGeneration(config).save_pretrained(corpus / "language_model")
    return corpus / "language_model"


def read(corpus, way, prefixes=("train_", "dev_")):
    """Return a stage's arguments for the input of each split."""
    kind, folder = ("frames", corpus) if way == "frames" else ("features", corpus / way)
    ending = ".tar" if kind == "frames" else ".safetensors"
    return {f"{each}{kind}": folder / f"{each.rstrip('_') or 'dev'}{ending}" for each in prefixes}


@pytest.fixture(scope="module")
def finetune(corpus, language_model, tmp_path_factory):
    """Fine-tune one way, and return the output folder."""

    def run(trained, way, **settings):
        output = tmp_path_factory.mktemp("finetune_llm")
        finetune_llm.run(
            train_manifest=corpus / "train.tsv",
            dev_manifest=corpus / "dev.tsv",
            tokenizer=corpus / "tokenizer" / "tokenizer.json",
            language_model=language_model / "model.safetensors",
            visual_init=corpus / "visual_init" / "model.safetensors",
            output=output,
            config=configure(finetune_llm, **(SETTINGS | settings), trained_visual=trained),
            **read(corpus, way),
        )
        return output

    return run


@pytest.fixture(scope="module")
def finetuned(finetune):
    """Fine-tune each way only once."""
    made = {}

    def get(trained, way):
        if (trained, way) not in made:
            made[trained, way] = finetune(trained, way)
        return made[trained, way]

    return get


def decode_dev(corpus, model, way, output):
    """Return dev's hypotheses and their scores by clip, as written by the stage decode."""
    decode.run(
        manifest=corpus / "dev.tsv",
        model=model / "model.safetensors",
        output=output,
        config=decode.Config(beams=3, max_new_tokens=10),
        **read(corpus, way, prefixes=("",)),
    )
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return {row["id"]: (row["hypothesis"], float(row["score"])) for row in rows}


@pytest.mark.parametrize(("trained", "way"), WAYS)
def test_exactly_what_is_trained_changes_and_the_rest_not_by_a_bit(corpus, finetuned, trained, way):
    before = load_file(corpus / "visual_init" / "model.safetensors")
    after = load_file(finetuned(trained, way) / "model.safetensors")
    moved = {
        name
        for name in before
        if name.startswith("encoder.") and not torch.equal(before[name], after[name])
    }
    # Weights, running statistics and counts of batches; not the constants of the normalisation.
    everything = {name for name in before if name.startswith("encoder.")}
    everything -= {"encoder.frames.scale", "encoder.frames.shift"}
    temporal = {name for name in everything if name.startswith("encoder.temporal.")}
    assert len(temporal) == 7
    expected = {"nothing": set(), "temporal_module": temporal, "all": everything}[trained]
    assert moved == expected
    config = load_translator(finetuned(trained, way)).config
    assert config.trained_visual == trained
    assert config.feature == (way if trained == "nothing" else "sign_wise")


def test_hidden_states_carry_light_ts_encoder_as_it_was(corpus, finetuned):
    before = load_file(corpus / "visual_init" / "model.safetensors")
    after = load_file(finetuned("nothing", "hidden_states") / "model.safetensors")
    carried = {name for name in after if name.startswith("encoder.hidden.")}
    assert "encoder.hidden.encoder.layers.0.self_attn.k_proj.weight" in carried
    assert not any("embed_tokens" in name for name in carried)
    for name in carried:
        source = name.removeprefix("encoder.hidden.")
        if source.startswith("encoder."):
            source = f"language_model.model.{source}"
        assert torch.equal(after[name], before[source]), name
    assert after["adapter.hidden.weight"].shape == (24, 16), "from Light-T's width"
    other = load_file(finetuned("nothing", "sign_wise") / "model.safetensors")
    assert not any(name.startswith("encoder.hidden.") for name in other)


@pytest.mark.parametrize(("trained", "way"), WAYS)
def test_each_part_has_its_rate(corpus, language_model, trained, way):
    rates = {"learning_rate": 1e-5, "adapter_learning_rate": 1e-3, "visual_learning_rate": 1e-4}
    config = configure(finetune_llm, trained_visual=trained, **rates)
    stored = "sign_wise" if way == "frames" else way
    model = build_translator(corpus / "visual_init", language_model, stored, config)
    groups = finetune_llm.parameter_groups(config, model)
    found = {id(p): group["lr"] for group in groups for p in group["params"]}
    assert len(found) == sum(len(group["params"]) for group in groups), "each once"
    expected = {}
    for name, parameter in model.named_parameters():
        part = name.split(".")[0]
        if part != "encoder":
            expected[id(parameter)] = 1e-3 if part == "adapter" else 1e-5
        elif trained == "all" or (trained != "nothing" and "temporal" in name):
            expected[id(parameter)] = 1e-4
        else:
            assert not parameter.requires_grad
    assert found == expected


@pytest.mark.parametrize(
    ("trained", "way"), [*WAYS, ("light_t", "sign_wise"), ("light_t", "frames")]
)
def test_translate_gives_what_decode_gives(corpus, finetuned, tmp_path, trained, way):
    folder = corpus / "visual_init" if trained == "light_t" else finetuned(trained, way)
    decoded = decode_dev(corpus, folder, way, tmp_path / "dev.tsv")
    assert len({score for _, score in decoded.values()}) > 1, "equal ones would hide a mix-up"
    translator = ClipTranslator(folder)
    for clip, (hypothesis, score) in decoded.items():
        (found,) = translator.translate(corpus / clip, beams=3, max_new_tokens=10)
        assert found[0] == hypothesis
        assert found[1] == pytest.approx(score, abs=2e-4)


@pytest.mark.parametrize(("trained", "way"), WAYS)
def test_a_clip_is_given_the_same_alone_and_in_a_batch(corpus, finetuned, trained, way):
    model = load_translator(finetuned(trained, way))
    ids = ["train-1", "train-2", "train-0", "train-5"]
    frames = translator_clips(
        model.config, ids, None, features=None, frames=corpus / "train.tar", seed=None
    )
    steps = [frames[clip, 0]["steps"] for clip in range(len(ids))]
    lengths = torch.tensor([len(each) for each in steps])
    assert len(set(lengths.tolist())) == len(ids)
    with torch.no_grad():
        together = model.to_features(lengths, frames=torch.cat(steps)).split(lengths.tolist())
        frame_wise = model.encoder.frames(torch.cat(steps)).split(lengths.tolist())
        for number in range(len(ids)):
            length = lengths[number : number + 1]
            given = {"frames": steps[number]}, {"frame_features": frame_wise[number]}
            for each in given:
                alone = model.to_features(length, **each)
                assert torch.allclose(alone, together[number], atol=1e-5)
    if trained == "nothing":
        stored = {"features": corpus / way / "train.safetensors", "frames": None}
        clips = translator_clips(model.config, ids, None, seed=None, **stored)
        for number in range(len(ids)):
            assert torch.allclose(clips[number, 0]["steps"], together[number], atol=1e-5)


def test_dev_bleu_from_frames_is_that_of_decode_from_frames(corpus, finetune, tmp_path):
    settings = {"epochs": 3, "dev_bleu_every": 1, "dev_beams": 3, "dev_max_new_tokens": 10}
    folder = finetune("all", "frames", **settings)
    assert read_history(folder / "history.tsv")["dev_bleu4"].notna().sum() == 3
    decode_dev(corpus, folder, "frames", tmp_path / "dev.tsv")
    rows = read_manifest(corpus / "dev.tsv")
    (table,) = read_hypotheses(tmp_path / "dev.tsv", rows["id"].tolist())
    bleu = corpus_bleu4(table["hypothesis"].tolist(), rows["text"].tolist(), CONVENTIONS["words"])
    chosen = chosen_checkpoint(folder / "history.tsv")
    assert chosen["dev_bleu4"] == pytest.approx(bleu, abs=1e-3)


def test_frames_are_sampled_and_changed_as_in_visual_init(corpus, finetuned):
    config = load_translator(finetuned("all", "frames")).config
    train, dev = (
        translator_clips(
            config, [f"{split}-0"], None, features=None, frames=corpus / f"{split}.tar", seed=seed
        )
        for split, seed in (("train", 1), ("dev", None))
    )
    assert (train.rate, train.crop) == (0.5, (32, 32))
    assert (train.augmentation.brightness, train.augmentation.rotation) == (0.3, 0.0)
    assert not torch.equal(train[0, 0]["steps"], train[0, 1]["steps"])
    assert torch.equal(dev[0, 0]["steps"], dev[0, 1]["steps"])


def test_stored_features_train_as_the_frozen_encoder_run_in_each_step_does(
    corpus, finetune, language_model, tiny_tokenizer, tmp_path
):
    """Fine-tuning reads one stored view; here the loop gets that view's frames instead."""
    settings = {"epochs": 4, "dropout": 0.1}
    stored = read_history(finetune("nothing", "sign_wise", **settings) / "history.tsv")
    config = configure(finetune_llm, **(SETTINGS | settings))
    model = build_translator(corpus / "visual_init", language_model, "sign_wise", config)
    encoded = []
    model.encoder.frames.register_forward_hook(lambda *_: encoded.append(model.training))
    train_data, dev_data = (
        finetune_llm.read_clips(
            split,
            *(corpus / f"{split}.tsv", None, corpus / f"{split}.tar"),
            *(tiny_tokenizer, model, config),
        )
        for split in ("train", "dev")
    )
    train_data.seed = None  # frames and crop of evaluation, as in the first view
    data = {"train": train_data, "dev": dev_data}
    rows = train(finetune_llm.task_of(config, model, tiny_tokenizer, data), tmp_path / "state")
    # Three batches in each of four epochs.
    assert sum(encoded) == 12 and len(encoded) > 12
    assert stored["loss"].notna().sum() == 12 and stored["dev_loss"].notna().sum() == 4
    columns = ["step", "loss", "dev_loss", "grad_norm", "grad_norm_adapter", "norm_language"]
    found = pd.DataFrame(rows)[columns]
    pd.testing.assert_frame_equal(
        found, stored[columns], rtol=0, atol=1e-5, check_dtype=False, obj="history"
    )
    assert stored["dev_loss"].iloc[-1] < stored["dev_loss"].dropna().iloc[0] - 0.1


def test_another_number_of_workers_reads_the_same(finetune, finetuned):
    plain = load_file(finetuned("all", "frames") / "model.safetensors")
    forked = load_file(finetune("all", "frames", workers=1) / "model.safetensors")
    assert all(torch.equal(value, plain[name]) for name, value in forked.items())


@pytest.mark.parametrize(
    ("trained", "way", "given", "message"),
    [
        (
            "all",
            "frames",
            "sign_wise",
            "of which this translator can make nothing; expected --fram",
        ),
        ("all", "frames", "frame_wise", "the frame encoder was trained with the language model"),
        (
            "temporal_module",
            "frame_wise",
            "sign_wise",
            "expected one of them, the features 'frame_",
        ),
        ("nothing", "sign_wise", "hidden_states", "expected one of them, the features 'sign_wise'"),
        ("nothing", "frame_wise", "sign_wise", "expected one of them, the features 'frame_wise'"),
    ],
)
def test_features_that_do_not_fit_a_model_are_refused(
    corpus, finetuned, tmp_path, trained, way, given, message
):
    with pytest.raises(InputError, match=f"dev.safetensors: holds features '{given}'.*{message}"):
        decode_dev(corpus, finetuned(trained, way), given, tmp_path / "dev.tsv")


def test_frame_wise_features_serve_every_model_with_a_frozen_frame_encoder(
    corpus, finetuned, tmp_path
):
    for feature in FEATURES:
        folder = finetuned("nothing", feature)
        own = decode_dev(corpus, folder, feature, tmp_path / "own.tsv")
        other = decode_dev(corpus, folder, "frame_wise", tmp_path / "other.tsv")
        for clip, (hypothesis, score) in own.items():
            assert other[clip][0] == hypothesis
            assert other[clip][1] == pytest.approx(score, abs=2e-4)


def test_neither_features_nor_frames_and_both_are_refused(corpus, finetuned):
    config = load_translator(finetuned("nothing", "sign_wise")).config
    given = {"features": corpus / "sign_wise" / "dev.safetensors", "frames": corpus / "dev.tar"}
    with pytest.raises(InputError, match="--dev-features and --dev-frames: neither found"):
        translator_clips(
            config, ["dev-0"], None, features=None, frames=None, seed=None, option="dev-"
        )
    with pytest.raises(InputError, match="--features and --frames: both found, expected one"):
        translator_clips(config, ["dev-0"], None, seed=None, **given)
