"""`sign2text translate`: from a folder of frames or a video to sentences."""

import errno
import io
import json
import os
import shutil
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numbered_videos import number_of, write_numbered
from odd_paths import MAKERS, NOT_UTF8, odd_path
from transformers import MBartForConditionalGeneration

from sign2text.commands import main as cli
from sign2text.commands.translate import ClipTranslator
from sign2text.data import frames_at_rate
from sign2text.data.clips import FrameClips
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.ground.terminal import visible
from sign2text.methods.fla_llm.translator import SignTranslator, SignTranslatorConfig
from sign2text.stages.decode import Config as DecodeConfig


@pytest.fixture(scope="module")
def experiment(tmp_path_factory, tiny_translator, tiny_tokenizer):
    """Results with an untrained model."""
    model = tiny_translator(light=False, frame_size=[40, 36], frame_quality=80, crop_size=[32, 32])
    folder = tmp_path_factory.mktemp("results") / "fla_llm" / "finetune_llm"
    model.save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return folder.parent


@pytest.fixture
def clip(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(1, 19):
        image = cv2.resize(rng.integers(0, 255, (6, 5, 3), np.uint8), (50, 60))
        cv2.imwrite(str(folder / f"images{number:04d}.png"), image)
    return folder


def test_a_clip_is_prepared_as_the_frame_store_and_evaluation_prepare_it(
    experiment, clip, tmp_path
):
    translator = ClipTranslator(experiment)
    frames = [cv2.imread(str(path))[..., ::-1] for path in sorted(clip.iterdir())]
    frame_format = FrameFormat((40, 36), 80)
    writer = FrameStoreWriter(tmp_path / "test.tar", frame_format, ["a"])
    writer.add("a", [frame_format.encode(frame) for frame in frames])
    writer.finish()
    store = FrameStore(tmp_path / "test.tar")
    stored = FrameClips(store, ["a"], None, rate=0.25, crop=(32, 32), seed=None)[0, 0]["steps"]
    assert torch.equal(translator.model.read_video(clip)["frames"], stored)


def test_a_clip_of_another_rate_is_resampled_to_the_models_and_it_says_so(
    tmp_path, tiny_translator, tiny_tokenizer, capsys, caplog
):
    model = tiny_translator(
        light=False, frame_size=[40, 40], crop_size=[40, 40], sampling_rate=0.5, frame_rate=25.0
    )
    model.save_pretrained(tmp_path / "model")
    tiny_tokenizer.save_pretrained(tmp_path / "model")
    for name, rate in (("same.mp4", 25), ("double.mp4", 50)):
        write_numbered(tmp_path / name, 24, rate=rate)
    found = ClipTranslator(tmp_path / "model").model
    assert found.config.frame_rate == 25.0
    steps = {
        name: found.read_video(tmp_path / name)["frames"] for name in ("same.mp4", "double.mp4")
    }
    shown = {name: [number_of(each.numpy()) for each in frames] for name, frames in steps.items()}
    assert shown == {"same.mp4": [*range(0, 24, 2)], "double.mp4": [*range(0, 24, 4)]}
    caplog.clear()
    cli.main(["translate", str(tmp_path / "double.mp4"), "--model", str(tmp_path / "model")])
    assert capsys.readouterr().out.startswith(f"{tmp_path}/double.mp4: ")
    (record,) = caplog.records  # a warning, which Python writes to stderr
    assert record.levelname == "WARNING"
    assert record.getMessage().endswith(
        "double.mp4: 50 frames a second found, resampled to 25, at which the model was trained"
    )


def test_a_model_that_knows_no_rate_takes_all_frames(experiment, tmp_path):
    write_numbered(tmp_path / "a.mp4", 24, rate=50)
    model = ClipTranslator(experiment).model
    assert model.config.frame_rate is None
    assert len(model.read_video(tmp_path / "a.mp4")["frames"]) == 6


@pytest.mark.parametrize("rate", ["25", -1, True, [25], 1e9])
def test_a_model_with_a_rate_that_is_none_is_refused(experiment, clip, tmp_path, capsys, rate):
    folder = shutil.copytree(experiment / "finetune_llm", tmp_path / "model")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"frame_rate": rate}))
    with pytest.raises(SystemExit):
        cli.main(["translate", str(clip), "--model", str(folder)])
    assert "frame" in capsys.readouterr().err


