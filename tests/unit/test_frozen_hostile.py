"""Frozen parts in an untrusted config.json: only data inside the project is accepted."""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sign2text.ground.errors import InputError
from sign2text.models.translator import load_translator
from sign2text.untrusted.part_places import MOST_PARTS, PartPlace, read_places

sys.path.insert(0, str(Path(__file__).parent))
from frozen_translator import (
    BASE,
    MODEL,
    change,
    make_model,
    parts,
    project,
    refused,
    rewrite,
    saved,
    sha256,
)

__all__ = ["parts", "project"]  # fixtures
TOWER = BASE / "tower/model.safetensors"
HASH = "0" * 64


def hashed_again(part="tower", folder=BASE / "tower"):
    """Update the hash in config.json to the part's current file."""
    change(part=part, sha256=sha256(folder / "model.safetensors"))


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("/etc", "it is an absolute path"),
        ("C:/x", "it is an absolute path"),
        ("../other/tower", "it has the part '..'"),
        ("results/../../tower", "it has the part '..'"),
        ("results//tower", "it is empty, or a part of it is"),
        ("results/./tower", "it has the part '.'"),
        ("", "it is empty"),
        ("~/tower", "it is that of a user"),
        ("results\\tower", "it has a backslash"),
        ("results/\x1b[2J", "it has the control character"),
        ("results/\ud800", "it has the control character"),
        (f"results/{'x' * 300}", "it has 300 bytes, more than 200"),
        ("results/-rf", "it begins with a dash"),
        ("/".join(["results", *["x" * 100] * 11]), "it is too long"),
        (7, "it is no text"),
        (None, "it is no text"),
        (["results/tower"], "it is no text"),
    ],
)
def test_a_place_outside_the_project_is_refused_before_it_is_looked_at(place, problem, monkeypatch):
    monkeypatch.setattr(os, "stat", lambda *_, **__: pytest.fail("looked at"))
    values = {"frozen_parts": {"tower": {"place": place, "sha256": HASH}}}
    with pytest.raises(InputError) as caught:
        read_places(values, "x/config.json")
    said = str(caught.value)
    assert said.startswith("x/config.json: frozen_parts.tower.place is ")
    assert f"and {problem}" in said
    assert "expected a folder inside the project, relative to it. Nothing was read" in said


