"""Data sets whose annotations are read and whose videos are not."""

import copy
import csv
import json
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(__file__).parent))
from score_files import score_file
from tabulated import tabulate_scores
from test_acquire_corpus import acquire, fill

from sign2text.config.methods import Method
from sign2text.config.project import Project
from sign2text.config.reads import Read, kept_clips
from sign2text.config.stages import Stage, find_stages
from sign2text.data.manifest import read_manifest, read_table
from sign2text.data.splits import SPLITS
from sign2text.data.text_alone import NO_VIDEO
from sign2text.ground.errors import InputError
from sign2text.ground.settings import stage_config
from sign2text.jobs.rules import Rules
from sign2text.lineage.chain import trace
from sign2text.planning.corpus import find_corpus
from sign2text.planning.jobs import find_jobs
from sign2text.planning.request import read_request
from sign2text.stages import check_corpus, make_manifest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


@stage_config
class Seeded:
    seed: int = 1


HEADER = "name|video|start|end|speaker|orth|translation\n"
NAMES = {"train": ["a", "b"], "dev": ["c"], "test": ["d"]}
WORDS = {"a": "regen", "b": "sonne", "c": "wind", "d": "hagel"}


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("resources/texts")
    folder.mkdir(parents=True)
    return folder


def write_csv(raw: Path, **texts: str) -> None:
    """As PHOENIX-2014T's publisher has them."""
    for split, names in NAMES.items():
        lines = [
            f"{name}|{name}/1/*.png|-1|-1|Signer04|{WORDS[name].upper()}|"
            f"{texts.get(name, f'es kommt {WORDS[name]}')}\n"
            for name in names
        ]
        name = f"annotations/manual/PHOENIX-2014-T.{split}.corpus.csv"
        fill(raw, {name: HEADER + "".join(lines)})


def write_labels(raw: Path) -> None:
    """As pickles that know how many frames a clip has."""
    for split, names in NAMES.items():
        content = {
            f"{split}/{name}": {
                "name": f"{split}/{name}",
                "gloss": WORDS[name].upper(),
                "text": f"es kommt {WORDS[name]}",
                "length": 90,
                "imgs_path": [f"{split}/{name}/images0001.png"],
            }
            for name in names
        }
        (raw / f"labels.{split}").write_bytes(pickle.dumps(content))


def write_clips(raw: Path) -> None:
    """As a table of one's own."""
    lines = [
        f"{name}.mp4,es kommt {WORDS[name]},{split},{WORDS[name].upper()}\n"
        for split, names in NAMES.items()
        for name in names
    ]
    fill(raw, {"clips.csv": "path,text,split,gloss\n" + "".join(lines)})


def write_lines(raw: Path) -> None:
    """As a table that names no videos."""
    lines = [
        f"es kommt {WORDS[name]},{split},{WORDS[name].upper()},{name}\n"
        for split, names in NAMES.items()
        for name in names
    ]
    fill(raw, {"clips.csv": "text,split,gloss,id\n" + "".join(lines)})


def run(raw: Path, adapter: str = "phoenix", **settings: Any) -> Path:
    """Run acquire_corpus and make_manifest."""
    table = {"table": "clips.csv"} if adapter == "table" else {}
    acquire(raw, adapter, text_alone=True, **table)
    config = make_manifest.Config(adapter=adapter, text_alone=True, **settings)
    make_manifest.run(corpus=raw / "checksums.tsv", output=Path("out"), config=config)
    return Path("out")


@pytest.mark.parametrize(
    ("adapter", "write"),
    [
        ("phoenix", write_csv),
        ("phoenix", write_labels),
        ("table", write_clips),
        ("table", write_lines),
    ],
)
def test_all_clips_are_in_the_manifests_without_a_video(raw: Path, adapter: str, write) -> None:
    write(raw)
    output = run(raw, adapter)
    for split, names in NAMES.items():
        rows = read_manifest(output / f"{split}.tsv")
        assert sorted(row.rpartition("/")[2] for row in rows["id"]) == names
        assert rows["gloss"].tolist() == [WORDS[name].upper() for name in names]
        assert rows["text"].tolist() == [f"es kommt {WORDS[name]}" for name in names]
        assert set(rows["video"]) == {NO_VIDEO} and set(rows["frames"]) == {1}
    assert read_table(output / "left_out.tsv").empty and read_table(output / "copies.tsv").empty
    assert (output / "monolingual.txt").read_text() == "es kommt regen\nes kommt sonne\n"


def test_a_table_names_its_clips_by_id_or_path(raw: Path) -> None:
    fill(raw, {"clips.csv": "text,split,gloss\nes regnet,train,REGEN\n"})
    with pytest.raises(InputError, match=r"clips\.csv, line 1: neither column id nor path found"):
        run(raw, "table")


