"""A disk that is full while a stage writes: nothing looks finished, and the next run completes."""

import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tiny_runs import (
    MMTLB,
    MMTLB_TARGETS,
    SCALING_SLT,
    SCALING_SLT_TARGETS,
    SIGN2GPT,
    SIGN2GPT_TARGETS,
    TARGETS,
    snakemake,
)

from sign2text.config.stages import find_stages

pytestmark = pytest.mark.slow

PAGES = (
    "results/tiny/comparisons/controls/compare.html",
    "results/tiny/comparisons/controls/translations.html",
    "results/tiny/comparisons/controls/norms.html",
    "results/tiny/tables/fla_llm_1.html",
    "results/tiny/tables/fla_llm.html",
    "results/tiny/fla_llm/training.html",
)
WRITTEN = ("--output", "--output-manifest", "--output-left-out", "--texts", "--output-if-bad")
KIB = 1024
# Bytes of room: enough for the lock file alone; of a training then somewhere in a checkpoint, and
# with its checkpoints on the disk, so that the model does not fit beside them.
ROOMS = {
    "synthesize_avatar": (4 * KIB, 200 * KIB),
    "make_manifest": (4 * KIB, 12 * KIB),
    "check_corpus": (4 * KIB, 8 * KIB),
    "sample_frames": (4 * KIB, 300 * KIB),
    "train_tokenizer": (4 * KIB, 12 * KIB),
    "pretrain_language_model": (4 * KIB, 300 * KIB, 700 * KIB),
    "pretrain_frame_encoder": (4 * KIB, 120 * KIB, 250 * KIB),
    "encode_frames": (4 * KIB, 8 * KIB),
    "visual_init": (4 * KIB, 400 * KIB, 1000 * KIB),
    "extract_features": (4 * KIB,),
    "finetune_llm": (4 * KIB, 400 * KIB, 1000 * KIB),
    "decode": (4 * KIB,),
    "score": (4 * KIB, 8 * KIB),
    "compare": (4 * KIB, 12 * KIB),
    "report_translations": (4 * KIB,),
    "report_norms": (4 * KIB, 8 * KIB),
    "tabulate": (4 * KIB, 8 * KIB),
    "summarise": (4 * KIB, 8 * KIB),
    "report_training": (4 * KIB,),
}
OF_MMTLB = {
    "synthesize_classes": (4 * KIB, 200 * KIB),
    "pretrain_s3d": (4 * KIB, 200 * KIB, 540 * KIB),
    "train_sign2gloss": (4 * KIB, 300 * KIB, 680 * KIB),
    "recognise_glosses": (4 * KIB,),
    "train_gloss2text": (4 * KIB, 300 * KIB, 780 * KIB),
    "train_sign2text": (4 * KIB, 600 * KIB, 1480 * KIB),
}
OF_SIGN2GPT = {
    "annotate_text": (4 * KIB,),
    "train_tagger": (4 * KIB,),
    "generate_pseudo_glosses": (),  # 1 GB is kept free where its pipeline is unpacked
    "embed_pseudo_glosses": (4 * KIB,),
    "pretrain_prototypes": (4 * KIB, 120 * KIB, 240 * KIB),
    "score_pseudo_glosses": (4 * KIB,),
    "report_localisation": (4 * KIB,),
    "adapt_language_model": (4 * KIB, 60 * KIB, 120 * KIB),  # its frozen parts are not written
}
OF_SCALING_SLT = {
    "synthesize_second_avatar": (4 * KIB, 200 * KIB),
    "make_captions": (4 * KIB,),
    "extract_landmark_shards": (4 * KIB, 100 * KIB),
    "extract_landmarks": (4 * KIB,),
    "report_landmarks": (4 * KIB,),
    "pretrain_mt": (4 * KIB, 120 * KIB),
    "translate_captions": (4 * KIB,),
    "pretrain_tasks": (4 * KIB, 120 * KIB),
    "finetune_tasks": (4 * KIB, 120 * KIB),
    "score_alignment": (4 * KIB,),
}
"""Stages that tiny.yaml's run does not have, of the runs of other methods."""
RUNS = {
    **dict.fromkeys(ROOMS, "fla_llm"),
    **dict.fromkeys(OF_MMTLB, "mmtlb"),
    **dict.fromkeys(OF_SIGN2GPT, "sign2gpt"),
    **dict.fromkeys(OF_SCALING_SLT, "scaling_slt"),
}
MADE = {
    "fla_llm": ("as_made", (*TARGETS, *PAGES)),
    "mmtlb": ("mmtlb_run", (*MMTLB_TARGETS, *MMTLB)),
    "sign2gpt": ("sign2gpt_run", (*SIGN2GPT_TARGETS, *SIGN2GPT)),
    "scaling_slt": ("scaling_slt_run", (*SCALING_SLT_TARGETS, *SCALING_SLT)),
}
"""Fixtures of the finished folders, and targets and options of Snakemake that made them."""
# One file that may not grow: what a quota or a file system's limit looks like.
ONE_FILE = {"sample_frames": 100 * KIB, "visual_init": 200 * KIB, "extract_features": 2 * KIB}
ONE_FILE |= {"generate_pseudo_glosses": 2 * KIB}
ALL_ROOMS = ROOMS | OF_MMTLB | OF_SIGN2GPT | OF_SCALING_SLT
EACH = [(stage, "disk", room) for stage, rooms in ALL_ROOMS.items() for room in rooms]
EACH += [(stage, "file", room) for stage, room in ONE_FILE.items()]
# A table, a store, a training and a score; what all stages do takes minutes.
SHORT = (
    *[(stage, "disk", 4 * KIB) for stage in ("make_manifest", "finetune_llm", "score")],
    ("sample_frames", "file", 100 * KIB),
)
CASES = [pytest.param(*case, marks=() if case in SHORT else pytest.mark.long) for case in EACH]