def test_several_hypotheses_come_best_first_as_json(experiment, clip, capsys):
    arguments = [str(clip), "--model", str(experiment), "--hypotheses", "3", "--json"]
    cli.main(["translate", *arguments, "--max-new-tokens", "6"])
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    scores = [each["score"] for each in found["hypotheses"]]
    assert found["clip"] == str(clip)
    assert len(scores) == 3 and scores == sorted(scores, reverse=True)


def test_a_clip_that_cannot_be_read_does_not_keep_the_others_from_it(
    experiment, clip, tmp_path, capsys
):
    with pytest.raises(SystemExit) as ended:
        cli.main(["translate", str(tmp_path / "no.mp4"), str(clip), "--model", str(experiment)])
    said = capsys.readouterr()
    assert ended.value.code == cli.WRONG_INPUT
    assert "no.mp4: no such video file" in said.err
    assert said.out.startswith(f"{clip}: ")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_in_either_unicode_form(experiment, video, tmp_path, capsys, form):
    stored, typed = (unicodedata.normalize(each, "Grüße.mp4") for each in ("NFD", form))
    shutil.copy(video, tmp_path / stored)
    code, out, err = translated(capsys, experiment, str(tmp_path / typed))
    assert (code, err) == (0, "") and out.startswith(f"{tmp_path / typed}: ")


@pytest.mark.parametrize("method", ["nothing", "mbart", "shared", "data set"])
def test_a_model_that_cannot_translate_is_refused(experiment, clip, tmp_path, capsys, method):
    folder = tmp_path / method
    if method == "mbart":
        config = SignTranslatorConfig.from_pretrained(experiment / "finetune_llm")
        MBartForConditionalGeneration(config.language_model).save_pretrained(folder)
    elif method == "shared":
        (folder / "decode").mkdir(parents=True)
    elif method == "data set":
        (folder / "fla_llm/finetune_llm").mkdir(parents=True)
    with pytest.raises(SystemExit):
        cli.main(["translate", str(clip), "--model", str(folder)])
    expected = {
        "nothing": "no such folder",
        "mbart": "model_type is 'mbart'",
        "shared": "shares the model of its `base`",
        "data set": f"experiments that do: {folder / 'fla_llm'}. Give one",
    }
    assert expected[method] in capsys.readouterr().err


def test_more_hypotheses_than_beams_are_refused(experiment, clip, capsys):
    with pytest.raises(SystemExit):
        cli.main(["translate", str(clip), "--model", str(experiment), "--hypotheses", "6"])
    assert "at most 5 expected" in capsys.readouterr().err


def test_a_score_file_that_is_none_is_named(tmp_path, capsys):
    (tmp_path / "x.bleu").write_text("{")
    for path, word in ((tmp_path / "x.bleu", "not a score file"), (tmp_path / "y.bleu", "missing")):
        with pytest.raises(SystemExit):
            cli.main(["show", str(path)])
        assert word in capsys.readouterr().err


def translated(capsys, experiment, *arguments):
    """Exit code, stdout and stderr of `sign2text translate`, whose sentences are short."""
    code, short = 0, ["--max-new-tokens", "2"]
    try:
        cli.main(["translate", "--model", str(experiment), *short, *map(str, arguments)])
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr()
    return code, said.out, said.err


EXPECTED = {
    "missing": "no such video file or folder of frames",
    "folder": "the folder holds no frame",
    "empty": "not a readable video",
    "binary": "not a readable video",
    "text": "not a readable video",
    "null": "a device found, a video file or folder of frames expected",
    "zero": "a device found, a video file or folder of frames expected",
    "pipe": "a pipe found, a video file or folder of frames expected",
    "socket": "a socket found, a video file or folder of frames expected",
    "circle": "a link in a circle found, a video file or folder of frames expected",
    "link to nothing": "a link to nothing found, a video file or folder of frames expected",
    "inside a file": "no such video file or folder of frames",
    "long": "a name that is too long for a file found",
    "not utf-8": "not a readable video",
}


