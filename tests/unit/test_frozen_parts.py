"""A translator's folder without its frozen parts: saving, finding the parts, and refusals."""

import hashlib
import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import PreTrainedModel

from sign2text.models.translator import load_translator

sys.path.insert(0, str(Path(__file__).parent))
from frozen_translator import (
    BASE,
    MODEL,
    OWN,
    WIDTH,
    about,
    make_model,
    make_parts,
    parts,
    project,
    refused,
    rewrite,
    same,
    saved,
    sha256,
)
from translator_cases import translator_cases

__all__ = ["parts", "project"]  # fixtures
FILES = ("model.safetensors", "config.json")


def test_of_four_frozen_layers_and_a_trained_one_the_trained_one_is_saved(parts):
    model = saved(parts)
    assert sorted(load_file(MODEL / FILES[0])) == OWN
    trained = 4 * (WIDTH * WIDTH + WIDTH + 2 * WIDTH)
    buffers = 2 * (4 * 2 * WIDTH + 8)
    frozen = (BASE / "tower" / FILES[0]).stat().st_size
    assert 0 < (MODEL / FILES[0]).stat().st_size - trained - buffers < 1200, "a header"
    assert frozen > 16_000
    assert about()["frozen_parts"] == {
        "tower": {"place": f"{BASE}/tower", "sha256": sha256(BASE / "tower/model.safetensors")}
    }
    loaded = load_translator(MODEL)
    assert same(model, loaded)
    assert not loaded.training
    trained = {name for name, weight in loaded.named_parameters() if weight.requires_grad}
    assert trained == {"head.weight", "head.bias", "norm.weight", "norm.bias"}
    assert not hasattr(loaded.config, "frozen_parts"), "it may become another model's"


def test_buffers_are_the_models_own(parts):
    """The statistics of a part outside evaluation mode change even without training."""
    model = make_model(parts)
    model.tower.norm.running_mean.add_(3)
    model.save_pretrained(MODEL)
    assert same(model, load_translator(MODEL))


def test_a_loaded_model_is_saved_again_to_the_same_bytes(parts):
    saved(parts, adapted=True, writes=True)
    load_translator(MODEL).save_pretrained(MODEL.with_name("again"))
    for name in FILES:
        assert (MODEL / name).read_bytes() == (MODEL.with_name("again") / name).read_bytes()


@pytest.mark.parametrize("half", [False, True])
def test_several_parts_with_tied_wrapped_and_half_precise_weights(project, half):
    parts = make_parts(BASE, half=half)
    model = saved(parts, adapted=True, writes=True)
    assert sorted(load_file(MODEL / FILES[0])) == sorted([*OWN, "tower.layers.1.added.weight"])
    assert set(about()["frozen_parts"]) == {"tower", "language_model"}
    loaded = load_translator(MODEL)
    assert same(model, loaded)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    language_model = loaded.language_model
    assert language_model.lm_head.weight is language_model.transformer.wte.weight
    assert not language_model.lm_head.weight.requires_grad


def test_a_part_in_several_files_has_the_hash_of_their_list(parts):
    whole = make_model(parts, writes=True).language_model
    whole.save_pretrained(BASE / "shards", max_shard_size="20KB")
    files = sorted((BASE / "shards").glob("model-*.safetensors"))
    assert len(files) > 1
    model = saved(parts | {"language_model": BASE / "shards"}, writes=True)
    listed = "".join(f"{sha256(path)}  {path.name}\n" for path in files)
    found = about()["frozen_parts"]["language_model"]["sha256"]
    assert found == hashlib.sha256(listed.encode()).hexdigest()
    assert same(model, load_translator(MODEL))
    rewrite(files[0], lambda tensors: next(iter(tensors.values())).add_(1))
    assert "the frozen part 'language_model' has another hash" in refused()


