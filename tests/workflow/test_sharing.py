"""Results are published, pulled elsewhere, verified, and due only where they were edited.

The tests start from one finished run (fixture `as_made`, conftest.py) and never repeat it.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clones import Clone, copy_project, files_below, make_repository

from sign2text.jobs.snakemake_records import record_path
from sign2text.lineage.provenance_file import SUFFIX, read_provenance

ROOT = Path(__file__).resolve().parents[2]
SCORE = "results/tiny/fla_llm.bleu"
BLIND = "results/tiny/fla_llm_blind.bleu"
MODEL = "results/tiny/fla_llm/finetune_llm/model.safetensors"
HISTORY = "results/tiny/fla_llm/finetune_llm/history.tsv"
JOBS = 19  # behind SCORE

pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def maker(as_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Make the project with all artefacts, as a git repository."""
    machine = tmp_path_factory.mktemp("maker")
    folder = machine / "sign2text"
    shutil.copytree(as_made, folder)
    copy_project(folder)
    return make_repository(folder, machine)


@pytest.fixture(scope="module")
def published(maker: Clone) -> str:
    """Publish the score, commit it in `maker`, and return the output."""
    said = maker.sign2text("publish", SCORE)
    assert maker.git("status", "--porcelain") == "?? artefacts/\n", "nothing else was touched"
    maker.git("add", "artefacts")
    maker.git("commit", "--quiet", "--message", "Publish")
    return said


@pytest.fixture
def cloned(
    maker: Clone, published: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Clone]:
    """Make a clone of the published project, on another machine."""

    def clone() -> Clone:
        machine = tmp_path_factory.mktemp("other")
        maker.git("clone", "--quiet", str(maker.folder), str(machine / "elsewhere"))
        return Clone(machine / "elsewhere", machine)

    return clone


def test_every_job_noted_what_its_rule_declares(as_made: Path) -> None:
    records = {path.name for path in (as_made / ".snakemake/metadata").iterdir()}
    places = list(as_made.rglob(f"*{SUFFIX}"))
    assert len(places) == JOBS + 2, "decode and score of the control"
    for place in places:
        made = read_provenance(place)
        for output in made.outputs:
            record = json.loads((as_made / record_path(output.path)).read_text(encoding="utf-8"))
            assert record["rule"] == made.stage
            assert sorted(record["input"]) == sorted(file.path for file in made.inputs)
            records.discard(record_path(output.path).name)
        assert made.device == "cpu" or made.peak_gpu_memory
        if made.stage in ("visual_init", "finetune_llm", "decode"):
            assert {"python", "numpy", "torch", "transformers"} <= made.versions.keys()
    assert records == set(), "no output is left out"


def test_publishing_takes_every_file_of_the_chain_and_changes_none(
    maker: Clone, published: str, as_made: Path
) -> None:
    assert f"{JOBS} jobs are published" in published
    assert "Nothing was committed." in published
    assert f"git commit -m 'Publish {SCORE}'" in published
    before = files_below(as_made, "results", "resources")
    after = files_below(maker.folder, "results", "resources")
    assert after == before
    for name in before:
        times = [(folder / name).stat().st_mtime_ns for folder in (as_made, maker.folder)]
        assert times[0] == times[1], name
    kept = list((maker.folder / "artefacts").rglob("*.dvc"))
    assert len(kept) == JOBS
    assert maker.due(SCORE, BLIND) == []


def test_pulled_where_it_was_never_made_nothing_is_due(
    maker: Clone, cloned: Callable[[], Clone]
) -> None:
    clone = cloned()
    assert f"of {JOBS} jobs are here" in clone.sign2text("pull", SCORE)
    assert clone.due(SCORE) == []
    pulled = files_below(clone.folder, "results", "resources")
    made = files_below(maker.folder, "results", "resources")
    assert all(made[name] == content for name, content in pulled.items())
    assert {SCORE, MODEL, "results/tiny/common/sample_frames/train.tar"} <= pulled.keys()
    # Neither videos nor files of another target.
    assert {name for name in pulled if name.startswith("resources/")} == {
        "resources/tiny/checksums.tsv",
        "resources/tiny/synthesize_avatar.provenance.json",
    }
    assert BLIND not in pulled
    for name in pulled:
        if name.endswith(".provenance.json"):
            continue  # nothing uses its time
        times = [(folder / name).stat().st_mtime for folder in (clone.folder, maker.folder)]
        assert times[0] == pytest.approx(times[1], abs=1e-3), name
    # Nothing of the machine that made it is included.
    records = files_below(clone.folder, ".snakemake/metadata")
    for name, content in {**pulled, **records}.items():
        for place in (maker.folder, ROOT, Path(sys.prefix)):
            assert str(place).encode() not in content, name
    assert clone.git("status", "--porcelain") == ""
    assert "All as configured now." in clone.sign2text("explain", SCORE)
    assert "nothing to mend" in clone.sign2text("verify", SCORE)
    # Artefacts that others derive are not due either: the control shares all but two stages.
    assert sorted(clone.due(BLIND)) == ["decode", "score"]

    # An edit makes its dependants due, and nothing else.
    (clone.folder / "README.md").write_text("# Tiny\n\nA remark.\n")
    assert clone.due(SCORE) == []
    beams = "experiments={fla_llm: {stages: {decode: {beams: 3}}}}"
    assert sorted(clone.due(SCORE, "--config", beams)) == ["decode", "score"]
    stage = clone.folder / "workflow/sign2text/stages/decode.py"
    source = stage.read_text(encoding="utf-8")
    stage.write_text(source + "\n# a remark\n", encoding="utf-8")
    assert clone.due(SCORE) == []
    stage.write_text(source + "\nEXTRA = 1\n", encoding="utf-8")
    assert sorted(clone.due(SCORE)) == ["decode", "score"]
    told = clone.sign2text("explain", SCORE)
    assert re.search(r"decode test .*\n.*\n.*! code \w{16} then, \w{16} now\n", told), told
    assert "! code" not in told[told.index("extract_features test") :]


