"""A model's folder is data: what would lead to other code is refused, and nothing of it is run."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sign2text.ground.errors import InputError
from sign2text.models.frame_encoder import FrameEncoder, FrameEncoderConfig, load_frame_encoder
from sign2text.models.language_model import load_language_model
from sign2text.models.translator import load_translator
from sign2text.text.published_tokenizer import load_published
from sign2text.text.tokenizer import load_tokenizer
from sign2text.untrusted.model_folder import check_folder, refuse_code

sys.path.insert(0, str(Path(__file__).parent))
from tiny_corpus import SMALL


class Calls:
    """Makes a folder when it is unpickled by somebody who trusts."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.fixture
def folders(
    tmp_path: Path,
    tiny_translator: Callable[..., Any],
    tiny_tokenizer: Any,
    published_folders: dict[str, Path],
) -> dict[str, Path]:
    """A folder of each kind that a stage loads."""
    found = {kind: tmp_path / kind for kind in ("translator", "frame encoder", "language model")}
    tiny_translator().save_pretrained(found["translator"])
    tiny_tokenizer.save_pretrained(found["translator"])
    FrameEncoder(FrameEncoderConfig(resnet=SMALL)).save_pretrained(found["frame encoder"])
    shutil.copytree(published_folders["mbart"], found["language model"])
    return found


LOADERS = {
    "translator": load_translator,
    "frame encoder": load_frame_encoder,
    "language model": load_language_model,
}


def change(path: Path, **values: Any) -> None:
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | values))


def bring_code(folder: Path, trap: Path) -> None:
    """Modules with the names that the configurations ask for."""
    for name in ("own", "modeling_own", "configuration_own", "tokenization_own"):
        (folder / f"{name}.py").write_text(f"import os; os.mkdir({str(trap)!r})\n")


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}},
            r"asks for code of its own \(auto_map: .*own\.Config.*Nothing of it was run",
        ),
        ({"attn_implementation": "somebody/kernel"}, r"code from the hub \(attn_.*body/kernel\)"),
        ({"_attn_implementation": {"": "somebody/kernel"}}, "asks for code from the hub"),
        ({"_experts_implementation": "somebody/kernel@main"}, "asks for code from the hub"),
        ({"transformers_weights": "other.safetensors"}, r"asks for other weights than model\.safe"),
    ],
)
def test_a_configuration_that_leads_to_other_code_or_weights_is_refused(
    folders: dict[str, Path], tmp_path: Path, kind: str, values: dict[str, Any], said: str
) -> None:
    folder = folders[kind]
    bring_code(folder, tmp_path / "trap")
    change(folder / "config.json", **values)
    with pytest.raises(InputError, match=said) as error:
        LOADERS[kind](folder)
    assert str(error.value).startswith(str(folder / "config.json"))
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("kind", LOADERS)
def test_within_a_part_of_the_configuration_too(folders: dict[str, Path], kind: str) -> None:
    hidden = {"language_model": {"deep": [{"auto_map": {"AutoConfig": "own.Config"}}]}}
    change(folders[kind] / "config.json", **hidden)
    with pytest.raises(InputError, match="asks for code of its own"):
        LOADERS[kind](folders[kind])


@pytest.mark.parametrize("kind", LOADERS)
def test_pickled_weights_beside_safetensors_are_not_read(
    folders: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    torch.save({"trap": Calls(tmp_path / "trap")}, folders[kind] / "pytorch_model.bin")
    LOADERS[kind](folders[kind])
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("kind", LOADERS)
def test_pickled_weights_instead_of_safetensors_are_refused(
    folders: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    folder = folders[kind]
    (folder / "model.safetensors").unlink()
    torch.save({"trap": Calls(tmp_path / "trap")}, folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"model\.safetensors"):
        LOADERS[kind](folder)
    # Under the other's name they are no safetensors.
    (folder / "pytorch_model.bin").rename(folder / "model.safetensors")
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be read"):
        LOADERS[kind](folder)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("kind", LOADERS)
def test_an_adapter_that_points_to_another_model_is_refused(
    folders: dict[str, Path], kind: str
) -> None:
    change(folders[kind] / "adapter_config.json", base_model_name_or_path="somebody/model")
    with pytest.raises(InputError, match=r"adapter_config\.json: found, which makes the library"):
        LOADERS[kind](folders[kind])


@pytest.mark.parametrize("load", [load_tokenizer, load_published])
def test_a_tokenizer_with_code_of_its_own_is_refused_and_not_run(
    folders: dict[str, Path], tmp_path: Path, load: Callable[[Path], Any]
) -> None:
    folder = folders["translator" if load is load_tokenizer else "language model"]
    bring_code(folder, tmp_path / "trap")
    names = {"auto_map": {"AutoTokenizer": ["tokenization_own.Own", None]}}
    change(folder / "tokenizer_config.json", tokenizer_class="Own", **names)
    with pytest.raises(InputError, match=r"tokenizer_config\.json asks for code of its own"):
        load(folder)
    assert not (tmp_path / "trap").exists()


def test_a_word_of_a_vocabulary_may_be_any(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text('{"auto_map": 7}')
    (tmp_path / "config.json").write_text('{"attn_implementation": "sdpa"}')
    check_folder(tmp_path)
    refuse_code({"auto_map": 7}, "vocab.json", "here")


def test_a_cut_file_of_a_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_')
    with pytest.raises(InputError, match=r"config\.json: cannot be read.*Fetch it again\."):
        check_folder(tmp_path, "Fetch it again.")


def test_a_file_of_added_tokens_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "added_tokens.json").write_text(json.dumps({f"<{n}>": n for n in range(9000)}))
    with pytest.raises(InputError, match="has 9000 entries; expected at most 8192"):
        check_folder(tmp_path)
