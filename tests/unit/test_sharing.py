"""Files that travel between machines: Snakemake's records, .dvc files, and forbidden ones."""

import configparser
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
import yaml
from snakemake.persistence.file import FilePersistence

from sign2text.config.project import Project
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError
from sign2text.ground.settings import ClassAdapter
from sign2text.jobs.snakemake_records import (
    absolute_paths,
    check_unlocked,
    end_of,
    read_record,
    record_path,
)
from sign2text.lineage.chain import Job
from sign2text.lineage.provenance_file import SUFFIX
from sign2text.lineage.withheld import is_withheld
from sign2text.pages.loss_curves import COLUMNS
from sign2text.sharing import publish as publishing
from sign2text.sharing.dvc_files import (
    PARTIAL,
    check_no_links,
    dvc_place,
    find_published,
    published_targets,
    read_dvc_file,
    with_all_needed,
    write_dvc_file,
)
from sign2text.sharing.pull import check_arrived, md5_of

ROOT = Path(__file__).resolve().parents[2]
SCORE = "results/avatar/fla_llm.bleu"
PUBLISHED = Path("artefacts/results/avatar/fla_llm.dvc")
TEST = Path("results/avatar/common/make_manifest/test.tsv")


@pytest.mark.parametrize("length", [1, 30, 190, 191, 400, 900])
def test_records_are_where_snakemake_keeps_them(length: int) -> None:
    output = ("results/" + "ordner-ü/" * 200)[:length]
    its_own = FilePersistence._record_path(
        SimpleNamespace(_fetch_max_len=lambda _: 255), ".snakemake/metadata", output
    )
    assert record_path(output) == Path(its_own)


def test_a_record_that_is_missing_or_cut_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"fla_llm\.bleu: Snakemake's record of it .* is missing"):
        read_record(SCORE)
    path = record_path(SCORE)
    path.parent.mkdir(parents=True)
    path.write_text('{"rule": "score", "endtime": 12.5}')
    assert end_of(SCORE) == 12.5
    path.write_text('{"rule": "sc')
    with pytest.raises(InputError, match=r"is not whole .*--force -- results/avatar/fla_llm"):
        read_record(SCORE)
    path.write_text('{"rule": "score"}')
    with pytest.raises(InputError, match="endtime: found None, expected a number"):
        end_of(SCORE)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("python -m x --model /data/models/mbart --log logs/x.log", ["/data/models/mbart"]),
        ('{"published":"/srv/mbart/x","a":"~/m/y"}', ["/srv/mbart/x", "~/m/y"]),
        ("/home/someone/results", ["/home/someone/results"]),
        ("results/avatar/fla_llm.bleu ./models/mbart ../models/x/y", []),
        ("https://huggingface.co/google/mt5-base s3://bucket/a/b", []),
        ("a/b/c and/or 1/2 <unk>/x", []),
    ],
)
def test_paths_of_a_machine_are_told_from_others(said: str, found: list[str]) -> None:
    assert absolute_paths(json.dumps({"shellcmd": said, "params": [repr(said)]})) == found


def test_nothing_travels_while_a_snakemake_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_unlocked()
    locks = tmp_path / ".snakemake/locks"
    locks.mkdir(parents=True)
    check_unlocked()
    (locks / "0.input.lock").touch()
    with pytest.raises(InputError, match="snakemake --unlock"):
        check_unlocked()