@pytest.fixture(scope="module")
def finished_commands(request: pytest.FixtureRequest) -> Callable[[str], tuple[Path, dict]]:
    """Return the finished folder of a method's tiny run, and its commands by stage."""

    @functools.cache
    def find(method: str) -> tuple[Path, dict[str, list[str]]]:
        fixture, arguments = MADE[method]
        folder = request.getfixturevalue(fixture)
        return folder, commands_of(folder, *arguments)

    return find


def commands_of(folder: Path, *arguments: str) -> dict[str, list[str]]:
    """A command of each stage, as the log shows it; of stages by split that of dev or test."""
    said = snakemake(folder, "--dry-run", "--forceall", "--printshellcmds", *arguments)
    found: dict[str, list[str]] = {}
    for stage, arguments in re.findall(r"python -m sign2text\.[\w.]+\.(\w+) (.+)$", said, re.M):
        if stage not in found or "dev." in arguments:
            found[stage] = shlex.split(arguments)
    return found


def test_every_stage_that_needs_no_network_is_among_them() -> None:
    # What these write is tested with servers: test_download.py, test_archives.py, and through
    # `replacing`, which test_storage.py fills disks under.
    others = {"acquire_corpus", "fetch_model"}
    assert ALL_ROOMS.keys() == find_stages().keys() - others


def to_small_disk(arguments: list[str]) -> list[str]:
    """A command that writes below small/, and neither log nor provenance."""
    found, option = [], ""
    for word in arguments:
        if word.startswith("--"):
            option = word
        if option in ("--log", "--inputs", "--outputs", "--provenance"):
            continue
        found.append(f"small/{word}" if option in WRITTEN and word != option else word)
    return found


@pytest.fixture(scope="module")
def forks() -> Iterator[Callable[[dict], dict]]:
    """Give a case to stage_forks.py, get its answer."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("stage_forks.py"))],
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(case: dict) -> dict:
        print(json.dumps(case), file=process.stdin, flush=True)
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    process.wait()


@pytest.mark.parametrize(("stage", "kind", "room"), CASES)
def test_a_writer_whose_disk_is_full_leaves_nothing_that_looks_finished(
    finished_commands: Callable[[str], tuple[Path, dict]],
    tmp_path: Path,
    forks: Callable[[dict], dict],
    stage: str,
    kind: str,
    room: int,
) -> None:
    made, commands = finished_commands(RUNS[stage])
    copied = Path(shutil.copytree(made, tmp_path / "copy"))
    arguments = to_small_disk(commands[stage])
    texts = [arguments[n + 1] for n, word in enumerate(arguments) if word == "--texts"]
    case = {"folder": str(copied), "stage": stage, "arguments": arguments, "folders": texts}
    answer = forks(case | {"kind": kind, "room": room})
    if "impossible" in answer:
        pytest.skip(f"no small disk can be mounted here ({answer['impossible']})")
    full, after = answer["runs"]
    assert after["code"] == 0, after["said"]
    made = {name: digest for name, digest in after["files"].items() if "/state/" not in name}
    assert made, "the second run makes everything"
    # As many of its files as there are may be whole, but never all, and none is another.
    left = {name: digest for name, digest in full["files"].items() if name in made}
    assert full["code"] in (1, 2), full["said"]
    assert left.items() < made.items()
    last = full["said"].strip().splitlines()[-1]
    assert re.search(r"small/\S+: (could not be written|the disk took no more)", last), last
    assert re.search(r"[Mm]ake .*room|Raise the limit", last), last
    assert "the same command again" in last, last
    if find_stages()[stage].trains:
        return  # to the bit only with as many threads; test_kills.py and others see to that
    for name, digest in made.items():
        before = copied / name
        # Score files name the time, and where others are; pages are not among what was made.
        # The index of landmarks has the place of their shards, seen from its own.
        moved = stage == "extract_landmarks" and name.endswith(".index.safetensors")
        if before.is_file() and before.suffix not in (".bleu", ".html") and not moved:
            assert hashlib.sha256(before.read_bytes()).hexdigest() == digest, name