@pytest.mark.parametrize("kind", MAKERS)
def test_odd_paths_keep_no_other_clip_from_being_translated(
    experiment, clip, tmp_path, capsys, kind
):
    odd = odd_path(tmp_path / "odd", kind, "" if kind == "folder" else ".mp4")
    code, out, err = translated(capsys, experiment, odd, clip)
    assert code == cli.WRONG_INPUT
    assert out.startswith(f"{clip}: ") and out.count("\n") == 1
    assert visible(f"sign2text: {odd}: ") in err and EXPECTED[kind] in err
    assert "Traceback" not in err


def test_a_folder_that_may_not_be_read_keeps_no_other_clip_from_it(
    experiment, clip, tmp_path, capsys, monkeypatch
):
    closed, real = tmp_path / "closed", os.scandir
    closed.mkdir()

    def scandir(path="."):
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    code, out, err = translated(capsys, experiment, closed, clip)
    assert (code, out.count("\n")) == (cli.WRONG_INPUT, 1)
    assert err == (
        f"sign2text: {closed}: cannot be read (Permission denied). Check its rights and its disk.\n"
    )


def test_a_way_that_may_not_be_gone_keeps_no_other_clip_from_it(
    experiment, clip, tmp_path, capsys, monkeypatch
):
    closed, real = str(tmp_path / "closed" / "a.mp4"), os.stat

    def stat(path, **named):
        if path == closed or (isinstance(path, Path) and str(path) == closed):
            raise PermissionError(errno.EACCES, "Permission denied", closed)
        return real(path, **named)

    monkeypatch.setattr(os, "stat", stat)
    code, out, err = translated(capsys, experiment, closed, clip)
    assert (code, out.count("\n")) == (cli.WRONG_INPUT, 1)
    assert f"{closed}: a place that you have no right to look at found" in err


def numbered_frames(folder, count):
    folder.mkdir()
    image = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    for number in range(1, count + 1):
        (folder / f"{number}.png").write_bytes(image)
    return folder


def test_a_clip_longer_than_the_positions_is_not_decoded(
    experiment, clip, tmp_path, capsys, monkeypatch
):
    """64 positions and every fourth frame: 257 frames are one too many."""
    long = numbered_frames(tmp_path / "long", 257)
    real = frames_at_rate.read_frames
    monkeypatch.setattr(
        frames_at_rate,
        "read_frames",
        lambda path: pytest.fail("read") if path == long else real(path),
    )
    code, out, err = translated(capsys, experiment, long, clip)
    assert (code, out.count("\n")) == (cli.WRONG_INPUT, 1)
    assert f"{long}: 65 sampled frames found, at most 64 expected, the positions of the" in err
    fits = numbered_frames(tmp_path / "fits", 256)
    assert ClipTranslator(experiment).translate(fits, beams=1, max_new_tokens=2)


def test_a_clip_whose_memory_runs_out_keeps_no_other_from_it(
    experiment, clip, tmp_path, capsys, monkeypatch
):
    real = frames_at_rate.read_frames

    def read(path):
        if path.name == "large":
            raise MemoryError
        return real(path)

    monkeypatch.setattr(frames_at_rate, "read_frames", read)
    large = numbered_frames(tmp_path / "large", 8)
    code, out, err = translated(capsys, experiment, large, clip)
    assert (code, out.count("\n")) == (cli.WRONG_INPUT, 1)
    assert f"{large}: memory ran out" in err


NUMBERS = ["0", "-1", "1e9", "nan", "inf", "101", "1000000000", "9" * 5000, "", "5.0", "٥٠٠"]


@pytest.mark.parametrize("option", ["--beams", "--hypotheses"])
@pytest.mark.parametrize("number", NUMBERS)
def test_beams_are_at_most_100(capsys, option, number):
    code, out, err = translated(capsys, "results/x", "clip.mp4", option, number)
    assert (code, out) == (cli.WRONG_INPUT, "")
    assert f"argument {option}: {number[:40]}" in err
    assert " found, a whole number from 1 to 100 expected" in err and len(err) < 600


def test_a_hundred_beams_are_searched(experiment, clip, capsys):
    arguments = ("--beams", 100, "--hypotheses", 100, "--max-new-tokens", 3)
    code, out, _ = translated(capsys, experiment, clip, *arguments)
    assert (code, out.count("\n")) == (0, 100)