def test_a_clip_without_a_sentence_is_refused_by_name(raw: Path) -> None:
    write_csv(raw, b=" ")
    with pytest.raises(InputError, match=r"(?s)1 of 4 clips .*clip 'b': its text is empty"):
        run(raw)
    output = run(raw, on_bad_clip="skip")
    assert read_table(output / "left_out.tsv")["id"].tolist() == ["b"]


def test_annotations_are_enough_and_videos_are_not_listed(raw: Path) -> None:
    write_csv(raw)
    fill(raw, {"features/fullFrame-210x260px/train/a/images0001.png": b"x"})
    fill(raw, {"phoenix-2014-T.v3.tar.gz": b"an archive that is not to be opened"})
    listed = acquire(raw, "phoenix", text_alone=True)
    assert [Path(path).suffix for path in listed] == [".csv"] * 3


@pytest.mark.parametrize("adapter", ["phoenix", "csl_daily", "how2sign", "table"])
def test_nothing_is_fetched_where_annotations_are_missing(
    raw: Path, adapter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: Any) -> None:
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr("sign2text.stages.acquire_corpus.fetch", fetch)
    table = {"table": "clips.csv"} if adapter == "table" else {}
    message = r"is read by its text alone: .* are enough\. Nothing is fetched"
    with pytest.raises(InputError, match=message):
        acquire(raw, adapter, text_alone=True, **table)


def test_the_check_of_the_corpus_says_what_is_known(raw: Path) -> None:
    write_csv(raw, d="es kommt regen")
    output = run(raw)
    lists = {name: output / f"{name}.tsv" for name in ("left_out", "copies", "variable_rate")}
    check_corpus.run(
        **{split: output / f"{split}.tsv" for split in SPLITS},
        **lists,
        output=Path("report"),
        config=check_corpus.Config(adapter="phoenix", allow_overlap=False),
    )
    report = read_csv(Path("report/report.csv"))
    assert report["clips", "train"]["found"] == "2"
    assert report["clips", "train"]["expected"] == "7096"
    assert report["videos", "test"]["verdict"] == "note"
    assert report["gloss types", "train"]["found"] == "2"
    assert report["clips whose sentence is in train", "test"]["found"] == "1"
    assert not [check for check, _ in report if "frame" in check or "another one's" in check]
    page = Path("report/report.html").read_text()
    assert "Frames a clip" not in page and "Glosses a clip" in page


def read_csv(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["check"], row["split"]): row for row in csv.DictReader(file)}


def changed(datasets: dict[str, Any], experiments: dict[str, Any]) -> Project:
    """config.yaml with more data sets and experiments."""
    config = copy.deepcopy(CONFIG)
    config["datasets"] |= datasets
    config["experiments"] |= experiments
    return Project(config)


@pytest.fixture(scope="module")
def project() -> Project:
    skip = {"make_manifest": {"on_bad_clip": "skip"}}
    more = {
        "whole": {"base": "phoenix_text", "text_alone": False},
        "signed": {"base": "phoenix_avatar", "sentences": "phoenix_text"},
        "skipping": {"base": "phoenix_text", "stages": skip},
    }
    return changed(more, {})


WAY = (
    r"score of fla_llm on phoenix_text: needs the videos of phoenix_text \(score reads decode, "
    r"decode reads extract_features, extract_features reads sample_frames, sample_frames reads "
    r"videos\), and phoenix_text is read by its text alone \(datasets\.phoenix_text\.text_alone\)"
)


def test_what_needs_videos_is_refused_with_the_way_to_them(project: Project) -> None:
    for stage in ("sample_frames", "encode_frames", "visual_init", "extract_features", "decode"):
        with pytest.raises(InputError, match=f"{stage} of fla_llm .*sample_frames reads videos"):
            project.check_needs("phoenix_text", "fla_llm", stage)
        project.check_needs("phoenix", "fla_llm", stage)
    with pytest.raises(InputError, match=WAY):
        project.check_needs("phoenix_text", "fla_llm", "score")
    for stage in ("make_manifest", "check_corpus", "train_tokenizer", "pretrain_language_model"):
        project.check_needs("phoenix_text", "common", stage)


def test_what_translates_glosses_is_allowed_and_planned() -> None:
    reads = (kept_clips("train_manifest", "train"), kept_clips("dev_manifest", "dev"))
    stage = Stage("train_glosses", "made", Seeded, lambda: None, "glosses", lambda method: reads)
    clips = (kept_clips("text"),)
    method = Method(("train_glosses",), ("train_glosses",), translators={}, clips=clips)
    config = {
        "datasets": {name: CONFIG["datasets"][name] for name in ("phoenix", "phoenix_text")},
        "experiments": {"glosses": {"method": "glosses"}},
    }
    found = Project(config, find_stages() | {"train_glosses": stage}, {"glosses": method})
    found.check_needs("phoenix_text", "glosses", "score")
    jobs = {job.stage: job for job in find_jobs(found, "phoenix_text", "glosses")}
    assert "sample_frames" not in jobs
    maker, file = jobs["decode"].inputs["text"]
    assert (maker.stage, maker.dataset, file) == ("make_manifest", "phoenix_text", "test.tsv")


