"""Tokenizers that explode, search without end, panic or name other files are refused, and said."""

import base64
import json
import os
import re
import shutil
import struct
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from attacks import refusal, tree

from sign2text.ground.errors import InputError
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import encode_targets, load_tokenizer, trim_tokenizer
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.sentencepiece_check import check_sentencepiece


def spec(**values: Any) -> dict[str, Any]:
    """A small tokenizer of the library's form."""
    pieces = [["<unk>", 0.0], ["</s>", 0.0], ["<pad>", 0.0], ["▁", -1.0], ["a", -2.0]]
    model = {"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": False}
    return {"version": "1.0", "added_tokens": [], "model": model} | values


def replace(pattern: str, content: str, kind: str = "String") -> dict[str, Any]:
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def in_a_row(*steps: dict[str, Any], key: str = "normalizers") -> dict[str, Any]:
    return {"type": "Sequence", key: list(steps)}


def template(*pieces: dict[str, Any], **tokens: list[int]) -> dict[str, Any]:
    known = {name: {"id": name, "ids": ids, "tokens": [name]} for name, ids in tokens.items()}
    single = [
        {kind: {"id": name, "type_id": 0}} for piece in pieces for kind, name in piece.items()
    ]
    pair = [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known}


def map_of(units: list[int], written: bytes) -> dict[str, Any]:
    rules = struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + written
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(rules).decode()}


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
SPLIT = {"type": "Split", "behavior": "Isolated", "invert": False}
CUT = {"strategy": "LongestFirst", "direction": "Right"}
FILL = {"direction": "Right", "pad_id": 0, "pad_type_id": 0, "pad_token": "a"}
A, EMPTY, NFKC = {"Sequence": "A"}, [0] * 256, {"type": "NFKC"}
CRAFTED_BPE = {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]}
ATTACKS: dict[str, tuple[dict[str, Any], str]] = {
    "twelve steps that double": (
        {"normalizer": in_a_row(*[replace("a", "aa")] * 12)},
        r"normalizer: found steps that make a text 4.1e\+03 times as long; expected at most 16",
    ),
    "doubling by turns": (
        {"normalizer": in_a_row(*[replace("a", "bbb"), replace("b", "aaa")] * 3)},
        "normalizer: found steps that make a text",
    ),
    "doubling behind a change of letters": (
        {"normalizer": in_a_row(*[replace("Ａ", "ＢＢＢ"), NFKC, replace("B", "ＡＡＡ")] * 2)},
        "normalizer: found steps that make a text",
    ),
    "one step of megabytes": ({"normalizer": replace("a", "b" * 2**20)}, "times as long"),
    "growth by a pattern": ({"normalizer": replace(".", "abc" * 9, "Regex")}, "27 times as long"),
    "a pattern of nothing": ({"normalizer": replace("", "x")}, "Replace of what may be nothing"),
    "perhaps nothing": ({"normalizer": replace("a*", "x", "Regex")}, "what may be nothing"),
    "growth in the decoder": (
        {"decoder": in_a_row(*[replace("a", "aa")] * 12, key="decoders")},
        "decoder: found steps that",
    ),
    "put before": ({"normalizer": {"type": "Prepend", "prepend": "b" * 2**20}}, "1048576 charac"),
    "bytes of bytes": (
        {"pre_tokenizer": in_a_row(*[BYTES] * 12, key="pretokenizers")},
        "pre_tokenizer: found ByteLevel 12 times; expected it once",
    ),
    "a suffix of nothing": ({"decoder": {"type": "BPEDecoder", "suffix": ""}}, "without a suffix"),
    "an endless search": (
        {"pre_tokenizer": SPLIT | {"pattern": {"Regex": "(a+)+$"}}},
        r"pre_tokenizer: found the pattern '\(a\+\)\+\$'",
    ),
    "hundred searches": (
        {"normalizer": in_a_row(*[replace("b+", "b", "Regex")] * 100)},
        "100 patterns; expected at most 32",
    ),
    "too many steps": ({"normalizer": in_a_row(*[replace("a", "b")] * 3000)}, "more than 2000"),
    "steps in hundreds": (
        {"pre_tokenizer": in_a_row(*[{"type": "Digits"}] * 129, key="pretokenizers")},
        "pre_tokenizer: found more than 128 steps",
    ),
    "repetitions in all": (
        {
            "normalizer": replace("|".join(["b+"] * 20), "b", "Regex"),
            "pre_tokenizer": SPLIT | {"pattern": {"Regex": "|".join(["b+"] * 20)}},
        },
        "pre_tokenizer: found 40 repetitions without an end in all patterns; expected at most 32",
    ),
    "deep steps": (
        {"normalizer": reduce(lambda inner, _: in_a_row(inner), range(40), replace("a", "b"))},
        "at most 8 deep",
    ),
    "a sentence twice": (
        {"post_processor": in_a_row(*[template(A, A)] * 30, key="processors")},
        "post_processor: found single with",
    ),
    "another sentence": ({"post_processor": template(A, {"Sequence": "B"})}, "each sentence once"),
    "an unknown token": ({"post_processor": template(A, {"SpecialToken": "x"})}, "found single"),
    "a token of no name": ({"post_processor": template(A, {"SpecialToken": []})}, "found single"),
    "a million tokens": (
        {"post_processor": template(A, {"SpecialToken": "x"}, x=[1] * 10**6)},
        "at most 32 of its special tokens",
    ),
    "filled to a billion": (
        {"padding": FILL | {"strategy": {"Fixed": 10**9}, "pad_to_multiple_of": None}},
        "padding: found",
    ),
    "filled to a multiple": (
        {"padding": FILL | {"strategy": "BatchLongest", "pad_to_multiple_of": 10**9}},
        "padding: found",
    ),
    "a stride too long": ({"truncation": CUT | {"max_length": 2, "stride": 9}}, "truncation"),
    "pieces of no length": ({"pre_tokenizer": {"type": "FixedLength", "length": 0}}, "FixedLength"),
    "a strip too long": (
        {"decoder": {"type": "Strip", "content": "a", "start": 0, "stop": 10**9}},
        "Strip that stops at 1000000000",
    ),
    "a map that is none": ({"normalizer": map_of([1], b"hi\0")}, "none of SentencePiece"),
    "a map that leads out": (
        {"normalizer": map_of([0x7FFFFFFF, *EMPTY[1:]], b"hi\0")},
        "a branch leads out of its tree",
    ),
    "a map with a leaf outside": (
        {"normalizer": map_of([256 | (1 << 10), 2**31 + 999, *EMPTY[2:]], b"hi\0")},
        "a leaf leads out of what is written",
    ),
    "a map that grows": ({"normalizer": map_of(EMPTY, b"x" * 10**5 + b"\0")}, "100000 bytes"),
    "two maps": ({"normalizer": in_a_row(*[map_of(EMPTY, b"x\0")] * 2)}, "Precompiled 2 times"),
    "unk_id outside": (
        {"model": spec()["model"] | {"unk_id": 99}},
        "model: found unk_id 99; expected the place of a piece",
    ),
    "an id outside": (
        {"model": {"type": "BPE", "vocab": {"a": 4_000_000_000}, "merges": []}},
        "model: found .*4000000000",
    ),
    "merges without a result": (
        {"model": CRAFTED_BPE | {"continuing_subword_prefix": "##"}},
        r"tokenizer\.json: is no tokenizer",
    ),
    "infinite scores": ({"model": spec()["model"] | {"vocab": [["a", 1e300]]}}, "with scores"),
    "added tokens without an id": ({"added_tokens": [{"content": "x"}]}, "added_tokens: found"),
    "no steps": ({"normalizer": [1]}, "normalizer: found"),
    "no model": ({"model": [1]}, "expected a tokenizer"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_tokenizer_that_explodes_is_refused(tmp_path: Path, attack: str) -> None:
    values, said = ATTACKS[attack]
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec(**values)))
    before = tree(tmp_path)
    message = refusal(lambda: encode_targets(load_tokenizer(tmp_path), ["a" * 60 + "b"] * 9))
    assert re.search(said, message), message
    assert str(tmp_path / "tokenizer.json") in message
    assert tree(tmp_path) == before


