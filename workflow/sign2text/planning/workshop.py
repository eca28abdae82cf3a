"""Folder of made-up artefacts that stages read while they are measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sign2text.config.published_models import asked_for
from sign2text.config.stages import find_stages
from sign2text.data.splits import SPLITS
from sign2text.ground.errors import InputError
from sign2text.ground.work_limit import WorkLimit, limiting
from sign2text.planning.corpus import Split
from sign2text.planning.jobs import Job
from sign2text.planning.request import Request

WHOLE, PROBE = "clips", "probe"
"""Artefacts of clips of all lengths, and of two clips that are cheap to encode."""
MODELS = frozenset({"pretrain_frame_encoder", "pretrain_language_model"})
"""Shared stages that may make their model from a published one."""
MONOLINGUAL = 100  # sentences


class Workshop:
    """Maker of jobs' inputs, each file once, as `folder`/<part>/<data set>/<stage>/<file>."""

    def __init__(self, request: Request, folder: Path) -> None:
        self.request, self.folder = request, folder

    def clips(self, dataset: str, split: str, part: str = WHOLE) -> tuple[list[str], Split]:
        """Return ids and lengths of the made-up clips in a split of a data set."""
        found = self.request.corpus_of(dataset).splits[split]
        chosen = found.sample() if part == WHOLE else found.probe()
        return [f"{split}{number:04d}" for number in range(len(chosen.frames))], chosen

    def arguments(self, job: Job, part: str = WHOLE) -> dict[str, Any]:
        """Return the arguments of the stage's `run` except `output`, and make its inputs.

        Raises:
            InputError: the stage needs an input that a plan cannot make.
        """
        stage = find_stages()[job.stage]
        given: dict[str, Any] = {
            option: self.make(maker, file, part) for option, (maker, file) in job.inputs.items()
        }
        given |= {option: Path(path) for option, path in job.places.items() if Path(path).exists()}
        own = {"config": job.config, "split": job.split, "threads": self.request.threads}
        given |= {option: value for option, value in own.items() if option in stage.parameters}
        for option in stage.parameters:
            if option != "output" and option not in given and stage.needs(option):
                path = job.places.get(option, "nothing that a plan can make")
                raise InputError(
                    f"{job.stage} reads {option}: {path} is not there. Have it made by snakemake, "
                    "or plan other stages with --stages."
                )
        return given

    def make(self, job: Job, file: str, part: str = WHOLE) -> Path:
        """Return the path of a job's file, and make the file if it is missing."""
        part = part if job.split else WHOLE
        folder = self.folder / part / job.dataset / job.stage
        path = folder / file
        if path.exists():
            return path
        folder.mkdir(parents=True, exist_ok=True)
        if job.stage in MAKERS:
            MAKERS[job.stage](self, job, path, part)
        elif job.stage in MODELS and asked_for(job.config) is not None:
            self._write_published(job, folder)
        elif job.split and path.suffix == ".safetensors" and part == WHOLE:
            self._write_features(job, path)
        else:
            self._run(job, path if job.split else folder, part)
        if not path.exists():
            raise InputError(f"{job.stage}: made no {file}, which another stage declares to read.")
        return path

    def _run(self, job: Job, output: Path, part: str) -> None:
        """Run the stage itself; a training leaves its model untrained."""
        arguments = self.arguments(job, part)
        with limiting(WorkLimit(0)):
            find_stages()[job.stage].run(**arguments, output=output)

    def _write_features(self, job: Job, path: Path) -> None:
        """Run the stage on two clips, and write a similar store for all clips."""
        from sign2text.planning.stand_ins import write_features_like

        example = self.make(job, path.name, PROBE)
        ids, split = self.clips(job.dataset, job.split)
        _, probe = self.clips(job.dataset, job.split, PROBE)
        write_features_like(path, example, probe.frames[0], ids, split.frames)

    def _write_published(self, job: Job, folder: Path) -> None:
        from sign2text.planning.published_sizes import untrained_model
        from sign2text.text.tokenizer import load_tokenizer
        from sign2text.training.model_folder import write_model

        words = None
        if "tokenizer" in job.inputs:
            words = load_tokenizer(self.make(*job.inputs["tokenizer"]))
        write_model(folder, untrained_model(job.stage, job.config, words), [])

    def _write_manifest(self, job: Job, path: Path, part: str) -> None:
        from sign2text.planning.stand_ins import class_count, random_sentences, write_clips

        vocabulary = self.request.vocabulary
        if path.stem in SPLITS:
            ids, split = self.clips(job.dataset, path.stem, part)
            sentences = random_sentences(split.tokens, vocabulary)
            if job.dataset != self.request.dataset:  # pretraining may need classes that train has
                train, _ = self.clips(job.dataset, "train", part)
                sentences = [f"w{n % class_count(len(train))}" for n in range(len(ids))]
            write_clips(path, split, ids, sentences, self.request.language)
        elif path.suffix == ".txt":
            lengths = self.request.corpus_of(job.dataset).splits["train"].tokens[:MONOLINGUAL]
            path.write_text("".join(f"{each}\n" for each in random_sentences(lengths, vocabulary)))

    def _write_frames(self, job: Job, path: Path, part: str) -> None:
        from sign2text.data.frame_format import FrameFormat
        from sign2text.planning.stand_ins import write_frames

        if path.stem in SPLITS and path.suffix == ".tsv":  # manifest of the stored clips: all
            self._write_manifest(job, path, part)
            return
        stored, (ids, split) = job.config, self.clips(job.dataset, job.split, part)
        size = stored.height, stored.width
        write_frames(path, FrameFormat(size, stored.quality, stored.codec), ids, split.frames)

    def _write_landmarks(self, job: Job, path: Path, part: str) -> None:
        from sign2text.planning.extraction import every
        from sign2text.planning.stand_ins import RATE, write_landmarks

        if path.suffix == ".tsv":  # manifest of the clips with landmarks: all
            self._write_manifest(job, path, part)
            return
        (ids, split), step = self.clips(job.dataset, job.split, part), every(job)
        lengths = [-(-count // step) for count in split.frames]
        write_landmarks(path, ids, lengths, RATE / step)

    def _write_tokenizer(self, job: Job, path: Path, part: str) -> None:
        from sign2text.planning.stand_ins import tokenizer_of_size

        words = tokenizer_of_size(self.request.vocabulary, self.request.language)
        words.save_pretrained(path.parent)


MAKERS: dict[str, Callable[[Workshop, Job, Path, str], None]] = {
    "make_manifest": Workshop._write_manifest,
    "sample_frames": Workshop._write_frames,
    "extract_landmarks": Workshop._write_landmarks,
    "train_tokenizer": Workshop._write_tokenizer,
}
"""Functions that make artefacts, by the stages in `planning.jobs.MADE_UP`."""
