"""Published models from a server that imitates the hub, and from folders."""

import hashlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from hub_models import FILES, FIRST, NAME, SECOND, WANTED, WEIGHTS, fetch_into, serving, visible
from hub_server import Repository
from safetensors.torch import save

from sign2text.config.published_models import (
    is_as_listed,
    model_at,
    open_model,
    place_of,
    read_manifest,
)
from sign2text.ground.errors import InputError
from sign2text.stages import fetch_model


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Repository]:
    with serving(monkeypatch, tmp_path) as running:
        yield running


@pytest.fixture
def fetch(repository: Repository, tmp_path: Path) -> Callable[..., Path]:
    return partial(fetch_into, tmp_path)


def test_configuration_tokenizer_and_weights_are_fetched_and_listed(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    manifest = fetch()
    assert visible(manifest.parent) == sorted([*WANTED, "manifest.json"])
    about = read_manifest(manifest)
    said = {key: about[key] for key in ("name", "revision", "commit", "licence")}
    assert said == {"name": NAME, "revision": "main", "commit": FIRST, "licence": "mit"}
    assert [file["path"] for file in about["files"]] == WANTED
    for file in about["files"]:
        content = (manifest.parent / file["path"]).read_bytes()
        assert content == FILES[file["path"]]
        assert file["bytes"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
    # Files are requested by commit, never by a branch, which may have moved meanwhile.
    assert {path.split("/")[4] for path in repository.paths if "/resolve/" in path} == {FIRST}
    assert open_model(manifest, NAME, "main", weights=True) == manifest.parent


def test_through_the_command_line_with_another_endpoint(
    repository: Repository, tmp_path: Path
) -> None:
    output = tmp_path / "resources/models/some--model" / FIRST / "manifest.json"
    settings = json.dumps({"name": NAME, "revision": FIRST})
    command = [sys.executable, "-m", "sign2text.stages.fetch_model", "--output", str(output)]
    home = {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": repository.address}
    done = subprocess.run(
        [*command, "--settings", settings, "--log", str(tmp_path / "log")],
        env=os.environ | home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert read_manifest(output)["commit"] == FIRST
    assert "this was run" not in done.stderr
    # The second time makes no request: a commit does not change.
    repository.paths.clear()
    output.unlink()
    subprocess.run([*command, "--settings", settings], env=os.environ | home, check=True)
    assert repository.paths == []
    assert read_manifest(output)["commit"] == FIRST


def test_a_transfer_that_breaks_off_is_resumed(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    site = repository.commits[FIRST]["model.safetensors"]
    site.break_after = [1_000_000, 500_000]
    manifest = fetch()
    assert (manifest.parent / "model.safetensors").read_bytes() == WEIGHTS
    starts = [request.get("Range") for request in site.requests]
    assert starts == [None, "bytes=1000000-", "bytes=1500000-"]


def test_a_killed_fetch_is_resumed_by_the_next_one(
    fetch: Callable[..., Path], repository: Repository, tmp_path: Path
) -> None:
    site = repository.commits[FIRST]["model.safetensors"]
    site.pause = 60
    manifest = tmp_path / place_of(NAME, "main") / "manifest.json"
    part = manifest.parent / ".incoming" / "model.safetensors.part"
    command = [sys.executable, "-m", "sign2text.stages.fetch_model", "--output"]
    process = subprocess.Popen(
        [*command, str(manifest), "--settings", json.dumps({"name": NAME, "revision": "main"})],
        env=os.environ | {"HF_ENDPOINT": repository.address, "HF_HOME": str(tmp_path / "home")},
    )
    for _ in range(600):
        if part.is_file() and part.stat().st_size:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not manifest.exists()
    arrived, site.pause = part.stat().st_size, 0
    assert 0 < arrived < len(WEIGHTS)
    site.requests.clear()
    fetch()
    assert [request.get("Range") for request in site.requests] == [f"bytes={arrived}-"]
    assert (manifest.parent / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("file", "kind"), [("model.safetensors", "sha256"), ("tokenizer.json", "git hash")]
)
def test_another_content_than_the_hub_lists_is_refused_and_fetched_anew(
    fetch: Callable[..., Path], repository: Repository, file: str, kind: str
) -> None:
    listing = repository.listing(FIRST)
    repository.listing = lambda revision: listing
    site = repository.commits[FIRST][file]
    right, site.content = site.content, bytes(len(site.content))
    with pytest.raises(InputError, match=f"{file} of some/model.*found {kind} .* expected"):
        fetch()
    site.content = right
    assert (fetch().parent / file).read_bytes() == right


def test_a_model_that_is_not_there_is_refused(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    with pytest.raises(InputError, match="has no such model that can be fetched without a login"):
        fetch("some/other")
    with pytest.raises(InputError, match="the hub has the model, but not this revision"):
        fetch(revision="v2")
    with pytest.raises(InputError, match="knows no commit of 'some/model'; expected a commit"):
        fetch_model.run(output=Path("m.json"), config=fetch_model.Config(name=NAME))
    del repository.commits[FIRST]["config.json"]
    with pytest.raises(InputError, match=r"has no config\.json; found .*tokenizer\.json"):
        fetch()


def test_a_hub_that_does_not_answer_is_an_error_that_says_what_to_do(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    repository.status = 503
    with pytest.raises(InputError, match=r"the hub did not answer.*503.*or fetch the model by ano"):
        fetch()


def test_a_file_that_is_refused_says_how_to_go_on(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    repository.commits[FIRST]["model.safetensors"].status = [403]
    with pytest.raises(InputError, match=r"answered 403.*Fetch the model by another way .`hf down"):
        fetch()


def test_a_branch_is_kept_at_the_commit_that_was_fetched_first(
    fetch: Callable[..., Path], repository: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    first = fetch().read_bytes()
    newer = save({"head": torch.zeros(3)}, {"format": "pt"})
    repository.add(SECOND, FILES | {"model.safetensors": newer})
    with caplog.at_level(logging.WARNING):
        assert fetch().read_bytes() == first
    assert f"revision main is now commit {SECOND}; kept at {FIRST}" in caplog.text
    # Also if a file is missing meanwhile.
    (fetch().parent / "model.safetensors").unlink()
    assert fetch().read_bytes() == first
    # The new commit has another folder, and is requested by its hash.
    assert read_manifest(fetch(revision=SECOND))["commit"] == SECOND


def test_without_the_hub_what_was_fetched_is_used(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    first = fetch().read_bytes()
    repository.status = 503
    assert fetch().read_bytes() == first
    (fetch().parent / "tokenizer.json").write_bytes(b"{ }")
    with pytest.raises(InputError, match="the hub did not answer"):
        fetch()


def test_weights_that_are_there_are_not_fetched_again(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    manifest = fetch()
    fetch()
    assert len(repository.commits[FIRST]["model.safetensors"].requests) == 1
    (manifest.parent / "model.safetensors").write_bytes(WEIGHTS[:-1] + b"x")
    fetch()
    assert (manifest.parent / "model.safetensors").read_bytes() == WEIGHTS


def test_what_the_hubs_own_cache_has_is_taken_from_there(
    fetch: Callable[..., Path], repository: Repository, tmp_path: Path
) -> None:
    snapshot = tmp_path / "cache/models--some--model/snapshots" / FIRST
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(WEIGHTS)
    manifest = fetch()
    assert (manifest.parent / "model.safetensors").read_bytes() == WEIGHTS
    assert repository.commits[FIRST]["model.safetensors"].requests == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "given" / "mymodel"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        if "/" not in name:
            (folder / name).write_bytes(content)
    return folder


def test_a_folder_serves_without_any_network(
    fetch: Callable[..., Path], repository: Repository, folder: Path
) -> None:
    manifest = fetch(str(folder), None)
    assert repository.paths == []
    assert manifest.parent.parent.name.startswith("mymodel-")
    assert visible(manifest.parent) == sorted([*WANTED, "manifest.json"])
    about = read_manifest(manifest)
    assert (about["name"], about["revision"], about["commit"]) == ("mymodel", None, None)
    assert all(is_as_listed(manifest.parent, file) for file in about["files"])
    assert str(folder.parent) not in manifest.read_text(), "a path of this machine"
    assert open_model(manifest, str(folder), "main", weights=True) == manifest.parent


def test_large_files_of_a_folder_are_linked(
    fetch: Callable[..., Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sign2text.fetching.model_sources._COPIED", 1000)
    weights = fetch(str(folder)).parent / "model.safetensors"
    assert weights.is_symlink()
    assert weights.resolve() == (folder / "model.safetensors").resolve()
    # Reading detects a change in the folder, and the next fetch copies it.
    newer = save({"head": torch.zeros(3)}, {"format": "pt"})
    (folder / "model.safetensors").write_bytes(newer)
    with pytest.raises(InputError, match=r"not what manifest\.json beside it says"):
        open_model(weights.parent / "manifest.json", str(folder), "main", weights=True)
    manifest = fetch(str(folder))
    assert open_model(manifest, str(folder), "main", weights=True) == weights.parent


def test_a_folder_that_is_not_there_is_refused(fetch: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        fetch(str(tmp_path / "nowhere"))


def test_a_stage_gets_the_model_that_its_settings_name_or_none(
    fetch: Callable[..., Path], repository: Repository
) -> None:
    manifest = fetch()
    with pytest.raises(InputError, match=r"--published: missing.*resources/models/some--model/mai"):
        open_model(None, NAME, "main", weights=False)
    with pytest.raises(InputError, match="is of the model 'some/model', revision main; expected"):
        open_model(manifest, NAME, FIRST, weights=False)
    (manifest.parent / "model.safetensors").write_bytes(b"changed")
    open_model(manifest, NAME, "main", weights=False)
    with pytest.raises(InputError, match=r"Delete .*manifest\.json and run the rule fetch_model"):
        open_model(manifest, NAME, "main", weights=True)


@pytest.mark.parametrize("revision", [FIRST, "main", "refs/pr/5"])
def test_a_models_folder_says_which_model_it_is(revision: str) -> None:
    assert model_at(place_of(NAME, revision)) == (NAME, revision)


def test_a_folder_with_a_blank_in_its_name_has_a_place_that_the_rule_takes() -> None:
    rule = (Path(__file__).parents[2] / "rules/common.smk").read_text(encoding="utf-8")
    (names,) = re.findall(r'model=r"(.+)"', rule)
    places = [place_of(name, None).split("/") for name in ("./my model", "/srv/möbel/große", "/")]
    assert all(re.fullmatch(names, place[2]) and len(place) == 4 for place in places)
    assert place_of("./my model", None) != place_of("./my-model", None)