def test_rules_plan_and_explain_refuse_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = {"dataset": "phoenix_text", "experiment": "fla_llm"}
    find = Rules(project).inputs_of("score")["manifest"]
    with pytest.raises(WorkflowError, match=WAY):
        find(SimpleNamespace(**job, items=job.items))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=WAY):
        read_request("results/phoenix_text/fla_llm.bleu", Path("config.yaml"))
    with pytest.raises(InputError, match=WAY):
        trace("results/phoenix_text/fla_llm.bleu", project)
    chain = trace("results/phoenix_text/common/train_tokenizer/tokenizer.json", project)
    assert [job.stage for job in chain.jobs.values()] == [
        "train_tokenizer", "make_manifest", "acquire_corpus",
    ]  # fmt: skip


def test_sentences_and_settings_follow_the_key(project: Project) -> None:
    def settings(found: Project, dataset: str, stage: str) -> str:
        return found.settings_json(dataset, "common", stage)

    for stage in ("make_manifest", "acquire_corpus"):
        assert settings(project, "phoenix_text", stage) == (
            '{"adapter":"phoenix","text_alone":true}'
        )
        assert settings(project, "phoenix", stage) == '{"adapter":"phoenix"}'
    # A data set that inherits from it may have the videos again.
    assert not project.is_text_alone("whole") and project.is_text_alone("phoenix_text")
    project.check_needs("whole", "fla_llm", "score")
    project.check_needs("signed", "fla_llm", "score")
    # The avatar signs either, and a table without videos is read as one.
    signed = json.loads(settings(project, "signed", "synthesize_avatar"))
    assert signed["sentences_settings"] == {"language": "de", "text_alone": True}
    drawn = json.loads(settings(project, "phoenix_avatar", "synthesize_avatar"))
    assert drawn["sentences_settings"] == {"language": "de"}


def test_clips_that_are_left_out_are_listed_without_sample_frames(project: Project) -> None:
    settings = project.settings("skipping", "fla_llm")
    assert settings("sample_frames").on_bad_clip == "skip"
    reads = project.reads("skipping", "fla_llm", "score")
    makers = {read.option: read.maker(settings)[1] for read in reads if isinstance(read, Read)}
    assert makers["manifest"] == makers["left_out"] == "make_manifest"
    assert "test_left_out" not in makers


@pytest.mark.parametrize(
    ("datasets", "experiments", "message"),
    [
        (
            {"drawn": {"base": "avatar", "text_alone": True}},
            {},
            r'datasets\.drawn\.text_alone: found true with adapter "avatar", which renders',
        ),
        (
            {"mine": {"base": "phoenix", "stages": {"make_manifest": {"text_alone": True}}}},
            {},
            r"datasets\.mine\.stages\.make_manifest\.text_alone: is filled in from the data set",
        ),
        (
            {},
            {"x": {"base": "fla_llm", "stages": {"make_manifest": {"text_alone": True}}}},
            r"experiments\.x\.stages\.make_manifest\.text_alone: is filled in from the data set",
        ),
        (
            {"mine": {"base": "phoenix", "text_alone": "yes"}},
            {},
            r'datasets\.mine\.text_alone: found "yes", expected a valid boolean',
        ),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    datasets: dict[str, Any], experiments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        changed(datasets, experiments)


def test_published_rows_are_of_the_same_corpus(raw: Path) -> None:
    ours = score_file(Path("results/phoenix_text/glosses.bleu"), data_set="phoenix_text")
    made = tabulate_scores("mmtlb_4", {"mBart Scratch": [ours]}, data_set="phoenix_text")
    line = made.line("mBart Scratch")
    assert (line["published_bleu4"], line["convention"]) == ("22.57", "words_point")
    assert line["ours_bleu4"] == "25.0049"
    assert "published: phoenix; ours: phoenix_text; the same corpus." in made.text


def test_a_plan_counts_as_many_frames_as_such_sentences_take(raw: Path) -> None:
    write_csv(raw, a="wort " * 20)
    found = find_corpus("texts", "phoenix", run(raw), None, None, fps=12.5)
    assert found.splits["train"].tokens == (27, 5)  # 20 words and 3, 1.3 tokens each, </s>
    assert found.splits["train"].frames == (173, 32)
