"""The stage finetune_llm on a tiny corpus: the kept weights are the chosen epoch's."""

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from tiny_training import configure

from sign2text.config.project import Project
from sign2text.data.clips import FeatureClips
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.manifest import read_manifest, write_manifest
from sign2text.ground.errors import InputError
from sign2text.methods.fla_llm.stages import finetune_llm
from sign2text.models.beam_search import beam_search
from sign2text.models.translator import load_translator
from sign2text.scoring.bleu import corpus_scores
from sign2text.scoring.conventions import CONVENTIONS, main_convention
from sign2text.text.tokenizer import load_tokenizer
from sign2text.training.dev_bleu import corpus_bleu4
from sign2text.training.history import chosen_checkpoint, read_history

TEXTS = [
    "am montag regnet es",
    "im norden scheint die sonne",
    "am montag scheint die sonne",
    "im norden regnet es",
]
SETTINGS = {
    "epochs": 60,
    "batch_size": 4,
    "learning_rate": 0.01,
    "adapter_learning_rate": 0.01,
    "dropout": 0.1,
    "attention_dropout": 0.0,
    "label_smoothing": 0.0,
    "dev_beams": 2,
    "dev_max_new_tokens": 40,
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, tiny_tokenizer):
    """Make manifests and stored features of a few clips; dev has the sentences of train."""
    folder, generator = tmp_path_factory.mktemp("corpus"), torch.Generator().manual_seed(3)
    signs = torch.randn(len(TEXTS), 5, 12, generator=generator)
    for split, copies in (("train", 3), ("dev", 1)):
        ids = [f"{split}-{n}" for n in range(copies * len(TEXTS))]
        rows = {
            "id": ids,
            "video": [f"{clip}.mp4" for clip in ids],
            "frames": 20,
            "fps": 25.0,
            "signer": "signer01",
            "text": TEXTS * copies,
            "gloss": "",
            "language": "de",
            "phrasings": [[] for _ in ids],
        }
        write_manifest(pd.DataFrame(rows), folder / f"{split}.tsv")
        noise = torch.randn(len(ids), 5, 12, generator=generator)
        features = signs.repeat(copies, 1, 1) + 0.3 * noise
        write_features(
            folder / f"{split}.safetensors",
            ids,
            [5] * len(ids),
            [features.flatten(0, 1)],
            feature="sign_wise",
        )
    tiny_tokenizer.save_pretrained(folder / "tokenizer")
    return folder


@pytest.fixture
def finetune(corpus, tmp_path, tiny_translator):
    visual = tiny_translator(seed=1, light=True)
    visual.save_pretrained(tmp_path / "visual_init")
    llm = tiny_translator(seed=2, light=False).language_model
    llm.save_pretrained(tmp_path / "language_model")

    def run(name, features="train.safetensors", **settings):
        finetune_llm.run(
            train_features=corpus / features,
            dev_features=corpus / "dev.safetensors",
            train_manifest=corpus / "train.tsv",
            dev_manifest=corpus / "dev.tsv",
            tokenizer=corpus / "tokenizer" / "tokenizer.json",
            language_model=tmp_path / "language_model" / "model.safetensors",
            visual_init=tmp_path / "visual_init" / "model.safetensors",
            output=tmp_path / name,
            config=configure(finetune_llm, **(SETTINGS | settings)),
        )
        return tmp_path / name

    return run


def test_the_kept_model_scores_on_dev_what_the_history_says(finetune, corpus):
    folder = finetune("chosen", dev_bleu_every=8)
    history = read_history(folder / "history.tsv")
    decoded = history[history["dev_bleu4"].notna()]
    assert decoded["epoch"].tolist() == [8, 16, 24, 32, 40, 48, 56, 60]
    best = decoded.loc[decoded["dev_bleu4"].idxmax()]
    assert chosen_checkpoint(folder / "history.tsv")["step"] == best["step"]
    assert decoded["dev_bleu4"].nunique() > 1, "nothing would be chosen"
    # Read the weights from disk and decode like the stage decode, with the score's code.
    rows = read_manifest(corpus / "dev.tsv")
    hypotheses, _ = beam_search(
        load_translator(folder),
        load_tokenizer(folder),
        FeatureClips(FeatureStore(corpus / "dev.safetensors"), rows["id"], None, seed=None),
        beams=2,
        max_new_tokens=40,
    )
    scores = corpus_scores(hypotheses, [[text] for text in rows["text"]], CONVENTIONS["words"])
    assert scores["bleu4"] == pytest.approx(best["dev_bleu4"], abs=1e-4)
    assert scores["bleu4"] > 50, "the tiny corpus was to be learned"
    assert not (folder / "state" / "best").exists()
    assert not list((folder / "state").glob("checkpoint-*"))


