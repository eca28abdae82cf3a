"""Scaling SLT's translator: prompts beside landmarks, languages, its own output head."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_scaling_slt import EXTRACTOR, TRANSLATORS, inputs, make
from transformers import T5ForConditionalGeneration, set_seed

from sign2text.ground.device import computing_in
from sign2text.ground.errors import InputError
from sign2text.ground.store_index import index_path
from sign2text.landmarks import mediapipe_frames
from sign2text.landmarks.normalising import Landmarks, normalised
from sign2text.landmarks.store import LandmarkStore
from sign2text.landmarks.store_writer import LandmarkStoreWriter
from sign2text.methods.scaling_slt.build_translator import build_translator, open_translator
from sign2text.methods.scaling_slt.model_landmarks import check_extractor
from sign2text.methods.scaling_slt.parameter_counts import PUBLISHED, count_parameters
from sign2text.methods.scaling_slt.tasks import join_items
from sign2text.methods.scaling_slt.translator import LandmarkTranslator
from sign2text.models.language_model import has_own_head, load_language_model
from sign2text.models.small_language_models import t5_config
from sign2text.models.trained_model import load_trained
from sign2text.text.byte_tokenizer import byte_tokenizer
from sign2text.training.settings import Training

SIZES = {
    "ByT5 Small": 299_637_760,
    "ByT5 Base": 581_653_248,
    "ByT5 Large": 1_228_183_552,
    "ByT5 XL": 3_737_801_728,
    "mT5 Base": 582_401_280,
    "mT5 Large": 1_229_581_312,
    "mT5 XL": 3_742_619_648,
    "T5 Base": 247_577_856,
    "T5 Large": 783_150_080,
    "T5 XL": 2_849_757_184,
}
ABOUT = SimpleNamespace(sign_language="avs", own="de", languages=["de", "en"])


def settings(**changes):
    values = {"dropout": None, "time_step": 0.5, "time_tokens": 4, "prompt_tokens": 64, "seed": 1}
    return SimpleNamespace(**(values | {"training": Training()} | changes))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A ByT5 as published ones come: embeddings and an output head that differs from them."""
    folder = tmp_path_factory.mktemp("byt5")
    words = byte_tokenizer()
    config = t5_config(
        words, layers=2, decoder_layers=1, heads=2, width=16, feed_forward=32, dropout=0.1
    )
    set_seed(3)
    T5ForConditionalGeneration(config).save_pretrained(folder)
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = torch.randn(384, 16)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def said(language_model, rows):
    """The logits of a text without time tokens, for the first `rows` tokens."""
    source = torch.tensor([[50, 60, 70, 1]])
    with torch.no_grad():
        found = language_model.eval()(input_ids=source, decoder_input_ids=torch.tensor([[0, 80]]))
    return found.logits[..., :rows]


@pytest.mark.parametrize("size", SIZES)
def test_published_sizes_to_the_digit(size):
    assert PUBLISHED.keys() == SIZES.keys()
    found = count_parameters(size)
    width = {"Small": 1472, "Base": 1536, "Large": 1536, "XL": 2560}[size.split()[1]]
    if not size.startswith("ByT5"):
        width = {"Base": 768, "Large": 1024, "XL": 2048}[size.split()[1]]
    assert found == {"language": SIZES[size], "visual": 255 * width}


def test_the_landmark_layer_of_byt5_base():
    assert count_parameters("ByT5 Base")["visual"] == 391_680


def test_prompts_stand_before_their_own_landmarks(tiny_tokenizer):
    model, batch = make("T5", tiny_tokenizer).eval(), inputs()
    words = model.language_model.get_input_embeddings().weight
    signs = batch["landmarks"] @ model.landmark_layer.weight.T
    expected = torch.cat([words[[4, 5, 6]], signs, words[[7, 8]]])
    assert torch.allclose(model.to_features(**batch), expected, atol=1e-6)
    assert model.landmark_layer.bias is None


def test_mbarts_prompt_is_scaled_like_its_words(tiny_tokenizer):
    model = make("mBART", tiny_tokenizer).eval()
    found = model.to_features(**inputs())[:3]
    words = model.language_model.get_input_embeddings().weight
    assert torch.allclose(found, 4 * words[[4, 5, 6]])  # sqrt(width)


@pytest.mark.parametrize("kind", ["T5", "mT5", "mBART"])
def test_an_item_alone_says_what_it_says_in_a_batch(tiny_tokenizer, kind):
    model, generator = make(kind, tiny_tokenizer).eval(), torch.Generator().manual_seed(2)
    items = [
        {"prompt": torch.arange(4, 4 + words), "steps": torch.rand(steps, 255, generator=generator)}
        for words, steps in [(3, 9), (6, 0), (2, 1), (5, 4)]
    ]
    with torch.no_grad():
        before = torch.tensor([[model.start_token, 9, 10]])
        together = model(**join_items(items), decoder_input_ids=before.expand(4, -1)).logits
        for number, item in enumerate(items):
            alone = model(**join_items([item]), decoder_input_ids=before).logits
            assert torch.allclose(alone[0], together[number], atol=1e-5)
    given = {"beams": 2, "max_new_tokens": 6}
    found = model.hypotheses(tiny_tokenizer, join_items(items), **given)
    for number, item in enumerate(items):
        ((text, score),) = model.hypotheses(tiny_tokenizer, join_items([item]), **given)[0]
        assert text == found[number][0][0]
        assert score == pytest.approx(found[number][0][1], abs=1e-5)


