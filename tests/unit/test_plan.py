"""`sign2text plan`: its request, arithmetic, processes and table."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sign2text.commands import main as cli
from sign2text.data.manifest import write_manifest
from sign2text.ground.errors import InputError
from sign2text.ground.work_limit import Phase
from sign2text.planning import run
from sign2text.planning.corpus import CSL_DAILY, PHOENIX, Lengths, Split, draw, find_corpus
from sign2text.planning.measured import Failed, Measured
from sign2text.planning.request import read_request
from sign2text.planning.table import format_plan

sys.path.insert(0, str(Path(__file__).parent))
from tiny_plan import write_config


@pytest.fixture
def configure(tmp_path, monkeypatch):
    """Work in an empty folder, and write config.yaml there."""
    monkeypatch.chdir(tmp_path)
    return write_config


def test_published_sizes_where_nothing_is_made_yet(configure):
    request = read_request("results/phoenix/fla_llm.bleu", configure())
    assert request.stages == ("visual_init", "extract_features", "finetune_llm", "decode")
    assert "sample_frames" in request.left_out and "score" in request.left_out
    assert request.vocabulary == 2454
    assert [len(split.frames) for split in request.corpus.splits.values()] == [7096, 519, 642]
    assert max(request.corpus.splits["train"].frames) == 475
    assert "published numbers" in request.corpus.source
    (job,) = request.jobs["visual_init"]
    assert job.config.training.epochs == 75
    splits = [job.split for job in request.jobs["extract_features"]]
    assert splits == ["train", "dev", "test"], "of all splits, training's first"
    assert [job.split for job in request.jobs["decode"]] == ["test"]
    tiny = read_request("results/tiny/fla_llm.bleu", configure(), vocabulary=99)
    assert [len(split.frames) for split in tiny.corpus.splits.values()] == [30, 6, 10]
    assert tiny.vocabulary == 99
    assert read_request("results/tiny/fla_llm.bleu", configure()).vocabulary == 67
    frozen = configure(visual_init={"train_frame_encoder": False})
    assert read_request("results/tiny/fla_llm.bleu", frozen).stages[0] == "encode_frames"
    only = read_request("results/tiny/fla_llm.bleu", frozen, only=("decode", "visual_init"))
    assert only.stages == ("visual_init", "decode")


@pytest.mark.parametrize(
    ("target", "only", "message"),
    [
        ("results/phoenix/fla_llm", (), "not a target, expected results/<data set>"),
        ("results/nothing/fla_llm.bleu", (), r"datasets\.nothing"),
        ("results/phoenix/other.bleu", (), r"experiments\.other"),
        ("results/phoenix/fla_llm.bleu", ("encode_frames",), "--stages: found encode_frames"),
        ("results/lectures/fla_llm.bleu", (), r"no manifests.*snakemake --cores all results/lectu"),
    ],
)
def test_what_cannot_be_planned_is_refused(configure, target, only, message):
    with pytest.raises(InputError, match=message):
        read_request(target, configure(), only=only)


def test_lengths_are_drawn_like_the_corpus():
    split = draw(PHOENIX["train"], 0)
    assert np.mean(split.frames) == pytest.approx(116.6, rel=0.02)
    assert np.std(split.frames) == pytest.approx(49.9, rel=0.05)
    assert (min(split.frames), max(split.frames)) == (16, 475)
    words = (np.array(split.tokens) - 1) / 1.3
    assert words.mean() == pytest.approx(13.96, rel=0.03), "PHOENIX-2014T's words a sentence"
    assert draw(PHOENIX["train"], 0) == split
    assert draw(Lengths(1, 100.0, 10.0, 120), 0).frames == (120,)


def test_drawn_lengths_follow_the_rate_that_clips_are_resampled_to(configure):
    folder, drawn = Path("results"), draw(PHOENIX["dev"], 1)
    found = find_corpus("phoenix", "phoenix", folder, None, None, fps=50)
    assert found.splits["dev"].frames == tuple(2 * frames for frames in drawn.frames)
    assert found.splits["dev"].tokens == drawn.tokens
    chinese = find_corpus("csl_daily", "csl_daily", folder, None, None, fps=30)
    assert chinese.splits["dev"] == draw(CSL_DAILY["dev"], 1), "its rate is 30"


def test_some_clips_stand_for_many_of_like_lengths():
    split = draw(PHOENIX["train"], 0)
    some = split.sample()
    assert len(some.frames) == 960
    assert np.mean(some.frames) == pytest.approx(np.mean(split.frames), rel=0.002)
    assert np.std(some.frames) == pytest.approx(np.std(split.frames), rel=0.02)
    few = Split((60, 40, 50), (7, 9, 8))
    assert few.sample() == few, "all, in their order"
    assert split.probe().frames == (240, 16)
    assert Split((143, 90), (7, 9)).probe().frames == (128, 90), "of which 1/4 is a whole number"


def test_manifests_are_asked_first(configure):
    folder = Path("results/tiny/common/make_manifest")
    folder.mkdir(parents=True)
    for split, frames in (("train", [40, 60, 80]), ("dev", [30]), ("test", [50, 20])):
        rows = {
            "id": [f"{split}{n}" for n in range(len(frames))],
            "video": "x.mp4",
            "frames": frames,
            "fps": 25.0,
            "signer": "signer01",
            "text": "am montag regnet es im norden stark heute abend noch",
            "gloss": "",
            "language": "de",
            "phrasings": [[] for _ in frames],
        }
        write_manifest(pd.DataFrame(rows), folder / f"{split}.tsv")
    corpus = read_request("results/tiny/fla_llm.bleu", configure()).corpus
    assert corpus.source == f"manifests in {folder}"
    assert corpus.splits["train"] == Split((40, 60, 80), (14, 14, 14)), "10 words, 13 tokens, </s>"
    assert corpus.splits["test"].frames == (50, 20)
    slow = read_request("results/tiny/fla_llm.bleu", configure(sample_frames={"fps": 12.5})).corpus
    assert slow.splits["train"] == Split((20, 30, 40), (14, 14, 14)), "as sample_frames stores them"
    (folder / "dev.tsv").unlink()
    assert read_request("results/tiny/fla_llm.bleu", configure()).corpus.source != corpus.source


def test_hours_are_those_worked_out_by_hand():
    # 75 epochs of 887 batches at 2 s: 66,525 steps, 133,050 s.
    training = Phase("training", "step", 20, 40.0, 75 * 887, 160, 4640)
    assert training.hours == pytest.approx(36.958333)
    dev = Phase("loss on dev", "frame", 1024, 8.0, 75 * 14000, 38, 1024)
    assert dev.hours == pytest.approx(8 / 1024 * 1050000 / 3600)
    stage = Measured("visual_init", "CPU", (training, dev), 38_130_000, 38_130_000, 75, 2**33, None)
    assert stage.hours == pytest.approx(36.958333 + 2.278646)
    assert (stage.clips_a_second, stage.frames_a_second) == (4.0, 116.0)


def test_table_and_json_say_the_same(configure, monkeypatch, capsys):
    configure()
    training = Phase("training", "step", 20, 40.0, 66525, 160, 4640)
    stage = Measured("visual_init", "CPU, 2 threads", (training,), 38_130_000, 9, 75, 2**33, None)
    decoding = Phase("decoding", "clip", 100, 36.0, 642, 100, 2500)
    last = Measured("decode", "CPU, 2 threads", (decoding,), 357_000_000, 0, None, 2**31, 2**30)
    monkeypatch.setattr(run, "run_plan", lambda request: [stage, last])
    arguments = ["plan", "results/phoenix/fla_llm.bleu", "--stages", "visual_init", "decode"]
    cli.main([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["hours"] == pytest.approx(36.958333 + 0.0642)
    assert found["stages"][0]["clips_a_second"] == 4.0
    assert found["data"]["train"]["clips"] == 7096
    cli.main(arguments)
    lines = capsys.readouterr().out.splitlines()
    cells = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert cells["visual_init"] == ["116.0", "4.00", "8.00", "-", "38.13", "0.00", "75", "36.96"]
    assert cells["decode"] == ["69.4", "2.78", "2.00", "1.00", "357.00", "-", "-", "0.06"]
    assert cells["sum"] == ["37.02"]
    monkeypatch.setattr(run, "run_plan", lambda request: [stage, Failed("decode", "killed")])
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments, "--json"])
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["hours"] is None
    request = read_request("results/phoenix/fla_llm.bleu", Path("config.yaml"))
    assert "not measured: killed" in format_plan(request, [stage, Failed("decode", "killed")])


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.long)]
)
def test_a_plan_that_is_ended_leaves_no_process_and_no_file(configure, tmp_path, number):
    configure()
    folder = tmp_path / "temporary"
    folder.mkdir()
    command = [sys.executable, "-m", "sign2text.commands.main", "plan", "results/tiny/fla_llm.bleu"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    parent = subprocess.Popen(
        [*command, "--steps", "100000"], env=environment, stderr=subprocess.PIPE, text=True
    )
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    for line in parent.stderr:
        if "step/s" in line:
            break
    found = [int(each) for each in children.read_text().split()]
    assert found
    parent.send_signal(number)
    assert parent.wait(timeout=20) != 0
    until = time.monotonic() + 20
    while time.monotonic() < until and any(Path(f"/proc/{each}").exists() for each in found):
        time.sleep(0.1)
    assert not any(Path(f"/proc/{each}").exists() for each in found)
    if number == signal.SIGTERM:
        assert list(folder.iterdir()) == []


def test_a_stage_whose_process_dies_is_said_to_have(configure, tmp_path, monkeypatch):
    request = read_request("results/tiny/fla_llm.bleu", configure())
    monkeypatch.setattr(run, "_child", die)
    found = run._in_process("measure_stage", request, "visual_init", tmp_path)
    assert found.stage == "visual_init" and "killed, as for want of memory" in found.reason


def die(*_):
    """Replace a child's work."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("steps", ["0", "-1", "many"])
def test_a_number_that_is_none_is_named(capsys: pytest.CaptureFixture[str], steps: str) -> None:
    with pytest.raises(SystemExit):
        cli.main(["plan", "results/phoenix/fla_llm.bleu", "--steps", steps])
    said = capsys.readouterr().err
    assert f"argument --steps: {steps} found, a whole number from 1 to 100000 expected" in said
