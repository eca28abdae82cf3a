"""The translator of glosses: its embeddings, what its encoder reads, glosses that it lacks."""

import logging
import math

import pytest
import torch
from gloss_corpus import write_pairs
from tiny_mmtlb import GLOSSES, LANGUAGE_MODELS, make

from sign2text.data.clip_glosses import read_glosses
from sign2text.ground.errors import InputError
from sign2text.methods.mmtlb.gloss_table import UNKNOWN, GlossTable, encode_glosses, sub_units
from sign2text.models.trained_model import load_trained
from sign2text.models.translator import Translator

EACH = list(LANGUAGE_MODELS)


@pytest.fixture
def mbart(tiny_tokenizer):
    return make("mBART", tiny_tokenizer).eval()


class Nothing:
    """A tokenizer whose normalising leaves nothing of any text."""

    unk_token_id = 7

    def __call__(self, texts, **options):
        return {"input_ids": [[] for _ in texts]}


def mean_of(model, tokenizer, gloss):
    ids = tokenizer(gloss.lower(), add_special_tokens=False)["input_ids"]
    return model.words[ids].mean(0)


def test_a_gloss_starts_from_the_mean_of_its_sub_units(mbart, tiny_tokenizer):
    table = mbart.gloss_table
    assert table.weight.shape == (2 + len(GLOSSES), 16) and table.rows["MONTAG"] == 2
    for gloss, row in table.rows.items():
        assert torch.allclose(table.weight[row], mean_of(mbart, tiny_tokenizer, gloss))
    ending = [tiny_tokenizer.eos_token_id, tiny_tokenizer.start_token_id]
    assert torch.equal(table.weight[:2], mbart.words[ending])


def test_a_gloss_that_training_lacks_is_read_by_its_sub_units(mbart, tiny_tokenizer):
    batch = mbart.read_text(["SONNE OSTEN", " MONTAG \u00a0 REGEN "])
    assert batch["lengths"].tolist() == [2, 2]
    glosses = batch["glosses"]
    assert glosses[:, 0].tolist() == [5, UNKNOWN, 2, 4]
    assert glosses[[0, 2, 3], 1:].eq(UNKNOWN).all()
    embeddings = mbart.to_features(**batch)
    assert torch.allclose(embeddings[1], mean_of(mbart, tiny_tokenizer, "OSTEN"))
    assert torch.equal(embeddings[2], mbart.gloss_table.weight[2])


def test_known_glosses_need_no_tokenizer_and_no_sub_units():
    encoded = encode_glosses(GlossTable(2, ["A", "B"], 4), None, ["B A", "A"])
    assert [each.tolist() for each in encoded] == [[[3], [2]], [[2]]]


def test_a_gloss_of_letters_that_no_sentence_has_is_the_unknown_word(mbart, tiny_tokenizer):
    (found,) = mbart.to_features(**mbart.read_text(["X"]))
    (blank, unknown) = sub_units(tiny_tokenizer, ["X"])[0]
    assert unknown == tiny_tokenizer.unk_token_id
    assert torch.allclose(found, mbart.words[[blank, unknown]].mean(0))
    assert sub_units(Nothing(), ["X", "Y"]) == [[7], [7]]


def test_the_encoder_reads_glosses_ending_and_code_scaled_as_words(mbart):
    """The embeddings of two clips, as mBART's encoder is given them."""
    batch = mbart.read_text(["MONTAG REGEN SONNE", "NORD"])
    embeddings, lengths = mbart.embed(mbart.to_features(**batch), batch["lengths"])
    rows = [2, 4, 5, 0, 1, 3, 0, 1]
    assert lengths.tolist() == [5, 3]
    assert torch.allclose(embeddings, mbart.gloss_table.weight[rows] * math.sqrt(16))
    # A word's token gives the encoder the same: the scale is that of word embeddings.
    words = mbart.language_model.get_input_embeddings()
    assert torch.allclose(words(torch.tensor([5])), mbart.words[5] * math.sqrt(16))


@pytest.mark.parametrize("name", ["mT5", "GPT-2"])
def test_other_language_models_scale_nothing(tiny_tokenizer, name):
    model = make(name, tiny_tokenizer)
    batch = model.read_text(["MONTAG"])
    embeddings, _ = model.embed(model.to_features(**batch), batch["lengths"])
    assert torch.equal(embeddings, model.gloss_table.weight[[2, 0, 1]])


@pytest.mark.parametrize("name", EACH)
def test_a_clip_alone_and_in_a_batch(tiny_tokenizer, name):
    model = make(name, tiny_tokenizer).eval()
    lines = ["NORD", "MONTAG REGEN OSTEN SONNE NORD", "SONNE REGEN"]
    tokens = torch.tensor([[model.start_token, 5, 9, 7]])
    together = model(**model.read_text(lines), decoder_input_ids=tokens.expand(3, -1)).logits
    # With its scores: an untrained model would write the same of most inputs.
    found = model.hypotheses(tiny_tokenizer, model.read_text(lines), beams=3, max_new_tokens=6)
    for number, line in enumerate(lines):
        batch = model.read_text([line])
        alone = model(**batch, decoder_input_ids=tokens).logits
        assert torch.allclose(alone[0], together[number], atol=1e-5)
        (best,) = model.hypotheses(tiny_tokenizer, batch, beams=3, max_new_tokens=6)[0]
        assert best[0] == found[number][0][0]
        assert best[1] == pytest.approx(found[number][0][1], abs=1e-5)
    assert len({each[0][1] for each in found}) == 3


