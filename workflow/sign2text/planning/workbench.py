"""What the measurements of the stages share: data and models that stand for the true ones."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from transformers import set_seed

from sign2text.data.clips import EncodedClips, FeatureClips, FrameClips
from sign2text.data.frame_store import FrameFormat, FrameStore
from sign2text.data.sampling import sampled_length
from sign2text.ground.device import best_device
from sign2text.methods.fla_llm import light_translator, llm_translator
from sign2text.methods.fla_llm.stages import visual_init
from sign2text.methods.fla_llm.translator import SignTranslator
from sign2text.methods.fla_llm.translator_clips import features_key, frame_clips
from sign2text.methods.fla_llm.translator_config import SignTranslatorConfig
from sign2text.models.frame_encoder import FrameEncoder
from sign2text.models.language_model import make_language_model, set_dropout, set_tokens
from sign2text.planning.corpus import Split
from sign2text.planning.measured import Measured, Phase
from sign2text.planning.request import Request
from sign2text.planning.stand_ins import (
    RandomFeatures,
    RandomFrames,
    frame_encoder_config,
    language_model_config,
    random_targets,
    tokenizer_of_size,
    write_pictures,
)


class Workbench:
    """Made for one stage of a request; files go into `folder`."""

    def __init__(self, request: Request, folder: Path) -> None:
        self.request, self.folder, self.device = request, folder, best_device()
        configs = request.configs
        self.visual: visual_init.Config = configs["visual_init"]
        self.words = tokenizer_of_size(request.vocabulary, configs["finetune_llm"].language)
        stored = configs["sample_frames"]
        self.format = FrameFormat((stored.height, stored.width), stored.quality, stored.codec)
        set_seed(1)

    def split(self, name: str) -> Split:
        """Frames and tokens of a split's clips."""
        return self.request.corpus.splits[name]

    def sampled(self, name: str) -> list[int]:
        """Sampled frames of a split's clips: the steps of its features."""
        rate = self.visual.sampling_rate
        return [sampled_length(frames, rate) for frames in self.split(name).frames]

    def targets(self, split: Split) -> list[list[int]]:
        """Random sentences."""
        return random_targets(split.tokens, len(self.words), self.words.eos_token_id)

    def pictures(self) -> FrameStore:
        """The pictures that all clips show."""
        path = self.folder / "pictures.tar"
        return FrameStore(path) if path.exists() else write_pictures(path, self.format)

    def clips(self, split: Split, seed: int | None, encoder_width: int) -> Any:
        """The clips as visual_init and extract_features read them."""
        config, frames = self.visual, RandomFrames(self.pictures(), split.frames)
        crop = (config.crop_height, config.crop_width)
        clips = FrameClips(
            frames,
            frames.ids,
            self.targets(split),
            rate=config.sampling_rate,
            crop=crop,
            seed=seed,
            augmentation=config.augmentation,
        )
        if config.train_frame_encoder:
            return clips
        about = {"feature": "every_frame", "crop": [*crop]}
        return EncodedClips(clips, RandomFeatures(split.frames, encoder_width, **about))

    def translated(
        self, config: SignTranslatorConfig, split: Split, seed: int | None
    ) -> FrameClips | FeatureClips:
        """The clips as finetune_llm and decode give them to a translator."""
        targets = self.targets(split)
        if config.trained_visual == "all":
            frames = RandomFrames(self.pictures(), split.frames)
            return frame_clips(config, frames, frames.ids, targets, seed)
        stored = self.request.configs["extract_features"].feature
        steps = [sampled_length(frames, self.visual.sampling_rate) for frames in split.frames]
        width = config.light_t.d_model if stored == "hidden_states" else config.frames.width
        store = RandomFeatures(steps, width)
        key = features_key(config, stored)
        return FeatureClips(store, store.ids, targets, seed=seed, key=key)

    def frame_encoder(self) -> FrameEncoder:
        """Random weights in the sizes of pretrain_frame_encoder."""
        return FrameEncoder(frame_encoder_config(self.request.configs["pretrain_frame_encoder"]))

    def visual_translator(self) -> SignTranslator:
        """What visual_init trains."""
        return light_translator.make_translator(
            self.visual, self.frame_encoder(), self.words, self.format
        )

    def translator(self) -> SignTranslator:
        """What finetune_llm trains."""
        config = self.request.configs["finetune_llm"]
        sizes = language_model_config(self.request.configs["pretrain_language_model"], self.words)
        set_dropout(sizes, config.dropout, config.attention_dropout)
        llm = make_language_model(sizes, own_head=sizes.model_type == "mt5")
        set_tokens(llm, self.words)
        visual = self.visual_translator()
        stored = self.request.configs["extract_features"].feature
        return llm_translator.make_translator(config, visual, llm, stored)

    def measured(
        self, stage: str, phases: Iterable[Phase], model: torch.nn.Module, epochs: int | None = None
    ) -> Measured:
        """Put together what was found, and the memory that it took."""
        trained = (p.numel() for p in model.parameters() if p.requires_grad)
        cuda = self.device.type == "cuda"
        return Measured(
            stage=stage,
            device=torch.cuda.get_device_name()
            if cuda
            else f"CPU, {torch.get_num_threads()} threads",
            phases=tuple(phases),
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            trained=sum(trained) if epochs is not None else 0,
            epochs=epochs,
            memory=peak_memory(),
            gpu_memory=torch.cuda.max_memory_allocated() if cuda else None,
        )


def peak_memory() -> int:
    """The most memory that this process has held, in bytes (resident set size)."""
    status = Path("/proc/self/status")
    if status.is_file():  # the process's own; what `resource` says may be that of its parent
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
