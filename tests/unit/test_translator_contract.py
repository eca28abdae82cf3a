"""Decoding, dev scoring and `translate` with translators that are not encoder-decoders."""

import json
import math
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from transformers import set_seed

from sign2text.commands.translate import ClipTranslator, find_model
from sign2text.config import methods
from sign2text.config.methods import Method
from sign2text.data.feature_store import write_features
from sign2text.data.frame_store import FrameStoreWriter
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.manifest import write_manifest
from sign2text.ground.errors import InputError
from sign2text.models.feature_encoder import load_feature_encoder
from sign2text.models.trained_model import model_classes
from sign2text.models.translator import SeenGloss, load_translator
from sign2text.scoring.conventions import CONVENTIONS
from sign2text.stages import decode
from sign2text.training.dev_bleu import DevBleu

sys.path.insert(0, str(Path(__file__).parent))
from stub_translators import FORMAT, CtcConfig, CtcTranslator, PrefixConfig, PrefixTranslator

RAIN, SUN = "der regen fällt heute nacht", "die sonne scheint im norden"
# Probabilities of blank, RAIN and SUN in each frame. The most probable alignment of "unsure" is all
# blank (0.36), but the three alignments with one RAIN have 0.64 together.
CLIPS = {
    "both": [(0.1, 0.8, 0.1), (0.1, 0.1, 0.8), (0.1, 0.1, 0.8)],
    "unsure": [(0.6, 0.4, 0.0), (0.6, 0.4, 0.0)],
    "twice": [(0.1, 0.8, 0.1), (0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.8, 0.1, 0.1)],
}
WRITTEN = {"both": f"{RAIN} {SUN}", "unsure": RAIN, "twice": f"{RAIN} {RAIN}"}
LENGTHS = {"a": 3, "b": 6, "c": 1, "d": 6}


@pytest.fixture(autouse=True)
def stub_method(monkeypatch):
    """Add a method with both kinds of translators to the existing ones."""
    places = {
        PrefixConfig.model_type: "stub_translators:PrefixTranslator",
        CtcConfig.model_type: "stub_translators:CtcTranslator",
    }
    stub = Method(
        trainings=("train_recogniser", "train_prefix"),
        translating=("train_recogniser", "train_prefix"),
        translators=places,
        clips=(),
    )
    found = methods.find_methods() | {"stub": stub}
    monkeypatch.setattr(methods, "find_methods", lambda: found)


@pytest.fixture
def recogniser(tmp_path, tiny_tokenizer):
    folder = tmp_path / "stub" / "train_recogniser"
    CtcTranslator(CtcConfig(words=[RAIN, SUN])).save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def prefix(tmp_path, tiny_tokenizer):
    words = tiny_tokenizer
    sizes = {
        "n_embd": 16, "n_head": 2, "n_layer": 2, "n_positions": 32, "vocab_size": len(words),
        "bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id, "resid_pdrop": 0.0, "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
    }  # fmt: skip
    set_seed(3)
    model = PrefixTranslator(PrefixConfig(language_model=sizes, features=7))
    for parameter in model.parameters():  # so that its output depends on its input
        if parameter.dim() > 1:
            parameter.data *= 6
    folder = tmp_path / "stub" / "train_prefix"
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def write_rows(path, ids, texts):
    fixed = {"video": "x.mp4", "fps": 25.0, "signer": "s", "gloss": "", "language": "de"}
    rows = {"id": ids, "frames": 9, "text": texts, "phrasings": [[] for _ in ids]} | fixed
    write_manifest(pd.DataFrame(rows), path)


@pytest.fixture
def corpus(tmp_path):
    """Store clips with one colour per frame, also as folders of frames."""
    writer = FrameStoreWriter(tmp_path / "test.tar", FORMAT, list(CLIPS))
    for clip, colours in CLIPS.items():
        frames = [np.full((32, 32, 3), np.array(each) * 255, np.uint8) for each in colours]
        writer.add(clip, [FORMAT.encode(frame) for frame in frames])
        (tmp_path / clip).mkdir()
        for number, frame in enumerate(frames):
            cv2.imwrite(str(tmp_path / clip / f"{number}.png"), frame[..., ::-1])
    writer.finish()
    write_rows(tmp_path / "test.tsv", list(CLIPS), list(WRITTEN.values()))
    return tmp_path


@pytest.fixture
def stores(tmp_path):
    """Store two inputs of clips that are not in order of their lengths."""
    generator, paths = torch.Generator().manual_seed(1), {}
    for name, width in (("features", 4), ("landmarks", 3)):
        values = torch.randn(sum(LENGTHS.values()), width, generator=generator)
        paths[name] = tmp_path / f"{name}.safetensors"
        write_features(paths[name], list(LENGTHS), list(LENGTHS.values()), [values], feature=name)
    write_rows(tmp_path / "test.tsv", list(LENGTHS), ["am montag"] * len(LENGTHS))
    return paths


