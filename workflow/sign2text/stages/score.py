"""Score the hypotheses of the test split, with intervals, under every convention of its language.

With a language, the references are the captions of the test clips in that language.
The result is readable JSON; docs/scores.md explains each key. Hypotheses and references are also
written as plain text, so that anyone can score them again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from sign2text.config.corpora import rendered_list
from sign2text.config.methods import Method, translator_file
from sign2text.config.reads import Read, ReadPlace, Settings, kept_clips, left_out_clips
from sign2text.data.splits import SPLITS
from sign2text.ground.settings import AdapterName, Language, stage_config
from sign2text.jobs.command_line import command_line

if TYPE_CHECKING:
    import pandas as pd

    from sign2text.scoring.conventions import Convention

SCOPE = "every method"


def bleurt_weights(settings: Settings) -> str | None:
    """Return the path of the BLEURT checkpoint's weights; None if no checkpoint is configured."""
    folder = settings("score").bleurt
    return f"{folder}/model.safetensors" if folder else None


def is_multilingual(settings: Settings) -> bool:
    """Return whether the method's translators write several languages."""
    return settings.method.languages is not None


def reads(method: Method) -> tuple[Read | ReadPlace, ...]:
    """Return the inputs, among them hypotheses, references, training history and BLEURT's weights.

    For a method with a recogniser, the inputs include the glosses that the recogniser finds alone;
    for one that writes several languages, text from which languages are identified.
    """
    recognised = (method.recognised, kept_clips("dev_manifest", "dev"))
    return (
        Read("hypotheses", "decode", "test.tsv", by_language=False),
        Read("hypotheses", "decode", "{language}.test.tsv", by_language=True),
        Read("captions", "make_captions", "test.tsv", when=is_multilingual, by_language=True),
        Read("train_captions", "make_captions", "train.tsv", when=is_multilingual),
        Read("parallel", "make_captions", "parallel.train.tsv", when=is_multilingual),
        ReadPlace("corpus", rendered_list, by_language=True),
        kept_clips("manifest", "test"),
        kept_clips("train_manifest", "train"),
        Read("left_out", "make_manifest", "left_out.tsv"),
        Read("groups", "make_manifest", "groups.tsv"),
        *(left_out_clips(f"{split}_left_out", split) for split in SPLITS),
        translator_file("history", method, "history.tsv"),
        ReadPlace("bleurt", bleurt_weights),
        *(recognised if method.recognised else ()),
    )


log = logging.getLogger(__name__)


@stage_config
class Config:
    adapter: Annotated[
        AdapterName, Field(description="decides the main convention; the data set's key `adapter`")
    ] = "avatar"
    language: Annotated[Language, Field(description="language of the text; the data set's key")] = (
        "de"
    )
    convention: Annotated[
        str | None,
        Field(
            description="convention of the headline (docs/scores.md); null: that of the field for "
            "this data set"
        ),
    ] = None
    resamples: Annotated[
        int,
        Field(ge=0, description="resampled test sets behind the 95 % intervals; 0: none; ours"),
    ] = 1000
    bleurt: Annotated[
        str | None,
        Field(
            description="BLEURT checkpoint, a folder in the workflow's; null: no BLEURT; ours",
            pattern=r"^[^/~]",
        ),
    ] = None
    examples: Annotated[int, Field(ge=0, description="translations kept in the result; ours")] = 8
    # Not named `seed`: all seeds of an experiment are scored on the same draws.
    resampling_seed: Annotated[
        int, Field(ge=0, description="of the bootstrap resampling; ours")
    ] = 1

    @model_validator(mode="after")
    def _check_resamples(self) -> Config:
        if self.resamples == 1:
            raise ValueError("resamples is 1; an interval needs at least 2, and 0 leaves it out")
        return self

    @model_validator(mode="after")
    def _check_convention(self) -> Config:
        from sign2text.scoring.conventions import for_language

        accepted = [each.name for each in for_language(self.language)]
        if self.convention is not None and self.convention not in accepted:
            raise ValueError(
                f'convention is "{self.convention}"; for language {self.language} one of '
                f"{', '.join(accepted)} is expected, or null"
            )
        return self


