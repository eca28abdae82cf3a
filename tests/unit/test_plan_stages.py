"""`sign2text plan`: each stage measured at tiny sizes, in this process."""

import sys
import tempfile
from pathlib import Path

import pytest

from sign2text.data.batches import BalancedBatchSampler, batches_by_length
from sign2text.data.clips import FrameClips
from sign2text.ground import work_limit
from sign2text.methods.fla_llm.translator import SignTranslator
from sign2text.planning import corpus, measure
from sign2text.planning.request import read_request
from sign2text.training import dev_bleu

sys.path.insert(0, str(Path(__file__).parent))
from tiny_plan import TINY, write_config


@pytest.fixture
def configure(tmp_path, monkeypatch):
    """Work in an empty folder, and write config.yaml there."""
    monkeypatch.chdir(tmp_path)
    return write_config


@pytest.fixture
def measure_tiny(configure, tmp_path):
    """Measure one stage in this process."""

    def run_stage(stage, *, steps=3, warm_up=1, **changes):
        request = read_request(
            "results/tiny/fla_llm.bleu", configure(**changes), steps=steps, warm_up=warm_up
        )
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        measure.prepare_stage(request, stage, folder)
        found = measure.measure_stage(request, stage, folder)
        output = folder / "measured" / stage
        assert not [p for p in output.rglob("*.safetensors") if "state" not in p.parts]
        return request, found

    return run_stage


class Clock:
    """Each look at it is a second later."""

    def __init__(self):
        self.time = 0.0

    def __call__(self):
        self.time += 1.0
        return self.time


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(work_limit, "now", Clock())


