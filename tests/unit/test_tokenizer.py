import json

import pytest
import sentencepiece
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from sign2text.data.manifest import read_table
from sign2text.ground.errors import InputError
from sign2text.text.coverage import count_coverage, write_coverage
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import (
    encode_targets,
    load_tokenizer,
    train_unigram,
    trim_tokenizer,
)
from sign2text.untrusted.tokenizer_check import check_tokenizer

TEXT = [
    "am montag regnet es im norden",
    "in bayern scheint die sonne bei zwanzig grad",
    "heute nacht schneit es an der küste .",
] * 20
CHINESE = ["今天天气很好，我们去玩吧。", "你好吗？很好！", "他说：“明天…也许下雨”。", "我有2只猫"]
TYPES = ("mbart", "mt5")


@pytest.fixture(scope="module")
def words():
    return train_unigram(TEXT, 80, "de")


@pytest.fixture(scope="module", params=TYPES)
def folder(request, published_folders):
    return published_folders[request.param]


def test_text_comes_back_as_it_was(words):
    for sentence in {*TEXT, "an der küste regnet es nicht"}:
        ids = words(sentence)["input_ids"]
        assert words.decode(ids, skip_special_tokens=True) == sentence


def test_a_sentence_ends_with_the_end_and_the_language(words):
    ids = words(TEXT[0])["input_ids"]
    assert words.convert_ids_to_tokens(ids[-2:]) == ["</s>", "de_DE"]
    assert encode_targets(words, TEXT[:1]) == [ids[:-1]]
    assert words.start_token == "de_DE"


def test_saved_and_loaded_it_is_the_same(words, tmp_path):
    words.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert loaded.get_vocab() == words.get_vocab()
    assert loaded(TEXT)["input_ids"] == words(TEXT)["input_ids"]
    assert loaded.start_token_id == words.start_token_id


def test_training_twice_gives_the_same(words):
    assert train_unigram(TEXT, 80, "de").get_vocab() == words.get_vocab()


