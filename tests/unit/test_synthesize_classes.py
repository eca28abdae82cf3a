"""Rendered corpora of classes: files, manifests, the common stages, and what is refused."""

import json
import os
import resource
import signal
from pathlib import Path

import pytest
from attacks import refusal

from sign2text.avatar import class_corpus
from sign2text.avatar.class_corpus import plan_classes
from sign2text.data.frame_store import FrameStore
from sign2text.data.manifest import read_manifest, read_table
from sign2text.ground.code_hash import code_hash, modules_of
from sign2text.ground.errors import InputError
from sign2text.stages import check_corpus, make_manifest, sample_frames, synthesize_classes
from sign2text.stages.synthesize_classes import MARKER, MOST_ACTIONS, Config

TINY = {"classes": 2, "train": 2, "dev": 1, "test": 1, "signers": 3, "unseen_signers": 2,
        "preset": "ultrafast"}  # fmt: skip
ADAPTER = {"adapter": "avatar_classes", "language": "de"}


def render(folder: Path, kind: str, threads: int = 1, **settings) -> Path:
    output = folder / "checksums.tsv"
    config = Config(kind=kind, **TINY | settings)
    synthesize_classes.run(output=output, config=config, threads=threads)
    return output


def through_common_stages(corpus: Path) -> tuple[dict, Path]:
    """Manifests, report and frame stores of a corpus; all manifests, and the folder they are in."""
    out = Path("out")
    make_manifest.run(corpus=corpus, output=out, config=make_manifest.Config(**ADAPTER))
    tables = {split: read_manifest(out / f"{split}.tsv") for split in ("train", "dev", "test")}
    names = ("train", "dev", "test", "left_out", "copies", "variable_rate")
    check_corpus.run(
        **{name: out / f"{name}.tsv" for name in names},
        output=out,
        config=check_corpus.Config(**ADAPTER, most_steps=256),
    )
    return tables, out


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("resources/isolated")


def test_isolated_signs_from_rendering_to_the_frame_store(here):
    corpus = render(here, "isolated")
    tables, out = through_common_stages(corpus)
    assert tables["train"]["text"].tolist() == ["miruba"] * 2 + ["sugeti"] * 2
    assert tables["test"]["text"].tolist() == ["miruba", "sugeti"]
    for split, table in tables.items():
        assert (table["gloss"] == "").all() and (table["language"] == "de").all()
        assert table["signer"].str.startswith(f"isolated-{split}-").all()
        assert table["fps"].tolist() == [25.0] * len(table)
    assert (out / "monolingual.txt").read_text() == ""
    classes = read_table(here / "annotations/classes.tsv")
    assert classes.loc[0, ["class", "shape", "to", "other", "hands"]].tolist() == [
        "miruba", "V", "U", "INDEX", "mirror",
    ]  # fmt: skip
    report = read_table_csv(out / "report.csv")
    assert report["classes", "train"] == report["classes", "test"] == ("2", "ok")
    assert report["classes with one training clip", "train"] == ("0", "ok")
    assert report["classes not in train", "dev"] == ("0", "ok")
    assert ("word types", "train") not in report and (
        "sentences also in train",
        "dev",
    ) not in report
    config = sample_frames.Config(height=56, width=46)
    stored = out / "dev.tar"
    sample_frames.run(
        manifest=out / "dev.tsv", output=stored, output_manifest=out / "kept.tsv", config=config
    )
    store = FrameStore(stored)
    assert store.lengths.tolist() == tables["dev"]["frames"].tolist()
    assert store.read(0, [3]).shape == (1, 56, 46, 3)


def read_table_csv(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    import pandas as pd

    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return {(row.check, row.split): (row.found, row.verdict) for row in table.itertuples()}


def test_a_killed_rendering_goes_on_and_other_settings_start_afresh(here, monkeypatch):
    whole = render(here.with_name("whole"), "actions").read_bytes()
    recorded, record = [], class_corpus.record_class

    def record_three(job):
        if len(recorded) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        recorded.append(job)
        return record(job)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(class_corpus, "record_class", record_three)
        render(here, "actions")
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert not (here / "checksums.tsv").exists()
    before = {each: each.stat().st_mtime_ns for each in here.glob("videos/[!.]*.mp4")}
    assert len(before) == 3
    assert render(here, "actions").read_bytes() == whole  # the same to the byte
    assert {each: each.stat().st_mtime_ns for each in before} == before
    assert json.loads((here / MARKER).read_text())["code"] == code_hash("synthesize_classes")
    render(here, "actions", seed=2)
    assert all(each.stat().st_mtime_ns != then for each, then in before.items())


def test_a_disk_that_takes_no_more_is_named(here):
    def on_full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        render(here, "isolated")

    said = refusal(on_full_disk)
    assert "resources/isolated/videos/train-miruba-001.mp4" in said
    assert not list(here.glob("videos/*.mp4"))


def test_a_video_that_was_exchanged_is_refused(here):
    corpus = render(here, "actions")
    video = here / "videos" / f"{read_table(here / 'annotations/dev.tsv')['id'][0]}.mp4"
    video.write_bytes(b"short")
    with pytest.raises(InputError, match=r"dev-up-001.mp4: has 5 bytes, .* says \d+. Delete"):
        make_manifest.run(corpus=corpus, output=Path("out"), config=make_manifest.Config(**ADAPTER))


def test_people_and_performances_of_a_plan():
    sizes, people = {"train": 6, "dev": 2, "test": 2}, {"train": 4, "dev": 2, "test": 2}
    corpus = plan_classes("actions", 40, sizes, people, seed=1)
    assert len(corpus.clips) == 400 and len({clip.id for clip in corpus.clips}) == 400
    signers = {
        split: {clip.signer for clip in corpus.clips if clip.split == split} for split in sizes
    }
    assert [len(each) for each in signers.values()] == [4, 2, 2]
    assert not signers["train"] & (signers["dev"] | signers["test"])
    assert not signers["dev"] & signers["test"]
    assert len({clip.seed for clip in corpus.clips}) == 400
    # A clip stays as it is where there are more of them, and of more classes.
    fewer = plan_classes("actions", 10, sizes | {"train": 3}, people, seed=1)
    assert {clip.id: clip for clip in corpus.clips}[fewer.clips[5].id] == fewer.clips[5]
    isolated = plan_classes("isolated", 3, sizes, people, seed=1)
    assert [clip.tokens[0].gloss for clip in isolated.clips[:12:6]] == ["MIRUBA", "SUGETI"]


def test_more_actions_than_there_are():
    from sign2text.avatar.actions import ACTIONS

    assert len(ACTIONS) == MOST_ACTIONS
    with pytest.raises(ValueError, match="classes is 41, and there are 40 actions; lower it"):
        Config(kind="actions", classes=41)
    with pytest.raises(InputError, match="classes: 41 found, at most 40 expected"):
        plan_classes("actions", 41, {}, {}, seed=1)


def test_the_avatar_is_not_rendered_again():
    own = {"actions", "class_corpus", "class_signers", "invented_signs"}
    of_avatar = {name.rpartition(".")[2] for name in modules_of("synthesize_avatar")}
    assert not own & of_avatar
    assert own <= {name.rpartition(".")[2] for name in modules_of("synthesize_classes")}