@pytest.mark.parametrize("number", ["0", "10001", "1e3"])
def test_the_length_of_a_sentence_is_bounded(capsys, number):
    code, _, err = translated(capsys, "results/x", "clip.mp4", "--max-new-tokens", number)
    assert code == cli.WRONG_INPUT
    assert f"--max-new-tokens: {number} found, a whole number from 1 to 10000 expected" in err


@pytest.mark.parametrize(("key", "most"), [("beams", 100), ("max_new_tokens", 10_000)])
def test_the_stage_has_the_commands_bounds(key, most):
    assert getattr(read_settings(DecodeConfig, {key: most}), key) == most
    with pytest.raises(InputError, match=f"{key}: found {most + 1}, expected less than or equal"):
        read_settings(DecodeConfig, {key: most + 1})


@pytest.mark.parametrize("kind", [each for each in MAKERS if each not in ("folder", "missing")])
def test_a_model_that_is_no_folder_is_named(clip, tmp_path, capsys, kind):
    model = odd_path(tmp_path, kind)
    code, out, err = translated(capsys, model, clip)
    assert (code, out) == (cli.WRONG_INPUT, "")
    assert visible(f"sign2text: {model}: ") in err
    assert "no such folder" in err or "found, expected the folder of an experiment" in err


def test_a_model_in_a_folder_that_is_not_named_in_utf8_is_refused(
    experiment, clip, tmp_path, capsys
):
    model = shutil.copytree(experiment, tmp_path / NOT_UTF8)
    code, _, err = translated(capsys, model, clip)
    assert code == cli.WRONG_INPUT
    assert r"caf\udce9: its name is not UTF-8, and" in err and "Rename the folder" in err


@pytest.mark.parametrize("kind", ["pipe", "zero", "circle", "folder", "empty", "binary"])
@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_an_odd_file_of_a_model_is_named(experiment, clip, tmp_path, capsys, kind, name):
    odd = odd_path(tmp_path / "odd", kind)
    path = shutil.copytree(experiment, tmp_path / "model") / "finetune_llm" / name
    path.unlink()
    odd.rename(path)
    code, out, err = translated(capsys, tmp_path / "model", clip)
    assert (code, out) == (cli.WRONG_INPUT, "")
    assert name in err or "holds no model" in err


NAMES = ["12:30.mp4", "file:x.mp4", "data:x.mp4", "concat:a|b.mp4", "a b.mp4", "%41 $(x).mp4",
         "clips [final].mp4", "Größe 天气.mp4", "two\nlines.mp4", "-x.mp4", f"{NOT_UTF8}.mp4",
         "\x1b[2J\u202e.mp4", "x.MP4", "no ending"]  # fmt: skip


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A video of 20 frames."""
    return write_numbered(tmp_path_factory.mktemp("video") / "a.mp4", 20)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_clip_may_have_any_name(experiment, video, tmp_path, monkeypatch, encoding):
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        shutil.copy(video, name)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    monkeypatch.setattr("sys.stdout", stream)
    options = ["--model", str(experiment), "--max-new-tokens", "2", "--beams", "1"]
    clips = [*NAMES, *(f"./{name}" for name in NAMES)]
    cli.main(["translate", *options, "--json", "--", *clips])
    cli.main(["translate", *options, "--", *NAMES])
    stream.flush()
    printed = raw.getvalue().decode(encoding)
    lines = printed.split("\n", len(clips))
    found = [json.loads(line) for line in lines[:-1]]
    assert [each["clip"] for each in found] == [*NAMES, *NAMES]
    assert len({json.dumps(each["hypotheses"]) for each in found}) == 1
    for name in NAMES:
        shown = visible(name).encode(encoding, "backslashreplace").decode(encoding)
        assert f"\n{shown}: " in f"\n{lines[-1]}"
    assert not set(printed) & set("\x1b\u202e\udce9")


def test_a_long_video_is_refused_by_its_header(experiment, video, capsys, monkeypatch):
    monkeypatch.setattr(SignTranslator, "positions", 4)
    monkeypatch.setattr(frames_at_rate, "read_frames", lambda path: pytest.fail("it is decoded"))
    code, out, err = translated(capsys, experiment, video)
    assert (code, out) == (cli.WRONG_INPUT, "")
    assert f"{video}: 5 sampled frames found, at most 4 expected" in err
