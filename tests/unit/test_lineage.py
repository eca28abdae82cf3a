"""The chain behind a file: followed, explained, compared with what is configured, verified."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from sign2text.commands import main as cli
from sign2text.config.project import Project
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError
from sign2text.ground.files import lock_path, locked
from sign2text.ground.settings import to_json_values
from sign2text.jobs.finished_trainings import clear_finished
from sign2text.jobs.snakemake_records import incomplete_path, record_path
from sign2text.jobs.unrecorded import mark_unrecorded
from sign2text.lineage.chain import trace
from sign2text.lineage.explain import chain_json, format_chain
from sign2text.lineage.provenance_file import Part, Provenance, read_provenance
from sign2text.lineage.recorder import described
from sign2text.lineage.up_to_date import find_problems
from sign2text.lineage.verify import verify

ROOT = Path(__file__).resolve().parents[2]
TARGET = "results/avatar/fla_llm.bleu"
CORPUS = "resources/avatar/synthesize_avatar.provenance.json"
MANIFEST = "results/avatar/common/make_manifest/make_manifest.provenance.json"
CHECKED = "results/avatar/common/check_corpus/check_corpus.provenance.json"
TRAIN = "results/avatar/common/sample_frames/sample_frames.train.provenance.json"
DEV = "results/avatar/common/sample_frames/sample_frames.dev.provenance.json"
BEFORE = "2026-11-20T08:00:00+00:00"  # before the jobs of these tests began


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))


def tsv(split: str) -> str:
    return f"results/avatar/common/make_manifest/{split}.tsv"


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Project) -> Callable[..., None]:
    """Make a job's outputs and its provenance, in a folder that is the workflow's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").symlink_to(ROOT / "config.yaml")

    def make(
        place: str, stage: str, inputs: list[str], outputs: dict[str, str], **changes: Any
    ) -> None:
        for path, text in outputs.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(text)
        corpus = place.startswith("resources/")
        config = project.stage_config("avatar", "common", stage)
        values = {
            "stage": stage, "data_set": "avatar", "experiment": None if corpus else "common",
            "settings": to_json_values(config),
            "code": project.code("avatar", "common", stage),
            "seed": getattr(config, "seed", None),
            "inputs": tuple(described(Path(path)) for path in inputs),
            "outputs": tuple(described(Path(path)) for path in outputs),
            "versions": {"python": "3.11.0"}, "device": "cpu", "threads": 1,
            "parts": (Part("2026-11-20T09:00:00+00:00", 61.0, 2**20, "done"),),
        } | changes  # fmt: skip
        Provenance(**values).write(Path(place))

    return make


@pytest.fixture
def made(job: Callable[..., None]) -> Callable[..., None]:
    """A corpus, manifests, their check and two frame stores."""
    job(CORPUS, "synthesize_avatar", [], {"resources/avatar/checksums.tsv": "path"})
    splits = {tsv(split): split for split in ("train", "dev", "test")}
    job(MANIFEST, "make_manifest", ["resources/avatar/checksums.tsv"], splits)
    report = "results/avatar/common/check_corpus/report.csv"
    job(CHECKED, "check_corpus", list(splits), {report: "good"})
    folder = "results/avatar/common/sample_frames"
    for place, split in ((TRAIN, "train"), (DEV, "dev")):
        stored = {f"{folder}/{split}.tar": f"frames {split}", f"{folder}/{split}.index": "0"}
        job(place, "sample_frames", [tsv(split), report], stored)
    return job


def test_a_chain_names_each_job_once_behind_those_that_read_it(made, project: Project) -> None:
    chain = trace("results/avatar/common/sample_frames/dev.tar", project)
    assert list(chain.jobs) == [DEV, CHECKED, MANIFEST, CORPUS]
    assert chain.jobs[DEV].reads == [MANIFEST, CHECKED]
    assert chain.root.name == "sample_frames dev"
    assert find_problems(chain, project) == {}


def test_the_tree_shows_figures_once_and_points_upwards_after_that(made, project: Project) -> None:
    job, folder = made, "results/avatar/common/sample_frames"
    parts = (Part(BEFORE, 3600.0, 5, "killed"), Part(BEFORE, 240.0, 9, "done"))
    stored = {f"{folder}/dev.tar": "x" * 2500}
    job(DEV, "sample_frames", [tsv("dev")], stored, parts=parts, device="NVIDIA H100", seed=3)
    text = format_chain(trace(f"{folder}/dev.tar", project), {}, width=100)
    lines = text.splitlines()
    assert lines[0] == f"{folder}/dev.tar"
    words = lines[2].split()
    assert words == [
        *("sample_frames", "dev", "common", "1", "h", "04", "min", "2.5", "kB"),
        *("NVIDIA", "H100", "seed", "3", "in", "2", "parts"),
    ]
    assert lines[3].strip("│ ") == "height: 112, width: 92", "what differs from the defaults"
    assert [line.lstrip(" │├└─").split()[0] for line in lines[4:] if "min 01 s" in line] == [
        "make_manifest",
        "synthesize_avatar",
    ]
    assert lines[-1] == "3 jobs, 1 h 06 min of work, 2.5 kB. All as configured now."
    both = trace(f"{folder}/train.tar", project)
    assert format_chain(both, {}).count("(see above)") == 1
    values = chain_json(both, {TRAIN: ["missing: x"]})
    assert [each["key"] for each in values["jobs"]] == list(both.jobs)
    first = values["jobs"][0]
    assert (first["problems"], first["seconds"], first["made"]) == (["missing: x"], 61.0, True)
    assert first["reads"] == both.root.reads and first["settings"]["height"] == 112


