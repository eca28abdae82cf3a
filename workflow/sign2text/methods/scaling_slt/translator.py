"""The translator: a language model that reads a prompt and the landmarks after it (section 2).

The prompt is embedded by the language model. Landmarks are projected to its width by one linear
layer without bias, and follow the prompt; an item of text alone has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedTokenizerFast  # also at run time: the library reads annotations
from transformers.modeling_outputs import Seq2SeqLMOutput

from sign2text.data.clips import Targets
from sign2text.ground.errors import InputError
from sign2text.landmarks.points import WIDTH
from sign2text.methods.scaling_slt.examples import Example
from sign2text.methods.scaling_slt.model_landmarks import extract_landmarks, open_landmarks
from sign2text.methods.scaling_slt.prompts import prompt
from sign2text.methods.scaling_slt.tasks import TaskItems, encode_prompts, join_items
from sign2text.methods.scaling_slt.translator_config import LandmarkTranslatorConfig
from sign2text.models.embedding_translator import EmbeddingTranslator
from sign2text.models.language_model import make_language_model
from sign2text.models.translator import Given
from sign2text.text.tokenizer import load_tokenizer


class LandmarkTranslator(EmbeddingTranslator):
    """Translator of landmarks and of text into the language that its prompt names."""

    config_class = LandmarkTranslatorConfig
    main_input_name = "prompt"
    reads = ("landmarks",)
    _supports_sdpa = True
    tokenizer: PreTrainedTokenizerFast | None = None
    """Tokenizer of prompts; a stage that builds the model sets it."""
    any_extractor = False
    """True: landmarks of another extractor than the training's are read too."""

    def __init__(self, config: LandmarkTranslatorConfig) -> None:
        super().__init__(config)
        self.language_model = make_language_model(config.language_model, config.own_head)
        width = self.language_model.get_input_embeddings().weight.shape[1]
        self.landmark_layer = nn.Linear(WIDTH, width, bias=False)
        self.target = config.language
        """Code of the language of generated sentences."""
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Keep the parts' initial weights."""

    def parts(self) -> dict[str, nn.Module]:
        return {"visual": self.landmark_layer, "language": self.language_model}

    def read_folder(self, folder: Path) -> None:
        self.tokenizer = load_tokenizer(folder)

    def write_in(self, language: str) -> None:
        if language not in self.config.languages:
            raise InputError(
                f"language: found {language}, expected one that the model learned to write: "
                f"{', '.join(self.config.languages)}. Choose one of them, or train the model on "
                "text of this language."
            )
        self.target = language

    def accept_any_extractor(self) -> None:
        self.any_extractor = True

    def read_sentences(self, sentences: Sequence[str], language: str) -> dict[str, torch.Tensor]:
        return self.read_text(sentences, language)

    def open_clips(
        self, ids: Sequence[str], targets: Targets, given: Given, *, seed: int | None, option: str
    ) -> TaskItems:
        """Open landmarks with the prompt of SLT; `given` names the index of their store."""
        if "landmarks" not in given:
            raise InputError(
                f"--{option}landmarks: missing; expected the index of the split's landmark store."
            )
        signing = open_landmarks(given["landmarks"], ids, self.config, self.any_extractor, seed)
        asked = self.asked()
        examples = [
            Example("slt", self.config.sign_language, self.target, asked, "", clip) for clip in ids
        ]
        return TaskItems(examples, self.encode_texts([asked]) * len(ids), targets, signing)

    def read_video(self, video: Path) -> dict[str, torch.Tensor]:
        """Extract a new clip's landmarks, and add the prompt of SLT.

        Raises:
            InputError: the model learned no landmarks, or landmarks of another extractor; or the
                video cannot be read or shows no person.
        """
        steps = extract_landmarks(video, self.config, self.any_extractor)
        (tokens,) = self.encode_texts([self.asked()])
        return join_items([{"prompt": torch.tensor(tokens), "steps": steps}])

    def read_text(self, lines: Sequence[str], source: str | None = None) -> dict[str, torch.Tensor]:
        """Prepare lines of text to translate, as a batch.

        Args:
            lines: sentences, none empty.
            source: code of their language; None: the data set's own language.

        Raises:
            InputError: no prompt can name the pair of languages, or a prompt is too long.
        """
        source = source or self.config.language
        texts = [prompt("mt", source=source, target=self.target, text=line) for line in lines]
        nothing, encoded = torch.zeros(0, WIDTH), self.encode_texts(texts, "line")
        return join_items([{"prompt": torch.tensor(each), "steps": nothing} for each in encoded])

    def asked(self) -> str:
        """Return the prompt of SLT into the chosen language."""
        return prompt("slt", source=self.config.sign_language, target=self.target)

    def encode_texts(self, prompts: Sequence[str], name: str = "prompt") -> list[list[int]]:
        """Encode prompts as tokens.

        Raises:
            InputError: a prompt has more tokens than `prompt_tokens`; the message numbers it.
        """
        found = encode_prompts(self.tokenizer, prompts)
        most = self.config.prompt_tokens
        for number, tokens in enumerate(found, 1):
            if len(tokens) > most:
                raise InputError(
                    f"{name} {number}: its prompt has {len(tokens)} tokens, expected at most "
                    f"{most} (prompt_tokens of the training). Shorten the text: "
                    f"{prompts[number - 1][:60]!r}"
                )
        return found

    def to_features(
        self,
        lengths: torch.Tensor,
        prompt: torch.Tensor,
        prompt_lengths: torch.Tensor,
        landmarks: torch.Tensor,
    ) -> torch.Tensor:
        """Put the embedded prompt of each item before its projected landmarks.

        Args:
            lengths: int64 [B], prompt tokens and landmark steps of each item together.
            prompt: int64 [sum(P)], tokens of all prompts, one after the other.
            prompt_lengths: int64 [B].
            landmarks: float32 [sum(N), 255]; it may have no row.

        Returns:
            [sum(lengths), width].
        """
        words = self.language_model.get_input_embeddings()(prompt)
        signs = self.landmark_layer(landmarks)
        steps = torch.arange(int(lengths.sum()), device=words.device)
        ends = lengths.cumsum(0)
        place = steps - torch.repeat_interleave(ends - lengths, lengths)
        written = place < torch.repeat_interleave(prompt_lengths, lengths)
        before = written.cumsum(0)  # prompt tokens up to and with each step
        order = torch.where(written, before - 1, len(words) + steps - before)
        return torch.cat([words, signs])[order]

    def embed(
        self, features: torch.Tensor, lengths: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features as they are.

        Raises:
            InputError: an item has more steps than the language model has positions.
        """
        longest = int(lengths.max())
        if self.positions is not None and longest > self.positions:
            raise InputError(
                f"an input has {longest} prompt tokens and landmark steps, the language model "
                f"takes {self.positions}. Shorten the prompt or the clip, or take a model without "
                "a limit, such as a T5."
            )
        return features, lengths

    def forward(
        self,
        lengths: torch.Tensor,
        prompt: torch.Tensor,
        prompt_lengths: torch.Tensor,
        landmarks: torch.Tensor,
        decoder_input_ids: torch.Tensor,
    ) -> Seq2SeqLMOutput:
        """Compute logits [B, L, V] of the tokens after `decoder_input_ids` [B, L]."""
        features = self.to_features(lengths, prompt, prompt_lengths, landmarks)
        return self.write(features, lengths, decoder_input_ids)