def test_a_tokenizer_of_the_librarys_form_passes(tmp_path: Path) -> None:
    steps = [replace("ﷲ", "الله"), replace("℡", "TEL"), replace("…", "..."), replace(" ", "▁")]
    values = spec(
        normalizer=in_a_row({"type": "Prepend", "prepend": "▁"}, *steps),
        post_processor=template(A, {"SpecialToken": "end"}, end=[1]),
        truncation=CUT | {"max_length": 512, "stride": 0},
    )
    (tmp_path / "tokenizer.json").write_text(json.dumps(values))
    names = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(names))
    assert encode_targets(load_tokenizer(tmp_path), ["a a"]) == [[3, 4, 3, 4, 1]]


def test_own_trimmed_tokenizers_with_many_characters_written_back_pass(
    published_folders: dict[str, Path], tmp_path: Path
) -> None:
    letters = "".join(map(chr, range(0xFF21, 0xFF5B)))  # wide ones, which become narrow
    published = load_published(published_folders["mt5"])
    published.init_kwargs["start_token"] = "<pad>"
    trimmed = trim_tokenizer(published, [letters, "das ist gut"])
    trimmed.save_pretrained(tmp_path)
    steps = json.loads((tmp_path / "tokenizer.json").read_text())["decoder"]["decoders"]
    assert len(steps) > 20
    again = load_tokenizer(tmp_path)
    assert encode_targets(again, [letters]) == encode_targets(trimmed, [letters])


