"""`sign2text translate`: from a folder of frames or a video to sentences."""

import json

import cv2
import numpy as np
import pytest
import torch
from transformers import MBartForConditionalGeneration

from sign2text.commands import main as cli
from sign2text.commands.translate import ClipTranslator
from sign2text.data.clips import FrameClips
from sign2text.data.frame_store import FrameFormat, FrameStore, FrameStoreWriter
from sign2text.methods.fla_llm.translator import SignTranslatorConfig


@pytest.fixture
def experiment(tmp_path, tiny_translator, tiny_tokenizer):
    """Results with an untrained model."""
    model = tiny_translator(light=False, frame_size=[40, 36], frame_quality=80, crop_size=[32, 32])
    folder = tmp_path / "fla_llm" / "finetune_llm"
    model.save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return tmp_path / "fla_llm"


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


@pytest.mark.parametrize("method", ["nothing", "mbart", "shared"])
def test_a_model_that_cannot_translate_is_refused(experiment, clip, tmp_path, capsys, method):
    folder = tmp_path / method
    if method == "mbart":
        config = SignTranslatorConfig.from_pretrained(experiment / "finetune_llm")
        MBartForConditionalGeneration(config.language_model).save_pretrained(folder)
    elif method == "shared":
        (folder / "decode").mkdir(parents=True)
    with pytest.raises(SystemExit):
        cli.main(["translate", str(clip), "--model", str(folder)])
    expected = {
        "nothing": "no such folder",
        "mbart": "model_type is 'mbart'",
        "shared": "shares the model of its `base`",
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