def test_what_was_made_otherwise_than_configured_now_is_marked(made, project: Project) -> None:
    config = to_json_values(project.stage_config("avatar", "common", "sample_frames"))
    stored = {"results/avatar/common/sample_frames/dev.tar": "frames"}
    other = {"settings": config | {"quality": 50}, "code": "0123456789abcdef"}
    made(DEV, "sample_frames", [tsv("dev")], stored, **other)
    Path("results/avatar/common/check_corpus/report.csv").unlink()
    Path(tsv("train")).write_text("longer than it was")
    train = find_problems(trace("results/avatar/common/sample_frames/train.tar", project), project)
    assert train == {
        MANIFEST: [f"{tsv('train')} has 18 bytes, had 5 when it was made"],
        CHECKED: ["missing: results/avatar/common/check_corpus/report.csv"],
    }
    (dev,) = (
        found
        for key, found in find_problems(
            trace("results/avatar/common/sample_frames/dev.tar", project), project
        ).items()
        if key == DEV
    )
    now = code_hash("sample_frames", adapters=("avatar",))
    assert dev == [
        "quality: 50 then, 90 now",
        f"code 0123456789abcdef then, {now} now",
        "would read results/avatar/common/check_corpus now",
    ]


def test_an_input_that_was_made_anew_since_is_marked(made, project: Project) -> None:
    made(MANIFEST, "make_manifest", [], {tsv("dev"): "other"})
    found = find_problems(trace("results/avatar/common/sample_frames/dev.tar", project), project)
    assert f"read another {tsv('dev')} than there is now" in found[DEV]


def test_what_was_not_made_is_planned_from_the_configuration(made, project: Project) -> None:
    chain = trace(TARGET, project)
    missing = {key for key, job in chain.jobs.items() if job.made is None}
    assert missing == {
        "results/avatar/fla_llm",  # its score
        *(f"results/avatar/fla_llm/{each}" for each in ("decode", "finetune_llm", "visual_init")),
        "results/avatar/fla_llm/extract_features",
        *(
            f"results/avatar/common/{each}"
            for each in (
                *("train_tokenizer", "pretrain_language_model"),
                *("pretrain_frame_encoder", "encode_frames"),
            )
        ),
    }
    assert {TRAIN, DEV, MANIFEST, CORPUS} <= chain.jobs.keys(), "what is there is shown"
    problems = find_problems(chain, project)
    assert problems == {key: ["missing"] for key in missing}
    assert "5 jobs, 5 min 05 s of work" in format_chain(chain, problems)
    assert "9 not made." in format_chain(chain, problems)


def test_a_missing_target_says_what_would_be_there(job, project: Project) -> None:
    chain = trace("results/avatar/fla_llm_blind.bleu", project)
    assert chain.made == []
    assert chain.jobs["resources/avatar/synthesize_avatar"].owner is None
    assert chain.jobs["results/avatar/fla_llm/finetune_llm"].stage == "finetune_llm"
    phoenix = trace("results/phoenix/fla_llm.bleu", project)
    assert "resources/phoenix/acquire_corpus" in phoenix.jobs


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/avatar/fla_lm.bleu", 'experiments.fla_lm: unknown key; did you mean "fla_llm"?'),
        ("results/avatar/tables/fla_llm_1.html", "not there, and not the file of a stage"),
        ("README.md", "not there, and not the file of a stage"),
        ("results/avatar/common/by_hand.txt", "nothing beside it says what made it"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    job, project: Project, target: str, message: str
) -> None:
    Path("results/avatar/common").mkdir(parents=True)
    Path("results/avatar/common/by_hand.txt").touch()
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        trace(target, project)