def run(
    *,
    hypotheses: Path,
    manifest: Path,
    train_manifest: Path,
    left_out: Path,
    output: Path,
    texts: Path,
    config: Config,
    output_metrics: Path | None = None,
    history: Path | None = None,
    train_left_out: Path | None = None,
    dev_left_out: Path | None = None,
    test_left_out: Path | None = None,
    bleurt: Path | None = None,
    recognised: Path | None = None,
    dev_manifest: Path | None = None,
    groups: Path | None = None,
    language: str | None = None,
    captions: Path | None = None,
    train_captions: Path | None = None,
    parallel: Path | None = None,
    corpus: Path | None = None,
    identity: str = "{}",
    threads: int = 0,
) -> None:
    """Write the scores, and hypotheses, references and sentence scores into the folder `texts`.

    Args:
        hypotheses: the stage decode's output.
        output_metrics: file for the main scores in the format of `dvc metrics`.
        left_out: clips that make_manifest left out; the stage that makes the manifest of the kept
            clips left out `train_left_out`, `dev_left_out` and `test_left_out`.
        history: the training's history.tsv, which names the chosen checkpoint.
        bleurt: model.safetensors of a BLEURT checkpoint.
        recognised: the recogniser's glosses after the recognition training
            (data/recognised_glosses.py).
        dev_manifest: the dev manifest, to count its glosses that the training split lacks.
        groups: labels of clips, by which `compare` groups scores (data/groups.py).
        language: language of hypotheses and references; None: the data set's own.
        captions: captions of the split in several languages (data/captions.py), for `language`.
        train_captions, parallel: captions of train and parallel text, to identify languages; given
            for a model that writes several.
        corpus: checksums.tsv of a rendered corpus, which has further phrasings in `language`.
        identity: the scored experiment's identity as JSON (`sign2text.lineage.identity`).

    Raises:
        InputError: `hypotheses` or `recognised` misses, repeats or invents a clip, `captions` lack
            a clip in `language`, or an input is incomplete.
    """
    from sign2text.config.json_options import read_mapping
    from sign2text.data.hypotheses import read_hypotheses
    from sign2text.data.left_out import count_left_out
    from sign2text.data.manifest import read_manifest
    from sign2text.data.recognised_glosses import read_recognised
    from sign2text.data.text_form import with_composed_texts
    from sign2text.scoring.by_group import with_groups
    from sign2text.scoring.references import (
        captioned,
        train_captioned,
        with_phrasings,
        written_language,
    )
    from sign2text.scoring.score_file import Scorer, make_result
    from sign2text.scoring.sentence_table import write_texts
    from sign2text.training.history import chosen_checkpoint

    whose = read_mapping("--identity", identity)
    # Use the hypotheses' Unicode form: another tool may have written the manifests.
    rows = with_composed_texts(read_manifest(manifest)).set_index("id")
    if groups is not None:
        rows = with_groups(rows, groups)
    runs = read_hypotheses(hypotheses, rows.index.tolist())
    train = with_composed_texts(read_manifest(train_manifest))
    if language is not None:
        rows = captioned(rows, language, captions)
        if corpus is not None:
            rows = with_phrasings(rows, language, corpus, manifest.stem, config)
        train = train_captioned(train, language, train_captions)
    tables = (left_out, train_left_out, dev_left_out, test_left_out)
    convention = headline_convention(config, language)
    if bleurt is not None:
        from sign2text.ground.device import use_threads

        use_threads(threads)
    glosses = read_recognised(recognised, rows.index.tolist()) if recognised else None
    if glosses is not None:
        check_videos(hypotheses, runs, glosses.index)
    written = None
    if language or train_captions:
        written = written_language(language or config.language, train_captions, parallel)
    scorer = Scorer(rows, runs, convention, config, bleurt, glosses, written)
    write_texts(texts, rows, runs[0], train, convention)
    result = make_result(
        scorer,
        train,
        identity=whose,
        split=manifest.stem,
        left_out=count_left_out(*filter(None, tables)),
        checkpoint=chosen_checkpoint(history) if history else None,
        texts=texts.as_posix(),
        dev=with_composed_texts(read_manifest(dev_manifest)) if dev_manifest else None,
        language=language,
    )
    write_scores(result, output, output_metrics)
    log.info("%s", result["statement"])


def check_videos(path: Path, runs: Sequence[pd.DataFrame], ids: pd.Index) -> None:
    """Raise InputError if a hypothesis in `path` belongs to a video outside the clips `ids`."""
    from sign2text.ground.errors import InputError

    for run in runs:
        for clip, video in run["video"][~run["video"].isin(ids)].items():
            raise InputError(
                f"{path}, run {run.at[clip, 'run']}, clip '{clip}': video is '{video}', expected a "
                "clip of the split. Run decode again."
            )


def headline_convention(config: Config, language: str | None = None) -> Convention:
    """Return the convention that the settings name, or the field's for the data set.

    The settings name that of the data set's own language, so not that of another `language`.
    """
    from sign2text.scoring.conventions import CONVENTIONS, main_convention

    if config.convention and language in (None, config.language):
        return CONVENTIONS[config.convention]
    return main_convention(config.adapter, language or config.language)


def write_scores(result: Mapping[str, Any], output: Path, metrics: Path | None) -> None:
    """Write a score file, and its main scores into `metrics` if given."""
    import json

    from sign2text.ground.files import replacing

    if metrics is not None:
        with replacing(metrics) as temporary:
            text = json.dumps(main_scores(result["scores"]), indent=1) + "\n"
            temporary.write_text(text, encoding="utf-8")
    with replacing(output) as temporary:
        temporary.write_text(readable_json(result), encoding="utf-8")


def main_scores(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Select from a score file's `scores` all values of all clips, and BLEU-4 of other groups.

    The ends of BLEU-4's interval become two values, because DVC ignores lists.
    """
    found = {key: value for key, value in groups["all"].items() if isinstance(value, int | float)}
    if interval := groups["all"].get("bleu4_interval"):
        found["bleu4_low"], found["bleu4_high"] = interval
    others = {f"bleu4_{name}": scores["bleu4"] for name, scores in groups.items() if name != "all"}
    return found | others


def readable_json(result: Any) -> str:
    """Format as indented JSON, with the two ends of an interval on one line."""
    import json
    import re

    text = json.dumps(result, indent=2, ensure_ascii=False)
    number = r"(-?[\d.]+(?:e-?\d+)?)"
    return re.sub(rf"\[\s+{number},\s+{number}\s+\]", r"[\1, \2]", text) + "\n"


if __name__ == "__main__":
    command_line(run)
