"""Truncated artefacts: each error names the file and the stage to run again.

Frame stores, feature stores and checkpoints have further tests in test_frame_store.py,
test_encode_frames.py and test_checkpoints.py.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

from sign2text.data.copies import read_copies, write_copies
from sign2text.data.feature_store import FeatureStore, write_features
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.data.hypotheses import COLUMNS, read_hypotheses, write_hypotheses
from sign2text.data.left_out import COLUMNS as LEFT_OUT
from sign2text.data.left_out import read_left_out
from sign2text.data.manifest import read_manifest, write_manifest, write_table
from sign2text.ground.errors import InputError
from sign2text.ground.files import check_end
from sign2text.ground.store_index import index_path
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig, load_frame_encoder
from sign2text.models.language_model import load_language_model
from sign2text.models.translator import load_translator
from sign2text.text.tokenizer import load_tokenizer
from sign2text.training.history import chosen_checkpoint, history_rows, write_history

sys.path.insert(0, str(Path(__file__).parent))
from tiny_corpus import SMALL

IDS = ["train-0", "train-1"]
TEXT = "am montag regnet es"
NO_VIDEO = [["train", "x", "x.mp4", "was lost"], ["dev", "y", "y.mp4", "was lost"]]
COPIES = {"y.mp4": "x.mp4", "z.mp4": "x.mp4"}
MONOLINGUAL = ["es regnet", "es schneit im norden"]
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 24, 32, 3), dtype=np.uint8)
FEATURES = torch.arange(24.0).reshape(6, 4)


def read_whole_store(path: Path) -> list[list]:
    store = FrameStore(path if path.suffix == ".tar" else path.with_name("train.tar"))
    return [
        store.read(position, range(length)).tolist()
        for position, length in enumerate(store.lengths)
    ]


def read_sentences(path: Path) -> list[str]:
    """Read sentences like pretrain_language_model."""
    check_end(path)
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny_tokenizer, published_folders) -> Path:
    """Make a folder per stage, with the stages' files."""
    from transformers import set_seed

    folder = tmp_path_factory.mktemp("results")
    set_seed(0)
    rows = pd.DataFrame({"id": IDS}).assign(
        video="x.mp4", frames=3, fps=25.0, signer="signer01", text=TEXT,
        gloss="", language="de", phrasings=[[], []],
    )  # fmt: skip
    write_manifest(rows, folder / "make_manifest/train.tsv")
    write_table(pd.DataFrame(NO_VIDEO, columns=LEFT_OUT), folder / "make_manifest/left_out.tsv")
    write_copies(folder / "make_manifest/copies.tsv", COPIES)
    text = "".join(f"{sentence}\n" for sentence in MONOLINGUAL)
    (folder / "make_manifest/monolingual.txt").write_text(text)
    store = folder / "sample_frames/train.tar"
    writer = FrameStoreWriter(store, FrameFormat((24, 32), 90, "png"), IDS)
    for clip, picture in zip(IDS, PICTURES, strict=True):
        writer.add(clip, 3 * [writer.format.encode(picture)])
    writer.finish()
    about = {"feature": "sign_wise", "model_sha256": "0"}
    path = folder / "extract_features/train.safetensors"
    write_features(path, IDS, [3, 3], [FEATURES], **about)
    tiny_tokenizer.save_pretrained(folder / "train_tokenizer")
    encoder = FrameEncoder(FrameEncoderConfig(resnet=SMALL))
    encoder.save_pretrained(folder / "pretrain_frame_encoder")
    shutil.copytree(published_folders["mbart"], folder / "pretrain_language_model")
    logged = [
        {"step": n, "epoch": n / 2, "loss": 1.0, "learning_rate": 0.1, "grad_norm": 1.0}
        for n in (2, 4)
    ]
    write_history(folder / "pretrain_frame_encoder/history.tsv", history_rows(logged, chosen=4))
    table = pd.DataFrame([[0, clip, clip, "-0.5", "es regnet"] for clip in IDS], columns=COLUMNS)
    write_hypotheses(folder / "decode/test.tsv", table)
    return folder


@pytest.fixture(scope="module")
def translator_folder(made: Path, tmp_path_factory, tiny_tokenizer) -> Path:
    from transformers import ResNetConfig

    from sign2text.methods.fla_llm.translator import LightTranslator, SignTranslatorConfig
    from sign2text.models.small_language_models import mbart_config

    folder = made / "finetune_llm"
    resnet = ResNetConfig(embedding_size=8, hidden_sizes=[8], depths=[1], layer_type="basic")
    sizes = {"layers": 1, "heads": 2, "width": 16, "feed_forward": 32, "positions": 64}
    words = mbart_config(tiny_tokenizer, **sizes, dropout=0.0, attention_dropout=0.0)
    config = SignTranslatorConfig(frames=FrameEncoderConfig(resnet=resnet), language_model=words)
    LightTranslator(config).save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return folder