def test_that_there_is_no_remote_is_said_before_all_files_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n")
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(publishing, "trace", lambda *_: None)
    monkeypatch.setattr(publishing, "pack", lambda *_, **__: [])
    for name in ("check_nothing_due", "check_all"):
        monkeypatch.setattr(publishing, name, lambda *_: pytest.fail("takes long"))
    with pytest.raises(InputError, match=r"no remote is set, .* dvc remote add --default NAME"):
        publishing.publish(SCORE, None, Path("config.yaml"))


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Publish a score and its manifest with DVC itself, to tmp_path/remote; all checks pass."""
    monkeypatch.chdir(tmp_path)
    for kind in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE"):
        monkeypatch.setenv(f"DVC_{kind}_DIR", str(tmp_path / "machine"))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(
        "[core]\n    no_scm = true\n    remote = shelf\n['remote \"shelf\"']\n    url = ../remote\n"
    )
    for path in (Path(SCORE), TEST):
        path.parent.mkdir(parents=True)
        path.write_text(f"first {path}")
    needed = dvc_place(f"{TEST.parent}/make_manifest{SUFFIX}")
    parcels = [
        publishing.Parcel(needed, (str(TEST),), (), (), ()),
        publishing.Parcel(PUBLISHED, (SCORE,), (), (needed,), ()),
    ]
    monkeypatch.setattr(publishing, "trace", lambda *_: None)
    monkeypatch.setattr(publishing, "pack", lambda *_, **__: parcels)
    for name in ("check_nothing_due", "check_all"):
        monkeypatch.setattr(publishing, name, lambda *_: None)
    return lambda: publishing.publish(SCORE, None, Path("config.yaml"))


def in_artefacts() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path("artefacts").rglob("*") if path.is_file()}


def test_published_again_after_a_change_all_is_named_and_on_the_remote(
    publish: Callable[[], None],
) -> None:
    publish()
    publish()  # nothing has changed
    Path(SCORE).write_text("second")
    publish()
    score, manifest = with_all_needed(PUBLISHED)
    outs = [*score.outs, *manifest.outs]
    assert [(out.path, out.md5) for out in outs] == [
        (path, md5_of(Path(path))) for path in (SCORE, str(TEST))
    ]
    remote = {path.read_text() for path in Path("remote").rglob("*") if path.is_file()}
    assert remote == {f"first {SCORE}", f"first {TEST}", "second"}
    assert not PARTIAL.exists()


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("fails", ["commit", "push"])
def test_where_not_all_was_pushed_artefacts_are_as_they_were(
    publish: Callable[[], None], fails: str, before: bool
) -> None:
    if before:
        publish()
    named = in_artefacts()
    assert len(named) == 2 * before
    PARTIAL.mkdir()  # of a killed process
    (PARTIAL / "cut.dvc").write_text("outs:\n- path: resul")
    Path(SCORE).write_text("second")
    if fails == "push":
        shutil.rmtree("remote", ignore_errors=True)
        Path("remote").write_text("a file where a folder is wanted")
    else:
        TEST.unlink()
    with pytest.raises(InputError, match=f"dvc {fails} failed: "):
        publish()
    assert in_artefacts() == named
    assert not PARTIAL.exists()


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write two .dvc files in their state after `dvc commit`: of a score and of its inputs."""
    monkeypatch.chdir(tmp_path)
    score = PUBLISHED
    manifest = Path("artefacts/results/avatar/common/make_manifest/make_manifest.dvc")
    for place, paths, needs in (
        (score, [SCORE, record_path(SCORE).as_posix()], [manifest]),
        (manifest, ["results/avatar/common/make_manifest/test.tsv"], []),
    ):
        write_dvc_file(place, paths, needs)
        values = yaml.safe_load(place.read_text(encoding="utf-8"))
        values["outs"] = [each | {"md5": "0" * 32, "size": 3} for each in values["outs"]]
        place.write_text(yaml.safe_dump(values), encoding="utf-8")
    return score


def test_a_target_is_found_with_all_it_needs(published: Path) -> None:
    assert find_published(SCORE) == published
    assert find_published("results/avatar/fla_llm_blind.bleu") is None
    assert published_targets() == [SCORE]
    score, manifest = with_all_needed(published)
    assert [out.path for out in score.outputs] == [SCORE]
    assert [out.path for out in manifest.outs] == ["results/avatar/common/make_manifest/test.tsv"]
    assert (manifest.outs[0].md5, manifest.outs[0].bytes) == ("0" * 32, 3)


@pytest.mark.parametrize(
    ("path", "needs"),
    [
        ("../elsewhere.txt", []),
        ("results/../.git/hooks/post-checkout", []),
        ("workflow/sign2text/__init__.py", []),
        ("Snakefile", []),
        (".dvc/config", []),
        (".snakemake/conda/x", []),
        ("/etc/passwd", []),
        ("results/x", ["../other.dvc"]),
        ("results/x", ["artefacts/../../other.dvc"]),
        ("results/x", ["/tmp/other.dvc"]),
    ],
)
def test_a_hostile_dvc_file_is_refused_before_anything_is_pulled(
    published: Path, path: str, needs: list[str]
) -> None:
    values = yaml.safe_load(published.read_text(encoding="utf-8"))
    values["outs"].append({"path": path, "md5": "0" * 32, "size": 3})
    values["meta"]["needs"] += needs
    published.write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(InputError, match=r"expected files under"):
        list(with_all_needed(published))


