"""Parameters of the published sizes of Light-T and of both adapters, without training."""

import pytest
import torch
from transformers import MBartConfig, PreTrainedTokenizerFast

from sign2text.comparing.paper_table import set_beside
from sign2text.comparing.table_notes import notes_on
from sign2text.comparing.table_text import our_number
from sign2text.data.frame_store import FrameFormat
from sign2text.methods.fla_llm.light_translator import translator_config
from sign2text.methods.fla_llm.parameter_counts import light_t_parameters
from sign2text.methods.fla_llm.stages import visual_init
from sign2text.methods.fla_llm.translator import SignTranslator, SignTranslatorConfig
from sign2text.models.frame_encoder_sources import small_encoder
from sign2text.papers.published_numbers import published_tables
from sign2text.stages import pretrain_frame_encoder

SIZES = {
    "Tiny": ((1, 4, 256, 1024), 3_614_208, "3.61"),
    "Small": ((2, 4, 512, 2048), 18_254_848, "18.25"),
    "Base": ((3, 8, 512, 2048), 25_611_264, "25.61"),
    "Large": ((4, 8, 1024, 4096), 124_655_616, "124.66"),
}


def light_t_by_hand(layers: int, _heads: int, width: int, feed_forward: int) -> int:
    """Count the parameters from the shapes of the weights (vocabulary 2429, 2 x 1026 positions)."""
    attention = 4 * (width * width + width)
    norm = 2 * width
    feed = 2 * width * feed_forward + feed_forward + width
    encoder = layers * (attention + feed + 2 * norm)
    decoder = layers * (2 * attention + feed + 3 * norm)
    # Each side has a LayerNorm after its embedding and one at its end.
    return encoder + decoder + 2 * 2429 * width + 2 * 1026 * width + 4 * norm


@pytest.mark.parametrize("name", SIZES)
def test_counts_are_exact(name: str) -> None:
    size, count, _ = SIZES[name]
    assert light_t_parameters(*size) == count == light_t_by_hand(*size)


def test_the_table_of_sizes_has_ours_without_any_run() -> None:
    """18,254,848 is 18.25 million to two digits; 18.255 is already rounded."""
    table = set_beside(published_tables()["fla_llm_7"], {}, data_set="phoenix", adapter="phoenix")
    for row in table.rows:
        _, count, shown = SIZES[row.published.row]
        assert row.exact == {"params_m": count}
        assert our_number(row.numbers["params_m"]) == shown
        assert float(shown) == row.published.number("params_m")
    counts = "Tiny 3,614,208, Small 18,254,848, Base 25,611,264, Large 124,655,616"
    assert counts in notes_on(table)[-1]


PARTS = {
    "Spatial": (22_328_448, 271_872),
    "Sign Encoder": (12_613_632, 12_613_632),
    "Decoder": (1_736_710_528, 3_803_520),
    "Total": (1_771_652_608, 16_689_024),
}


def test_a_table_may_count_all_and_trained_parameters_of_parts() -> None:
    """Counted on the model with 1.7 thousand million parameters, and as published to the digit."""
    table = set_beside(published_tables()["sign2gpt_1b"], {}, data_set="avatar", adapter="avatar")
    assert {row.published.row: tuple(row.exact.values()) for row in table.rows} == PARTS
    for row in table.rows:
        assert dict(row.published.numbers) == row.exact
        assert [our_number(row.numbers[column], column) for column in ("params", "trainable")] == [
            f"{count:,}" for count in PARTS[row.published.row]
        ]
    assert "Spatial 22,328,448 / 271,872, Sign Encoder" in notes_on(table)[-1]
    for other in ("sign2gpt_2", "sign2gpt_4"):
        made = set_beside(published_tables()[other], {}, data_set="avatar", adapter="avatar")
        assert not any(row.exact for row in made.rows)


def test_what_adapters_have_at_published_size(tiny_tokenizer: PreTrainedTokenizerFast) -> None:
    """VL-Adapter from ResNet18's 512 values to Light-T Base's 512, LLM-Adapter to mBART's 1024."""
    frames = small_encoder(pretrain_frame_encoder.Config())
    visual = translator_config(
        visual_init.Config(), frames, tiny_tokenizer, FrameFormat((256, 256), 90)
    )
    # mbart-large-cc25 has the library's default sizes except for words; fewer words build faster.
    mbart = MBartConfig(vocab_size=99)
    assert (mbart.encoder_layers, mbart.encoder_attention_heads) == (12, 16)
    translator = SignTranslatorConfig(frames=frames, language_model=mbart, light=False)
    for config, shapes, count in (
        (visual, [(512, 512), (512, 512)], 525_312),
        (translator, [(1024, 512), (1024, 1024)], 1_574_912),
    ):
        with torch.device("meta"):
            adapter = SignTranslator.class_for(config)(config).adapter
        assert [tuple(each.weight.shape) for each in (adapter.hidden, adapter.output)] == shapes
        assert sum(each.numel() for each in adapter.parameters()) == count
