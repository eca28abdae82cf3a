"""A job's records next to its outputs: hashes, times over its parts, nothing of the machine."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from sign2text.config.project import Project
from sign2text.data.frame_store import FrameFormat, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.files import sha256_of
from sign2text.ground.store_index import index_path
from sign2text.lineage import environment, file_hashes, job_clock
from sign2text.lineage.cpu_time import cpu_seconds
from sign2text.lineage.file_hashes import describe_file
from sign2text.lineage.job_clock import JobClock
from sign2text.lineage.provenance_file import (
    File,
    Part,
    Provenance,
    find_provenance,
    owner_of,
    read_provenance,
    without_places,
)
from sign2text.lineage.recorder import code_of, recording

ROOT = Path(__file__).resolve().parents[2]
STAGE = Path(__file__).with_name("example_stage.py")
OUTPUT = "results/tiny/common/example_stage/count.txt"
PLACE = "results/tiny/common/example_stage/example_stage.provenance.json"
ABOUT: dict[str, Any] = {"settings": {"epochs": 2}, "code": "0123", "inputs": ()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a workflow's folder with an input, and change to it."""
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources/text.txt").write_text("regen")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*more: str, outputs: tuple[str, ...] = (OUTPUT,), **environment: str):
    command = [sys.executable, str(STAGE), "--output", OUTPUT, "--texts", "resources/text.txt"]
    command += ["--inputs", "resources/text.txt", "--outputs", *outputs, "--provenance", PLACE]
    command += more
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_job_notes_what_it_read_and_made(folder: Path) -> None:
    before = time.time()
    done = call("--settings", '{"times": 3}', "--threads", "2")
    assert done.returncode == 0, done.stderr
    found = read_provenance(Path(PLACE))
    assert (found.stage, found.data_set, found.experiment) == ("example_stage", "tiny", "common")
    assert found.settings == {"times": 3, "behaviour": "count", "seconds": 60.0}, "defaults too"
    assert found.inputs == (File("resources/text.txt", 5, sha256("regen")),)
    assert found.outputs == (File(OUTPUT, 15, sha256("15 None 2 False")),)
    assert (found.device, found.threads, found.seed) == ("cpu", 2, None)
    assert found.versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert [part.ended for part in found.parts] == ["done"]
    assert 0 <= found.seconds < time.time() - before
    # A job starts as a copy of this process, and its memory counts until it is replaced.
    ours = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 2**22 < found.peak_memory < 2**31 + ours
    made = (folder / "results/tiny/common/example_stage").iterdir()
    assert sorted(path.name for path in made) == ["count.txt", "example_stage.provenance.json"]


def test_processor_time_counts_all_processes_of_a_job(folder: Path) -> None:
    done = call("--settings", '{"behaviour": "work", "seconds": 0.6}')
    assert done.returncode == 0, done.stderr
    found = read_provenance(Path(PLACE))
    assert 1.1 < found.cpu_seconds < 4, "two processes that worked for 0.6 s each"
    assert found.parts[0].cpu_seconds == found.cpu_seconds
    values = json.loads(Path(PLACE).read_text())
    assert values["cpu_seconds"] == pytest.approx(found.cpu_seconds)
    older = replace(found, parts=(*found.parts, replace(found.parts[0], cpu_seconds=None)))
    assert older.cpu_seconds is None, "not counted in each part"


def test_processor_time_counts_living_processes_and_those_of_torchrun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = "import time\nwhile time.process_time() < 0.5: pass\nprint('done', flush=True)\ninput()"
    before = cpu_seconds()
    command = [sys.executable, "-c", work]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        assert cpu_seconds() - before > 0.45, "a worker that has not ended"
        child.communicate(b"\n")
    assert cpu_seconds() - before > 0.45, "and when it has"
    tell = "from sign2text.lineage.cpu_time import cpu_seconds; print(cpu_seconds())"
    ask = [sys.executable, "-c", tell]
    environment = os.environ | {"WORLD_SIZE": "2", "RANK": "0"}
    shared = subprocess.run(ask, env=environment, capture_output=True, text=True, check=True)
    alone = subprocess.run(ask, capture_output=True, text=True, check=True)
    assert float(shared.stdout) > float(alone.stdout) + 0.4, "its parent's, as torchrun's"