def run_decode(folder, corpus, given, ids, **settings):
    output = corpus / "out.tsv"
    decode.run(
        manifest=corpus / "test.tsv",
        model=folder / "model.safetensors",
        output=output,
        config=decode.Config(**settings),
        **given,
    )
    (table,) = read_hypotheses(output, ids)
    scores = dict(zip(table.index, table["score"].astype(float), strict=True))
    return dict(zip(table.index, table["hypothesis"], strict=True)), scores


def test_hypotheses_of_a_ctc_search_are_decoded_and_scored(recogniser, corpus):
    given = {"frames": corpus / "test.tar"}
    hypotheses, scores = run_decode(recogniser, corpus, given, list(CLIPS), beams=4)
    assert hypotheses == WRITTEN
    assert scores["unsure"] == pytest.approx(math.log(0.64), abs=0.01), "all its alignments"
    # By hand: the alignments 1 2 2, 1 2 -, 1 - 2, - 1 2 and 1 1 2.
    both = 0.8 * 0.8 * 0.8 + 0.8 * 0.8 * 0.1 + 0.8 * 0.1 * 0.8 + 0.1 * 0.1 * 0.8 + 0.8 * 0.1 * 0.8
    assert scores["both"] == pytest.approx(math.log(both), abs=0.02)
    narrow, _ = run_decode(recogniser, corpus, given, list(CLIPS), beams=1)
    assert narrow["unsure"] == "", "a single beam follows the blanks"


def test_glosses_are_written_with_the_clip_whose_video_was_read(recogniser, corpus, monkeypatch):
    def seen(model, tokenizer, inputs, **settings):
        """Return glosses that give the number of frames of a clip."""
        found = [
            [SeenGloss("FRAMES", 0, frames - 1), SeenGloss(str(frames), 0, 0)]
            for frames in inputs["lengths"].tolist()
        ]
        return model.hypotheses(tokenizer, inputs, **settings), found

    given = {"frames": corpus / "test.tar"}
    run_decode(recogniser, corpus, given, list(CLIPS), beams=2)
    assert "gloss" not in (corpus / "out.tsv").read_text().splitlines()[0].split("\t")
    monkeypatch.setattr(CtcTranslator, "translate", seen)
    run_decode(recogniser, corpus, given, list(CLIPS), beams=2)
    (table,) = read_hypotheses(corpus / "out.tsv", list(CLIPS))
    assert table["gloss"].tolist() == ["FRAMES 3", "FRAMES 2", "FRAMES 4"]
    decode.run(
        manifest=corpus / "test.tsv",
        model=recogniser / "model.safetensors",
        output=corpus / "blind.tsv",
        config=decode.Config(beams=2, permutations=2),
        **given,
    )
    frames = {clip: str(len(colours)) for clip, colours in CLIPS.items()}
    for run in read_hypotheses(corpus / "blind.tsv", list(CLIPS)):
        assert run["gloss"].tolist() == [f"FRAMES {frames[video]}" for video in run["video"]]
        assert (run.index != run["video"]).all()


def test_dev_is_scored_by_the_translators_own_search(recogniser, corpus, tiny_tokenizer):
    model = load_translator(recogniser)
    clips = model.read_clips(list(CLIPS), None, {"frames": corpus / "test.tar"})

    def bleu(references):
        measure = DevBleu(
            tiny_tokenizer, clips, references, CONVENTIONS["words"], beams=4, max_new_tokens=1
        )
        return measure(model)

    true = list(WRITTEN.values())
    assert bleu(true) == pytest.approx(100)
    assert 50 < bleu([*true[:1], SUN, *true[2:]]) < 95
    assert bleu([true[1], true[2], true[0]]) < 80, "each clip has its own reference"


def test_translate_gives_what_decode_gives(recogniser, corpus):
    given = {"frames": corpus / "test.tar"}
    hypotheses, scores = run_decode(recogniser, corpus, given, list(CLIPS), beams=5)
    translator = ClipTranslator(recogniser)
    for clip in CLIPS:
        first, second = translator.translate(corpus / clip, beams=5, hypotheses=2)
        assert first == (hypotheses[clip], pytest.approx(scores[clip], abs=1e-3))
        assert second[1] < first[1]


def test_a_decoder_alone_writes_after_a_prefix_of_two_inputs(prefix, stores, tiny_tokenizer):
    """A clip's batch does not matter; the score is the mean log-probability of written tokens."""
    ids, settings = list(LENGTHS), {"max_new_tokens": 5, "batch_steps": 13}
    hypotheses, scores = run_decode(prefix, prefix.parents[1], stores, ids, beams=1, **settings)
    assert len(set(hypotheses.values())) > 2, "equal ones would hide that two were exchanged"
    model = load_translator(prefix)
    for clip in ids:
        inputs = model.read_clips([clip], None, stores).inputs([0])
        with torch.no_grad():
            features = model.to_features(**inputs)
            (tokens,), _ = model.generate(
                features, inputs["lengths"], num_beams=1, max_new_tokens=5
            )
            embedded, _ = model.before(features, inputs["lengths"])
            words = model.language_model.get_input_embeddings()(tokens)[None]
            logits = model.language_model(inputs_embeds=torch.cat([embedded, words], 1)).logits[0]
        assert torch.equal(inputs["landmarks"], features[:, 4:])
        each = logits[len(features) - 1 : -1].log_softmax(-1).gather(1, tokens[:, None])[:, 0]
        expected = tiny_tokenizer.decode(tokens, skip_special_tokens=True)
        assert hypotheses[clip] == " ".join(expected.split())
        assert scores[clip] == pytest.approx(each.mean().item(), abs=2e-4)


