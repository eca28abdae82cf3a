"""The page of an experiment's trainings: curves, kept epochs, and costs of stages."""

import json
import re
from pathlib import Path

import pytest
import yaml

from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.lineage.provenance_file import Part, Provenance
from sign2text.lineage.stage_times import StageTime, read_hours, read_times, stages_of
from sign2text.pages.curves import Series, curve, tick_names, ticks
from sign2text.pages.training_page import duration, memory
from sign2text.stages import report_training
from sign2text.training.history import history_rows, write_history

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
IDENTITY = {
    "data_set": "avatar",
    "experiment": "fla_llm-seed2",
    "method": "fla_llm",
    "seed": 2,
    "settings": "0123456789ab",
    "code": "ba9876543210",
}
LOGGED = [
    {"loss": 4.0, "grad_norm": 1.0, "learning_rate": 0.001, "epoch": 1.0, "step": 10},
    {"eval_loss": 3.0, "eval_bleu4": 12.0, "epoch": 1.0, "step": 10},
    {"loss": 2.0, "grad_norm": 1.0, "learning_rate": 0.0005, "epoch": 2.0, "step": 20},
    {"eval_loss": 3.5, "eval_bleu4": 9.0, "epoch": 2.0, "step": 20},
]

BEGUN = "2026-01-01T00:00:00+00:00"


def benchmark(path, seconds, memory):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}{seconds}\t0:00:01\t{memory}\t1\t1\t1\t0\t0\t97.0\t1\n")


def provenance(path, stage, seconds, memory):
    """Write the provenance of a job that was ended once; `memory` in MiB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = Part(BEGUN, seconds, 1, "killed"), Part(BEGUN, 0.5, memory * 2**20, "done")
    Provenance(stage, "avatar", None, {}, None, None, (), (), {}, "cpu", None, parts).write(path)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Write a page from histories and logs in the workflow's folder, and return its text."""
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "results" / "avatar"
    rows = {
        "common/pretrain_language_model": [],
        "fla_llm-seed2/visual_init": history_rows([LOGGED[0], {**LOGGED[1]}], chosen=10),
        "fla_llm-seed2/finetune_llm": history_rows(LOGGED, chosen=10),
    }
    del rows["fla_llm-seed2/visual_init"][0]["dev_bleu4"]
    for place, each in rows.items():
        (results / place).mkdir(parents=True)
        write_history(results / place / "history.tsv", each)

    def make(stages, identity=None):
        output = results / "training.html"
        report_training.run(
            histories=[results / place / "history.tsv" for place in rows],
            identity=identity or json.dumps(IDENTITY),
            logs=str(tmp_path / "logs"),
            stages=stages,
            output=output,
            config=report_training.Config(),
        )
        return output.read_text()

    return make


@pytest.mark.parametrize("wrong", ["{", "[]"])
def test_an_identity_that_is_no_mapping_is_refused(made, wrong):
    with pytest.raises(InputError, match=r"--identity: .*, expected a JSON object"):
        made([], wrong)


def test_page_says_whose_it_is_and_what_was_kept(made):
    text = made(["common/make_manifest"])
    assert "<title>Training of fla_llm-seed2 on avatar</title>" in text
    assert "seed 2, settings 0123456789ab, code ba9876543210" in text
    assert "2 epochs, 20 steps. Kept: epoch 1, the best on dev with BLEU-4 12.00." in text
    assert "1 epoch, 10 steps. Kept: epoch 1, the last one." in text
    nothing = text[text.index("<h3>pretrain_language_model") : text.index("<h3>visual_init")]
    assert "Nothing was trained" in nothing
    assert "in the folder of common" in nothing and "<svg" not in nothing
    assert text.count("<figcaption>BLEU-4 on dev<") == 1, "visual_init has none"
    assert text.count("<figcaption>Loss<") == text.count("<figcaption>Learning rate<") == 2
    assert "kept: epoch 1, 12.00" in text
    assert not re.search(r"https?:|<script|<link|<img", text)


def test_norms_of_the_two_parts_are_shown_where_they_were_taken(made, tmp_path):
    assert "Norm of" not in made([])
    both = {
        f"{norm}_{part}": 2.0
        for norm in ("grad_norm", "norm")
        for part in ("visual", "language", "adapter")
    }
    frozen = {key: value for key, value in both.items() if "visual" not in key}
    for stage, norms in {"visual_init": both, "finetune_llm": frozen}.items():
        rows = [{**LOGGED[0], **norms}, {**LOGGED[2], **norms, "grad_norm_language": 7.5}]
        path = tmp_path / "results/avatar/fla_llm-seed2" / stage / "history.tsv"
        write_history(path, history_rows(rows, chosen=20))
    text = made([])
    parts = text.split("<h3>")[2:]
    shown = [
        (title, set(re.findall(r'class="mark".*?>(.*?)<', figure)))
        for part in parts
        for title, figure in re.findall(r"<figcaption>(Norm .*?)<(.*?)</figure>", part)
    ]
    assert shown == [
        ("Norm of the gradients", {"visual encoder", "Light-T"}),
        ("Norm of the parameters", {"visual encoder", "Light-T"}),
        ("Norm of the gradients", {"language model", "LLM-Adapter"}),
        ("Norm of the parameters", {"language model", "LLM-Adapter"}),
    ]


