"""Draw where pseudo-glosses are found in some clips, with frames and true signs (figure 4)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sign2text.config.corpora import rendered_list
from sign2text.config.reads import Read, ReadPlace, Settings, kept_clips, stored_frames
from sign2text.ground.settings import Probability, stage_config
from sign2text.jobs.command_line import command_line

PICTURES = ("*.html",)


def shows(split: str, stored: bool = False) -> Callable[[Settings], bool]:
    """Return a condition: clips of `split` are shown and, if `stored`, their features are read."""

    def condition(settings: Settings) -> bool:
        shown = settings("report_localisation").split == split
        return shown and (not stored or settings("pretrain_prototypes").stored_features)

    return condition


def reads_of(split: str) -> tuple[Read, ...]:
    """Return the files of a split, which are read if its clips are shown."""
    return (
        stored_frames("sample_frames", split=split, when=shows(split)),
        replace(kept_clips("manifest", split), when=shows(split)),
        Read("encoded", "encode_frames", f"{split}.safetensors", when=shows(split, stored=True)),
        Read("pseudo_glosses", "generate_pseudo_glosses", f"{split}.tsv", when=shows(split)),
    )


READS = (
    Read("scores", "score_pseudo_glosses", "scores.json"),
    Read("model", "pretrain_prototypes", "model.safetensors"),
    Read("vocabulary", "generate_pseudo_glosses", "vocabulary.tsv"),
    *reads_of("dev"),
    *reads_of("test"),
    ReadPlace("corpus", rendered_list),  # a rendered corpus knows its glosses' times
)

log = logging.getLogger(__name__)


@stage_config
class Config:
    split: Annotated[
        Literal["dev", "test"], Field(description="split whose clips are shown; ours")
    ] = "test"
    clips: Annotated[
        int, Field(ge=1, le=100, description="clips that are shown, spread over the split; ours")
    ] = 6
    choice: Annotated[
        int,
        Field(
            ge=0,
            description="seed of the choice of clips, not changed by an experiment's seed; ours",
        ),
    ] = 1
    threshold: Annotated[
        Probability,
        Field(description="evidence above which a pseudo-gloss is named at its time (figure 4)"),
    ] = 0.2
    height: Annotated[
        int, Field(ge=16, le=480, description="height of the frames in pixels, at most; ours")
    ] = 96


def run(
    *,
    scores: Path,
    model: Path,
    vocabulary: Path,
    frames: Path,
    manifest: Path,
    pseudo_glosses: Path,
    identity: str,
    output: Path,
    config: Config,
    encoded: Path | None = None,
    corpus: Path | None = None,
    threads: int = 0,
) -> None:
    """Write the page, the file `output`. The few clips are scored again, on the CPU.

    Args:
        scores: scores.json of all clips.
        identity: the experiment's identity as JSON (sign2text/lineage/identity.py).
        corpus: the list of a rendered corpus's files, beside which its glosses' times are.

    Raises:
        InputError: the model has no prototypes, or those of another vocabulary, the files are of
            different clips, or the scores lack something.
    """
    from sign2text.config.json_options import read_mapping
    from sign2text.ground.device import use_threads
    from sign2text.ground.files import read_json, reading, replacing
    from sign2text.methods.sign2gpt.localisation import Match
    from sign2text.methods.sign2gpt.scored_split import ScoredSplit, load_prototypes
    from sign2text.methods.sign2gpt.shown_clips import choose_clips, shown_clips
    from sign2text.pages.localisation_page import Shown, make_page
    from sign2text.text.pseudo_glosses import read_vocabulary

    use_threads(threads)
    whose, words = read_mapping("--identity", identity), read_vocabulary(vocabulary)
    network = load_prototypes(model, words, vocabulary)
    choose = partial(choose_clips, count=config.clips, seed=config.choice)
    files = (frames, manifest, pseudo_glosses, encoded)
    scored = ScoredSplit(network, words, config.split, *files, choose=choose)
    found = read_json(scores)
    with reading(scores):  # a key that is missing
        of_splits = {
            split: {key: found[split][key] for key in ("quality", "localisation")}
            for split in ("dev", "test")
        }
        matches = {
            words.words.index(each["pseudo_gloss"]): Match(each["gloss"], each["jaccard"])
            for each in found["signs"]
        }
    clips = shown_clips(scored, network, matches, corpus, config.height)
    shown = Shown(clips, config.split, scored.total, config.threshold, config.height)
    text = make_page(whose, of_splits, shown)
    with replacing(output) as temporary:
        temporary.write_text(text, encoding="utf-8")
    log.info("%d clips of %s: %.1f MB", len(clips), config.split, len(text) / 1e6)


if __name__ == "__main__":
    command_line(run)
