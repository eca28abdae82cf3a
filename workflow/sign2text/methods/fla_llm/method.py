"""FLa-LLM's declaration for the workflow: trainings, translating stages and their inputs."""

from collections.abc import Iterator

from sign2text.config.methods import Counts, Method, translating_stage
from sign2text.config.reads import Read, Settings, stored_frames
from sign2text.methods.fla_llm.ablations import ABLATIONS
from sign2text.methods.fla_llm.norms import NORMS


def reads_frames(settings: Settings) -> bool:
    """Return whether the translator reads frames, because fine-tuning trains the frame encoder."""
    fine_tuned = translating_stage(settings) == "finetune_llm"
    return fine_tuned and settings("finetune_llm").trained_visual == "all"


def reads_features(settings: Settings) -> bool:
    """Return whether the translator reads stored features."""
    return not reads_frames(settings)


def frame_encoder_is_frozen(settings: Settings) -> bool:
    """Return whether the frame encoder stays frozen, so that its features are stored."""
    return not settings("visual_init").train_frame_encoder


def check_decoding(settings: Settings) -> Iterator[str]:
    """Report settings under which Light-T should translate (table 5) but cannot."""
    if settings("decode").model != "visual_init":
        return
    if settings("visual_init").training.epochs == 0:
        yield (
            "model: found visual_init, expected finetune_llm where visual_init.training.epochs is "
            "0: a Light-T that was not trained writes nothing"
        )
    if (feature := settings("extract_features").feature) == "hidden_states":
        yield (
            f"model: found visual_init, which reads its own hidden states; expected "
            f"extract_features.feature sign_wise or frame_wise, found {feature}"
        )


METHOD = Method(
    trainings=(
        "pretrain_language_model",
        "pretrain_frame_encoder",
        "visual_init",
        "finetune_llm",
    ),
    translating=("visual_init", "finetune_llm"),
    translators={"sign_translator": "sign2text.methods.fla_llm.translator:SignTranslator"},
    clips=(
        Read("features", "extract_features", "{split}.safetensors", when=reads_features),
        stored_frames("sample_frames", when=reads_frames),
    ),
    check_decoding=check_decoding,
    shared=("extract_features",),
    encoder="visual_init",
    encoder_reads=(
        Read("encoded", "encode_frames", "{split}.safetensors", when=frame_encoder_is_frozen),
    ),
    features={
        "frame_wise": "before the temporal module (table 8)",
        "sign_wise": "after the temporal module (table 8)",
        "hidden_states": "after Light-T's encoder (table 8)",
    },
    said=(
        "train_frame_encoder",
        "trained_visual",
        "training.optimizer",
        "training.learning_rate",
        "visual_learning_rate",
        "adapter_learning_rate",
        "training.warmup",
        "training.weight_decay",
        "training.max_grad_norm",
        "training.batch_size",
        "training.epochs",
        "training.steps",
    ),
    norms=NORMS,
    losses={"pretrain_frame_encoder": "distance in crop widths"},
    ablations=ABLATIONS,
    timed="visual_init",
    figures={"visual_init_length": "compare", "dominance": "norms"},
    counts=Counts(
        "sign2text.methods.fla_llm.parameter_counts:published_counts",
        "a Light-T of the row's published size, with the vocabulary (2,429) and positions (1,024) "
        "that the published ones come out with",
    ),
)