class Calls:
    """Makes a folder when it is unpickled without protection."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


GOOD = {"place": "results/x", "sha256": HASH}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "frozen_parts is None; expected 1 to 20 parts"),
        ({}, r"frozen_parts is \{\}; expected 1 to"),
        ([GOOD], "expected 1 to 20 parts by the names of their modules"),
        ({f"m{n}": GOOD for n in range(MOST_PARTS + 1)}, "expected 1 to 20 parts"),
        ({"a..b": GOOD}, "names 'a..b'; expected the name of a module"),
        ({"a b": GOOD}, "names 'a b'"),
        ({"x" * 201: GOOD}, "expected the name of a module"),
        ({"m": "results/x"}, "is 'results/x'; expected the keys place and sha256"),
        ({"m": {"place": "results/x"}}, "expected the keys place and sha256"),
        ({"m": GOOD | {"address": "https://x.org"}}, "expected the keys place and sha256"),
        ({"m": GOOD | {"sha256": HASH.upper()[:-1] + "G"}}, "expected 64 hexadecimal digits"),
        ({"m": GOOD | {"sha256": 0}}, "sha256 is 0; expected 64 hexadecimal digits"),
    ],
)
def test_an_entry_of_another_form_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        read_places({"frozen_parts": given}, "x/config.json")


def test_a_good_entry_is_read():
    values = {"frozen_parts": {"": GOOD, "a.layers.0": GOOD}}
    assert read_places(values, "") == dict.fromkeys(["", "a.layers.0"], PartPlace(*GOOD.values()))
    assert read_places({"model_type": "x"}, "") == {}


def test_the_loader_refuses_such_a_place(parts):
    saved(parts)
    change(place="../../etc")
    assert "frozen_parts.tower.place is '../../etc'" in refused()


def test_a_part_that_is_no_safetensors_is_refused_and_nothing_runs(parts, tmp_path):
    saved(parts)
    trap = tmp_path / "trap"
    torch.save({"layers.0.weight": Calls(trap)}, TOWER)
    hashed_again()
    assert f"{TOWER}: cannot be read" in refused()
    TOWER.rename(TOWER.with_name("pytorch_model.bin"))
    assert "is missing: expected model.safetensors" in refused()
    assert not trap.exists()


def test_a_part_behind_a_link_out_of_its_folder_is_refused(parts, tmp_path):
    saved(parts)
    TOWER.rename(tmp_path / "elsewhere.safetensors")
    TOWER.symlink_to(tmp_path / "elsewhere.safetensors")
    assert f"{TOWER}: is a link to " in refused()


def test_a_part_that_its_manifest_does_not_list_is_refused(parts):
    saved(parts)
    (BASE / "tower/manifest.json").write_text(json.dumps({"files": []}))
    assert f"{TOWER}: is not listed in {BASE / 'tower/manifest.json'}" in refused()


def add_frozen(tensors):
    tensors["tower.layers.0.weight"] = torch.zeros(32, 32)


def add_unknown(tensors):
    tensors["tower.layers.7.weight"] = torch.zeros(32, 32)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (add_frozen, "weights that are in a frozen part too: tower.layers.0.weight."),
        (
            lambda t: t.pop("head.bias"),
            "weights that are missing, here and in the frozen parts: he",
        ),
        (lambda t: t.pop("tower.norm.running_var"), "the frozen parts: tower.norm.running_var."),
        (add_unknown, "weights that are unknown to the model: tower.layers.7.weight."),
        (
            lambda t: t.update({"head.bias": torch.zeros(31)}),
            "head.bias is float32 [31], expected float32 [32].",
        ),
        (
            lambda t: t.update({"tower.norm.num_batches_tracked": torch.tensor(3.0)}),
            "num_batches_tracked is float32 [], expected int64 [].",
        ),
    ],
)
def test_own_weights_that_do_not_go_with_the_parts_are_refused(parts, edit, said):
    saved(parts)
    rewrite(MODEL / "model.safetensors", edit)
    found = refused()
    assert found.startswith(f"{MODEL / 'model.safetensors'}: ")
    assert said in found


@pytest.mark.parametrize(
    ("edit", "file", "said"),
    [
        (lambda t: t.pop("layers.2.bias"), MODEL, "the frozen parts: tower.layers.2.bias."),
        (
            lambda t: t.update({"layers.2.bias": torch.zeros(16, 2)}),
            BASE / "tower",
            "tower.layers.2.bias is float32 [16, 2], expected float32 [32].",
        ),
        (
            lambda t: t.update({"layers.2.bias": torch.zeros(32, dtype=torch.float64)}),
            BASE / "tower",
            "tower.layers.2.bias is float64 [32], expected float32 [32].",
        ),
        (
            lambda t: t.update({"layers.2.bias": torch.zeros(32, dtype=torch.int32)}),
            BASE / "tower",
            "tower.layers.2.bias is int32 [32], expected float32 [32].",
        ),
    ],
)
def test_a_part_that_does_not_go_with_the_model_is_refused(parts, edit, file, said):
    saved(parts)
    rewrite(TOWER, edit)
    hashed_again()
    found = refused()
    assert found.startswith(f"{file / 'model.safetensors'}: ")
    assert said in found


def test_a_part_with_none_of_the_modules_weights_is_refused(parts):
    saved(parts)
    save_file({"other": torch.zeros(3)}, TOWER)
    hashed_again()
    assert f"{BASE / 'tower'}: has no weights of the module 'tower'" in refused()


def test_two_weights_for_a_tied_one_are_refused(parts):
    saved(parts, writes=True)
    path = BASE / "language_model/model.safetensors"
    rewrite(path, lambda t: t.update({"lm_head.weight": t["transformer.wte.weight"].clone()}))
    hashed_again("language_model", path.parent)
    load_translator(MODEL)
    rewrite(path, lambda t: t["lm_head.weight"].add_(1))
    hashed_again("language_model", path.parent)
    assert "differ, and the model has one weight for both" in refused()


def test_a_weight_in_two_parts_is_refused(parts):
    saved(parts)
    config = json.loads((MODEL / "config.json").read_text())
    inner = BASE / "first"
    inner.mkdir()
    tensors = load_file(TOWER)
    save_file({"weight": tensors["layers.0.weight"]}, inner / "model.safetensors")
    named = {"place": inner.as_posix(), "sha256": sha256(inner / "model.safetensors")}
    config["frozen_parts"]["tower.layers.0"] = named
    (MODEL / "config.json").write_text(json.dumps(config))
    assert "tower.layers.0.weight: is in two frozen parts" in refused()
    config["frozen_parts"]["tower.nothing"] = config["frozen_parts"].pop("tower.layers.0")
    (MODEL / "config.json").write_text(json.dumps(config))
    assert "has no module 'tower.nothing'; found tower, norm, dropout, head" in refused()


def test_a_part_that_is_taken_out_of_the_configuration_is_missed(parts):
    saved(parts, writes=True)
    config = json.loads((MODEL / "config.json").read_text())
    del config["frozen_parts"]["language_model"]
    (MODEL / "config.json").write_text(json.dumps(config))
    assert "weights that are missing, here and in the frozen parts: language_model." in refused()


def test_a_method_that_names_a_part_wrongly_is_told_when_it_saves(parts):
    model = make_model(parts)
    model.frozen_parts = {"head": BASE / "tower"}
    with pytest.raises(InputError, match="has no weights of the module 'head'"):
        model.save_pretrained(MODEL)
    model.frozen_parts = {"tower": BASE / "nothing"}
    with pytest.raises(InputError, match="base/nothing: no such folder; expected that of the wei"):
        model.save_pretrained(MODEL)
    assert not (MODEL / "model.safetensors").exists()


def test_hashes_are_of_the_content(parts):
    saved(parts)
    load_translator(MODEL)
    whole, times = TOWER.read_bytes(), TOWER.stat()
    TOWER.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    found = hashlib.sha256(TOWER.read_bytes()).hexdigest()
    assert found in refused(), "size and time are as before, or nearly"
    assert TOWER.stat().st_size == times.st_size