def settings_of(folder: Path, name: str, **values: Any) -> None:
    path = folder / name
    known = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(known | values))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("tokenizer_config.json", {"vocab_file": "/etc/hosts"}, "vocab_file is '/etc/hosts'"),
        ("tokenizer_config.json", {"merges_file": "../merges.txt"}, "merges_file is"),
        ("tokenizer_config.json", {"fast_tokenizer_files": ["x.json"]}, "tokenizer_files"),
        ("tokenizer_config.json", {"sp_model_kwargs": {"model_file": "/x"}}, "model_file is"),
        ("tokenizer_config.json", {"init_inputs": ["/etc/hosts"]}, "init_inputs is"),
        ("tokenizer_config.json", {"gguf_file": "../x.gguf"}, "gguf_file: '../x.gguf'"),
        ("tokenizer_config.json", {"extra_ids": 10**9}, "extra_ids is"),
        ("tokenizer_config.json", {"offset": 10**9}, "offset is 1000000000"),
        ("tokenizer_config.json", {"model_max_length": -1}, "model_max_length is -1"),
        ("tokenizer_config.json", {"model_max_length": "far"}, "model_max_length is 'far'"),
        ("tokenizer_config.json", {"tokenizer_class": "AutoModel"}, "tokenizer_class is"),
        ("tokenizer_config.json", {"tokenizer_class": "AutoTokenizer"}, "tokenizer_class is"),
        ("tokenizer_config.json", {"tokenizer_class": ["T5Tokenizer"]}, "tokenizer_class is"),
        ("config.json", {"tokenizer_class": "T5Model"}, "tokenizer_class is 'T5Model'"),
        ("tokenizer_config.json", {"added_tokens_decoder": {"9" * 12: {}}}, "added_tokens_decoder"),
        ("special_tokens_map.json", {"tokenizer_file": "/x/tokenizer.json"}, "tokenizer_file is"),
        ("special_tokens_map.json", {"vocab_file": "../x"}, "vocab_file is '../x'"),
        ("special_tokens_map.json", {"extra_ids": 10**9}, "extra_ids is"),
        ("special_tokens_map.json", {"eos_token": {"content": 1, "x": 2}}, "cannot be read"),
    ],
)  # fmt: skip
def test_settings_that_name_other_files_or_count_on_are_refused(
    published_folders: dict[str, Path],
    tmp_path: Path,
    name: str,
    values: dict[str, Any],
    said: str,
) -> None:
    folder = Path(shutil.copytree(published_folders["mt5"], tmp_path / "model"))
    settings_of(folder, name, **values)
    message = refusal(lambda: load_published(folder))
    assert said in message
    assert str(folder) in message


