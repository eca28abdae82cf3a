"""Frozen parts travel with the translator: published and pulled, or exported to one folder."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from sign2text.commands.main import main
from sign2text.ground.errors import InputError
from sign2text.jobs.snakemake_records import record_path
from sign2text.lineage.chain import trace
from sign2text.lineage.file_hashes import describe_file
from sign2text.lineage.provenance_file import Part, Provenance
from sign2text.models.translator import load_translator
from sign2text.sharing import publish as publishing
from sign2text.sharing.dvc_files import find_published, read_dvc_file
from sign2text.sharing.frozen_parts import parts_left_behind
from sign2text.sharing.pull import pull
from sign2text.text.tokenizer import load_tokenizer

sys.path.insert(0, str(Path(__file__).parent))
from frozen_translator import (
    BASE,
    BEST,
    MODEL,
    fit,
    make_model,
    make_parts,
    parts,
    project,
    refused,
    rewrite,
    same,
    sha256,
)
from tiny_training import Clips

__all__ = ["parts", "project"]  # fixtures
FETCHED = Path("resources/models/tiny--writer/1234")
WEIGHTS = "model.safetensors"
TARGET = f"{MODEL}/{WEIGHTS}"


@pytest.fixture
def far_parts(project):
    """Write a tower as a stage makes it, and a language model as fetch_model writes it."""
    made = make_parts(BASE)
    FETCHED.parent.mkdir(parents=True)
    made["language_model"].rename(FETCHED)
    files = [
        {"path": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(FETCHED.iterdir())
    ]
    about = {"name": "tiny/writer", "revision": "1234", "commit": None, "licence": "mit"}
    (FETCHED / "manifest.json").write_text(json.dumps(about | {"files": files}))
    return {"tower": BASE / "tower", "language_model": FETCHED}


def note(stage, folder, outputs, inputs=()):
    """Write the records of a job in the workflow: its provenance and Snakemake's records."""
    paths = [folder / name for name in outputs]
    Provenance(
        stage=stage, data_set=None, experiment=None, settings={}, code="0", seed=1,
        inputs=tuple(map(describe_file, inputs)), outputs=tuple(map(describe_file, paths)),
        versions={}, device="cpu", threads=1,
        parts=(Part("2026-11-20T09:00:00+00:00", 61.0, 2**20, "done"),),
    ).write(folder / f"{stage}.provenance.json")  # fmt: skip
    for path in paths:
        record = record_path(path.as_posix())
        record.parent.mkdir(parents=True, exist_ok=True)
        given = {"rule": stage, "input": [*map(str, inputs)], "endtime": path.stat().st_mtime}
        record.write_text(json.dumps(given))


def note_all(inputs):
    """Record the jobs of `far_parts`, and a training that has read `inputs`."""
    note("pretrain_tower", BASE / "tower", ["config.json", WEIGHTS])
    note("fetch_model", FETCHED, ["manifest.json"])
    outputs = [path.name for path in MODEL.iterdir() if path.is_file()]
    note("train_frozen", MODEL, sorted(outputs), inputs)


def save_all(far_parts):
    make_model(far_parts, writes=True).save_pretrained(MODEL)
    note_all([BASE / "tower" / WEIGHTS, FETCHED / "manifest.json"])


def repository(folder, remote):
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc/config").write_text(
        f"[core]\n    no_scm = true\n    remote = shelf\n['remote \"shelf\"']\n    url = {remote}\n"
    )


def test_trained_killed_resumed_published_pulled_and_loaded(
    far_parts, project, monkeypatch, tmp_path, tiny_tokenizer, capsys
):
    def model():
        return make_model(far_parts, writes=True, adapted=True)

    with pytest.raises(SystemExit):
        fit(far_parts, MODEL, Clips(30), model=model(), selection=BEST)
    trained = fit(far_parts, MODEL, model=model(), selection=BEST, tokenizer=tiny_tokenizer)
    shutil.rmtree(MODEL / "state")
    note_all([BASE / "tower" / WEIGHTS, FETCHED / "manifest.json"])

    for kind in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE"):
        monkeypatch.setenv(f"DVC_{kind}_DIR", str(tmp_path / "machine"))
    repository(project, tmp_path / "remote")
    monkeypatch.setattr(publishing, "check_nothing_due", lambda *_: None)
    parcels = publishing.publish(TARGET, None, Path("config.yaml"))
    (weights,) = (parcel.weights for parcel in parcels if parcel.weights)
    names = {"config.json", "generation_config.json", WEIGHTS}
    assert set(weights) == {f"{FETCHED}/{name}" for name in names}

    repository(tmp_path / "clone", tmp_path / "remote")
    shutil.copytree("artefacts", tmp_path / "clone/artefacts")
    times = {path: path.stat().st_mtime for path in MODEL.iterdir()}
    shutil.move(project, tmp_path / "gone")
    monkeypatch.chdir(tmp_path / "clone")
    pull(TARGET)
    assert same(load_translator(MODEL), trained)
    assert load_tokenizer(MODEL).get_vocab() == tiny_tokenizer.get_vocab()
    for path, time in times.items():
        if not path.name.endswith(".provenance.json"):
            assert path.stat().st_mtime == pytest.approx(time, abs=1e-3)
    (FETCHED / WEIGHTS).unlink()
    assert f"sign2text pull {FETCHED}/manifest.json" in refused()
    brought = read_dvc_file(find_published(f"{FETCHED}/manifest.json"))
    assert f"{FETCHED}/{WEIGHTS}" in [out.path for out in brought.outs]


