"""Sign2GPT as the workflow sees it: its trainings, what translates and what it reads."""

from collections.abc import Iterator

from sign2text.config.methods import Counts, Measurement, Method, Norms, Part
from sign2text.config.reads import Read, Settings, kept_clips, stored_frames
from sign2text.methods.sign2gpt.ablations import ABLATIONS
from sign2text.methods.sign2gpt.stages.pretrain_prototypes import pretrains
from sign2text.methods.sign2gpt.text_settings import pipeline_caution

VECTORS_OF_OURS = {"random": "random", "monolingual": "trained on the monolingual text"}
"""Sources of vectors that the paper does not have."""


def reads_frames(settings: Settings) -> bool:
    """Return whether the translator reads frames: its encoder was trained with the rest."""
    return settings("adapt_language_model").through_encoder


def reads_features(settings: Settings) -> bool:
    """Return whether the translator reads the encoder's stored features (Sign(Z)2GPT)."""
    return not reads_frames(settings)


def cautions(settings: Settings) -> Iterator[str]:
    """Describe how the pseudo-glosses of an experiment differ from honest or published ones."""
    if not pretrains(settings):
        return
    config = settings("generate_pseudo_glosses")
    if config.vocabulary == "all":
        yield (
            "The vocabulary of pseudo-glosses is from train, dev and test, as in the public code: "
            "words of dev and test leak."
        )
    if caution := pipeline_caution(settings):
        yield caution
    if (source := settings("embed_pseudo_glosses").source) in VECTORS_OF_OURS:
        yield f"The pseudo-glosses' vectors are {VECTORS_OF_OURS[source]}, not fastText's."


METHOD = Method(
    trainings=(
        "pretrain_language_model",
        "pretrain_frame_encoder",
        "pretrain_prototypes",
        "adapt_language_model",
    ),
    translating=("adapt_language_model",),
    translators={
        "sign2gpt_prototypes": "sign2text.methods.sign2gpt.prototype_model:PrototypeModel",
        "sign2gpt_translator": "sign2text.methods.sign2gpt.translator:SignTranslator",
    },
    clips=(
        Read("features", "extract_features", "{split}.safetensors", when=reads_features),
        stored_frames("sample_frames", when=reads_frames),
    ),
    cautions=cautions,
    shared=("extract_features",),
    defaults={
        "extract_features": {"feature": "sign_features"},
        "decode": {"beams": 4, "max_new_tokens": 63},
    },
    encoder="pretrain_prototypes",
    features={"sign_features": "Z of the sign encoder, half as many as sampled frames"},
    norms=Norms(
        parts={
            "spatial": Part(
                "spatial backbone",
                dict.fromkeys(("pretrain_prototypes", "adapt_language_model"), "spatial backbone"),
            ),
            "sign_encoder": Part(
                "sign encoder",
                dict.fromkeys(("pretrain_prototypes", "adapt_language_model"), "sign encoder"),
            ),
            "prototypes": Part("prototypes", {"pretrain_prototypes": "prototypes"}),
            "decoder": Part("decoder's additions", {"adapt_language_model": "decoder's additions"}),
        },
        about="Language model and frame encoder stay frozen; what is added to them is trained.",
    ),
    losses={"pretrain_prototypes": "binary cross-entropy, mean over pseudo-glosses, times 10"},
    ablations=ABLATIONS,
    counts=Counts(
        "sign2text.methods.sign2gpt.parameter_counts:published_counts",
        "the model of published size, with DINOv2 ViT-S/14 and XGLM-1.7B, all / trained",
    ),
    measurements=(
        Measurement(
            ("vocab", "pseudo_glosses"),
            (
                Read("about", "generate_pseudo_glosses", "about.json"),
                kept_clips("train_manifest", "train"),
            ),
            "sign2text.methods.sign2gpt.measured_numbers:vocabularies",
            "different words of the training text (characters in Chinese), and pseudo-glosses of "
            "the vocabulary by the pipeline that is configured",
        ),
        Measurement(
            ("precision", "recall", "f1"),
            (Read("scores", "score_pseudo_glosses", "scores.json", when=pretrains),),
            "sign2text.methods.sign2gpt.measured_numbers:finds",
            "over all pseudo-glosses of test together (micro), those with a score of 0.5 or more "
            "are found",
            split="test",
            statistics="sign2text.methods.sign2gpt.measured_numbers:clip_statistics",
        ),
    ),
)
