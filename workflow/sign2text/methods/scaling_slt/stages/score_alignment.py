"""Score the starts of captions that the translator finds on joined test clips (task alignment).

Two trivial answers are scored beside it: captions evenly spread, and captions as long as their
texts.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.methods import Method, translator_file
from sign2text.config.reads import Read
from sign2text.ground.settings import Beams, NewTokens, stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.scaling_slt.task_settings import LanguageCode


def reads(method: Method) -> tuple[Read, ...]:
    """Return landmarks and captions of the test split, and the translator."""
    return (
        Read("landmarks", "extract_landmarks", "test.index.safetensors"),
        Read("captions", "make_captions", "test.tsv"),
        Read("joined", "make_captions", "joined.test.tsv"),
        Read("languages", "make_captions", "languages.json"),
        translator_file("model", method, "model.safetensors"),
    )


log = logging.getLogger(__name__)


@stage_config
class Config:
    captions_in: Annotated[
        LanguageCode | None,
        Field(description="language of the captions; null: the data set's own; ours"),
    ] = None
    beams: Annotated[Beams, Field(description="beam width; ours")] = 1
    max_new_tokens: Annotated[
        NewTokens, Field(description="longest output in tokens (re-implementations)")
    ] = 128
    batch_steps: Annotated[int, Field(ge=1, description="padded steps in a batch; ours")] = 1024
    resamples: Annotated[
        int,
        Field(ge=0, description="resampled test sets behind the 95 % intervals; 0: none; ours"),
    ] = 1000
    # Not named `seed`: all seeds of an experiment are scored on the same draws.
    resampling_seed: Annotated[
        int, Field(ge=0, description="of the bootstrap resampling; ours")
    ] = 1


def run(
    *,
    landmarks: Path,
    captions: Path,
    joined: Path,
    languages: Path,
    model: Path,
    output: Path,
    config: Config,
    identity: str = "{}",
    threads: int = 0,
) -> None:
    """Write `output`, the medians of the errors as JSON, with a sentence about them first.

    Args:
        landmarks: index of the test split's landmark store.
        captions, joined, languages: test.tsv, joined.test.tsv and languages.json of make_captions.
        model: weights of the translator, in one folder with its configuration and tokenizer.
        identity: the experiment's identity as JSON (`sign2text.lineage.identity`).

    Raises:
        InputError: no joined clip has captions in the language, or the landmarks come from another
            extractor than the training's.
    """
    import json
    from dataclasses import asdict

    from sign2text.config.json_options import read_mapping
    from sign2text.ground.device import best_device, use_threads
    from sign2text.ground.files import replacing
    from sign2text.ground.settings import read_settings
    from sign2text.ground.work_limit import progress
    from sign2text.landmarks.normalising import Landmarks
    from sign2text.methods.scaling_slt.alignment import aligned_clips, alignment_items
    from sign2text.methods.scaling_slt.corpora import Corpus, CorpusFiles
    from sign2text.methods.scaling_slt.model_landmarks import check_extractor
    from sign2text.methods.scaling_slt.task_settings import OnClips
    from sign2text.models.beam_search import beam_search
    from sign2text.models.translator import load_translator
    from sign2text.scoring.caption_times import score_starts
    from sign2text.text.tokenizer import load_tokenizer

    use_threads(threads)
    network, words = load_translator(model.parent).to(best_device()), load_tokenizer(model.parent)
    about = network.config
    language = config.captions_in or about.language
    corpus = Corpus(
        CorpusFiles(landmarks, captions, joined, languages),
        OnClips(
            landmarks=read_settings(Landmarks, about.landmarks or {}),
            languages=[language],
            prompt_tokens=about.prompt_tokens,
            output_tokens=config.max_new_tokens,
            time_step=about.time_step,
            time_tokens=about.time_tokens,
        ),
    )
    check_extractor(corpus.store.about, about.extractor, str(landmarks))
    items = alignment_items(corpus, words, language)
    outputs, _ = beam_search(
        network,
        words,
        items,
        beams=config.beams,
        max_new_tokens=config.max_new_tokens,
        batch_steps=config.batch_steps,
        over=progress,
    )
    clips = aligned_clips(corpus, items, outputs)
    scores = score_starts(clips, resamples=config.resamples, seed=config.resampling_seed)
    said = read_mapping("--identity", identity)
    statement = (
        f"{said.get('experiment') or 'a translator'} on {said.get('data_set') or 'a data set'}, "
        f"{scores.captions} captions of {scores.clips} joined test clips in {language}: median "
        f"error of a caption's start {scores.median_error:.2f} s; evenly spread "
        f"{scores.median_error_evenly_spread:.2f} s, by text length "
        f"{scores.median_error_by_text_length:.2f} s; {scores.missing} captions without a start."
    )
    result = {"statement": statement, **said, "language": language, **asdict(scores)}
    with replacing(output) as temporary:
        temporary.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    log.info("%s", statement)


if __name__ == "__main__":
    command_line(run)
