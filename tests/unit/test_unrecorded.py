"""Jobs that Snakemake has not recorded: marked where they are due, and their states cleared."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import yaml
from made_jobs import BEFORE, MANIFEST, ROOT, make_corpus, make_job, tsv

from sign2text.config.project import Project
from sign2text.ground.files import lock_path, locked
from sign2text.jobs.finished_trainings import clear_finished
from sign2text.jobs.snakemake_records import incomplete_path, record_path
from sign2text.jobs.unrecorded import mark_unrecorded


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Project) -> Callable[..., None]:
    """Make a job's outputs and its provenance, in a folder that is the workflow's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").symlink_to(ROOT / "config.yaml")
    return partial(make_job, project)


@pytest.fixture
def made(job: Callable[..., None]) -> Callable[..., None]:
    """A corpus, manifests, their check and two frame stores."""
    make_corpus(job)
    return job


def record(output: str, ended: str = "2026-11-20T09:01:01+00:00") -> None:
    """Let Snakemake have a record of `output`, of a job that ended then; of those of `job`, so."""
    path = record_path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    endtime = datetime.fromisoformat(ended).timestamp()
    path.write_text(json.dumps({"rule": "sample_frames", "endtime": endtime}))


def marked() -> list[str]:
    """The files that are marked as unfinished."""
    files = [path for path in Path("results").rglob("*") if path.is_file()]
    return sorted(str(path) for path in files if incomplete_path(str(path)).exists())


def test_what_is_not_recorded_is_marked_while_it_is_not_what_is_configured(
    made, project: Project
) -> None:
    """As after a cluster's job outlived its snakemake (jobs/unrecorded.py)."""
    folder = "results/avatar/common/sample_frames"
    files = [path for place in ("results", "resources") for path in Path(place).rglob("*")]
    for path in filter(Path.is_file, files):
        record(str(path))
    without, of_before = f"{folder}/dev.index", f"{folder}/dev.tar"
    record_path(without).unlink()
    record(of_before, BEFORE)

    assert [*mark_unrecorded(project)] == [] and marked() == []
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["datasets"]["avatar"]["stages"]["sample_frames"]["height"] = 128
    other = Project(config)
    different = [(of_before, ["height: 112 then, 128 now"])]
    assert [*mark_unrecorded(other)] == different
    assert marked() == [without, of_before], "what Snakemake has noted is its own affair"
    assert [*mark_unrecorded(other)] == different, "said until it is made anew"
    assert [*mark_unrecorded(project)] == [] and marked() == [], "put back: it is what is wanted"
    assert [*mark_unrecorded(other)] == different
    record(without), record(of_before)
    assert [*mark_unrecorded(other)] == [] and marked() == [], "pulled, or noted by --touch"
    record_path(without).unlink()
    # A mark of Snakemake's own is left alone, and so is what config.yaml does not speak of.
    incomplete_path(without).write_text('{"external_jobid": "12"}')
    assert [*mark_unrecorded(project)] == [] and marked() == [without]
    incomplete_path(without).unlink()
    for name in ("avatar", "avatar_full", "avatar_north", "phoenix_avatar"):
        del config["datasets"][name]
    config["targets"] = config["report"] = []
    assert [*mark_unrecorded(Project(config))] == [] and marked() == []


def test_a_finished_training_loses_its_state_when_its_outputs_are_noted(job) -> None:
    folder = Path("results/avatar/common/pretrain_language_model")
    model = str(folder / "model.safetensors")
    checkpoint, settings = folder / "state/checkpoint-9", folder / "state/settings.json"
    checkpoint.mkdir(parents=True)
    settings.write_text("{}")
    place = str(folder / "pretrain_language_model.provenance.json")
    job(place, "pretrain_language_model", [], {model: "weights"})

    def is_kept() -> bool:
        clear_finished()
        return checkpoint.is_dir() and settings.is_file()

    assert is_kept(), "not noted: Snakemake would delete the model and make it anew"
    record(model, BEFORE)
    assert is_kept(), "what is noted was there before"
    record(model)
    incomplete_path(model).parent.mkdir(parents=True)
    incomplete_path(model).touch()
    assert is_kept(), "Snakemake takes it for unfinished"
    incomplete_path(model).unlink()
    later = settings.stat().st_mtime + 60
    os.utime(settings, (later, later))
    assert is_kept(), "a training that was begun by hand since"
    os.utime(settings, (later - 120, later - 120))
    with locked(lock_path(folder)):
        assert is_kept(), "somebody trains there"
    assert not is_kept() and not settings.exists()
    assert Path(model).read_text() == "weights"


def test_a_corpus_that_a_lost_job_rendered_otherwise_is_due_too(made, project: Project) -> None:
    listing = "resources/avatar/checksums.tsv"
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["datasets"]["avatar"]["stages"]["synthesize_avatar"]["train"] = 2000
    (first, *_) = mark_unrecorded(Project(config))
    assert first == (listing, ["train: 2400 then, 2000 now"])
    assert incomplete_path(listing).exists()


def test_what_read_another_file_than_there_is_now_is_due_where_it_is_not_noted(
    made, project: Project
) -> None:
    Path(tsv("dev")).write_text("anew")
    splits = {tsv(split): split for split in ("train", "test")}
    made(MANIFEST, "make_manifest", ["resources/avatar/checksums.tsv"], splits | {tsv("dev"): "an"})
    found = dict(mark_unrecorded(project))
    assert found["results/avatar/common/sample_frames/dev.tar"] == [
        f"read another {tsv('dev')} than there is now"
    ]
