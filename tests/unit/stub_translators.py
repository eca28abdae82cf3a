"""Translators unlike an encoder-decoder: a decoder with a prefix, by CTC, and of glosses."""

import math
from collections import defaultdict

import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.configuration_utils import PreTrainedConfig

from sign2text.data.clips import Clips, FeatureClips, FrameClips, join_steps
from sign2text.data.feature_store import FeatureStore
from sign2text.data.frame_store import FrameFormat, FrameStore
from sign2text.data.manifest import read_manifest
from sign2text.data.new_clip import read_new_clip
from sign2text.ground.errors import InputError
from sign2text.models.generation import search_sequences
from sign2text.models.translator import Translator
from sign2text.text.gloss_vocabulary import GlossVocabulary

FORMAT = FrameFormat((32, 32), 95)


class PrefixConfig(PreTrainedConfig):
    """A decoder-only language model, and the width of what is put before the words."""

    model_type = "stub_prefix"

    language_model: dict | None = None
    features: int = 4


class FusedClips(Clips):
    """Two stored inputs of each clip, step by step."""

    def __init__(self, features, landmarks, ids, targets, seed):
        self.features = FeatureClips(features, ids, targets, seed=seed)
        self.landmarks = FeatureClips(landmarks, ids, targets, seed=seed)
        self.ids, self.targets, self.lengths = ids, targets, self.features.lengths

    def __len__(self):
        return len(self.ids)

    def inputs(self, clips, epoch=0):
        other = self.landmarks.inputs(clips, epoch)
        return self.features.inputs(clips, epoch) | {"landmarks": other["features"]}


class PrefixTranslator(Translator):
    """Features and landmarks, one vector a step, are the prefix of a decoder's sentence."""

    config_class = PrefixConfig
    reads = ("features", "landmarks")

    def __init__(self, config):
        super().__init__(config)
        self.language_model = GPT2LMHeadModel(GPT2Config(**config.language_model))
        self.prefix = nn.Linear(config.features, self.language_model.config.n_embd)
        self.post_init()

    def _init_weights(self, module):
        pass

    @property
    def positions(self):
        return self.language_model.config.n_positions // 2

    def open_clips(self, ids, targets, given, *, seed, option):
        if missing := sorted(set(self.reads) - set(given)):
            raise InputError(f"--{option}{missing[0]}: missing. Give it.")
        stores = (FeatureStore(given[name]) for name in self.reads)
        return FusedClips(*stores, ids, targets, seed)

    def to_features(self, lengths, features, landmarks):
        return torch.cat([features, landmarks], 1)

    def before(self, features, lengths):
        """The prefix [B, N, width] at the right, and its mask [B, N]."""
        steps = torch.arange(int(lengths.max()), device=features.device)
        mask = steps >= (lengths.max() - lengths)[:, None]
        vectors = self.prefix(features)
        padded = vectors.new_zeros(*mask.shape, vectors.shape[-1])
        padded[mask] = vectors
        return padded, mask.long()

    def generate(self, features, lengths, *, num_beams, length_penalty=1.0, **settings):
        embedded, mask = self.before(features, lengths)
        return search_sequences(
            self.language_model,
            inputs_embeds=embedded,
            attention_mask=mask,
            num_beams=num_beams,
            length_penalty=length_penalty,
            **settings,
        )


class CtcConfig(PreTrainedConfig):
    """Words by class; class 0 is the blank."""

    model_type = "stub_ctc"

    words: list[str] | None = None
    sharpness: float = 1.0


