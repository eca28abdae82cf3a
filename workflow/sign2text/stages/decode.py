"""Beam search: hypotheses of a split by the translator that a method has trained.

With `permutations` the stage decodes the blind control instead: for each clip, the same model gets
the video of another clip. Any score that remains does not come from reading the video.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sign2text.config.methods import Method, translator_file
from sign2text.config.reads import Read, Settings, kept_clips
from sign2text.ground.settings import Beams, NewTokens, stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "every method"
PLANNED = True


def reads(method: Method) -> tuple[Read, ...]:
    """Return the translator's inputs for each clip, the clips' names, and the translator itself."""
    return (
        *method.clips,
        kept_clips("manifest"),
        translator_file("model", method, "model.safetensors"),
    )


log = logging.getLogger(__name__)


@stage_config
class Config:
    model: Annotated[
        str | None,
        Field(description="the stage whose model translates; null: the method's last one that can"),
    ] = None
    beams: Annotated[Beams, Field(description="beam width (section 4.1)")] = 5
    max_new_tokens: Annotated[
        NewTokens, Field(description="longest hypothesis in tokens (GFSLT-VLP)")
    ] = 150
    length_penalty: Annotated[
        float, Field(description="exponent of the length that a beam's score is divided by; ours")
    ] = 1.0
    glosses: Annotated[
        Literal["true", "recognised"],
        Field(
            description="of a model that translates glosses: which, the corpus's or those that the "
            "method's recogniser found"
        ),
    ] = "true"
    batch_steps: Annotated[int, Field(ge=1, description="padded steps in a batch; ours")] = 1024
    pivot: Annotated[
        bool,
        Field(
            description="of a target with a language: translate clips into the model's own "
            "language, and these sentences into the other; ours"
        ),
    ] = False
    permutations: Annotated[
        int,
        Field(ge=0, description="times that the videos are permuted among the clips; 0: not; ours"),
    ] = 0
    # Not named `seed`: it has no effect on training.
    permutation_seed: Annotated[int, Field(ge=0, description="of the permutations; ours")] = 1


def check_settings(settings: Settings) -> Iterator[str]:
    """Report a model that does not translate, and settings that the method rules out."""
    method, named = settings.method, settings("decode").model
    if named is not None and named not in method.translating:
        yield f"model: found {named}, expected one of {', '.join(method.translating)}, or null"
    elif method.check_decoding is not None:
        yield from method.check_decoding(settings)


def run(
    *,
    manifest: Path,
    model: Path,
    output: Path,
    config: Config,
    features: Path | None = None,
    frames: Path | None = None,
    landmarks: Path | None = None,
    text: Path | None = None,
    language: str | None = None,
    threads: int = 0,
) -> None:
    """Write `output`, the hypotheses (data/hypotheses.py) of the manifest's clips.

    Args:
        model: the translator's weights, in one folder with its configuration and tokenizer.
        features, frames, landmarks, text: stores of the split; the translator declares which stores
            it reads (models/translator.py) and refuses others.
        language: language of the hypotheses; None: the model's own.

    Raises:
        InputError: the folder of `model` holds no translator, the given stores are not the ones
            that the translator reads, or it does not write `language`.
    """
    import pandas as pd

    from sign2text.data.hypotheses import GLOSS, write_hypotheses
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import best_device, use_threads
    from sign2text.ground.work_limit import progress
    from sign2text.models.beam_search import decode_clips
    from sign2text.models.sentence_search import decode_sentences
    from sign2text.models.translator import load_translator
    from sign2text.text.tokenizer import load_tokenizer

    use_threads(threads)
    ids = read_manifest(manifest)["id"].tolist()
    network = load_translator(model.parent).to(best_device())
    own = network.own_language
    through = own if config.pivot and language not in (None, own) else None
    if language is not None:
        network.write_in(through or language)
    given = {"features": features, "frames": frames, "landmarks": landmarks, "text": text}
    clips = network.read_clips(ids, None, given)
    # A video's hypothesis does not depend on the clip that it is given to: decode each once.
    tokenizer = load_tokenizer(model.parent)
    search = {
        "beams": config.beams,
        "max_new_tokens": config.max_new_tokens,
        "length_penalty": config.length_penalty,
        "batch_steps": config.batch_steps,
        "over": progress,
    }
    hypotheses, scores, glosses = decode_clips(network, tokenizer, clips, **search)
    if through is not None:
        log.info("%s first, for example: %s", through, hypotheses[0])
        network.write_in(language)
        hypotheses, scores = decode_sentences(network, tokenizer, hypotheses, through, **search)
    lines = glosses and [" ".join(each.gloss for each in clip) for clip in glosses]
    tables = []
    for number, order in enumerate(
        video_orders(len(ids), config.permutations, config.permutation_seed)
    ):
        tables.append(
            pd.DataFrame(
                {
                    "run": number,
                    "id": ids,
                    "video": [ids[other] for other in order],
                    "score": [f"{scores[other]:.4f}" for other in order],
                    "hypothesis": [hypotheses[other] for other in order],
                }
                | ({GLOSS: [lines[other] for other in order]} if lines is not None else {})
            )
        )
    write_hypotheses(output, pd.concat(tables))
    log.info("%d hypotheses, for example: %s", len(ids), hypotheses[0])


def video_orders(clips: int, permutations: int, seed: int) -> list[list[int]]:
    """Return the video that each clip gets: its own, or in each permutation another clip's.

    Raises:
        InputError: there is a single clip, so no other clip to take a video from.
    """
    import numpy as np

    from sign2text.ground.errors import InputError

    if not permutations:
        return [list(range(clips))]
    if clips < 2:
        raise InputError(
            f"decode.permutations: {clips} clip found, at least 2 expected, whose videos can be "
            "exchanged. Set it to 0, or give the split more clips."
        )
    rng, orders = np.random.default_rng(seed), []
    while len(orders) < permutations:
        order = rng.permutation(clips)
        if not np.any(order == np.arange(clips)):
            orders.append(order.tolist())
    return orders


if __name__ == "__main__":
    command_line(run)