def test_a_file_of_the_same_size_and_time_that_was_changed_is_found(
    made, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    target, path = "results/avatar/common/sample_frames/dev.tar", Path(tsv("dev"))
    cli.main(["verify", target])
    assert "7 files of 4 jobs read" in (said := capsys.readouterr().out)
    assert "nothing to mend." in said
    before = path.stat()
    expected = described(path).sha256
    path.write_text("dEv")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (3, before.st_mtime_ns)
    with pytest.raises(SystemExit) as ended:
        cli.main(["verify", target])
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert said.startswith(
        f"{path}\n  found:    3 bytes, sha256 {described(path).sha256}\n"
        f"  expected: 3 bytes, sha256 {expected}\n"
        f"  make it anew: snakemake --cores all --force -- {path}\n"
    )
    assert said.endswith("1 to mend.\n")


def test_verifying_finds_what_is_missing_and_what_was_made_from_another_file(
    made, project: Project
) -> None:
    made(MANIFEST, "make_manifest", [], {tsv("dev"): "other"})
    Path("results/avatar/common/sample_frames/dev.index").unlink()
    report = verify(trace("results/avatar/common/sample_frames/dev.tar", project))
    found = [(each.path, each.found) for each in report.findings]
    assert found[0] == ("results/avatar/common/sample_frames/dev.index", "nothing")
    assert found[1][0] == "results/avatar/common/check_corpus/report.csv"
    assert found[1][1].startswith(f"made from a {tsv('dev')} with sha256 ")
    missing = verify(trace(TARGET, project)).findings
    assert missing[0].advice == f"make it: snakemake --cores all {TARGET}"


def test_what_was_made_from_a_corrupted_file_is_found_after_that_was_put_back(
    made, project: Project
) -> None:
    target, model = "results/avatar/common/sample_frames/dev.tar", Path(tsv("dev"))
    model.write_text("dEv")  # of the same size, as its provenance says
    made(DEV, "sample_frames", [str(model)], {target: "frames"})
    model.write_text("dev")
    report = verify(trace(target, project))
    (finding,) = report.findings
    assert finding.path == target
    assert finding.found.startswith(f"made from a {model} with sha256 ")
    assert finding.expected.endswith(f"sha256 {described(model).sha256}, 3 bytes")
    assert finding.advice.endswith(f"--force -- {target}")


def test_an_input_that_no_job_made_is_verified_too(made, project: Project) -> None:
    Path("resources/bleurt").mkdir()
    weights = Path("resources/bleurt/model.safetensors")
    weights.write_text("weights")
    stored = {"results/avatar/common/sample_frames/dev.tar": "frames"}
    made(DEV, "sample_frames", [tsv("dev"), str(weights)], stored)
    chain = trace("results/avatar/common/sample_frames/dev.tar", project)
    assert chain.root.unknown == [str(weights)]
    assert f"from {weights}, which no job has made" in format_chain(chain, {})
    assert verify(chain).findings == []
    weights.write_text("weighty")
    (finding,) = verify(chain).findings
    assert finding.path == str(weights)
    assert finding.advice.startswith("no job makes it: put the file back")


def test_files_that_are_not_published_may_be_missing(made, project: Project) -> None:
    frames = Path("results/avatar/common/sample_frames/dev.tar")
    frames.unlink()
    chain = trace(str(frames), project)
    report = verify(chain, withheld=lambda job, path: path == str(frames))
    assert (report.findings, report.withheld) == ([], 1)
    assert len(verify(chain).findings) == 1


def test_a_provenance_that_was_cut_is_named(made, project: Project) -> None:
    Path(MANIFEST).write_text(Path(MANIFEST).read_text()[:-20])
    # It is no output of a rule, so Snakemake cannot be asked for it.
    with pytest.raises(InputError, match=r"t\.provenance\.json: is no whole .* --force -- FILE$"):
        trace("results/avatar/common/sample_frames/dev.tar", project)


def test_explain_prints_json_and_imports_nothing_heavy(
    made, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["explain", TARGET, "--json"])
    values = json.loads(capsys.readouterr().out)
    assert values["target"] == TARGET and values["jobs"][0]["stage"] == "score"
    script = (
        "import sys; from sign2text.commands import main as cli;"
        "cli.main(['explain', sys.argv[1]]);"
        "print(sorted({'torch', 'pandas', 'snakemake', 'transformers', 'dvc'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, TARGET], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_settings_place_on_this_machine_is_compared_by_its_name(made, project: Project) -> None:
    path = Path("results/avatar/common/sample_frames/dev.tar")
    job = trace(str(path), project).root
    again = replace(job.made, settings=job.made.settings | {"codec": "/srv/codecs/jpeg"})
    again.write(Path(DEV))
    assert read_provenance(Path(DEV)).settings["codec"] == "/srv/codecs/jpeg"
    (problem,) = find_problems(trace(str(path), project), project)[DEV]
    assert problem == 'codec: "/srv/codecs/jpeg" then, "jpeg" now'


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
    for name in ("avatar", "avatar_full", "phoenix_avatar"):
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