class CtcTranslator(Translator):
    """Each frame's colours are the probabilities of blank and two words; they sum to one."""

    config_class = CtcConfig
    reads = ("frames",)

    def __init__(self, config):
        super().__init__(config)
        self.scale = nn.Parameter(torch.ones(len(config.words) + 1))
        self.post_init()

    def _init_weights(self, module):
        pass

    def open_clips(self, ids, targets, given, *, seed, option):
        store = FrameStore(given["frames"])
        return FrameClips(store, ids, targets, rate=1.0, crop=(32, 32), seed=seed)

    def read_video(self, video):
        return join_steps("frames", [read_new_clip(video, FORMAT, 1.0, (32, 32))])

    def to_features(self, lengths, frames):
        return frames.float().mean((1, 2)) * self.scale

    def hypotheses(self, tokenizer, inputs, *, beams, max_new_tokens, length_penalty=1.0, count=1):
        values = self.to_features(**inputs)
        probabilities = (values / values.sum(1, keepdim=True)).split(inputs["lengths"].tolist())
        return [self.search(each.tolist(), beams)[:count] for each in probabilities]

    def search(self, steps, beams):
        """Prefix beam search: alignments of one sentence are added up."""
        found = {(): (1.0, 0.0)}  # ends with blank, ends with its last word
        for step in steps:
            following = defaultdict(lambda: [0.0, 0.0])
            for prefix, (blank, word) in found.items():
                following[prefix][0] += (blank + word) * step[0]
                for label in range(1, len(step)):
                    longer = (*prefix, label)
                    if prefix[-1:] == (label,):
                        following[prefix][1] += word * step[label]
                        following[longer][1] += blank * step[label]
                    else:
                        following[longer][1] += (blank + word) * step[label]
            best = sorted(following, key=lambda prefix: -sum(following[prefix]))[:beams]
            found = {prefix: tuple(following[prefix]) for prefix in best}
        return [
            (" ".join(self.config.words[label - 1] for label in prefix), math.log(sum(values)))
            for prefix, values in found.items()
            if sum(values) > 0
        ]


class GlossesConfig(PreTrainedConfig):
    """The glosses that are known."""

    model_type = "stub_glosses"

    glosses: list[str] | None = None
    language: str | None = None


class GlossesClips(Clips):
    """Classes of each clip's glosses."""

    key = "glosses"

    def __init__(self, ids, targets, lines):
        self.ids, self.targets, self.lines = list(ids), targets, lines
        self.lengths = [len(line) for line in lines]

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, item):
        return {"steps": self.lines[item[0]], "target": None}


class GlossesTranslator(Translator):
    """Says each gloss in lower case; a second hypothesis says them backwards."""

    config_class = GlossesConfig
    reads = ("text",)
    positions = 5

    def __init__(self, config):
        super().__init__(config)
        self.vocabulary = GlossVocabulary(config.glosses)
        self.weight = nn.Parameter(torch.ones(1))
        self.post_init()

    def _init_weights(self, module):
        pass

    def open_clips(self, ids, targets, given, *, seed, option):
        glosses = read_manifest(given["text"]).set_index("id")["gloss"]
        return GlossesClips(ids, targets, [self.classes(glosses[clip]) for clip in ids])

    def classes(self, line):
        if unknown := self.vocabulary.unknown([line]):
            raise InputError(f"{', '.join(unknown)}: unknown. Take it out.")
        return torch.tensor(self.vocabulary.classes(line))

    def read_text(self, lines):
        return join_steps("glosses", [self.classes(line) for line in lines])

    def to_features(self, lengths, glosses):
        return glosses[:, None] * self.weight

    def hypotheses(self, tokenizer, inputs, *, beams, max_new_tokens, length_penalty=1.0, count=1):
        parts = inputs["glosses"].split(inputs["lengths"].tolist())
        lines = [self.vocabulary.line(part.tolist()).lower().split() for part in parts]
        return [
            [(" ".join(line), -len(line) / 8), (" ".join(line[::-1]), -len(line))][:count]
            for line in lines
        ]


class TwoLanguagesTranslator(GlossesTranslator):
    """Glosses to German; of the languages asked for, English only comes from German sentences.

    Asked to translate glosses into English, it writes German: it is off-target.
    """

    language = "de"
    extractor = "same"

    def write_in(self, language):
        if language != "en":
            super().write_in(language)
        self.language = language

    def accept_any_extractor(self):
        self.extractor = "any"

    def read_sentences(self, sentences, language):
        assert language == "de"
        read = self.read_text([sentence.upper() for sentence in sentences])
        return read | {"sentences": torch.ones(len(sentences), dtype=torch.bool)}

    def hypotheses(self, tokenizer, inputs, **settings):
        found = super().hypotheses(tokenizer, inputs, **settings)
        if self.language == "en" and "sentences" in inputs:
            return [
                [(" ".join(ENGLISH[word] for word in text.split()), score) for text, score in each]
                for each in found
            ]
        return found


ENGLISH = {
    "heute": "today", "abend": "evening", "nord": "north", "regen": "rain", "sonne": "sunshine",
    "morgen": "tomorrow", "sued": "south", "stark": "strong", "wind": "wind", "hagel": "hailstones",
}  # fmt: skip
