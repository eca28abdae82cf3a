"""MMTLB's declaration for the workflow: trainings, translating stages and their inputs."""

from dataclasses import replace

from sign2text.config.methods import Method, Norms, Part, translating_stage
from sign2text.config.reads import Read, Settings, kept_clips, stored_frames
from sign2text.methods.mmtlb.ablations import ABLATIONS


def reads_frames(settings: Settings) -> bool:
    """Return whether the translator reads frames, because S3D is trained with the rest."""
    return not reads_glosses(settings) and settings("train_sign2text").through_s3d


def reads_features(settings: Settings) -> bool:
    """Return whether the translator reads S3D's stored features."""
    return not reads_glosses(settings) and not settings("train_sign2text").through_s3d


def reads_glosses(settings: Settings) -> bool:
    """Return whether the translator reads glosses."""
    return translating_stage(settings) == "train_gloss2text"


def reads_true_glosses(settings: Settings) -> bool:
    """Return whether the translator reads the corpus's glosses (Gloss2Text)."""
    return reads_glosses(settings) and settings("decode").glosses == "true"


def reads_recognised_glosses(settings: Settings) -> bool:
    """Return whether the translator reads recognised glosses (Sign2Gloss2Text)."""
    return reads_glosses(settings) and settings("decode").glosses == "recognised"


def recognises(settings: Settings) -> bool:
    """Return whether a recogniser takes part in the translation."""
    return not reads_true_glosses(settings)


METHOD = Method(
    trainings=(
        "pretrain_language_model",
        "train_gloss2text",
        "pretrain_s3d",
        "train_sign2gloss",
        "train_sign2text",
    ),
    translating=("train_gloss2text", "train_sign2text"),
    translators={
        "gloss_translator": "sign2text.methods.mmtlb.gloss_translator:GlossTranslator",
        "mmtlb_recogniser": "sign2text.methods.mmtlb.recogniser:Recogniser",
        "mmtlb_translator": "sign2text.methods.mmtlb.sign_translator:SignGlossTranslator",
    },
    clips=(
        Read("features", "extract_features", "{split}.safetensors", when=reads_features),
        stored_frames("sample_frames", when=reads_frames),
        replace(kept_clips("text"), when=reads_true_glosses),
        Read("text", "recognise_glosses", "{split}.tsv", when=reads_recognised_glosses),
    ),
    shared=("extract_features",),
    defaults={"extract_features": {"feature": "s3d"}, "decode": {"max_new_tokens": 100}},
    encoder="train_sign2gloss",
    encoder_reads=(kept_clips("manifest"),),  # glosses limit how far a clip may be shortened
    features={"s3d": "S3D's, of every fourth frame"},
    recognised=Read("recognised", "recognise_glosses", "test.tsv", when=recognises),
    said=(
        "train_embeddings",
        "through_s3d",
        "mapper_input",
        "training.optimizer",
        "training.learning_rate",
        "head_learning_rate",
        "visual_learning_rate",
        "training.weight_decay",
        "training.batch_size",
        "training.epochs",
        "training.steps",
    ),
    norms=Norms(
        parts={
            "visual": Part(
                "S3D",
                dict.fromkeys(("pretrain_s3d", "train_sign2gloss", "train_sign2text"), "S3D"),
            ),
            "head": Part(
                "recognition head",
                dict.fromkeys(("train_sign2gloss", "train_sign2text"), "recognition head"),
            ),
            "mapper": Part("V-L mapper", {"train_sign2text": "V-L mapper"}),
            "language": Part("language model", {"train_sign2text": "language model"}),
        },
        about="Joint training trains new layers beside pretrained ones.",
    ),
    losses={
        "train_gloss2text": "cross-entropy in nats a sentence",
        "train_sign2gloss": "CTC in nats a clip",
        "train_sign2text": "CTC and cross-entropy in nats a clip",
    },
    ablations=ABLATIONS,
)