def test_a_corrupted_artefact_is_found_and_made_anew_or_pulled_again(
    cloned: Callable[[], Clone],
) -> None:
    clone = cloned()
    clone.sign2text("pull", SCORE)
    model = clone.folder / MODEL
    whole, times = model.read_bytes(), model.stat()
    model.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    os.utime(model, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert clone.due(SCORE) == [], "its size and time say nothing"
    done = clone.call(sys.executable, "-m", "sign2text.commands.main", "verify", SCORE)
    assert done.returncode == 1
    assert f"{MODEL}\n  found:    {len(whole)} bytes, sha256 " in done.stdout
    again = f"snakemake --cores all --force -- {MODEL}"
    assert again in done.stdout
    assert clone.due(*again.split()[1:]) == ["finetune_llm"], "the command makes what it says"
    # It is not published,
    assert f"not published, since its files have changed or are missing:\n{MODEL}" in clone.refused(
        "publish", SCORE
    )
    # is never overwritten unasked,
    assert "--force" in clone.refused("pull", SCORE)
    # and the published file comes back.
    clone.sign2text("pull", SCORE, "--force")
    assert model.read_bytes() == whole
    assert clone.due(SCORE) == []


def test_what_others_could_not_use_is_not_published(maker: Clone, published: str) -> None:
    config = maker.folder / "config.yaml"
    before = config.read_text(encoding="utf-8")
    config.write_text(before.replace("beams: 2, max_new", "beams: 4, max_new"), encoding="utf-8")
    try:
        said = maker.refused("publish", SCORE)
        assert "is not what config.yaml and the code say now; due: decode, score." in said
    finally:
        config.write_text(before, encoding="utf-8")
    said = maker.refused("publish", "results/tiny/fla_llm_joint.bleu")
    assert "not all of it is made; missing:" in said
    assert "published here: results/tiny/fla_llm.bleu." in maker.refused("pull", BLIND)
    record = maker.folder / record_path(MODEL)
    kept = record.read_text(encoding="utf-8")
    place = f"{maker.folder}/models/mbart"
    record.write_text(json.dumps(json.loads(kept) | {"shellcmd": f"python --published {place}"}))
    try:
        assert f"names {place}, a place of this machine" in maker.refused("publish", SCORE)
    finally:
        record.write_text(kept, encoding="utf-8")


def test_scores_and_curves_are_seen_by_dvc_and_what_is_absent_breaks_nothing(
    maker: Clone, cloned: Callable[[], Clone]
) -> None:
    score = json.loads((maker.folder / SCORE).read_text(encoding="utf-8"))["scores"]["all"]
    said = maker.dvc("metrics", "show", "--json")
    found = json.loads(said[said.index("{") :])
    values = found[""]["data"]["results/tiny/metrics/fla_llm.json"]["data"]
    assert values["bleu4"] == score["bleu4"]
    assert [values["bleu4_low"], values["bleu4_high"]] == score["bleu4_interval"]
    maker.run(
        sys.executable, "-m", "snakemake", "--cores", "1", "results/tiny/fla_llm/training.html"
    )
    said = maker.dvc("plots", "show", "--json")
    assert '"dev_loss"' in said and '"results/tiny/curves/fla_llm.tsv"' in said
    # Metrics of published scores are visible before the pull.
    clone = cloned()
    assert f'"bleu4": {score["bleu4"]}' in clone.dvc("metrics", "show", "--json")
    shutil.rmtree(clone.folder / "artefacts")
    assert "bleu4" not in clone.dvc("metrics", "show", "--json")
    clone.dvc("plots", "show", "--json")


@pytest.mark.long
def test_plain_dvc_brings_the_same(maker: Clone, cloned: Callable[[], Clone]) -> None:
    clone = cloned()
    clone.dvc("pull")
    assert clone.due(SCORE) == []
    assert "Data and pipelines are up to date." in clone.dvc("status")
    # Left-out frame stores, as of a published corpus, are not missed either.
    for store in clone.folder.glob("results/tiny/common/sample_frames/*.tar"):
        store.unlink()
    assert clone.due(SCORE) == []


@pytest.mark.long
def test_a_corpus_that_is_rendered_again_after_a_pull_makes_nothing_due(
    cloned: Callable[[], Clone],
) -> None:
    clone = cloned()
    clone.sign2text("pull", SCORE)
    checksums = clone.folder / "resources/tiny/checksums.tsv"
    before = checksums.read_bytes()
    said = clone.run(sys.executable, "-m", "snakemake", "--dry-run", SCORE)
    told = re.search(r"only checksums\.tsv is here\. .*: (snakemake .*)$", said, re.MULTILINE)
    clone.run(sys.executable, "-m", *told[1].split())
    assert checksums.read_bytes() == before
    assert len(list((checksums.parent / "videos").glob("*.mp4"))) == 20
    assert clone.due(SCORE) == []


@pytest.mark.long
def test_a_second_target_adds_only_what_it_does_not_share(
    maker: Clone, published: str, cloned: Callable[[], Clone]
) -> None:
    before = set((maker.folder / "artefacts").rglob("*.dvc"))
    maker.sign2text("publish", BLIND)
    added = set((maker.folder / "artefacts").rglob("*.dvc")) - before
    assert sorted(path.name for path in added) == ["decode.test.dvc", "fla_llm_blind.dvc"]
    status = maker.git("status", "--porcelain").split()
    assert "M" not in status, "what is shared is as it was published"
    maker.git("add", "artefacts")
    maker.git("commit", "--quiet", "--message", "Publish the control")
    clone = cloned()
    clone.sign2text("pull", BLIND)
    assert not (clone.folder / SCORE).exists()
    assert clone.due(BLIND) == []


@pytest.mark.long
@pytest.mark.parametrize("place", ["cache", "remote"])
def test_a_corrupted_copy_of_dvc_is_refused_when_it_is_pulled(
    maker: Clone, cloned: Callable[[], Clone], place: str
) -> None:
    clone = cloned()
    if place == "cache":
        clone.sign2text("pull", SCORE)
        shutil.rmtree(clone.folder / "results")
        shutil.rmtree(clone.folder / ".snakemake")
        store = clone.folder / ".dvc/cache"
    else:
        store = clone.folder.parent / "shelf"
        shutil.copytree(maker.folder.parent / "shelf", store)
        clone.dvc("remote", "modify", "shelf", "url", str(store))
    dvc_file = (maker.folder / "artefacts" / MODEL).parent / "finetune_llm.dvc"
    md5 = re.search(r"model\.safetensors\n  hash: md5\n  md5: (\w+)", dvc_file.read_text())[1]
    copy = store / "files/md5" / md5[:2] / md5[2:]
    whole, mode = copy.read_bytes(), copy.stat().st_mode
    copy.chmod(0o644)
    copy.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    copy.chmod(mode)
    said = clone.refused("pull", SCORE)
    assert not (clone.folder / MODEL).exists()
    if md5 in said:  # DVC itself did not notice
        assert f"{MODEL}: found " in said and "delete .dvc/cache/files/md5" in said
        (clone.folder / ".dvc/cache/files/md5" / md5[:2] / md5[2:]).unlink()
    if place == "remote":
        copy.chmod(0o644)
        copy.write_bytes(whole)
    clone.sign2text("pull", SCORE)
    assert (clone.folder / MODEL).read_bytes() == whole
    assert clone.due(SCORE) == []


@pytest.fixture
def bucket() -> Iterator[str]:
    """Yield the address of a server that imitates S3, with an empty bucket `shelf`."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys).create_bucket(
        Bucket="shelf"
    )
    yield address
    server.stop()


@pytest.mark.long
def test_the_same_way_over_s3(maker: Clone, cloned: Callable[[], Clone], bucket: str) -> None:
    def add_remote(clone: Clone) -> None:
        clone.dvc("remote", "add", "--local", "cloud", "s3://shelf/sign2text")
        clone.dvc("remote", "modify", "--local", "cloud", "endpointurl", bucket)

    add_remote(maker)
    maker.sign2text("publish", SCORE, "--remote", "cloud")
    assert maker.git("status", "--porcelain") == "", "published before, to another place"
    clone = cloned()
    assert "dvc pull failed" in clone.refused("pull", SCORE, "--remote", "cloud")
    add_remote(clone)
    clone.dvc("remote", "modify", "--local", "shelf", "url", str(clone.folder.parent / "none"))
    clone.sign2text("pull", SCORE, "--remote", "cloud")
    assert clone.due(SCORE) == []
    assert "nothing to mend" in clone.sign2text("verify", SCORE)