def test_nothing_of_the_machine_is_noted(folder: Path) -> None:
    assert call().returncode == 0
    text = Path(PLACE).read_text(encoding="utf-8")
    assert str(folder) not in text and str(ROOT) not in text
    assert os.uname().nodename not in text
    places = {"published": "/data/models/mbart", "more": [{"at": "~/x"}, "../y/z", "a/b"], "n": 1}
    kept = {"published": "mbart", "more": [{"at": "x"}, "z", "a/b"], "n": 1}
    assert without_places(places) == kept
    elsewhere = folder.parent / "elsewhere.txt"
    elsewhere.write_text("x")
    assert describe_file(elsewhere).path == "elsewhere.txt"
    assert describe_file(folder / "resources/text.txt").path == "resources/text.txt"


@pytest.mark.parametrize("behaviour", ["refuse", "fail"])
def test_a_job_that_fails_leaves_no_provenance_not_even_the_old_one(
    folder: Path, behaviour: str
) -> None:
    assert call().returncode == 0
    assert call("--settings", json.dumps({"behaviour": behaviour})).returncode != 0
    assert not Path(PLACE).exists()


def test_an_output_that_was_not_made_fails_the_job(folder: Path) -> None:
    done = call(outputs=(OUTPUT, "results/tiny/common/example_stage/other.txt"))
    assert done.returncode == 1
    assert "other.txt" in done.stderr
    assert not Path(PLACE).exists()


@pytest.mark.parametrize("more", [("--outputs",), ("--provenance", "results/made.json")])
def test_a_provenance_of_nothing_or_of_another_name_is_refused(
    folder: Path, more: tuple[str, ...]
) -> None:
    done = call(*more)
    assert done.returncode == 2
    assert "expected a name that ends in .provenance.json, and the files" in done.stderr
    assert not Path(OUTPUT).exists()


def test_a_further_process_of_one_job_writes_nothing(folder: Path) -> None:
    assert call(RANK="1").returncode == 0
    assert not Path(PLACE).exists()


def test_an_inputs_hash_is_of_what_was_read_whatever_its_provenance_says(folder: Path) -> None:
    path = Path("results/tiny/common/make/deep/model.safetensors")
    path.parent.mkdir(parents=True)
    path.write_text("corrupt")
    said = File(path.as_posix(), 7, sha256("weights"))  # of this size
    part = Part("2026-11-21T00:00:00+00:00", 1.0, 1, "done")
    made = Provenance(
        "make", "tiny", "common", {}, None, None, (), (said,), {}, "cpu", None, (part,)
    )
    place = path.parent.parent / "make.provenance.json"
    made.write(place)
    assert find_provenance(path.as_posix()) == made
    with recording("example_stage", {}, Path(PLACE), [path], [path]):
        path.write_text("weights")  # restored before anybody looked
    (noted,) = read_provenance(Path(PLACE)).inputs
    assert noted == File(path.as_posix(), 7, sha256("corrupt"))
    # A truncated provenance does not stop a job; `sign2text verify` reports it.
    place.write_text(place.read_text()[:200])
    assert describe_file(path) == said
    with pytest.raises(InputError, match=r"make\.provenance\.json: is no whole provenance"):
        find_provenance(path.as_posix())


def test_a_frame_stores_tar_is_not_read_for_its_hash(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Path("results/tiny/common/sample_frames/train.tar")
    writer = FrameStoreWriter(store, FrameFormat((16, 16), 90), ["a"])
    writer.add("a", [b"frame"])
    writer.finish()
    size, content = store.stat().st_size, sha256_of(store)
    with monkeypatch.context() as patch:
        patch.setattr(file_hashes, "sha256_of", lambda path: pytest.fail(f"{path} was read"))
        assert describe_file(store) == File(store.as_posix(), size, content)
    # Any other archive is read, and so is a tar without its index.
    index_path(store).rename(index_path(store).with_stem("other.index"))
    store.write_bytes(b"changed")
    assert describe_file(store) == File(store.as_posix(), 7, sha256("changed"))
    # A truncated index is an error; a stage that reads the store would report the same.
    index_path(store).write_bytes(b"cut")
    with pytest.raises(InputError, match=r"train\.index\.safetensors: cannot be read"):
        describe_file(store)


def test_time_is_counted_over_the_parts_of_a_job_that_was_killed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_clock, "INTERVAL", 0.02)
    place = folder / PLACE
    killed = JobClock(place, ABOUT)
    killed.__enter__()
    time.sleep(0.3)
    killed._over.set()  # as far as a killed process comes
    killed._thread.join()
    with pytest.raises(SystemExit), JobClock(place, ABOUT):
        sys.exit(128 + signal.SIGTERM)
    with JobClock(place, ABOUT) as last:
        time.sleep(0.05)
    assert [part.ended for part in last.parts] == ["killed", "SIGTERM", "done"]
    assert last.parts[0].seconds >= 0.2
    assert sum(part.seconds for part in last.parts) >= 0.25
    # A job that started with other settings is another job.
    other = JobClock(place, {**ABOUT, "settings": {"epochs": 3}})
    assert other.before == []
    last.forget()
    assert JobClock(place, ABOUT).before == []
    assert list(place.parent.iterdir()) == []