def sampled(frames, rate=0.25):
    return [max(1, -(-count // round(1 / rate))) for count in frames]


def test_visual_init_at_tiny_size(measure_tiny, clock):
    request, found = measure_tiny("visual_init", steps=3, warm_up=2)
    training, dev = found.phases
    assert (training.units, training.seconds) == (3, 3.0)
    assert training.whole == 5 * 8, "30 clips in batches of 4, 5 epochs"
    assert found.epochs == 5
    assert dev.whole == 5 * sum(sampled(request.corpus.splits["dev"].frames))
    assert (dev.units, dev.clips, dev.seconds) == (dev.whole // 5, 6, 1.0), "all of it, once"
    assert found.hours == pytest.approx((40 * 1.0 + 5 * 1.0) / 3600)
    assert found.trained == found.parameters > 1000
    assert found.memory > 100 * 2**20 and found.gpu_memory is None
    lengths = sampled(request.corpus.splits["train"].frames)
    counted = list(BalancedBatchSampler(lengths, 4, seed=1))[2:5]
    assert training.clips == sum(map(len, counted))
    assert training.frames == sum(lengths[clip] for batch in counted for clip, _ in batch)


def test_more_steps_than_an_epoch_has_go_on_in_the_next(measure_tiny, clock):
    request, found = measure_tiny("visual_init", steps=11, warm_up=0)
    training, dev = found.phases
    assert (training.units, training.seconds) == (11, 11.0)
    sampler = BalancedBatchSampler(sampled(request.corpus.splits["train"].frames), 4, 1)
    sampler.set_epoch(1)
    assert training.clips == 30 + sum(map(len, list(sampler)[:3]))
    assert (dev.seconds, dev.clips) == (1.0, 6)
    assert dev.hours == pytest.approx(5 / 3600)


def test_some_clips_are_made_up_and_the_hours_are_those_of_all(measure_tiny, clock, monkeypatch):
    monkeypatch.setattr(corpus, "MADE_UP", 3)
    frames = {name: [] for name in ("train", "dev", "test")}
    request, found = measure_tiny("visual_init", warm_up=0)
    for name, split in request.corpus.splits.items():
        frames[name] = sampled(split.sample().frames)
    training, dev = found.phases
    assert training.whole == 5 * 10, "30 clips, of which 3 were one batch of 4 on average"
    assert dev.whole == 5 * 2 * sum(frames["dev"])
    _, extracted = measure_tiny("extract_features")
    (phase,) = extracted.phases
    train, other = (round(10 * 3 * sum(frames["train"])), round(10 / 3 * sum(frames["test"])))
    assert phase.whole == train + 2 * sum(frames["dev"]) + other
    _, decoded = measure_tiny("decode")
    assert decoded.phases[0].whole == 10


def test_a_training_that_is_shorter_is_measured_whole(measure_tiny, clock):
    _, found = measure_tiny(
        "visual_init", steps=50, warm_up=2, visual_init={"training": {"epochs": 1, "batch_size": 4}}
    )
    training, _ = found.phases
    assert (training.units, training.whole) == (6, 8)


def test_finetuning_at_tiny_size_decodes_dev_too(measure_tiny, clock, monkeypatch):
    seen = written_by(monkeypatch)
    request, found = measure_tiny("finetune_llm")
    training, dev, decoding = found.phases
    assert training.whole == 7 * 4
    assert dev.whole == 7 * sum(sampled(request.corpus.splits["dev"].frames))
    assert decoding.whole == 3 * 6, "after epochs 3 and 6, and the last"
    assert (decoding.name, decoding.unit) == ("decoding of dev", "clip")
    longest = max(request.corpus.splits["dev"].tokens)
    assert [clips for clips, *_ in seen] == [1, 6], "one does not count, the batch of all does"
    assert seen[1] == (6, 2, longest, longest)
    assert (decoding.units, decoding.seconds) == (6, 1.0)
    encoder = found.parameters - found.trained
    assert encoder > 0, "the frozen one"
    _, plain = measure_tiny("decode", finetune_llm={"dev_bleu_every": 0})
    assert plain.parameters == found.parameters
    assert plain.epochs is None


def written_by(monkeypatch):
    """List of clips, beams, limit of tokens and tokens written of each batch that is decoded."""
    written = []
    original = SignTranslator.generate

    def generate(self, features, lengths, **settings):
        sequences, scores = original(self, features, lengths, **settings)
        limit = settings["max_new_tokens"]
        written.append((len(lengths), settings["num_beams"], limit, sequences.shape[1] - 1))
        return sequences, scores

    monkeypatch.setattr(SignTranslator, "generate", generate)
    return written


def test_another_metric_is_measured_on_a_few_of_what_it_goes_over(measure_tiny, clock, monkeypatch):
    def measured(self, model, over):
        return sum(over(lambda item: item, range(50)))

    monkeypatch.setattr(dev_bleu.DevBleu, "__call__", measured)
    *_, phase = measure_tiny("finetune_llm")[1].phases
    assert (phase.name, phase.unit) == ("measuring of dev", "batch")
    assert (phase.units, phase.whole) == (3, 3 * 50)
    assert phase.seconds == 3.0
    monkeypatch.setattr(dev_bleu.DevBleu, "__call__", lambda self, model, over: 1.0)
    *_, phase = measure_tiny("finetune_llm")[1].phases
    assert (phase.unit, phase.units, phase.whole, phase.seconds) == ("clip", 6, 18, 1.0)


def test_dev_is_not_decoded_where_it_is_not_asked_for(measure_tiny, clock):
    _, found = measure_tiny("finetune_llm", finetune_llm={"dev_bleu_every": 0})
    assert [phase.name for phase in found.phases] == ["training", "loss on dev"]


def test_extraction_counts_views_and_all_splits(measure_tiny, clock):
    request, found = measure_tiny("extract_features", steps=2, warm_up=1)
    (phase,) = found.phases
    frames = {name: sum(sampled(s.frames)) for name, s in request.corpus.splits.items()}
    assert phase.whole == 3 * frames["train"] + frames["dev"] + frames["test"]
    assert phase.seconds == 2.0
    lengths = sampled(request.corpus.splits["train"].frames)
    # Of each of three views; long batches come first.
    batches = [batch for batch in batches_by_length(lengths, 64) for _ in range(3)]
    chosen = [batches[len(batches) // 4], batches[len(batches) * 3 // 4]]
    assert phase.frames == sum(lengths[clip] for batch in chosen for clip in batch)


def test_with_a_frozen_frame_encoder_features_are_read(measure_tiny, clock):
    frozen = {"visual_init": {"train_frame_encoder": False}}
    request, encoded = measure_tiny("encode_frames", **frozen)
    (phase,) = encoded.phases
    assert phase.whole == sum(sum(s.frames) for s in request.corpus.splits.values())
    assert phase.clips == 3 and phase.seconds == 3.0
    _, visual = measure_tiny("visual_init", **frozen)
    assert visual.trained == visual.parameters - encoded.parameters


def test_a_batch_is_decoded_until_its_longest_sentence_ends(measure_tiny, monkeypatch):
    written = written_by(monkeypatch)
    request, found = measure_tiny("decode")
    longest = [min(9, count) for count in request.corpus.splits["test"].tokens]
    assert {limit for _, _, limit, _ in written} <= set(longest)
    assert all(limit == length for _, _, limit, length in written)
    assert found.phases[0].whole == 10


def test_training_the_whole_visual_encoder_is_measured_on_frames(measure_tiny, monkeypatch):
    seen = set()
    original = FrameClips.__getitem__

    def read(self, item):
        found = original(self, item)
        seen.add(tuple(found["steps"].shape[1:]))
        return found

    monkeypatch.setattr(FrameClips, "__getitem__", read)
    request, found = measure_tiny("finetune_llm", finetune_llm={"trained_visual": "all"})
    assert seen == {(32, 32, 3)}
    assert found.trained == found.parameters
    assert request.stages == ("visual_init", "finetune_llm", "decode"), "no features are stored"
    frozen = {"finetune_llm": {"trained_visual": "temporal_module"}}
    frozen["extract_features"] = {"feature": "frame_wise"}
    request, partly = measure_tiny("decode", **frozen)
    assert set(request.jobs["decode"][0].inputs) == {"features", "manifest", "model"}
    assert partly.parameters == found.parameters


def test_hidden_states_are_measured_with_light_ts_width(measure_tiny):
    hidden = {"extract_features": {"feature": "hidden_states"}}
    hidden["visual_init"] = {"light_t": {**TINY["visual_init"]["light_t"], "width": 24}}
    request, extracted = measure_tiny("extract_features", **hidden)
    assert request.jobs["visual_init"][0].config.light_t.width == 24
    _, tuned = measure_tiny("finetune_llm", **hidden)
    _, plain = measure_tiny("finetune_llm")
    # The LLM-Adapter reads 24 values instead of the visual encoder's 12.
    assert tuned.trained - plain.trained == 16 * (24 - 12)
    assert extracted.parameters > 0


def test_where_light_t_translates_it_is_light_t_that_is_measured(measure_tiny):
    light = {"decode": {"model": "visual_init"}}
    request, found = measure_tiny("decode", **light)
    assert request.stages == ("visual_init", "extract_features", "decode")
    _, trained = measure_tiny("visual_init", **light)
    assert found.parameters == trained.parameters


def test_a_visual_initialising_without_epochs_is_none_to_measure(configure):
    path = configure(visual_init={"training": {"epochs": 0}})
    request = read_request("results/tiny/fla_llm.bleu", path)
    assert request.stages == ("extract_features", "finetune_llm", "decode")
    assert "visual_init" in request.left_out