def test_several_hypotheses_of_a_clip_stay_together(prefix, stores, tiny_tokenizer):
    model = load_translator(prefix)
    inputs = model.read_clips(list(LENGTHS), None, stores).inputs(range(4))
    settings = {"beams": 4, "max_new_tokens": 4}
    with torch.no_grad():
        best = model.hypotheses(tiny_tokenizer, inputs, **settings)
        more = model.hypotheses(tiny_tokenizer, inputs, **settings, count=3)
    assert [len(each) for each in more] == [3] * 4
    for (first,), several in zip(best, more, strict=True):
        assert several[0] == pytest.approx(first)
        scores = [score for _, score in several]
        assert scores == sorted(scores, reverse=True) and scores[2] < scores[0]


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (
            "recogniser",
            ("frames", "text"),
            "--text: given, but a stub_ctc cannot read it; expected",
        ),
        ("recogniser", ("features",), "expected --frames. Leave it out"),
        ("prefix", ("features", "frames"), "expected --features or --landmarks"),
        ("prefix", ("features",), "--landmarks: missing"),
    ],
)
def test_decode_refuses_what_a_translator_cannot_read(request, corpus, kind, given, message):
    folder = request.getfixturevalue(kind)
    with pytest.raises(InputError, match=message):
        run_decode(folder, corpus, dict.fromkeys(given, corpus / "test.tar"), list(CLIPS))


def test_a_clip_longer_than_the_positions_is_refused(prefix, tmp_path):
    given = {}
    for name, width in (("features", 4), ("landmarks", 3)):
        given[name] = tmp_path / f"{name}.safetensors"
        write_features(given[name], ["long"], [17], [torch.zeros(17, width)], feature=name)
    write_rows(tmp_path / "test.tsv", ["long"], ["am montag"])
    with pytest.raises(InputError, match="'long': 17 sampled frames found, at most 16 expected"):
        run_decode(prefix, tmp_path, given, ["long"])


def test_a_translator_without_pictures_translates_no_video(prefix, corpus):
    with pytest.raises(InputError, match="a stub_prefix takes no pictures; it reads features or"):
        ClipTranslator(prefix).translate(corpus / "both")


def test_the_last_translating_stage_of_an_experiment_translates(recogniser, prefix, caplog):
    assert find_model(recogniser.parent) == prefix
    assert find_model(recogniser) == recogniser
    assert not caplog.messages
    for path in prefix.iterdir():
        path.unlink()
    prefix.rmdir()
    assert find_model(recogniser.parent) == recogniser
    assert "has no train_prefix; the model of train_recogniser translates" in caplog.text


@pytest.mark.parametrize("found", ["mbart", "os:system", "", None, 7, ["stub_ctc"], {"a": 1}])
def test_a_model_of_no_known_type_is_refused(recogniser, found):
    path = recogniser / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": found}))
    with pytest.raises(InputError) as caught:
        load_translator(recogniser)
    assert f"{path}: model_type is {found!r}, expected one of " in str(caught.value)
    for known in ("'sign_translator'", "'stub_ctc'", "'stub_prefix'"):
        assert known in str(caught.value)
    stages = str(caught.value).rpartition("stages: ")[2].strip(".").split(", ")
    assert {"visual_init", "finetune_llm", "train_recogniser", "train_prefix"} <= {*stages}


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_without_a_model_is_refused(recogniser, missing):
    (recogniser / missing).unlink()
    with pytest.raises(InputError, match=rf"{missing}: missing. Expected a folder that a training"):
        load_translator(recogniser)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"auto_map": {"AutoModel": "evil--x.Y"}}, "asks for code of its own"),
        ({"transformers_weights": "../other.safetensors"}, "asks for other weights"),
        ({"words": ["w"] * 3}, "weights do not fit config.json"),
        ({"words": 5}, "cannot be loaded"),
    ],
)
def test_a_hostile_folder_is_refused(recogniser, values, message):
    path = recogniser / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    with pytest.raises(InputError, match=message):
        load_translator(recogniser)


def test_a_truncated_file_of_weights_is_refused(recogniser):
    path = recogniser / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load_translator(recogniser)


def test_a_translator_that_encodes_nothing_is_no_encoder(recogniser):
    with pytest.raises(InputError, match="a CtcTranslator, expected a FeatureEncoder"):
        load_feature_encoder(recogniser)


def test_two_methods_cannot_share_a_model_type(monkeypatch):
    found = methods.find_methods()
    other = Method((), (), {"stub_ctc": "elsewhere:Other"}, ())
    monkeypatch.setattr(methods, "find_methods", lambda: found | {"other": other})
    with pytest.raises(ValueError, match="method other: model_type 'stub_ctc' is that of stub_"):
        model_classes()