def test_paths_of_the_machine_that_made_a_published_tokenizer_are_not_followed(
    published_folders: dict[str, Path], tmp_path: Path
) -> None:
    """google/mt5-base names such files; the library takes the folder's own."""
    folder = Path(shutil.copytree(published_folders["mt5"], tmp_path / "model"))
    expected = load_published(folder).get_vocab()
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("tokenizer.json", "special_tokens_map.json", "added_tokens.json"):
        (outside / name).write_text(json.dumps(spec()) if name == "tokenizer.json" else "{}")
    settings_of(
        folder,
        "tokenizer_config.json",
        name_or_path="/somewhere/else",
        tokenizer_file=str(outside / "tokenizer.json"),
        special_tokens_map_file=str(outside / "special_tokens_map.json"),
        added_tokens_file=str(outside / "added_tokens.json"),
        model_max_length=1000000000000000019884624838656,
    )
    assert load_published(folder).get_vocab() == expected


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no pieces found"),
        (b"\x0a\xff\xff\xff\xff\x0f", "ends within a field"),
        (b"\x0a" + b"\xff" * 20, "a number that does not end"),
        (b"\x0b" * 2000, "a field of kind 3"),
        (b"\x0a\x00" * (2**20 + 1), "at most 4096 bytes and 1048576 pieces"),
        (b"\x0a\x80\x80\x40" + b"a" * 2**20, "piece 1 has 1048576 bytes"),
        (b"\x0a\x00\x1a\x05\x12\x03abc", "its character map is none of SentencePiece"),
    ],
)
@pytest.mark.parametrize("name", ["sentencepiece.bpe.model", "spiece.model"])
def test_a_hostile_sentencepiece_model_is_refused(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "config.json").write_text('{"model_type": "mbart"}')
    message = refusal(lambda: load_published(tmp_path))
    assert said in message
    assert str(tmp_path / name) in message


def test_published_sentencepiece_models_pass(published_folders: dict[str, Path]) -> None:
    check_sentencepiece(published_folders["mbart"] / "sentencepiece.bpe.model")
    check_sentencepiece(published_folders["mt5"] / "spiece.model")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tokenizer.json", "[" * 100_000 + "]" * 100_000),
        ("tokenizer_config.json", '{"a":' * 100_000 + "1" + "}" * 100_000),
        ("tokenizer.json", '{"model": ' + "9" * 10_000 + "}"),
        ("tokenizer.json", '{"normalizer": "\\ud800"}'),
        ("tokenizer_config.json", "[]"),
        ("special_tokens_map.json", "[]"),
        ("tokenizer.json", "null"),
    ],
)
@pytest.mark.parametrize("load", [load_tokenizer, load_published])
def test_json_that_is_nested_without_end_or_no_object_is_refused(
    tmp_path: Path, load: Callable[[Path], Any], name: str, text: str
) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec()))
    (tmp_path / name).write_text(text)
    assert str(tmp_path / name) in refusal(lambda: load(tmp_path))


def test_a_pipe_in_place_of_a_file_does_not_wait_for_ever(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec()))
    os.mkfifo(tmp_path / "tokenizer_config.json")
    with pytest.raises(InputError, match=r"tokenizer_config\.json: is no file"):
        check_folder(tmp_path)
    assert "is no file" in refusal(lambda: load_tokenizer(tmp_path))