def test_page_is_the_same_each_time(made):
    assert made(["common/make_manifest"]) == made(["common/make_manifest"])


def test_page_lists_times_with_a_total_and_dashes(made, tmp_path):
    logs = tmp_path / "logs"
    benchmark(logs / "common" / "make_manifest.benchmark.tsv", 30.25, 512.4)
    for split, seconds in {"train": 100, "dev": 10, "test": 20.5}.items():
        benchmark(logs / "common" / "sample_frames" / f"{split}.benchmark.tsv", seconds, 2048)
    stages = ["synthesize_avatar", "common/make_manifest", "common/sample_frames", "x/decode"]
    text = made(stages)
    lines = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', text)
    cells = {re.sub("<.*?>", "", name): re.findall(r"<td>(.*?)</td>", row) for name, row in lines}
    assert cells == {
        "synthesize_avatar": ["–", "–", "–"],
        "common/make_manifest": ["1", "30.2 s", "512 MiB"],
        "common/sample_frames": ["3", "2 min 10 s", "2.0 GiB"],
        "x/decode": ["–", "–", "–"],
        "all": ["4", "2 min 41 s", "2.0 GiB"],
    }
    assert "Of 2 of 4 stages there is none here" in text


def test_without_logs_every_time_is_a_dash(made):
    text = made(["synthesize_avatar", "common/make_manifest"])
    assert re.findall(r"<td>(.*?)</td>", text) == ["–"] * 9


def test_a_history_that_is_cut_is_refused(made, tmp_path):
    path = tmp_path / "results/avatar/fla_llm-seed2/finetune_llm/history.tsv"
    path.write_text(path.read_text()[:-8])
    with pytest.raises(InputError, match=r"finetune_llm/history\.tsv, line 3: .* values found"):
        made(["common/make_manifest"])


def test_what_has_no_benchmark_file_has_the_times_of_its_provenance(made, tmp_path):
    logs, results = tmp_path / "logs", tmp_path / "results/avatar"
    stored = results / "common/sample_frames"
    benchmark(logs / "common/sample_frames/train.benchmark.tsv", 100, 2048)
    for split in ("train", "dev"):
        provenance(stored / f"sample_frames.{split}.provenance.json", "sample_frames", 9.5, 3072)
    corpus = tmp_path / "resources/avatar/synthesize_avatar.provenance.json"
    provenance(corpus, "synthesize_avatar", 59.5, 512)
    provenance(results / "x.provenance.json", "score", 1.5, 100)
    provenance(results / "x/decode/decode.test.provenance.json", "decode", 7199.5, 900)
    cut = results / "x/visual_init/visual_init.provenance.json"
    provenance(cut, "visual_init", 5, 5)
    cut.write_text(cut.read_text()[:-20])
    stages = ["synthesize_avatar", "common/sample_frames", "x/visual_init", "x/decode", "x/score"]
    assert read_times(logs, "avatar", stages) == [
        StageTime("synthesize_avatar", "", 1, 60.0, 512.0),
        StageTime("sample_frames", "common", 2, 110.0, 3072.0),
        StageTime("visual_init", "x", 0, None, None),
        StageTime("decode", "x", 1, 7200.0, 900.0),
        StageTime("score", "x", 1, 2.0, 100.0),
    ]
    text = made(stages)
    assert "<td>2</td><td>1 min 50 s</td><td>3.0 GiB</td>" in text
    assert "Of 1 of 5 stages there is none here" in text
    places = {"a": "x/decode", "b": "x/visual_init"}
    assert read_hours(logs, "avatar", places) == {"a": 2.0}


def test_times_of_short_jobs_have_no_memory_and_broken_files_are_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    benchmark(tmp_path / "a" / "x.benchmark.tsv", 0.4, "NA")
    benchmark(tmp_path / "a" / "y" / "train.benchmark.tsv", 5, 10)
    (tmp_path / "a" / "y" / "dev.benchmark.tsv").write_text(HEADER)
    (tmp_path / "a" / "y" / "test.benchmark.tsv").write_text("")
    assert read_times(tmp_path, "avatar", ["a/x", "a/y", "z"]) == [
        StageTime("x", "a", 1, 0.4, None),
        StageTime("y", "a", 1, 5.0, 10.0),
        StageTime("z", "", 0, None, None),
    ]


