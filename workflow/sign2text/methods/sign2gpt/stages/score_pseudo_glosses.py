"""Score the pseudo-glosses that a model finds in the clips of dev and test (section 5.3).

Writes precision, recall and F1 at every threshold. If the corpus has times of its glosses, also the
share of pseudo-glosses with their highest evidence in their sign.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from sign2text.config.corpora import rendered_list
from sign2text.config.reads import Read, ReadPlace, Settings, kept_clips, stored_frames
from sign2text.ground.settings import Probability, stage_config
from sign2text.jobs.command_line import command_line

SPLITS = ("dev", "test")


def reads_stored(settings: Settings) -> bool:
    """Return whether the model was trained on stored features of frames."""
    return settings("pretrain_prototypes").stored_features


READS = (
    Read("model", "pretrain_prototypes", "model.safetensors"),
    stored_frames("sample_frames", "dev_", "dev"),
    stored_frames("sample_frames", "test_", "test"),
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    kept_clips("test_manifest", "test"),
    Read("dev_encoded", "encode_frames", "dev.safetensors", when=reads_stored),
    Read("test_encoded", "encode_frames", "test.safetensors", when=reads_stored),
    Read("train_pseudo_glosses", "generate_pseudo_glosses", "train.tsv"),
    Read("dev_pseudo_glosses", "generate_pseudo_glosses", "dev.tsv"),
    Read("test_pseudo_glosses", "generate_pseudo_glosses", "test.tsv"),
    Read("vocabulary", "generate_pseudo_glosses", "vocabulary.tsv"),
    ReadPlace("corpus", rendered_list),  # a rendered corpus knows its glosses' times
)

log = logging.getLogger(__name__)


@stage_config
class Config:
    thresholds: Annotated[
        list[Probability],
        Field(min_length=1, description="scores from which a pseudo-gloss is found; ours"),
    ] = Field(default_factory=lambda: [round(0.05 * n, 2) for n in range(1, 20)])


def run(
    *,
    model: Path,
    dev_frames: Path,
    test_frames: Path,
    train_manifest: Path,
    dev_manifest: Path,
    test_manifest: Path,
    train_pseudo_glosses: Path,
    dev_pseudo_glosses: Path,
    test_pseudo_glosses: Path,
    vocabulary: Path,
    output: Path,
    config: Config,
    dev_encoded: Path | None = None,
    test_encoded: Path | None = None,
    corpus: Path | None = None,
    threads: int = 0,
) -> None:
    """Write scores.json, the file `output`.

    For dev and test it has `quality`, a list of precision, recall, F1 and macro F1 in percent by
    threshold; `finds`, at the public code's threshold how many pseudo-glosses of each clip were
    found rightly, found, and there; and `localisation`, null where no times are known. `signs` are
    the glosses that train pairs with pseudo-glosses.

    Args:
        corpus: the list of a rendered corpus's files, beside which its glosses' times are.

    Raises:
        InputError: the model has no prototypes, or those of another vocabulary.
    """
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import best_device, use_threads
    from sign2text.ground.files import replacing
    from sign2text.ground.work_limit import progress
    from sign2text.methods.sign2gpt.localisation import signs_of
    from sign2text.methods.sign2gpt.scored_split import ScoredSplit, load_prototypes
    from sign2text.text.pseudo_glosses import read_pseudo_glosses, read_vocabulary

    use_threads(threads)
    words = read_vocabulary(vocabulary)
    network = load_prototypes(model, words, vocabulary).to(best_device())
    train = read_manifest(train_manifest)
    lines = read_pseudo_glosses(train_pseudo_glosses, train["id"].tolist())
    matches = signs_of([words.targets(line) for line in lines], train["gloss"].tolist())
    files = {
        "dev": (dev_frames, dev_manifest, dev_pseudo_glosses, dev_encoded),
        "test": (test_frames, test_manifest, test_pseudo_glosses, test_encoded),
    }
    found: dict[str, object] = {
        "signs": [
            {"pseudo_gloss": words.words[number], **match._asdict()}
            for number, match in matches.items()
        ]
    }
    for split, paths in files.items():
        scored = ScoredSplit(network, words, split, *paths, over=progress)
        found[split] = {
            "clips": len(scored.ids),
            "quality": scored.qualities(config.thresholds),
            "finds": scored.finds(),
            "localisation": scored.localise(corpus, matches) if corpus else None,
        }
        log.info("%s: %s", split, found[split]["localisation"])
    with replacing(output) as temporary:
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    command_line(run)
