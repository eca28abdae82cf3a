"""FLa-LLM as the workflow sees it: its trainings, what translates and what it reads."""

from sign2text.config.methods import Method, translating_stage
from sign2text.config.reads import Read, Settings


def reads_frames(settings: Settings) -> bool:
    """Return whether the translator reads frames: fine-tuning has trained the frame encoder."""
    fine_tuned = translating_stage(settings) == "finetune_llm"
    return fine_tuned and settings("finetune_llm").trained_visual == "all"


def reads_features(settings: Settings) -> bool:
    """Return whether the translator reads stored features."""
    return not reads_frames(settings)


def frame_encoder_is_frozen(settings: Settings) -> bool:
    """Return whether visual initialising trains on what the frame encoder gave before."""
    return settings("visual_init").reads_features


METHOD = Method(
    trainings=(
        "pretrain_frame_encoder",
        "pretrain_language_model",
        "visual_init",
        "finetune_llm",
    ),
    translating=("visual_init", "finetune_llm"),
    translators={"sign_translator": "sign2text.methods.fla_llm.translator:SignTranslator"},
    clips=(
        Read("features", "extract_features", "{split}.safetensors", when=reads_features),
        Read(
            "frames",
            "sample_frames",
            "{split}.tar",
            index="{split}.index.safetensors",
            when=reads_frames,
        ),
    ),
    shared=("extract_features",),
    encoder="visual_init",
    encoder_reads=(
        Read("encoded", "encode_frames", "{split}.safetensors", when=frame_encoder_is_frozen),
    ),
    parts={"visual": "visual encoder", "language": "language model", "adapter": "adapter"},
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
    ),
    timed="visual_init",
    figures={"visual_init_length": "compare", "dominance": "norms"},
    counts="sign2text.methods.fla_llm.parameter_counts:light_t_parameters",
)
