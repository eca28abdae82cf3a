"""Further attacks on models, tokenizers, shared results and tables: bounded, refused and said."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attacks import refusal, tree
from hostile_folders import save_folder
from published_files import PUBLISHED, SCORE, make_project
from safetensors.numpy import save_file
from safetensors.torch import load_file
from safetensors.torch import save_file as save_torch
from score_files import score_file

from sign2text.config.published_models import open_model, read_manifest
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.manifest import COLUMNS as MANIFEST_COLUMNS
from sign2text.data.manifest import read_manifest as read_clips
from sign2text.fetching.model_files import bring_files
from sign2text.fetching.model_sources import Folder
from sign2text.ground.files import sha256_of
from sign2text.jobs.snakemake_records import check_record, record_path
from sign2text.lineage.provenance_file import read_provenance
from sign2text.scoring.bleurt import bleurt_scores, load_bleurt
from sign2text.scoring.score_reader import read_score_file, read_sentences
from sign2text.sharing.dvc_files import find_published
from sign2text.text.tokenizer import encode_targets, load_tokenizer
from sign2text.training.history import CORE as HISTORY_COLUMNS
from sign2text.training.history import chosen_checkpoint
from sign2text.untrusted.model_weights import index_names
from sign2text.untrusted.sentencepiece_check import check_sentencepiece

CUBIC = "|".join([r"\w*\w*\b[^\w\s]"] * 150)
SPLIT = {"type": "Split", "pattern": {"Regex": CUBIC}, "behavior": "Isolated", "invert": False}
CHINESE = {"type": "BertNormalizer", "handle_chinese_chars": True}
CHINESE |= dict.fromkeys(("clean_text", "strip_accents", "lowercase"), False)
WORDS = {"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "##"}
WORDS |= {"max_input_chars_per_word": 10_000, "vocab": {"a": 0, "##a": 1}}


def metaspace(sign: str) -> dict[str, Any]:
    return {"type": "Metaspace", "replacement": sign, "prepend_scheme": "always", "split": True}


def in_a_row(part: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    key = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers"}[part]
    return {part: {"type": "Sequence", key: steps}}


def write_json(path: Path, values: Any) -> Path:
    path.write_text(json.dumps(values, separators=(",", ":")), encoding="utf-8")
    assert path.stat().st_size < 10_000_000
    return path


def write_tokenizer(folder: Path, **values: Any) -> Path:
    pieces = [["<unk>", 0.0], ["</s>", 0.0], ["<pad>", 0.0], ["▁", -1.0], ["a", -2.0]]
    model = {"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": False}
    spec = {"version": "1.0", "added_tokens": [], "model": model} | values
    return write_json(folder / "tokenizer.json", spec)


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        # Each step writes a character before each piece, at which the next one splits.
        (in_a_row("pre_tokenizer", [metaspace("▁"), metaspace("b")] * 20), ["a" * 60]),
        # Each step writes two spaces around each character.
        (in_a_row("normalizer", [CHINESE] * 1900), ["中" * 60] * 9),
        # The steps of a search grow with the cube of a word's length.
        (in_a_row("pre_tokenizer", [SPLIT] * 30), ["a" * 60 + "b"] * 9),
        ({"model": WORDS}, ["a" * 10_000]),
    ],
    ids=["Metaspace", "BertNormalizer", "cubic search", "WordPiece"],
)
def test_a_tokenizer_of_bounded_steps_takes_bounded_time(
    tmp_path: Path, values: dict[str, Any], sentences: list[str]
) -> None:
    path = write_tokenizer(tmp_path, **values)
    before = tree(tmp_path)
    assert str(path) in refusal(lambda: encode_targets(load_tokenizer(tmp_path), sentences))
    assert tree(tmp_path) == before


def test_thousands_of_added_tokens_are_refused(tmp_path: Path) -> None:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    tokens = [{"id": 5 + n, "content": f"<x{n}>", "special": True, **flags} for n in range(60_000)]
    path = write_tokenizer(tmp_path, added_tokens=tokens)
    names = [token["content"] for token in tokens]
    write_json(tmp_path / "tokenizer_config.json", {"extra_special_tokens": names})
    assert str(path.parent) in refusal(lambda: load_tokenizer(tmp_path))


@pytest.mark.parametrize("field", [b"\x20\x00", b"\x1a\x00"])
def test_millions_of_empty_fields_are_looked_at_in_time(tmp_path: Path, field: bytes) -> None:
    (tmp_path / "spiece.model").write_bytes(field * 2_000_000)
    message = refusal(lambda: check_sentencepiece(tmp_path / "spiece.model"))
    assert "more than 1049577 fields" in message


@pytest.fixture
def bleurt(tmp_path: Path, tiny_tokenizer: Any) -> Path:
    return save_folder("bleurt", tmp_path / "bleurt", tmp_path, None, tiny_tokenizer)


def score(folder: Path) -> list[float]:
    return bleurt_scores(folder, ["es regnet", "es"], ["am montag regnet es", "es"])


def test_bleurt_with_fewer_words_than_its_tokenizer_is_refused(bleurt: Path) -> None:
    weights = load_file(bleurt / "model.safetensors")
    name = "bert.embeddings.word_embeddings.weight"
    weights[name] = weights[name][:5].clone()
    save_torch(weights, bleurt / "model.safetensors", {"format": "pt"})
    config = json.loads((bleurt / "config.json").read_text())
    write_json(bleurt / "config.json", config | {"vocab_size": 5})
    assert str(bleurt) in refusal(lambda: score(bleurt))


def test_bleurt_without_a_padding_token_is_refused(bleurt: Path) -> None:
    config = json.loads((bleurt / "tokenizer_config.json").read_text())
    del config["pad_token"]
    write_json(bleurt / "tokenizer_config.json", config)
    assert str(bleurt) in refusal(lambda: score(bleurt))


def test_bleurt_whose_scores_are_no_numbers_is_refused(bleurt: Path) -> None:
    weights = load_file(bleurt / "model.safetensors")
    weights["classifier.bias"] = torch.tensor([float("nan")])
    save_torch(weights, bleurt / "model.safetensors", {"format": "pt"})
    assert str(bleurt) in refusal(lambda: score(bleurt))


@pytest.mark.parametrize(
    "values",
    [
        {"model_type": "distilbert", "sinusoidal_pos_embds": True, "dim": 12, "n_layers": 1},
        {"model_type": "xlm", "sinusoidal_embeddings": True, "emb_dim": 16, "n_layers": 1},
        {"model_type": "canine", "num_hash_buckets": 2**26, "num_hidden_layers": 1},
    ],
    ids=lambda values: values["model_type"],
)
def test_tables_that_are_computed_are_not_computed(bleurt: Path, values: dict[str, Any]) -> None:
    many = {"max_position_embeddings": 2**24, "num_labels": 1, "id2label": {"0": "score"}}
    write_json(bleurt / "config.json", values | many)
    assert "but its weights have" in refusal(lambda: load_bleurt(bleurt))


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A small model's folder, as somebody gives it."""
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "mbart"}')
    save_file({"a": np.zeros(3, "f4")}, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.mark.parametrize("name", ["merges.txt", "preprocessor_config.json"])
def test_a_model_folder_brings_no_file_from_elsewhere(given: Path, name: str) -> None:
    secret, target = given.parent / "secret", given.parent / "fetched"
    secret.write_text('{"password": "of this machine"}')
    (given / name).symlink_to(secret)
    source = Folder(str(given))
    message = refusal(lambda: bring_files(source, source.list_files(None).files, target))
    assert name in message
    assert not any(b"of this machine" in content for _, content in tree(target).values())


def test_a_model_in_the_layout_of_the_hubs_cache_is_brought(given: Path, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    for number, path in enumerate(sorted(given.iterdir())):
        blob = tmp_path / "blobs" / f"{number:040x}"
        path.rename(blob)
        path.symlink_to(f"../blobs/{blob.name}")
    source, target = Folder(str(given)), tmp_path / "fetched"
    brought = bring_files(source, source.list_files(None).files, target)
    assert [file["path"] for file in brought] == ["config.json", "model.safetensors"]
    assert (target / "config.json").read_text() == '{"model_type": "mbart"}'


def test_a_manifest_that_lists_a_file_again_and_again_is_refused(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(os.urandom(3_000_000))
    file = {"path": weights.name, "bytes": 3_000_000, "sha256": sha256_of(weights)}
    about = {"name": "a/b", "revision": "x", "commit": None, "licence": None}
    path = write_json(tmp_path / "manifest.json", about | {"files": [file] * 50_000})
    assert str(path) in refusal(lambda: open_model(path, "a/b", "x", weights=True))


def test_a_message_repeats_little_of_a_long_name() -> None:
    message = refusal(lambda: index_names({"weight_map": {"t" * 10**6: "/" * 10**6}}, "index"))
    assert message.startswith("index: weight_map has") and len(message) < 2000


@pytest.mark.parametrize("values", [{"examples": [{}] * 3_000_000}, {"examples": [5] * 4_900_000}])
def test_a_score_file_with_a_problem_in_each_example_is_refused_in_bounds(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    path = score_file(tmp_path / "fla_llm.bleu")
    write_json(path, json.loads(path.read_text()) | values)
    message = refusal(lambda: read_score_file(path, ["scores"]))
    assert f"{path}: not a score file (more than 100000 values" in message


SUMS = {"started": "", "seconds": 1, "peak_memory": 1}


@pytest.mark.parametrize(
    "values",
    [
        {"inputs": [0] * 4_900_000},
        {"versions": {f"{number:x}": 0 for number in range(950_000)}},
        {"settings": {"a": [[]] * 3_200_000}},
    ],
    ids=["inputs", "versions", "settings"],
)
def test_a_provenance_with_millions_of_values_is_refused_in_bounds(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    path = write_json(tmp_path / "x.provenance.json", SUMS | values)
    assert f"{path}: is no whole provenance" in refusal(lambda: read_provenance(path))


@pytest.mark.parametrize(
    ("place", "read"),
    [
        (Path("x.bleu"), lambda: read_score_file(Path("x.bleu"), ["scores"])),
        (Path("x.provenance.json"), lambda: read_provenance(Path("x.provenance.json"))),
        (Path("manifest.json"), lambda: read_manifest(Path("manifest.json"))),
        (record_path(SCORE), lambda: check_record(SCORE)),
    ],
    ids=["score", "provenance", "manifest", "record"],
)
def test_a_pipe_in_place_of_a_result_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Path, read: Callable[[], Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    place.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(place)
    assert str(place) in refusal(read)


def test_many_large_dvc_files_do_not_slow_a_pull(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path, monkeypatch)
    PUBLISHED.unlink()
    for number in range(9):
        text = f"# {SCORE}\n[" + "a," * 125_000 + "]"
        PUBLISHED.with_name(f"{number}.dvc").write_text(text)
    before = tree(tmp_path)
    assert "expected the keys wdir, outs, meta" in refusal(lambda: find_published(SCORE))
    assert tree(tmp_path) == before


RUNS = "run\tid\tvideo\tscore\thypothesis\n"
TABLES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "hypotheses of a run of 5000 digits": (
        lambda path: read_hypotheses(path, ["a"]),
        f"{RUNS}{'1' * 5000}\ta\ta\t0\tx\n",
    ),
    "hypotheses of 150,000 runs": (
        lambda path: read_hypotheses(path, ["a"]),
        RUNS + "".join(f"{number}\ta\ta\t0\tx\n" for number in range(150_000)),
    ),
    "clips with a million columns": (read_clips, "\t" * 1_000_000 + "\n"),
    "sentences with a million columns": (
        lambda path: read_sentences(path, path),
        "\t" * 1_000_000 + "\n",
    ),
    **{
        f"clips with {name}": (read_clips, "\t".join(MANIFEST_COLUMNS) + "\n" + "\t".join(row))
        for name, row in {
            "deep phrasings": ["a", "v", "5", "25", "s", "t", "", "de", "[" * 100_000 + "\n"],
            "long phrasings": ["a", "v", "5", "25", "s", "t", "", "de", f"[{'9' * 5000}]\n"],
            "endless frames": ["a", "v", "1e300", "25", "s", "t", "", "de", "[]\n"],
        }.items()
    },
    "a history in Latin-1": (chosen_checkpoint, "\t".join(HISTORY_COLUMNS) + "\n\udcff\n"),
    "a history of endless steps": (
        chosen_checkpoint,
        "\n".join(["\t".join(HISTORY_COLUMNS), "\t".join(["1", "1e30", *[""] * 4, "1"]), ""]),
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_hostile_table_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    read, text = TABLES[kind]
    path = tmp_path / "table.tsv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    message = refusal(lambda: read(path))
    assert str(path) in message and len(message) < 10_000