def test_notes_that_cannot_be_written_do_not_end_a_job(folder: Path) -> None:
    (folder / "results").write_text("a file where a folder is wanted")
    with JobClock(folder / PLACE, ABOUT) as clock:
        pass
    assert [part.ended for part in clock.parts] == ["done"]


def test_the_sums_stand_in_the_file_for_people(folder: Path) -> None:
    times = ("2026-11-20T09:00:00+00:00", "2026-11-20T10:00:00+00:00")
    parts = (Part(times[0], 60.0, 5, "killed"), Part(times[1], 2.5, 9, "done"))
    made = Provenance("a", None, None, {}, None, 1, (), (), {}, "cpu", None, parts)
    path = folder / "a.provenance.json"
    made.write(path)
    values = json.loads(path.read_text(encoding="utf-8"))
    assert (values["seconds"], values["peak_memory"]) == (62.5, 9)
    assert values["started"] == "2026-11-20T09:00:00+00:00"
    assert values["parts"] == [asdict(part) for part in parts]
    assert read_provenance(path) == made


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("results/a/common/decode/decode.test.provenance.json", ("a", "common")),
        ("results/a/fla_llm.provenance.json", ("a", "fla_llm")),
        ("results/a/fla_llm/report_training.provenance.json", ("a", "fla_llm")),
        ("results/a/tables/fla_llm_1.provenance.json", ("a", None)),
        ("results/a/comparisons/controls/compare.provenance.json", ("a", None)),
        ("resources/a/synthesize_avatar.provenance.json", ("a", None)),
        ("resources/models/google--mt5-base/2eb1/fetch_model.provenance.json", (None, None)),
        ("elsewhere/a.provenance.json", (None, None)),
    ],
)
def test_owner_is_known_by_the_place(path: str, owner: tuple[str | None, str | None]) -> None:
    assert owner_of(path) == owner


def test_a_stage_hashes_its_code_as_the_workflow_does() -> None:
    """Otherwise `explain` would call every artefact of a stage with adapters outdated."""
    project = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    checked = 0
    for dataset in project.datasets:
        for name, stage in project.stages.items():
            if stage.is_corpus or (
                project.has_stage("fla_llm", name) and project.takes(name, dataset)
            ):
                config = project.stage_config(dataset, "fla_llm", name)
                method = None if stage.is_for_all else "fla_llm"
                found = code_of(name, config, method)
                assert found == project.code(dataset, "fla_llm", name), (dataset, name)
                checked += 1
    assert checked > 50


def test_only_the_outputs_of_a_stage_that_ends_well_are_noted(folder: Path) -> None:
    place = Path(PLACE)
    with (
        pytest.raises(ZeroDivisionError),
        recording("example_stage", {}, place, [], [Path(OUTPUT)]),
    ):
        raise ZeroDivisionError
    assert not place.exists()
    (notes,) = place.parent.iterdir()
    assert json.loads(notes.read_text())["parts"][0]["ended"] == "failed"


@pytest.mark.parametrize(("used", "said"), [(5, "NVIDIA H100"), (0, "cpu")])
def test_the_device_is_the_gpus_model_where_the_gpu_was_used(
    monkeypatch: pytest.MonkeyPatch, used: int, said: str
) -> None:
    cuda = SimpleNamespace(
        is_available=lambda: True,
        is_initialized=lambda: True,
        max_memory_allocated=lambda: used,
        current_device=lambda: 0,
        get_device_name=lambda number: "NVIDIA H100",
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert environment.device_name() == said
