"""The method of docs/add_method.md with an encoder that two other data sets have pretrained."""

import copy
import re
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
from clones import Clone, copy_project, make_repository
from test_add_method import FOLDER, RULES, files_of_the_page, write

SCORE, SECOND = "results/tiny/thumbnails.bleu", "results/tiny/thumbnails-seed2.bleu"
ENCODERS = [f"results/{of}/thumbnails/pretrain_thumbnails" for of in ("actions", "signs")]

pytestmark = pytest.mark.long

STAGE = '''"""Keep the mean colour of a data set's frames, after that of another data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.reads import NamedDataSet, Read, stored_frames
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

SHARES_SEEDS = True
AFTER = NamedDataSet("pretrain_thumbnails", "after")
READS = (
    stored_frames("sample_frames", split="train"),
    Read(
        "before", "pretrain_thumbnails", "model.safetensors", when=AFTER.is_named, dataset=AFTER
    ),
)


@stage_config
class Config:
    after: Annotated[str | None, Field(description="data set that comes before; ours")] = None
    seed: Annotated[int, Field(ge=0, description="of nothing")] = 1


def run(*, frames: Path, output: Path, config: Config, before: Path | None = None) -> None:
    from safetensors.torch import load_file, save_file
    from torch import cat, from_numpy

    from sign2text.data.frame_store import FrameStore

    store = FrameStore(frames)
    colours = [from_numpy(store.read(0, [0])).float().mean((0, 1, 2))]
    if before is not None:
        colours.insert(0, load_file(before)["colours"])
    save_file({"colours": cat(colours)}, output)


if __name__ == "__main__":
    command_line(run)
'''
RULE = """

rule pretrain_thumbnails:
    input:
        **inputs_of("pretrain_thumbnails"),
    output:
        **files_of("pretrain_thumbnails", "model.safetensors"),
    log:
        "logs/{dataset}/{experiment}/pretrain_thumbnails.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_thumbnails.benchmark.tsv"
    conda:
        environment
    threads: 1
    resources:
        **needs(mem_mb=2000, runtime=20),
    params:
        **params_of("pretrain_thumbnails"),
    shell:
        command("pretrain_thumbnails", "--output {output.model:q}")
"""
CHANGES = (  # of the page's training
    (
        "from sign2text.config.reads import Read,",
        "from sign2text.config.reads import NamedDataSet, Read,",
    ),
    (
        "READS = (",
        'PRETRAINED = NamedDataSet("train_thumbnails", "pretrained_on")\nREADS = (\n'
        '    Read("encoder", "pretrain_thumbnails", "model.safetensors",\n'
        "         when=PRETRAINED.is_named, dataset=PRETRAINED),",
    ),
    (
        "    layers: Annotated",
        "    pretrained_on: Annotated[\n"
        '        str | None, Field(description="data set of the encoder; ours")\n'
        "    ] = None\n    layers: Annotated",
    ),
    ("    output: Path,", "    output: Path,\n    encoder: Path | None = None,"),
)


def files() -> dict[str, str]:
    found = {n: text for n, text in files_of_the_page().items() if not n.startswith("tests/")}
    found[f"{FOLDER}/stages/pretrain_thumbnails.py"] = STAGE
    found[RULES] += RULE
    training = f"{FOLDER}/stages/train_thumbnails.py"
    for old, new in CHANGES:
        assert found[training].count(old) == 1, old
        found[training] = found[training].replace(old, new)
    return found


def configure(folder: Path) -> None:
    """The tiny data set and two like it, of a few clips each, and the method alone."""
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    small = {"synthesize_avatar": {"train": 2, "dev": 1, "test": 1, "monolingual": 0}}
    tiny = config["datasets"]["tiny"]
    tiny["stages"]["synthesize_avatar"] |= {"train": 8, "dev": 1, "test": 2}
    for stage in ("visual_init", "finetune_llm"):
        del tiny["stages"][stage]
    config["datasets"]["actions"] = {"base": "tiny", "stages": small}
    after = {"pretrain_thumbnails": {"after": "actions"}}
    config["datasets"]["signs"] = {"base": "tiny", "stages": copy.deepcopy(small) | after}
    training = {"pretrained_on": "signs", "training": {"epochs": 1, "batch_size": 4}, "width": 16}
    method = {"method": "thumbnails", "stages": {"train_thumbnails": training}}
    config["experiments"] = {
        "thumbnails": method,
        "thumbnails-seed2": {"base": "thumbnails", "seed": 2},
    }
    config = {key: config[key] for key in ("datasets", "experiments")}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    machine = tmp_path_factory.mktemp("pretrained")
    clone = Clone(machine / "sign2text", machine)
    clone.folder.mkdir()
    copy_project(clone.folder)
    write(clone.folder, files())
    configure(clone.folder)
    due = clone.due(SCORE)
    assert (due.count("pretrain_thumbnails"), due.count("synthesize_avatar")) == (2, 3)
    clone.run(sys.executable, "-m", "snakemake", "--cores", "2", SCORE)
    return clone


def test_each_encoder_is_made_once_for_all_seeds(made: Clone) -> None:
    from safetensors.torch import load_file

    assert made.due(SCORE) == []
    assert sorted(made.due(SECOND)) == ["decode", "score", "train_thumbnails"]
    counts = [
        len(load_file(made.folder / each / "model.safetensors")["colours"]) for each in ENCODERS
    ]
    assert counts == [3, 6], "the second was given the first"
    assert not (made.folder / "results/tiny/thumbnails/pretrain_thumbnails").exists()


def test_a_change_upstream_is_followed(made: Clone) -> None:
    path = made.folder / "config.yaml"
    before = path.read_text(encoding="utf-8")
    config = yaml.safe_load(before)
    config["datasets"]["actions"]["stages"]["synthesize_avatar"]["seed"] = 5
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    due, said = made.due(SCORE), made.sign2text("explain", SCORE)
    path.write_text(before, encoding="utf-8")
    assert due.count("pretrain_thumbnails") == 2 and due.count("synthesize_avatar") == 1
    assert {"train_thumbnails", "decode", "score"} <= set(due)
    assert len(re.findall(r"! seed: \d+ then, 5 now", said)) == 1, said


def test_its_lineage_is_explained_and_verified(made: Clone) -> None:
    said = made.sign2text("explain", SCORE)
    assert "All as configured now." in said, said
    for of in ("actions", "signs"):
        assert re.search(rf"pretrain_thumbnails +{of}/thumbnails ", said), said
    made.sign2text("verify", SCORE)
    path = made.folder / ENCODERS[0] / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    assert (
        ENCODERS[0]
        in made.call(sys.executable, "-m", "sign2text.commands.main", "verify", SCORE).stdout
    )
    path.write_bytes(whole)


def test_it_is_published_and_pulled(made: Clone, tmp_path: Path) -> None:
    maker = make_repository(made.folder, made.folder.parent)
    maker.environment = made.environment
    maker.sign2text("publish", SCORE)
    maker.git("add", "artefacts")
    maker.git("commit", "--quiet", "--message", "Publish")
    maker.git("clone", "--quiet", str(maker.folder), str(tmp_path / "elsewhere"))
    clone = Clone(tmp_path / "elsewhere", tmp_path)
    clone.sign2text("pull", SCORE)
    assert clone.due(SCORE) == []
    for encoder in ENCODERS:
        place = Path(encoder) / "model.safetensors"
        assert (clone.folder / place).read_bytes() == (maker.folder / place).read_bytes()