def test_published_it_segments_as_sentencepiece_does(folder):
    """Normalised too, which the library leaves out for mBART."""
    words = load_published(folder, "zh")
    (path,) = folder.glob("*.model")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    for sentence in [*TEXT[:3], *CHINESE, "ein ½ liter"]:
        expected = processor.encode(sentence, out_type=str)
        if not any(piece.startswith("<0x") for piece in expected):  # bytes are no tokens here
            assert words.tokenize(sentence) == expected
    unknown = words.unk_token_id
    assert unknown not in words(CHINESE[0], add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(("kind", "start"), [("mbart", "zh_CN"), ("mt5", "<pad>")])
def test_decoding_starts_as_the_model_was_trained(published_folders, kind, start):
    words = load_published(published_folders[kind], "zh")
    assert words.start_token == start
    trimmed = trim_tokenizer(words, CHINESE)
    assert trimmed.convert_ids_to_tokens(trimmed.start_token_id) == start


def test_trimming_keeps_the_segmentation_of_all_training_text(folder):
    words = load_published(folder, "de")
    text = [*TEXT, *CHINESE, "Ω unbekannt ω"]
    trimmed = trim_tokenizer(words, text)
    assert len(trimmed) < 0.7 * len(words)
    for sentence in text:
        assert trimmed.tokenize(sentence) == words.tokenize(sentence)
    before = words(text)["input_ids"]
    after = trimmed(text)["input_ids"]
    for one, other in zip(before, after, strict=True):
        assert words.convert_ids_to_tokens(one) == trimmed.convert_ids_to_tokens(other)
    # In the order that they had, with their scores: saved, it is the same tokenizer.
    ids = words.convert_tokens_to_ids(trimmed.convert_ids_to_tokens(range(len(trimmed))))
    assert ids == sorted(ids)
    assert words.unk_token_id not in ids[3 if words.bos_token is None else 4 :]


def test_unseen_words_are_spelled_and_unknown_characters_are_unknown(folder):
    words = load_published(folder, "de")
    trimmed = trim_tokenizer(words, TEXT[:1])
    spelled = trimmed.tokenize("gestern im regen")
    assert "".join(spelled) == "▁gestern▁im▁regen"
    assert (
        trimmed("morgen im regen", add_special_tokens=False)["input_ids"].count(
            trimmed.unk_token_id
        )
        == 0
    )
    for unseen in ("zwölf", "天"):
        ids = trimmed(unseen, add_special_tokens=False)["input_ids"]
        assert trimmed.unk_token_id in ids


def test_sentinels_and_bytes_are_cut_and_special_tokens_stay(published_folders):
    trimmed = trim_tokenizer(load_published(published_folders["mt5"], "de"), TEXT)
    assert not [token for token in trimmed.get_vocab() if "extra_id" in token or "<0x" in token]
    assert [trimmed.pad_token_id, trimmed.eos_token_id, trimmed.unk_token_id] == [0, 1, 2]
    trimmed = trim_tokenizer(load_published(published_folders["mbart"], "de"), TEXT)
    codes = [token for token in trimmed.get_vocab() if len(token) == 5 and token[2] == "_"]
    assert len(codes) == 25
    assert trimmed.mask_token_id == len(trimmed) - 1


def test_what_normalising_changed_is_written_as_the_training_text_has_it(folder):
    words = load_published(folder, "zh")
    trimmed = trim_tokenizer(words, CHINESE)
    for sentence in CHINESE:
        ids = encode_targets(trimmed, [sentence])[0]
        assert trimmed.decode(ids, skip_special_tokens=True) == sentence
    as_published = encode_targets(words, CHINESE[:1])[0]
    assert words.decode(as_published, skip_special_tokens=True) == "今天天气很好,我们去玩吧。"
    # Where the text has both forms nobody can tell which one was meant.
    both = trim_tokenizer(words, [*CHINESE, "好, 好"])
    found = both.decode(encode_targets(both, ["好，好！"])[0], skip_special_tokens=True)
    assert found == "好,好！"


def test_a_trimmed_tokenizer_is_the_same_when_loaded(folder, tmp_path):
    trimmed = trim_tokenizer(load_published(folder, "zh"), CHINESE)
    trimmed.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert loaded.get_vocab() == trimmed.get_vocab()
    assert loaded(CHINESE)["input_ids"] == trimmed(CHINESE)["input_ids"]
    assert loaded.all_special_tokens == trimmed.all_special_tokens
    ids = loaded(CHINESE)["input_ids"]
    decoded = [each.batch_decode(ids, skip_special_tokens=True) for each in (loaded, trimmed)]
    assert decoded[0] == decoded[1] == CHINESE


def test_coverage_counts_what_was_cut_and_what_is_unknown(published_folders, tmp_path):
    words = load_published(published_folders["mbart"], "de")
    trimmed = trim_tokenizer(words, TEXT[:1])
    rows = [
        count_coverage("train", TEXT[:1], trimmed, words),
        count_coverage("dev", ["im norden Ω", TEXT[1]], trimmed, words),
    ]
    before = [token for text in ("im norden Ω", TEXT[1]) for token in words.tokenize(text)]
    after = [token for text in ("im norden Ω", TEXT[1]) for token in trimmed.tokenize(text)]
    kept = trimmed.get_vocab()
    known = words.get_vocab()
    assert rows[0] == {
        "split": "train",
        "sentences": 1,
        "tokens_published": len(words.tokenize(TEXT[0])),
        "tokens": len(words.tokenize(TEXT[0])),
        "pieces_cut": 0,
        "unknown_published": 0,
        "unknown": 0,
    }
    assert rows[1] == {
        "split": "dev",
        "sentences": 2,
        "tokens_published": len(before),
        "tokens": len(after),
        "pieces_cut": sum(token in known and token not in kept for token in before),
        "unknown_published": sum(token not in known for token in before),
        "unknown": sum(token not in kept for token in after),
    }
    assert rows[1]["pieces_cut"] > 0
    assert rows[1]["unknown"] > rows[1]["unknown_published"] == 1
    own = count_coverage("test", TEXT[:1], trimmed, None)
    write_coverage(tmp_path / "coverage.tsv", [*rows, own])
    table = read_table(tmp_path / "coverage.tsv")
    assert table["unknown"].tolist() == ["0", str(rows[1]["unknown"]), "0"]
    assert table["pieces_cut"].tolist()[2] == ""


def test_another_kind_of_tokenizer_is_taken_whole_or_refused(tmp_path):
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    backend.train_from_iterator(TEXT, trainers.BpeTrainer(vocab_size=300, special_tokens=special))
    backend.save(str(tmp_path / "tokenizer.json"))
    about = {"model_type": "bart", "decoder_start_token_id": 2}
    (tmp_path / "config.json").write_text(json.dumps(about))
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    own = names | {"mask_token": "<mask>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(own))
    words = load_published(tmp_path, "de")
    assert words.start_token == "</s>"
    assert words.get_vocab() == backend.get_vocab()
    with pytest.raises(InputError, match=r"is a BPE model.*Set train_tokenizer\.trim to false"):
        trim_tokenizer(words, TEXT)


def test_a_model_without_a_tokenizer_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "mbart"}))
    with pytest.raises(InputError, match="holds no tokenizer"):
        load_published(tmp_path, "de")
    with pytest.raises(InputError, match=r"expected tokenizer\.json"):
        load_tokenizer(tmp_path)


def test_an_unknown_language_is_refused():
    with pytest.raises(InputError, match="language 'xx' found, expected one of de, en, zh"):
        train_unigram(TEXT, 80, "xx")


def test_the_decoder_of_a_trimmed_tokenizer_may_replace_hundreds_of_characters() -> None:
    step = {"type": "Replace", "pattern": {"String": "."}, "content": "。"}
    steps = {"type": "Sequence", "decoders": [{"type": "Fuse"}, *[step] * 500]}
    check_tokenizer({"decoder": steps}, "tokenizer.json")
    with pytest.raises(InputError, match="normalizer: found more than 128 steps"):
        check_tokenizer({"normalizer": steps | {"normalizers": steps["decoders"]}}, "x")