def test_text_alone_gives_the_landmark_layer_a_gradient_of_zero(tiny_tokenizer):
    """It takes part in each step, so that processes stay in step."""
    model = make("T5", tiny_tokenizer)
    model(
        **model.read_text(["regen"], source="en"),
        decoder_input_ids=torch.tensor([[model.start_token, 5]]),
    ).logits.sum().backward()
    assert torch.equal(model.landmark_layer.weight.grad, torch.zeros(16, 255))


def test_it_learns_in_bfloat16(tiny_tokenizer):
    """Prompts are embedded in float32 and landmarks projected in bfloat16: both go together."""
    losses = []
    for precision in (torch.float32, torch.bfloat16):
        case = TRANSLATORS["translator with T5"](tiny_tokenizer)
        with computing_in(precision, torch.device("cpu")):
            value = case.loss(case.model, case.inputs | case.targets)
        value.backward()
        losses.append(value.item())
        gradients = [each.grad for each in case.model.parameters() if each.grad is not None]
        assert all(torch.isfinite(each).all() for each in gradients)
        assert case.model.landmark_layer.weight.grad.abs().sum() > 0
    assert losses[0] != losses[1] == pytest.approx(losses[0], rel=0.02)


def test_the_chosen_language_is_in_the_prompt(tiny_tokenizer):
    model = make("T5", tiny_tokenizer)
    assert model.asked() == "translate avs de"
    model.write_in("en")
    assert model.asked() == "translate avs en"
    batch = model.read_text(["am montag", "es"])
    texts = tiny_tokenizer.batch_decode(
        batch["prompt"].split(batch["prompt_lengths"].tolist()), skip_special_tokens=False
    )
    expected = [f"translate de en {line}" for line in ("am montag", "es")]
    wanted = [tiny_tokenizer.decode(tiny_tokenizer(each)["input_ids"]) for each in expected]
    assert [text.split("</s>")[0] for text in texts] == [each.split("</s>")[0] for each in wanted]
    assert batch["landmarks"].shape == (0, 255)
    assert torch.equal(batch["lengths"], batch["prompt_lengths"])


def test_a_language_that_was_not_learned_is_refused(tiny_tokenizer):
    with pytest.raises(InputError, match=r"found fr, expected one .* write: de, en, zh"):
        make("T5", tiny_tokenizer).write_in("fr")


def test_a_prompt_that_is_too_long_is_refused(tiny_tokenizer):
    model = make("T5", tiny_tokenizer, prompt_tokens=22)
    with pytest.raises(InputError, match=r"line 2: its prompt has \d+ tokens, expected at most 22"):
        model.read_text(["es", "am montag regnet es im norden"], source="en")


def test_more_steps_than_positions_are_refused(tiny_tokenizer):
    model = make("mBART", tiny_tokenizer).eval()
    item = {"prompt": torch.tensor([4]), "steps": torch.rand(64, 255)}
    with pytest.raises(InputError, match=r"65 prompt tokens and landmark steps, .* takes 64"):
        model.hypotheses(tiny_tokenizer, join_items([item]), beams=1, max_new_tokens=2)


def test_a_published_head_is_its_own_after_time_tokens_saving_and_loading(published, tmp_path):
    """With the same logits, to the bit, for texts without them."""
    before = load_language_model(published)
    assert has_own_head(before)
    expected, head = said(before, 384), before.get_output_embeddings().weight.clone()
    model, words = build_translator(
        published, byte_tokenizer(), ABOUT, settings(), extractor=EXTRACTOR
    )
    assert len(words) == 388 and words("<t3>")["input_ids"] == [387, 1]
    model.save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    again = load_trained(tmp_path, LandmarkTranslator)
    for each in (model, again):
        language_model = each.language_model
        assert has_own_head(language_model) and each.config.own_head
        assert (
            language_model.lm_head.weight.shape == language_model.shared.weight.shape == (388, 16)
        )
        assert torch.equal(language_model.lm_head.weight[:384], head)
        assert torch.equal(said(language_model, 384), expected)
    assert torch.equal(said(again.language_model, 388), said(model.language_model, 388))
    assert (again.config.sign_language, again.config.time_tokens) == ("avs", 4)
    assert again.tokenizer("<t0>é")["input_ids"] == [384, 198, 172, 1]


