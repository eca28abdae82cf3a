"""Jobs of the avatar's first stages, made by hand with their provenance."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sign2text.config.project import Project
from sign2text.ground.settings import to_json_values
from sign2text.lineage.file_hashes import describe_file
from sign2text.lineage.provenance_file import Part, Provenance

ROOT = Path(__file__).resolve().parents[2]
TARGET = "results/avatar/fla_llm.bleu"
CORPUS = "resources/avatar/synthesize_avatar.provenance.json"
MANIFEST = "results/avatar/common/make_manifest/make_manifest.provenance.json"
CHECKED = "results/avatar/common/check_corpus/check_corpus.provenance.json"
TRAIN = "results/avatar/common/sample_frames/sample_frames.train.provenance.json"
DEV = "results/avatar/common/sample_frames/sample_frames.dev.provenance.json"
BEFORE = "2026-11-20T08:00:00+00:00"  # before the jobs of these tests began


def tsv(split: str) -> str:
    return f"results/avatar/common/make_manifest/{split}.tsv"


def make_job(
    project: Project,
    place: str,
    stage: str,
    inputs: list[str],
    outputs: dict[str, str],
    owner: str = "common",
    **changes: Any,
) -> None:
    """Make a job's outputs and its provenance, in the current folder."""
    for path, text in outputs.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    corpus = place.startswith("resources/")
    config = project.stage_config("avatar", owner, stage)
    values = {
        "stage": stage, "data_set": "avatar", "experiment": None if corpus else owner,
        "settings": to_json_values(config),
        "code": project.code("avatar", owner, stage),
        "seed": getattr(config, "seed", None),
        "inputs": tuple(describe_file(Path(path)) for path in inputs),
        "outputs": tuple(describe_file(Path(path)) for path in outputs),
        "versions": {"python": "3.11.0"}, "device": "cpu", "threads": 1,
        "parts": (Part("2026-11-20T09:00:00+00:00", 61.0, 2**20, "done"),),
    } | changes  # fmt: skip
    Provenance(**values).write(Path(place))


def make_corpus(job: Callable[..., None]) -> None:
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
