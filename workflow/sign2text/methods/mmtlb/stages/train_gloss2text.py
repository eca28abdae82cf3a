"""Gloss2Text: a language model learns to translate glosses (section 3.2).

Each gloss has one embedding, initialised from its sub-units' embeddings. BLEU-4 on the dev split
selects the epoch to keep. Sign2Text starts from this translation network.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sign2text.config.reads import Read, kept_clips
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line
from sign2text.methods.mmtlb.public_training import PublicTraining, Translating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerFast

    from sign2text.methods.mmtlb.gloss_translator import GlossTranslator

TRAINS = True
FOLLOWS = {"pretrained": "pretrain_language_model"}
READS_GLOSSES = True
READS = (
    kept_clips("train_manifest", "train"),
    kept_clips("dev_manifest", "dev"),
    Read("tokenizer", "train_tokenizer", "tokenizer.json"),
    Read("language_model", "pretrain_language_model", "model.safetensors"),
)

log = logging.getLogger(__name__)


@stage_config
class GlossTraining(PublicTraining):
    """The training of Gloss2Text on PHOENIX-2014T as the public code has it."""

    epochs: Annotated[
        int | None, Field(ge=1, description="epochs (public code); null: as many `steps`")
    ] = 80
    learning_rate: Annotated[float, Field(gt=0, description="highest rate (public code)")] = 1e-5


@stage_config
class Config(Translating):
    training: Annotated[
        GlossTraining, Field(description="length, batches, optimiser and precision")
    ] = Field(default_factory=GlossTraining)
    train_embeddings: Annotated[
        bool | None,
        Field(
            description="train the embeddings of words and glosses too; false: frozen, as in the "
            "public code; null: trained where the language model is not pretrained, ours"
        ),
    ] = None
    pretrained: Annotated[
        bool, Field(description="the language model's weights are not random; ours")
    ] = True
    seed: Annotated[int, Field(ge=0, description="of dropout and order")] = 1

    @property
    def trains_embeddings(self) -> bool:
        """True if the embeddings of words and glosses are trained."""
        return not self.pretrained if self.train_embeddings is None else self.train_embeddings


def run(
    *,
    train_manifest: Path,
    dev_manifest: Path,
    tokenizer: Path,
    language_model: Path,
    output: Path,
    config: Config,
    threads: int = 0,
) -> None:
    """Write the translator of glosses, its tokenizer and history.tsv into the folder `output`.

    Raises:
        InputError: a clip has no glosses, or the language model cannot translate them.
    """
    from sign2text.data.clip_glosses import read_glosses
    from sign2text.data.clips import Collator, check_lengths
    from sign2text.data.manifest import read_manifest
    from sign2text.ground.device import use_threads
    from sign2text.jobs.finished_trainings import STATE
    from sign2text.losses.token_cross_entropy import TokenCrossEntropy
    from sign2text.text.gloss_vocabulary import GlossVocabulary
    from sign2text.text.tokenizer import encode_targets, load_tokenizer
    from sign2text.training.dev_bleu import bleu_selection
    from sign2text.training.model_folder import write_model
    from sign2text.training.state import fingerprint
    from sign2text.training.task import Task
    from sign2text.training.trainer import train

    use_threads(threads)
    manifests = {"train": train_manifest, "dev": dev_manifest}
    vocabulary = GlossVocabulary.of(read_glosses(train_manifest))
    words = load_tokenizer(tokenizer)
    model = make_translator(language_model.parent, words, vocabulary.types, config)
    clips, texts = {}, {}
    for split, manifest in manifests.items():
        rows = read_manifest(manifest)
        texts[split] = rows["text"]
        clips[split] = model.read_clips(
            rows["id"].tolist(),
            encode_targets(words, rows["text"]),
            {"text": manifest},
            option=f"{split}-",
        )
        check_lengths(clips[split], model.positions)
    trained = [each for each in model.parameters() if each.requires_grad]
    inputs = [*manifests.values(), tokenizer, language_model]
    task = Task(
        model=model,
        losses={"translation": TokenCrossEntropy(config.label_smoothing, per="sentence")},
        groups=[{"params": trained, "lr": config.training.learning_rate}],
        train=clips["train"],
        dev=clips["dev"],
        collate=Collator(clips["train"].key, words.pad_token_id, model.start_token),
        settings=config.training,
        seed=config.seed,
        selection=bleu_selection(words, clips["dev"], texts["dev"], config),
        fingerprint=fingerprint("train_gloss2text", config, inputs),
    )
    write_model(output, model, train(task, output / STATE), words)


def make_translator(
    language_model: Path, words: PreTrainedTokenizerFast, glosses: Sequence[str], config: Config
) -> GlossTranslator:
    """Load the language model in a folder, and give each gloss an embedding.

    Raises:
        InputError: the folder holds no language model that can translate glosses.
    """
    from transformers import set_seed

    from sign2text.methods.mmtlb.gloss_translator import GlossTranslator, GlossTranslatorConfig
    from sign2text.models.language_model import has_own_head, load_language_model

    loaded = load_language_model(
        language_model, config.dropout, config.attention_dropout, decoders=True
    )
    set_seed(config.seed)
    model = GlossTranslator(
        GlossTranslatorConfig(
            language_model=loaded.config,
            own_head=has_own_head(loaded),
            glosses=list(glosses),
            endings=len(words("")["input_ids"]),
        )
    )
    model.language_model.load_state_dict(loaded.state_dict())
    model.tokenizer = words
    model.gloss_table.start_from(model.language_model, words)
    if not config.trains_embeddings:
        model.freeze_embeddings()
    if config.training.checkpointing:
        model.language_model.activation_checkpointing_enable()
    log.info(
        "%d glosses, embeddings %s; language model %s, %.2f M parameters",
        len(glosses),
        "trained" if config.trains_embeddings else "frozen",
        loaded.config.model_type,
        loaded.num_parameters() / 1e6,
    )
    return model


if __name__ == "__main__":
    command_line(run)
