"""Each stage at its true sizes for a few steps, on random data and with random weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from sign2text.data.batches import batches_by_length
from sign2text.data.clips import FrameClips, check_lengths
from sign2text.ground.device import use_threads
from sign2text.methods.fla_llm.stages import finetune_llm, visual_init
from sign2text.methods.fla_llm.translator import SignTranslator
from sign2text.models.beam_search import BATCH_STEPS, beam_search
from sign2text.planning.corpus import Split
from sign2text.planning.dry_fit import DryTrainer, now, some_of_dev, spread, warmed_up
from sign2text.planning.measured import Measured, Phase
from sign2text.planning.request import Request
from sign2text.planning.stand_ins import RandomFrames
from sign2text.planning.workbench import Workbench
from sign2text.stages import extract_features
from sign2text.training.measuring import Times
from sign2text.training.task import Task

DECODED_BATCHES = 3


def measure_stage(request: Request, stage: str, folder: Path) -> Measured:
    """Build what `stage` needs, run a few steps of it, and say what they took.

    Args:
        folder: an empty one, for files that are not kept.

    Raises:
        InputError: the settings cannot work at this size.
    """
    use_threads(request.threads)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    return MEASURES[stage](Workbench(request, folder))


def measure_encode_frames(bench: Workbench) -> Measured:
    """Every frame of clips of all lengths, clip by clip."""
    config = bench.request.configs["encode_frames"]
    encoder = bench.frame_encoder().to(bench.device).eval()
    frames = RandomFrames(bench.pictures(), bench.split("train").frames)
    crop = (config.crop_height, config.crop_width)
    clips = FrameClips(frames, frames.ids, None, rate=1.0, crop=crop, seed=None)
    order = sorted(range(len(clips)), key=clips.lengths.__getitem__)

    def encode(clip: int) -> int:
        with torch.inference_mode():
            encoder(clips[clip, 0]["steps"].to(bench.device)).cpu()
        return clips.lengths[clip]

    chosen = [[clip] for clip in spread(order, bench.request.steps)]
    whole = sum(sum(split.frames) for split in bench.request.corpus.splits.values())
    phase = time_batches(bench, "encoding", chosen, lambda batch: encode(batch[0]), whole)
    return bench.measured("encode_frames", [phase], encoder)


def measure_visual_init(bench: Workbench) -> Measured:
    """Training steps, and the loss on dev that ends each epoch."""
    config, model = bench.visual, bench.visual_translator()
    width = model.encoder.frames.config.width
    train = bench.clips(bench.split("train"), config.seed, width)
    dev = bench.clips(part_of(bench.split("dev"), bench.sampled("dev")), None, width)
    task = visual_init.task_of(config, model, bench.words, {"train": train, "dev": dev})
    phases, times = fit(bench, "visual_init", task)
    return bench.measured("visual_init", phases, model, times.epochs)


def measure_extract_features(bench: Workbench) -> Measured:
    """Batches of the training split, long clips and short ones."""
    config = bench.request.configs["extract_features"]
    network = bench.visual_translator().to(bench.device).eval()
    if config.feature == "hidden_states":
        network.add_hidden_states()
    clips = bench.clips(bench.split("train"), None, network.encoder.frames.config.width)
    chosen = spread(batches_by_length(clips.lengths, config.frame_budget), bench.request.steps)

    def encode(batch: Sequence[int]) -> int:
        rows = extract_features.encode_batch(network, clips, batch, 0, config.feature)
        return sum(map(len, rows))

    views = {"train": config.views, "dev": 1, "test": 1}
    whole = sum(count * sum(bench.sampled(name)) for name, count in views.items())
    phase = time_batches(bench, "encoding", chosen, encode, whole)
    return bench.measured("extract_features", [phase], network.encoder)


def measure_finetune_llm(bench: Workbench) -> Measured:
    """Training steps, the loss on dev, and the decoding of dev."""
    config, model = bench.request.configs["finetune_llm"], bench.translator()
    dev = part_of(bench.split("dev"), bench.sampled("dev"))
    data = {
        "train": bench.translated(model.config, bench.split("train"), config.seed),
        "dev": bench.translated(model.config, dev, None),
    }
    task = finetune_llm.task_of(config, model, bench.words, data)
    phases, measured = fit(bench, "finetune_llm", task)
    if config.dev_bleu_every:
        times = -(-measured.number(measured.steps) // config.dev_bleu_every)
        phases.append(
            decode(
                bench,
                model.eval(),
                "dev",
                "decoding of dev",
                times,
                beams=config.dev_beams,
                max_new_tokens=config.dev_max_new_tokens,
            )
        )
    return bench.measured("finetune_llm", phases, model, measured.epochs)


def measure_decode(bench: Workbench) -> Measured:
    """Batches of the test split, long clips and short ones."""
    config = bench.request.configs["decode"]
    light = config.model == "visual_init"
    model = (bench.visual_translator() if light else bench.translator()).to(bench.device).eval()
    phase = decode(
        bench,
        model,
        "test",
        "decoding",
        1,
        beams=config.beams,
        max_new_tokens=config.max_new_tokens,
        length_penalty=config.length_penalty,
        batch_steps=config.batch_steps,
    )
    return bench.measured("decode", [phase], model)


MEASURES: dict[str, Callable[[Workbench], Measured]] = {
    "encode_frames": measure_encode_frames,
    "visual_init": measure_visual_init,
    "extract_features": measure_extract_features,
    "finetune_llm": measure_finetune_llm,
    "decode": measure_decode,
}


def part_of(split: Split, lengths: Sequence[int]) -> Split:
    """The clips of dev that the loss is computed of."""
    kept = some_of_dev(lengths)
    return Split(*(tuple(values[n] for n in kept) for values in (split.frames, split.tokens)))


def fit(bench: Workbench, stage: str, task: Task) -> tuple[list[Phase], Times]:
    """A few steps of the training loop; the model is left where it was trained."""
    for clips in (task.train, task.dev):
        check_lengths(clips, task.model.positions)
    trainer = DryTrainer(
        task,
        bench.folder / "state",
        steps=bench.request.steps,
        warm_up=bench.request.warm_up,
        about=stage,
    )
    trainer.train()
    return list(trainer.phases(sum(bench.sampled("dev")))), trainer.dev_times


def decode(
    bench: Workbench,
    network: SignTranslator,
    name: str,
    about: str,
    times: int,
    *,
    max_new_tokens: int,
    batch_steps: int = BATCH_STEPS,
    **settings: Any,
) -> Phase:
    """Beam search for some batches of a split.

    Random weights end no sentence. So a batch is decoded until its longest sentence ends, as a
    trained model would end it.
    """
    lengths, split = bench.sampled(name), bench.split(name)
    words, generation = bench.words, network.language_model.generation_config

    def search(batch: Sequence[int]) -> int:
        limit = min(max_new_tokens, max(split.tokens[clip] for clip in batch))
        generation.min_new_tokens = limit
        frames, tokens = (
            tuple(values[clip] for clip in batch) for values in (split.frames, split.tokens)
        )
        beam_search(
            network,
            words,
            bench.translated(network.config, Split(frames, tokens), None),
            max_new_tokens=limit,
            batch_steps=batch_steps,
            **settings,
        )
        return sum(lengths[clip] for clip in batch)

    chosen = spread(batches_by_length(lengths, batch_steps), DECODED_BATCHES)
    phase = time_batches(
        bench, about, chosen, search, times * len(lengths), "clip", early=[chosen[0][:1]]
    )
    generation.min_new_tokens = None
    return phase


def time_batches(
    bench: Workbench,
    name: str,
    batches: Sequence[Sequence[int]],
    run: Callable[[Sequence[int]], int],
    whole: int,
    unit: str = "frame",
    early: Sequence[Sequence[int]] | None = None,
) -> Phase:
    """Time what `run` does with each batch; it returns how many frames the batch had.

    What is run before and not counted: `early`, or the first batches again.
    """
    if early is None:
        early = [batches[number % len(batches)] for number in range(bench.request.warm_up)]
    seconds, clips, frames = 0.0, 0, 0
    for counts, batch in warmed_up(early, batches, name):
        start = now(bench.device)
        done = run(batch)
        if counts:
            seconds += now(bench.device) - start
            clips, frames = clips + len(batch), frames + done
    units = clips if unit == "clip" else frames
    return Phase(name, unit, units, seconds, whole, clips, frames)