def test_a_pretraining_on_another_data_set_has_its_curves_and_times(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in ("signs/ours/pretrain", "avatar/ours/pretrain"):
        folder = tmp_path / "results" / place
        folder.mkdir(parents=True)
        write_history(folder / "history.tsv", history_rows(LOGGED, chosen=10))
    benchmark(tmp_path / "logs/signs/ours/pretrain.benchmark.tsv", 3600, 100)
    benchmark(tmp_path / "logs/avatar/ours/pretrain.benchmark.tsv", 60, 50)
    provenance(tmp_path / "resources/signs/render.provenance.json", "render", 30, 20)
    stages = ["signs//render", "signs/ours/pretrain", "ours/pretrain"]
    assert read_times(Path("logs/avatar"), "avatar", stages) == [
        StageTime("render", "", 1, 30.5, 20.0, "signs"),
        StageTime("pretrain", "ours", 1, 3600.0, 100.0, "signs"),
        StageTime("pretrain", "ours", 1, 60.0, 50.0),
    ]
    report_training.run(
        histories=[Path(f"results/{of}/ours/pretrain/history.tsv") for of in ("signs", "avatar")],
        identity=json.dumps(IDENTITY | {"experiment": "ours"}),
        logs="logs/avatar",
        stages=stages,
        output=Path("training.html"),
        output_curves=Path("curves.tsv"),
        config=report_training.Config(),
    )
    text = Path("training.html").read_text()
    assert re.findall("<h3>(.*?)</h3>", text) == ["pretrain on signs", "pretrain"]
    assert "signs/ours/</span><wbr>pretrain</th><td>1</td><td>1 h 0 min" in text
    assert "signs/</span><wbr>render</th><td>1</td><td>30.5 s" in text
    curves = [line.split("\t")[1] for line in Path("curves.tsv").read_text().splitlines()[1:]]
    assert curves == ["pretrain on signs"] * 2 + ["pretrain"] * 2


def test_stages_come_after_what_they_read_with_their_owners(request):
    config = yaml.safe_load((request.config.rootpath / "config.yaml").read_text())
    project = Project(config)
    stages = stages_of(project, "avatar", "fla_llm_blind")
    assert stages[:2] == ["synthesize_avatar", "common/make_manifest"]
    assert stages[-4:] == [
        "fla_llm/extract_features",
        "fla_llm/finetune_llm",
        "fla_llm_blind/decode",
        "fla_llm_blind/score",
    ]
    assert "common/encode_frames" in stages and len(stages) == len(set(stages))
    published = stages_of(project, "phoenix", "fla_llm")
    assert published[0] == "acquire_corpus"
    assert "common/encode_frames" not in published, "its encoder is trained, so never stored"


def test_curves_lie_where_their_values_are():
    text = curve(
        "Loss",
        "nats",
        [Series("training", [(0, 0.0), (1, 5.0), (2, 10.0)]), Series("dev", [(1, 5.0)], dots=True)],
        epochs=2,
        kept=((1, 5.0), "kept: epoch 1"),
    )
    # The plot spans 24 to 348 pixels across and 26 to 184 pixels from the top.
    assert '<polyline points="24.0,184.0 186.0,105.0 348.0,26.0"/>' in text
    assert '<circle cx="186.0" cy="105.0" r="2.6"><title>dev, epoch 1: 5</title>' in text
    assert '<circle class="kept" cx="186.0" cy="105.0" r="6"/>' in text
    assert re.findall(r'text-anchor="end">(.*?)<', text) == ["0", "2", "4", "6", "8", "10"]
    for words in (">nats<", ">epoch<", ">training<", ">dev<", ">kept: epoch 1<"):
        assert words in text
    assert "id=" not in text


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0, 31.2, [0, 10, 20, 30, 40]),
        (1.93, 4.4, [1.5, 2, 2.5, 3, 3.5, 4, 4.5]),
        (0, 0.001, [0, 0.0002, 0.0004, 0.0006, 0.0008, 0.001]),
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (2, 2, [1, 1.5, 2, 2.5, 3]),
    ],
)
def test_ticks_hold_all_values(low, high, found):
    assert ticks(low, high) == found


def test_words_for_numbers():
    assert tick_names([0, 0.0005, 0.001]) == ["0", "0.5e-3", "1e-3"]
    assert tick_names([0.1, 0.15]) == ["0.1", "0.15"]
    assert [duration(s) for s in (3.14, 200, 7384, 59.97, 3599.6, None)] == [
        "3.1 s",
        "3 min 20 s",
        "2 h 3 min",
        "1 min 0 s",
        "1 h 0 min",
        "–",
    ]
    assert [memory(m) for m in (512.3, 2048, None)] == ["512 MiB", "2.0 GiB", "–"]