def test_choosing_leaves_losses_and_the_frozen_encoder_as_they_are(finetune, tmp_path):
    with_bleu = finetune("with", epochs=3, dev_bleu_every=1)
    without = finetune("without", epochs=3, dev_bleu_every=0)
    one, other = (read_history(folder / "history.tsv") for folder in (with_bleu, without))
    columns = ["epoch", "step", "loss", "grad_norm", "learning_rate", "dev_loss"]
    pd.testing.assert_frame_equal(one[columns], other[columns])
    assert one["dev_bleu4"].notna().sum() == 3
    assert "dev_bleu4" not in other
    assert chosen_checkpoint(without / "history.tsv")["epoch"] == 3
    logged = one[one["loss"].notna()]
    for norm in ("grad_norm", "norm"):
        assert f"{norm}_visual" not in logged, "the frozen encoder learns nothing"
        assert (logged[[f"{norm}_language", f"{norm}_adapter"]] > 0).all(axis=None)
    visual = load_file(tmp_path / "visual_init" / "model.safetensors")
    encoder = [name for name in visual if name.startswith("encoder.")]
    assert any("running_mean" in name for name in encoder)
    for folder in (with_bleu, without):
        kept = load_file(folder / "model.safetensors")
        assert all(torch.equal(kept[name], visual[name]) for name in encoder)


def test_a_batch_in_parts_and_layers_computed_twice_train_the_same_model(finetune):
    settings = {"epochs": 2, "batch_size": 12, "dropout": 0.0, "dev_bleu_every": 0}
    whole = read_history(finetune("whole", **settings) / "history.tsv")
    parts = finetune("parts", **settings, accumulation=4, checkpointing=True)
    # Do not compare weights: a bias that a softmax ignores follows the rounding.
    pd.testing.assert_frame_equal(read_history(parts / "history.tsv"), whole, rtol=1e-5)


def test_the_data_set_decides_how_dev_is_scored():
    project = Project(
        {
            "datasets": {"csl_daily": {"adapter": "csl_daily", "language": "zh"}},
            "experiments": {"fla_llm": {"method": "fla_llm"}},
        }
    )
    config = project.stage_config("csl_daily", "fla_llm", "finetune_llm")
    assert (config.adapter, config.language) == ("csl_daily", "zh")


@pytest.mark.parametrize(
    ("adapter", "language", "hypotheses", "references"),
    [
        ("phoenix", "de", ["am montag regnet es .", "ja"], ["am montag regnet es .", "ja ja"]),
        ("how2sign", "en", ["Put the lid on, gently."], ["Put the lid on (gently)."]),
        ("csl_daily", "zh", ["今天天气很好。"], ["今天天气好。"]),
    ],
)
def test_dev_is_scored_as_test_is(adapter, language, hypotheses, references):
    convention = main_convention(adapter, language)
    scores = corpus_scores(hypotheses, [[text] for text in references], convention)
    found = corpus_bleu4(hypotheses, references, convention)
    assert found == pytest.approx(scores["bleu4"], abs=1e-4)
    assert 0 < found < 100


@pytest.mark.parametrize("feature", ["sign_features", "s3d"])
def test_features_of_another_method_are_refused_by_name(finetune, corpus, feature):
    rows = read_manifest(corpus / "train.tsv")
    values = torch.zeros(5 * len(rows), 12)  # as wide as its own
    write_features(
        corpus / f"{feature}.safetensors", rows["id"], [5] * len(rows), [values], feature=feature
    )
    told = (
        rf"{feature}.safetensors: holds features '{feature}', expected one of frame_wise, "
        r"sign_wise, hidden_states\. They are of another method"
    )
    with pytest.raises(InputError, match=told):
        finetune("refused", f"{feature}.safetensors")