def test_a_part_that_no_job_made_is_not_left_behind_in_silence(far_parts):
    make_model(far_parts, writes=True).save_pretrained(MODEL)
    note_all([FETCHED / "manifest.json"])
    with pytest.raises(InputError) as caught:
        parts_left_behind(trace(TARGET, None))
    said = str(caught.value)
    assert said.startswith(f"{MODEL}/config.json: frozen part 'tower' lies in {BASE}/tower, and no")
    assert f"no job behind {TARGET} made anything there" in said


def test_parts_that_a_job_made_are_its_outputs_and_nothing_more(parts):
    make_model(parts).save_pretrained(MODEL)
    note("pretrain_tower", BASE / "tower", ["config.json", WEIGHTS])
    note("train_frozen", MODEL, ["config.json", WEIGHTS], [BASE / "tower" / WEIGHTS])
    chain = trace(TARGET, None)
    assert parts_left_behind(chain) == {}
    paths = [path for parcel in publishing.pack(chain, None) for path in parcel.outputs]
    assert f"{BASE}/tower/{WEIGHTS}" in paths


def test_a_part_that_was_made_again_otherwise_is_not_published(far_parts):
    save_all(far_parts)
    rewrite(BASE / "tower" / WEIGHTS, lambda tensors: tensors["layers.0.bias"].add_(1))
    note_all([BASE / "tower" / WEIGHTS, FETCHED / "manifest.json"])
    with pytest.raises(InputError, match=r"frozen part 'tower' has another hash: .* Train the mod"):
        parts_left_behind(trace(TARGET, None))


@pytest.mark.parametrize("how", ["gone", "other"])
def test_a_fetched_part_that_is_not_whole_is_not_published(far_parts, how):
    save_all(far_parts)
    if how == "gone":
        (FETCHED / WEIGHTS).unlink()
    else:
        rewrite(FETCHED / WEIGHTS, lambda tensors: tensors["transformer.wte.weight"].add_(1))
    with pytest.raises(InputError) as caught:
        parts_left_behind(trace(TARGET, None))
    said = str(caught.value)
    assert said.startswith(
        f"{FETCHED / WEIGHTS}: is not there, or not what {FETCHED}/manifest.json"
    )
    assert f"Fetch it: snakemake --cores all --force -- {FETCHED}/manifest.json" in said


def test_a_hostile_place_is_not_published(far_parts):
    save_all(far_parts)
    path = MODEL / "config.json"
    config = json.loads(path.read_text())
    config["frozen_parts"]["tower"]["place"] = "../secrets"
    path.write_text(json.dumps(config))
    with pytest.raises(InputError, match="expected a folder inside the project"):
        parts_left_behind(trace(TARGET, None))


def test_one_folder_holds_everything(far_parts, tmp_path, monkeypatch, tiny_tokenizer, capsys):
    model = make_model(far_parts, writes=True, adapted=True).eval()
    model.save_pretrained(MODEL)
    tiny_tokenizer.save_pretrained(MODEL)
    (MODEL / "history.tsv").write_text("epoch\n")
    (MODEL / "train_frozen.provenance.json").write_text("{}")
    whole = tmp_path / "stick/whole"
    main(["export", MODEL.parent.as_posix(), str(whole)])
    assert f"{whole}: holds all of the model in {MODEL}, " in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    shutil.move("project", "gone")
    loaded = load_translator(whole)
    assert same(model, loaded)
    assert loaded.frozen_parts == {}
    assert "frozen_parts" not in json.loads((whole / "config.json").read_text())
    found = {path.name for path in whole.iterdir()}
    assert {"tokenizer.json", "tokenizer_config.json", "history.tsv", WEIGHTS} <= found
    assert "train_frozen.provenance.json" not in found
    before = (whole / WEIGHTS).read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(["export", "gone/results/tiny/stub", str(whole)])
    assert ended.value.code == 2
    assert (
        "a folder with files found, an empty folder or nothing expected" in capsys.readouterr().err
    )
    assert (whole / WEIGHTS).read_bytes() == before
