"""Scaling SLT's declaration for the workflow: trainings, translating stages and their inputs."""

from sign2text.config.methods import Counts, Method, Norms, Part
from sign2text.config.reads import Read, Settings

TRAININGS = ("pretrain_mt", "pretrain_tasks", "finetune_tasks")


def written_languages(settings: Settings) -> tuple[str, ...]:
    """Return the languages that the translator is asked for, seen in training or not."""
    return tuple(settings("make_captions").languages)


METHOD = Method(
    trainings=("pretrain_language_model", *TRAININGS),
    translating=("pretrain_tasks", "finetune_tasks"),
    translators={
        "scaling_slt_translator": "sign2text.methods.scaling_slt.translator:LandmarkTranslator"
    },
    languages=written_languages,
    clips=(Read("landmarks", "extract_landmarks", "{split}.index.safetensors"),),
    shared=("extract_landmark_shards", "extract_landmarks", "report_landmarks"),
    defaults={"decode": {"max_new_tokens": 128, "length_penalty": 0.6}},
    said=(
        "mt",
        "p_mt",
        "data_share",
        "augmented",
        "with_data_set",
        "training.optimizer",
        "training.learning_rate",
        "training.batch_size",
        "training.epochs",
        "training.steps",
    ),
    norms=Norms(
        parts={
            "visual": Part("landmark layer", dict.fromkeys(TRAININGS, "landmark layer")),
            "language": Part("language model", dict.fromkeys(TRAININGS, "language model")),
        },
        about="The landmark layer is new; the language model is pretrained on text.",
    ),
    figures={"scaling_slt_text": "compare"},
    counts=Counts(
        "sign2text.methods.scaling_slt.parameter_counts:published_counts",
        "the language model of the row's size, with its own output head and without time tokens",
    ),
)