def test_models_without_frozen_parts_are_saved_whole_to_the_byte(tmp_path, tiny_tokenizer):
    """Models of all methods are saved exactly as the library saves them."""
    cases = translator_cases()
    for name, make in cases.items():
        model, ours, plain = (
            make(tiny_tokenizer).model,
            tmp_path / name / "1",
            tmp_path / name / "2",
        )
        model.save_pretrained(ours)
        PreTrainedModel.save_pretrained(model, plain)
        files = {path.name: path.read_bytes() for path in ours.iterdir()}
        assert files == {path.name: path.read_bytes() for path in plain.iterdir()}, name
        assert set(FILES) <= files.keys()
        assert b"frozen_parts" not in files["config.json"]
        values = sum(each.numel() for each in load_file(ours / FILES[0]).values())
        assert values >= sum(each.numel() for each in model.parameters())
    assert len(cases) > 3


def test_a_part_is_found_beside_the_folder_wherever_both_are(parts, tmp_path, monkeypatch):
    model = saved(parts)
    shutil.copytree(MODEL, tmp_path / "elsewhere/model")
    shutil.copytree(BASE / "tower", tmp_path / "elsewhere/tower")
    shutil.rmtree(BASE)
    monkeypatch.chdir(tmp_path)
    loaded = load_translator(tmp_path / "elsewhere/model")
    assert same(model, loaded)
    assert loaded.frozen_parts == {"tower": tmp_path / "elsewhere/tower"}
    monkeypatch.chdir(tmp_path / "elsewhere/model")
    assert same(model, load_translator(Path()))


def test_one_beside_that_is_another_does_not_hide_the_right_one(parts):
    model = saved(parts)
    shutil.copytree(BASE / "tower", MODEL.with_name("tower"))
    rewrite(MODEL.with_name("tower") / FILES[0], lambda each: each["layers.0.bias"].add_(1))
    loaded = load_translator(MODEL)
    assert loaded.frozen_parts == {"tower": BASE / "tower"}
    assert same(model, loaded)
    shutil.rmtree(BASE)
    assert f"found {MODEL.with_name('tower')} has " in refused()


def test_from_another_folder_the_project_is_known_by_its_snakefile(parts, project, monkeypatch):
    model = saved(parts)
    (project.parent / "away").mkdir()
    monkeypatch.chdir(project.parent / "away")
    assert "the frozen part 'tower' is missing" in refused(project / MODEL)
    (project / "Snakefile").touch()
    assert same(model, load_translator(project / MODEL))


@pytest.mark.parametrize(
    ("place", "command"),
    [
        (
            BASE / "tower",
            f"Make it: snakemake --cores all -- {BASE}/tower/model.safetensors; where it was "
            f"published, pull it: sign2text pull {BASE}/tower/model.safetensors",
        ),
        (
            Path("resources/models/tiny--tower/1234"),
            "Fetch it: snakemake --cores all --force -- resources/models/tiny--tower/1234/manifest"
            ".json; where it was published, pull it: sign2text pull resources/models/",
        ),
    ],
)
def test_a_missing_part_is_named_with_the_command_that_brings_it(parts, place, command):
    if not place.exists():
        shutil.copytree(BASE / "tower", place)
    saved(parts | {"tower": place})
    shutil.rmtree(place)
    said = refused()
    assert said.startswith(f"{MODEL / 'config.json'}: the frozen part 'tower' is missing: expected")
    assert f"in {MODEL.with_name(place.name)} or {place}." in said
    assert command in said


def test_a_part_from_outside_the_project_is_asked_for_by_its_name(tmp_path):
    parts = make_parts(tmp_path / "private")
    saved(parts)
    assert about()["frozen_parts"]["tower"]["place"] == "tower", "no path of this machine"
    assert "Put its folder tower beside results/tiny/stub/train_frozen." in refused()


def test_a_part_with_another_hash_is_refused(parts):
    saved(parts)
    before = sha256(BASE / "tower/model.safetensors")
    rewrite(BASE / "tower/model.safetensors", lambda each: each["layers.0.bias"].add_(1))
    said = refused()
    assert f"found {BASE}/tower has {sha256(BASE / 'tower/model.safetensors')}" in said
    assert f"expected SHA-256 {before}" in said
    assert "Make it: snakemake --cores all -- " in said