def test_a_decoder_sees_the_prompt_and_the_words_before(tiny_tokenizer):
    model = make("GPT-2", tiny_tokenizer).eval()
    tokens = torch.tensor([[model.start_token, 5, 9, 7]])
    batch = model.read_text(["MONTAG REGEN"])
    logits = model(**batch, decoder_input_ids=tokens).logits
    other = model(**model.read_text(["NORD REGEN"]), decoder_input_ids=tokens).logits
    assert not torch.allclose(logits[0, 0], other[0, 0])
    tokens[0, 2] = 11
    changed = model(**batch, decoder_input_ids=tokens).logits
    assert torch.allclose(logits[0, :2], changed[0, :2], atol=1e-6)
    assert not torch.allclose(logits[0, 2], changed[0, 2])


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("beams", [1, 3])
def test_a_score_is_the_mean_log_probability_of_the_written_tokens(tiny_tokenizer, name, beams):
    model = make(name, tiny_tokenizer).eval()
    batch = model.read_text(["MONTAG REGEN", "SONNE"])
    sequences, scores = model.generate(
        model.to_features(**batch), batch["lengths"], num_beams=beams, max_new_tokens=5
    )
    if name == "GPT-2":  # it gives no start token back
        sequences = torch.cat([torch.full((2, 1), model.start_token), sequences], 1)
    tokens = sequences[:, 1:]
    logits = model(**batch, decoder_input_ids=sequences[:, :-1]).logits
    each = logits.log_softmax(-1).gather(2, tokens[:, :, None])[..., 0]
    if name == "mBART":
        each[:, 4:] = 0  # the ending is forced there
    written = tokens.ne(tiny_tokenizer.pad_token_id)
    assert torch.allclose(scores, (each * written).sum(1) / written.sum(1), atol=1e-4)


def test_frozen_embeddings_are_those_of_words_glosses_and_the_tied_head(mbart):
    mbart.freeze_embeddings()
    frozen = {name for name, each in mbart.named_parameters() if not each.requires_grad}
    assert frozen == {"gloss_table.weight", "language_model.model.shared.weight"}
    assert mbart.language_model.get_output_embeddings().weight is mbart.words


@pytest.mark.parametrize("name", EACH)
def test_a_saved_translator_is_read_back_with_its_tokenizer(tiny_tokenizer, tmp_path, name):
    model = make(name, tiny_tokenizer).eval()
    model.save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    again = load_trained(tmp_path, Translator)
    assert again.config.glosses == GLOSSES
    tokens = torch.tensor([[model.start_token, 5]])
    found = [
        each(**each.read_text(["MONTAG OSTEN"]), decoder_input_ids=tokens).logits
        for each in (model, again)
    ]
    assert torch.allclose(*found, atol=1e-5)


def test_unknown_glosses_are_counted_and_named(mbart, caplog):
    with caplog.at_level(logging.WARNING):
        mbart.read_text(["MONTAG OSTEN OSTEN", "WESTEN NORD"])
    assert "2 lines: 3 of 5 glosses (2 types) are not in training" in caplog.text
    assert "sub-units: OSTEN, WESTEN" in caplog.text
    caplog.clear()
    mbart.read_text(["MONTAG NORD"])
    assert not caplog.messages


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["NORD", " \u00a0"], "line 2: 0 glosses found, expected 1 to 62"),
        (["NORD " * 63], "line 1: 63 glosses found, expected 1 to 62"),
    ],
)
def test_lines_that_cannot_be_translated_are_refused(mbart, lines, message):
    with pytest.raises(InputError, match=message):
        mbart.read_text(lines)


def test_clips_are_read_from_the_manifest(mbart, tmp_path):
    ids = write_pairs(tmp_path / "dev.tsv", [("NORD", "a"), ("MONTAG  e\u0301", "b")])
    clips = mbart.read_clips(ids[::-1], [[5], [6]], {"text": tmp_path / "dev.tsv"})
    assert clips.lengths == [2, 1] and clips[0, 0]["target"] == [5]
    assert clips.inputs([1])["glosses"][:, 0].tolist() == [3]
    assert read_glosses(tmp_path / "dev.tsv") == ["NORD", "MONTAG é"]
    with pytest.raises(InputError, match="--text: missing; expected the manifest"):
        mbart.read_clips(ids, None, {})
    with pytest.raises(InputError, match="--frames: given, but a gloss_translator cannot read it"):
        mbart.read_clips(ids, None, {"frames": tmp_path / "dev.tar"})
    with pytest.raises(InputError, match=r"dev\.tsv: no clip 'dev-7'"):
        mbart.read_clips(["dev-7"], None, {"text": tmp_path / "dev.tsv"})


@pytest.mark.parametrize(
    ("glosses", "message"),
    [
        (["", " "], r"dev\.tsv: column gloss is empty in all of its 2 clips.*choose a data set"),
        (["NORD", "", "", "A"], r"dev\.tsv: column gloss is empty in 2 of 4 clips, .*'dev-1' \(lin"
         r"e 3\), 'dev-2' \(line 4\); expected"),
    ],
)  # fmt: skip
def test_a_corpus_without_glosses_is_refused(tmp_path, glosses, message):
    write_pairs(tmp_path / "dev.tsv", [(gloss, "a") for gloss in glosses])
    with pytest.raises(InputError, match=message):
        read_glosses(tmp_path / "dev.tsv")