def test_a_linked_results_folder_is_refused_by_name(tmp_path: Path, published: Path) -> None:
    check_no_links([SCORE])
    (tmp_path / "disk").mkdir()
    Path("results").symlink_to(tmp_path / "disk")
    with pytest.raises(InputError, match=r"^results: a link to another place"):
        check_no_links([SCORE, record_path(SCORE).as_posix()])


@pytest.mark.parametrize(
    "text", ["", "outs: []\n", "outs:\n- path: x\nwdir: ..\nmeta: {needs: []}\n", "{a", "- b"]
)
def test_a_dvc_file_of_another_form_is_refused(published: Path, text: str) -> None:
    published.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is not one that `sign2text publish` wrote"):
        read_dvc_file(published)


def test_no_python_object_is_made_of_a_dvc_file(published: Path) -> None:
    published.write_text("outs: !!python/object/apply:os.mkdir [harm]\n", encoding="utf-8")
    with pytest.raises(InputError, match="is not one that"):
        read_dvc_file(published)
    assert not Path("harm").exists()


def test_what_arrived_otherwise_than_published_is_removed(published: Path) -> None:
    (good, bad, gone) = paths = [Path(f"results/{name}") for name in ("good", "bad", "gone")]
    good.parent.mkdir(exist_ok=True)
    for path in paths:
        path.write_text("content")
    outs = [
        SimpleNamespace(path=str(path), md5=md5_of(path), bytes=path.stat().st_size)
        for path in paths
    ]
    check_arrived(outs)
    bad.write_text("contend")
    gone.unlink()
    digest = outs[0].md5
    with pytest.raises(InputError) as refused:
        check_arrived(outs)
    said = str(refused.value)
    assert f"results/gone: found nothing, expected md5 {digest}" in said
    assert f"delete .dvc/cache/files/md5/{digest[:2]}/{digest[2:]}" in said
    assert good.exists() and not bad.exists()


@pytest.mark.parametrize(
    ("data_set", "stage", "name", "withheld"),
    [
        ("phoenix", "sample_frames", "train.tar", True),
        ("phoenix", "sample_frames", "train.index.safetensors", False),
        ("phoenix", "extract_features", "train.safetensors", False),
        ("phoenix", "report_translations", "translations.html", True),
        ("phoenix_text", "report_translations", "translations.html", False),
        ("avatar", "sample_frames", "train.tar", False),
        ("phoenix_avatar", "sample_frames", "train.tar", False),
    ],
)
def test_pictures_of_a_published_corpus_stay(
    data_set: str, stage: str, name: str, withheld: bool
) -> None:
    project = Project(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    job = Job("key", stage, data_set, "common", None)
    assert is_withheld(project, job, f"results/{data_set}/common/{stage}/{name}") == withheld


def test_saying_which_outputs_are_pictures_re_runs_nothing(tmp_path: Path) -> None:
    hashes = []
    for number, text in enumerate(("A = 1\n", "PICTURES = ('*.tar',)\nA = 1\n", "A = 2\n")):
        stages = tmp_path / str(number) / "sign2text/stages"
        stages.mkdir(parents=True)
        (stages / "x.py").write_text(text)
        hashes.append(code_hash("x", tmp_path / str(number)))
    assert hashes[0] == hashes[1] != hashes[2]


def test_dvc_yaml_shows_the_scores_and_losses_of_all_data_sets_and_names_no_method() -> None:
    shown = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    # Nothing is scored on data sets of classes.
    classes = get_args(ClassAdapter)
    scored = [n for n, each in config["datasets"].items() if each.get("adapter") not in classes]
    assert len(scored) > 5
    assert shown["metrics"] == [f"results/{name}/metrics" for name in scored]
    plots = {place: said for plot in shown["plots"] for place, said in plot.items()}
    assert list(plots) == [f"results/{name}/curves" for name in scored]
    for said in plots.values():
        assert {said["x"], *said["y"]} <= set(COLUMNS)


def test_dvc_sends_nothing_about_its_use_and_makes_no_hard_links() -> None:
    config = configparser.ConfigParser()
    config.read_string((ROOT / ".dvc/config").read_text(encoding="utf-8"))
    assert config["core"]["analytics"] == "false"
    assert config["cache"]["type"].strip('"') == "reflink,copy"