def of_folder(read: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda path: read(path.parent)


ARTEFACTS = {
    "make_manifest/train.tsv": (read_manifest, "make"),
    "make_manifest/left_out.tsv": (read_left_out, "make_manifest"),
    "make_manifest/copies.tsv": (read_copies, "make_manifest"),
    "make_manifest/monolingual.txt": (read_sentences, "make_manifest"),
    "sample_frames/train.tar": (read_whole_store, "sample_frames"),
    "sample_frames/train.index.safetensors": (read_whole_store, "sample_frames"),
    "extract_features/train.safetensors": (FeatureStore, "extract_features"),
    "train_tokenizer/tokenizer.json": (load_tokenizer, "train_tokenizer"),
    "train_tokenizer/tokenizer_config.json": (of_folder(load_tokenizer), "train_tokenizer"),
    "pretrain_frame_encoder/model.safetensors": (of_folder(load_frame_encoder), "pretrain_frame"),
    "pretrain_frame_encoder/config.json": (of_folder(load_frame_encoder), "pretrain_frame"),
    "pretrain_frame_encoder/history.tsv": (chosen_checkpoint, "Run pretrain_frame_encoder again"),
    "pretrain_language_model/model.safetensors": (of_folder(load_language_model), "pretrain_lang"),
    "pretrain_language_model/config.json": (of_folder(load_language_model), "pretrain_language"),
    "finetune_llm/model.safetensors": (of_folder(load_translator), "finetune_llm"),
    "finetune_llm/config.json": (of_folder(load_translator), "finetune_llm"),
    "finetune_llm/tokenizer.json": (of_folder(load_tokenizer), "finetune_llm"),
    "decode/test.tsv": (lambda path: read_hypotheses(path, IDS), "decode"),
}


SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)  # of the bytes that are kept; 1.0: all but the last byte
# These cuts lose nothing: the last bytes of a tar are padding, those of JSON and a history a line's
# end, and text without video is optional.
NO_HARM = {("make_manifest/monolingual.txt", 0.0)} | {
    (name, 1.0) for name in ARTEFACTS if name.endswith((".tar", ".json", "history.tsv"))
}
CUTS = [(name, share) for name in ARTEFACTS for share in SHARES if (name, share) not in NO_HARM]


@pytest.mark.parametrize(("name", "share"), CUTS)
def test_a_cut_artefact_is_named_with_what_to_do(
    made: Path, translator_folder: Path, tmp_path: Path, name: str, share: float
) -> None:
    read, advice = ARTEFACTS[name]
    folder = tmp_path / Path(name).parent
    shutil.copytree((made / name).parent, folder)
    path = tmp_path / name
    data = path.read_bytes()
    path.write_bytes(data[: min(int(len(data) * share), len(data) - 1)])
    with pytest.raises(InputError) as error:
        read(path)
    assert path.name in str(error.value) and str(folder) in str(error.value)
    assert advice in str(error.value)


WHOLE = {
    "make_manifest/train.tsv": [
        [clip, "x.mp4", 3, 25.0, "signer01", TEXT, "", "de", []] for clip in IDS
    ],
    "make_manifest/left_out.tsv": NO_VIDEO,
    "make_manifest/copies.tsv": COPIES,
    "make_manifest/monolingual.txt": MONOLINGUAL,
    "sample_frames/train.tar": [3 * [picture] for picture in PICTURES.tolist()],
    "sample_frames/train.index.safetensors": [3 * [picture] for picture in PICTURES.tolist()],
    "extract_features/train.safetensors": [FEATURES[:3].tolist(), FEATURES[3:].tolist()],
    "pretrain_frame_encoder/history.tsv": {"epoch": 2.0, "step": 4, "dev_bleu4": None},
    "decode/test.tsv": [[[clip, "0", clip, "-0.5", "es regnet"] for clip in IDS]],
}
TOKENIZERS = [name for name in ARTEFACTS if Path(name).name.startswith("tokenizer")]
MODELS = [name for name in ARTEFACTS if Path(name).name in ("model.safetensors", "config.json")]


def plain(found: Any) -> Any:
    """Convert a reader's result to lists."""
    if isinstance(found, FeatureStore):
        return [found.read(found.position(clip)).tolist() for clip in IDS]
    if isinstance(found, pd.DataFrame):
        table = found.reset_index() if found.index.name else found
        return table.to_numpy().tolist()
    return [plain(each) for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name not in TOKENIZERS + MODELS])
def test_a_whole_artefact_is_read(made: Path, name: str) -> None:
    assert plain(ARTEFACTS[name][0](made / name)) == WHOLE[name]


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_whole_tokenizer_is_read(
    made: Path, translator_folder: Path, tiny_tokenizer: PreTrainedTokenizerFast, name: str
) -> None:
    found = ARTEFACTS[name][0](made / name)
    assert found.get_vocab() == tiny_tokenizer.get_vocab()
    assert found(TEXT).input_ids == tiny_tokenizer(TEXT).input_ids
    assert found.decode(found(TEXT).input_ids, skip_special_tokens=True) == TEXT


@pytest.mark.parametrize("name", MODELS)
def test_whole_weights_are_read(made: Path, translator_folder: Path, name: str) -> None:
    found = ARTEFACTS[name][0](made / name).state_dict()
    written = load_file((made / name).with_name("model.safetensors"))
    assert len(written) > 10
    assert [key for key, values in written.items() if not torch.equal(found[key], values)] == []


def test_hypotheses_cut_within_the_last_sentence_are_not_scored(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "decode/test.tsv"
    path.parent.mkdir()
    path.write_bytes((made / "decode/test.tsv").read_bytes()[:-8])  # "... es r", a row by its form
    with pytest.raises(InputError, match=r"test\.tsv: its last line has no end.*run decode again"):
        read_hypotheses(path, IDS)


def test_a_history_that_lost_the_row_of_what_was_kept_is_refused(
    made: Path, tmp_path: Path
) -> None:
    path = tmp_path / "history.tsv"
    lines = (made / "pretrain_frame_encoder/history.tsv").read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    with pytest.raises(InputError, match="1 rows and none of them is chosen, so rows were lost"):
        chosen_checkpoint(path)


def test_index_and_store_belong_together(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "sample_frames", tmp_path / "sample_frames")
    store = tmp_path / "sample_frames/train.tar"
    index_path(store).unlink()
    with pytest.raises(InputError, match=r"train\.index\.safetensors: missing; run the rule"):
        FrameStore(store)