def test_a_translator_is_trained_further_for_another_data_set(published, tmp_path):
    model, words = build_translator(
        published, byte_tokenizer(), ABOUT, settings(), extractor=EXTRACTOR
    )
    model.save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    other = SimpleNamespace(sign_language="ase", own="en", languages=["en", "zh"])
    found, _ = open_translator(tmp_path, other, settings(dropout=0.3), EXTRACTOR)
    assert found.asked() == "translate ase en"
    assert found.config.languages == ["de", "en", "zh"]
    assert {m.p for m in found.modules() if isinstance(m, torch.nn.Dropout)} == {0.3}
    assert torch.equal(said(found.language_model, 388), said(model.language_model, 388))
    with pytest.raises(InputError, match="time_tokens is 4, expected 8, as in the settings"):
        open_translator(tmp_path, other, settings(time_tokens=8), EXTRACTOR)
    with pytest.raises(InputError, match=r"extractor is mediapipe, expected rendered"):
        open_translator(tmp_path, other, settings(), {"extractor": "mediapipe"})


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A store of two clips of 9 and 4 frames, from the tests' extractor."""
    shard = tmp_path_factory.mktemp("landmarks") / "dev.safetensors"
    writer = LandmarkStoreWriter(shard, ["a", "b"], about=EXTRACTOR)
    rng = np.random.default_rng(1)
    for clip, frames in (("a", 9), ("b", 4)):
        writer.add(clip, rng.uniform(0, 200, (frames, 85, 3)).astype(np.float32), 25.0, (210, 260))
    writer.finish()
    return index_path(shard)


def test_clips_of_a_store_have_the_prompt_of_the_chosen_language(tiny_tokenizer, index):
    model = make("T5", tiny_tokenizer, landmarks={"every": 3, "missing": -5.0}).eval()
    model.write_in("zh")
    clips = model.read_clips(["b", "a"], [[5, 2], [6, 2]], {"landmarks": index})
    (tokens,) = model.encode_texts(["translate avs zh"])
    assert clips.lengths == [len(tokens) + 2, len(tokens) + 3]
    batch = clips.inputs([0, 1])
    assert batch["prompt"].tolist() == [*tokens, *tokens]
    assert torch.equal(batch["lengths"], batch["prompt_lengths"] + torch.tensor([2, 3]))
    store, settings = LandmarkStore(index), Landmarks(every=3, missing=-5.0)
    expected = [normalised(store.read(store.position(clip)), settings) for clip in ("b", "a")]
    assert np.array_equal(batch["landmarks"].numpy(), np.concatenate(expected))
    assert clips[0, 0]["target"] == [5, 2]
    found = model.hypotheses(tiny_tokenizer, batch, beams=2, max_new_tokens=5)
    assert [len(each) for each in found] == [1, 1]


def test_a_store_of_another_extractor_is_refused_unless_any_will_do(tiny_tokenizer, index):
    model = make("T5", tiny_tokenizer, extractor=EXTRACTOR | {"version": "0"})
    with pytest.raises(InputError, match=r"dev\.index\.safetensors: version .* is 1, expected 0"):
        model.read_clips(["a"], None, {"landmarks": index})
    model.accept_any_extractor()
    assert model.read_clips(["a"], None, {"landmarks": index}).ids == ["a"]
    with pytest.raises(InputError, match="--dev-landmarks: missing"):
        model.read_clips(["a"], None, {}, option="dev-")


@pytest.mark.parametrize("every", [1, 2])
def test_a_new_video_is_read_like_the_stores_clips(tiny_tokenizer, monkeypatch, every):
    """At the step of the training's extraction, by a stand-in for MediaPipe."""
    extraction = mediapipe_frames.MediaPipe(every=every)
    learned = mediapipe_frames.about(extraction)
    points = np.random.default_rng(2).uniform(0, 200, (8, 85, 3)).astype(np.float32)

    def extract_one(clip, settings):
        assert (clip.video, settings) == ("new.mp4", extraction)
        return mediapipe_frames.Extracted(clip.id, points, 25.0 / every, (210, 260))

    monkeypatch.setattr(mediapipe_frames, "extract_one", extract_one)
    model = make("T5", tiny_tokenizer, extractor=learned)
    batch = model.read_video(Path("new.mp4"))
    assert len(batch["landmarks"]) == 8 * every // 2
    expected = normalised(points, Landmarks(every=2 // every))
    assert np.array_equal(batch["landmarks"].numpy(), expected)
    assert batch["prompt"].tolist() == model.encode_texts(["translate avs de"])[0]
    other = make("T5", tiny_tokenizer, extractor=learned | {"version": "0.10.20"})
    with pytest.raises(InputError, match=r"new\.mp4: version .* expected 0\.10\.20"):
        other.read_video(Path("new.mp4"))


def test_another_extractor_than_the_models_is_refused():
    check_extractor(EXTRACTOR, dict(EXTRACTOR), "dev.index.safetensors")
    with pytest.raises(InputError, match=r"dev\.index\.safetensors: version .* is 2, expected 1"):
        check_extractor(EXTRACTOR | {"version": "2"}, EXTRACTOR, "dev.index.safetensors")
    with pytest.raises(InputError, match="the model learned text alone"):
        check_extractor(EXTRACTOR, {}, "dev.index.safetensors")
