"""The published S3D: fetched, converted, and every tensor accounted for."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
import torch
from plain_s3d import PlainS3D
from safetensors.torch import load_file
from tiny_classes import write_classes
from tiny_training import configure

from sign2text.config import published_models
from sign2text.config.published_models import AT_ADDRESS, asked_for, place_of, read_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.methods.mmtlb import published_s3d
from sign2text.methods.mmtlb.action_classifier import load_classifier
from sign2text.methods.mmtlb.classifier_training import build_classifier
from sign2text.methods.mmtlb.published_s3d import load_published
from sign2text.methods.mmtlb.s3d import S3D
from sign2text.methods.mmtlb.stages import pretrain_s3d
from sign2text.stages import fetch_model

sys.path.insert(0, str(Path(__file__).parent))
from file_server import Site, serving

NAME = "kylemin/S3D"
FRAMES = torch.randint(0, 256, (17, 48, 40, 3), dtype=torch.uint8)


def published() -> dict[str, torch.Tensor]:
    """Tensors as they are published, but at random."""
    torch.manual_seed(0)
    net = S3D(blocks=5)
    tensors = {
        name: torch.rand_like(value) if name.endswith("running_var") else value
        for name, value in net.state_dict().items()
    }
    tensors["fc.0.weight"] = torch.randn(400, 1024, 1, 1, 1) / 32
    tensors["fc.0.bias"] = torch.randn(400)
    return {f"module.{name}": value for name, value in tensors.items()}


def saved(tensors: object) -> bytes:
    file = io.BytesIO()
    torch.save(tensors, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def tensors():
    return published()


@pytest.fixture(scope="module")
def model(tmp_path_factory, tensors):
    """The manifest of the model that fetch_model brought from a folder."""
    folder = tmp_path_factory.mktemp("given")
    (folder / "S3D_kinetics400.pt").write_bytes(saved(tensors))
    (folder / "README.md").write_text("weights")
    return fetch(tmp_path_factory.mktemp("models"), str(folder))


def fetch(root: Path, name: str) -> Path:
    revision = published_models.known_revision(name)
    output = root / place_of(name, revision) / "manifest.json"
    fetch_model.run(output=output, config=fetch_model.Config(name=name, retries=0))
    return output


def test_a_checkpoint_alone_in_a_folder_is_converted(model, tensors):
    (entry,) = read_manifest(model)["files"]
    assert entry["path"] == "model.safetensors"
    found = load_file(model.parent / "model.safetensors")
    assert found.keys() == tensors.keys()
    assert torch.equal(found["module.fc.0.bias"], tensors["module.fc.0.bias"])


def test_a_name_is_fetched_from_its_address(monkeypatch, tmp_path):
    small = {"module.base.0.conv_s.weight": torch.ones(2, 3)}
    with serving(Site(saved(small))) as site:
        place = ("S3D_kinetics400.pt", site.address)
        monkeypatch.setitem(published_models.ADDRESSES, NAME, place)
        manifest = fetch(tmp_path, NAME)
        assert manifest.parent == tmp_path / "resources/models/kylemin--S3D" / AT_ADDRESS
        assert load_file(manifest.parent / "model.safetensors").keys() == small.keys()
        manifest.unlink()
        assert read_manifest(fetch(tmp_path, NAME))["revision"] == AT_ADDRESS
        assert len(site.requests) == 1  # what is whole is not fetched again
        (manifest.parent / "model.safetensors").unlink()
        site.content = b"<html>Too many users have viewed or downloaded this file</html>"
        with pytest.raises(InputError, match="cannot be read as weights that torch saved"):
            fetch(tmp_path, NAME)
        site.status = [404]
        (manifest.parent / ".incoming" / "S3D_kinetics400.pt").unlink()
        with pytest.raises(InputError, match=r"Fetch S3D_kinetics400\.pt by another way, put it"):
            fetch(tmp_path, NAME)


def test_the_settings_name_it():
    config = read_settings(pretrain_s3d.Config, {"published": "paper"}, "pretrain_s3d")
    assert asked_for(config) == (NAME, AT_ADDRESS)


class Calls:
    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_checkpoint_that_calls_something_is_refused(tmp_path):
    given = tmp_path / "given"
    given.mkdir()
    (given / "S3D_kinetics400.pt").write_bytes(saved({"fc.0.bias": Calls(tmp_path / "called")}))
    with pytest.raises(InputError, match=r"asks for \w+\.mkdir, expected tensors only"):
        fetch(tmp_path, str(given))
    assert not (tmp_path / "called").exists()


def test_two_checkpoints_are_none(tmp_path):
    for name in ("a.pt", "b.pth"):
        (tmp_path / name).write_bytes(saved({}))
    with pytest.raises(InputError, match=r"no config\.json; found a\.pt, b\.pth\. Give a model"):
        fetch(tmp_path, str(tmp_path))


@pytest.fixture(scope="module")
def whole(model):
    return load_published(model.parent, 5)


@pytest.fixture(scope="module")
def part(model):
    return load_published(model.parent, 4)


def test_its_logits_are_those_of_a_plain_network_that_sees_red_first(whole, tensors):
    assert sum(p.numel() for p in whole.parameters()) == 8_320_048
    with torch.no_grad():
        logits = whole(FRAMES, torch.tensor([17])).logits[0]
        reference = S3D(blocks=5)
        reference.load_state_dict(
            {
                name.removeprefix("module."): value
                for name, value in tensors.items()
                if ".fc." not in name
            }
        )
        pixels = (FRAMES.permute(3, 0, 1, 2).float() / 255 - 0.5) / 0.5
        maps = PlainS3D(reference).eval().base(pixels[None])[0]
        weight, bias = tensors["module.fc.0.weight"].flatten(1), tensors["module.fc.0.bias"]
        expected = weight @ maps.mean((1, 2, 3)) + bias
    assert (logits - expected).abs().max() < 1e-5 * expected.abs().mean()


def test_the_first_blocks_are_taken_alone(whole, part):
    assert (part.config.blocks, part.config.classes) == (4, ())
    found = whole.s3d.state_dict()
    assert all(torch.equal(value, found[name]) for name, value in part.s3d.state_dict().items())


def test_tensors_that_do_not_fit_are_refused_by_name(monkeypatch, tensors):
    given = {name.removeprefix("module."): value for name, value in tensors.items()}

    def load(changes=None, drop=""):
        found = {name: value for name, value in given.items() if not (drop and drop in name)}
        monkeypatch.setattr(published_s3d, "_read", lambda _: found | (changes or {}))
        return load_published(Path("model"), 4)

    load(drop="num_batches_tracked")  # older files have none
    with pytest.raises(InputError, match=r"model: base\.12\.branch0\.0\.bn\.bias is missing\. Ex"):
        load(drop="base.12.branch0.0.bn.bias")
    with pytest.raises(InputError, match=r"'base\.16\.weight' is left over"):
        load({"base.16.weight": torch.ones(2)})
    with pytest.raises(InputError, match=r"fc\.0\.bias is \[101\], expected \[400\]"):
        load({"fc.0.bias": torch.ones(101)})
    with pytest.raises(InputError, match=r"base\.0.bn_s.* is missing; .*; and \d+ more\. Expected"):
        load(drop="base")


def named(manifest: Path, **settings):
    """The Config of a stage that is given the model of the manifest."""
    name = json.loads(manifest.read_text())["name"]
    return configure(pretrain_s3d, published=f"./{name}", **settings)


def test_it_is_written_as_it_is_without_training(model, tmp_path):
    config = named(model, blocks=5, epochs=0)
    pretrain_s3d.run(output=tmp_path / "s3d", config=config, published=model, threads=1)
    found = load_classifier(tmp_path / "s3d")
    assert (len(found.config.classes), found.config.blocks) == (400, 5)
    assert json.loads((tmp_path / "s3d" / "accuracy.json").read_text()) == {}


def test_training_starts_from_it(model, part, tmp_path):
    corpus = write_classes(tmp_path, {"train": 1})
    config = named(model, crop_height=32, crop_width=32)
    made = build_classifier(["down", "up"], corpus / "train.tar", None, model, config)
    start = part.s3d.state_dict()
    assert all(torch.equal(value, start[name]) for name, value in made.s3d.state_dict().items())
    assert made.config.classes == ["down", "up"]
