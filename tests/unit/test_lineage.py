"""The chain behind a file: followed, explained, compared with what is configured, verified."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import yaml
from made_jobs import (
    BEFORE,
    CHECKED,
    CORPUS,
    DEV,
    MANIFEST,
    ROOT,
    TARGET,
    TRAIN,
    make_corpus,
    make_job,
    tsv,
)

from sign2text.commands import main as cli
from sign2text.config.project import Project
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError
from sign2text.ground.settings import to_json_values
from sign2text.lineage.chain import trace
from sign2text.lineage.explain import chain_json, format_chain
from sign2text.lineage.file_hashes import describe_file
from sign2text.lineage.provenance_file import Part, read_provenance
from sign2text.lineage.up_to_date import find_problems
from sign2text.lineage.verify import verify


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
        ("results/avatar/common/by_hand.txt", "it has no provenance"),
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
    expected = describe_file(path).sha256
    path.write_text("dEv")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (3, before.st_mtime_ns)
    with pytest.raises(SystemExit) as ended:
        cli.main(["verify", target])
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert said.startswith(
        f"{path}\n  found:    3 bytes, sha256 {describe_file(path).sha256}\n"
        f"  expected: 3 bytes, sha256 {expected}\n"
        f"  make it again: snakemake --cores all --force -- {path}\n"
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
    assert finding.expected.endswith(f"sha256 {describe_file(model).sha256}, 3 bytes")
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
    assert finding.advice.startswith("no job makes it: restore the file")


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
