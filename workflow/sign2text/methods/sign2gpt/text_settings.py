"""Conditions on the settings of pseudo-glosses, and paths of the published files they name."""

from __future__ import annotations

from collections.abc import Callable

from sign2text.config.reads import Settings

PAPER = "paper"
"""Setting that selects the paper's resource for the language of the data set."""
PAPERS_LANGUAGES = ("de", "zh")
"""Languages of the paper's data sets; pipelines and vectors of other languages are ours."""
SIMPLEMMA = "simplemma"
"""Setting `pipeline` that selects simplemma's lemmas (text/lemma_pipeline.py)."""
PIPELINES = {
    "de": ("de_core_news_lg", "3.8.0"),
    "zh": ("zh_core_web_sm", "3.8.0"),
    "en": ("en_core_web_lg", "3.8.0"),
}
"""Published pipelines with the version for the spaCy in envs/requirements.txt. The paper uses the
German and the Chinese one; the English one is our choice."""
KNOWN_SHA256 = {
    "de_core_news_lg": "36fda650e476b54d5e87803635e36dadd1e8e034c4b5962088586d684f4c9fed",
}
"""SHA-256 of the wheels, where known."""
PLACE = "resources/pipelines"
VECTORS = "resources/vectors"
CHINESE = "zh"


def place_of_pipeline(pipeline: str, language: str) -> str:
    """Return the wheel or folder that the setting `pipeline` names.

    For a language without a published pipeline, it is a name that no file has and that says so.
    """
    if pipeline != PAPER:
        return pipeline
    if language not in PIPELINES:
        return f"{PLACE}/no-published-pipeline-for-{language}"
    name, version = PIPELINES[language]
    return f"{PLACE}/{name}-{version}-py3-none-any.whl"


def place_of_vectors(file: str, language: str) -> str:
    """Return the file of word vectors that the setting `file` names."""
    return f"{VECTORS}/cc.{language}.300.bin" if file == PAPER else file


def needs_pipeline(settings: Settings) -> bool:
    """Return whether words are tagged: always in Chinese, else unless all words are used."""
    config = settings("generate_pseudo_glosses")
    return config.tokens == "pseudo_glosses" or config.language == CHINESE


def trains_pipeline(settings: Settings) -> bool:
    """Return whether the pipeline is trained here."""
    return needs_pipeline(settings) and settings("generate_pseudo_glosses").pipeline is None


def pipeline_caution(settings: Settings) -> str | None:
    """Describe how the pipeline differs from the published one; None if equal or unused."""
    config = settings("generate_pseudo_glosses")
    if not needs_pipeline(settings):
        return None
    if config.pipeline is None:
        return "Pseudo-glosses are by a pipeline that was trained here, not by a published one."
    if config.pipeline == SIMPLEMMA:
        return (
            "Pseudo-glosses are not made in the published way: lemmas are by simplemma, and the "
            "stop words of spaCy are left out."
        )
    if config.pipeline != PAPER:
        return (
            "Pseudo-glosses are by a pipeline that the settings name by its path; nothing checks "
            "that it is the paper's."
        )
    if config.language in PIPELINES.keys() - set(PAPERS_LANGUAGES):
        return (
            f"Pseudo-glosses are by {PIPELINES[config.language][0]}; the paper has no pipeline for "
            "this language."
        )
    return None


def embeds_from(source: str) -> Callable[[Settings], bool]:
    """Make a condition: the vectors come from this source."""
    return lambda settings: settings("embed_pseudo_glosses").source == source
