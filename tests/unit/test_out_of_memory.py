"""Exhausted memory is reported as what it is: no file is called damaged, none is touched."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import torch

from sign2text.commands.main import main
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.manifest import read_manifest
from sign2text.ground.errors import MemoryShortError
from sign2text.ground.files import read_json, reading
from sign2text.ground.memory import shortage
from sign2text.untrusted.pickles import load_data
from sign2text.untrusted.torch_weights import convert

ERRORS = {
    "numpy": (lambda: np.empty(2**60, np.uint8), "1.00 EiB were wanted"),
    "torch": (lambda: torch.empty(2**60, dtype=torch.uint8), "1152921504606846976 bytes were"),
    "python": (lambda: bytearray(2**62), "memory ran out. The file"),
}


@pytest.mark.parametrize("library", ERRORS)
def test_each_library_is_understood(library: str) -> None:
    call, words = ERRORS[library]
    with pytest.raises(Exception) as error:
        call()
    told = shortage(error.value, Path("a.pkl"))
    assert told.startswith("a.pkl: memory ran out") and words in told
    assert "delete" not in told.lower()
    chained = RuntimeError("loading failed")
    chained.__cause__ = error.value
    assert shortage(chained, "a.pkl") == told


def test_other_errors_are_not(tmp_path: Path) -> None:
    for error in (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), ValueError("x"),
                  FileNotFoundError(2, "No such file")):  # fmt: skip
        assert shortage(error, "a") is None


def parser_error(*_: object, **__: object) -> None:
    raise pd.errors.ParserError("Error tokenizing data. C error: out of memory")


def no_memory(*_: object, **__: object) -> None:
    raise MemoryError


READERS: dict[str, tuple[str, Callable, Callable[[Path], object]]] = {
    "manifest": ("pandas.read_csv", parser_error, read_manifest),
    "hypotheses": ("pandas.read_csv", parser_error, lambda path: read_hypotheses(path, ["a"])),
    "pickle": ("pathlib.Path.read_bytes", no_memory, load_data),
    "weights": (
        "sign2text.untrusted.torch_weights.check_contents",
        no_memory,
        lambda path: convert([path], path.with_suffix(".safetensors")),
    ),
    "json": ("json.loads", no_memory, read_json),
}


@pytest.mark.parametrize("kind", READERS)
def test_no_reader_calls_the_file_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    name, error, read = READERS[kind]
    path = tmp_path / "file.x"
    path.write_bytes(b"{}\n")
    monkeypatch.setattr(name, error)
    with pytest.raises(MemoryShortError, match=r"file\.x: memory ran out") as caught:
        read(path)
    monkeypatch.undo()
    assert "damaged" not in str(caught.value).replace("need not be damaged", "")
    assert path.read_bytes() == b"{}\n" and len(list(tmp_path.iterdir())) == 1


def test_safetensors_too(tmp_path: Path) -> None:
    with pytest.raises(MemoryShortError, match="memory ran out"), reading(tmp_path / "a"):
        raise OSError(12, "Cannot allocate memory")


def test_the_command_says_it_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sign2text.commands.main.run_show", Mock(side_effect=MemoryError))
    with pytest.raises(SystemExit) as ended:
        main(["show", "a.bleu"])
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("sign2text: sign2text: memory ran out")
