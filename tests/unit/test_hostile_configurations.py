"""A config.json of more than the weights are, or that leads elsewhere, is refused and said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attacks import refusal
from hostile_folders import LOADERS, change, save_folder
from tiny_corpus import SMALL

from sign2text.models.language_model import load_language_model
from sign2text.planning.published_sizes import frame_encoder_config
from sign2text.stages import pretrain_frame_encoder
from sign2text.untrusted.model_folder import check_values


@pytest.fixture
def make(
    tmp_path: Path,
    tiny_translator: Callable[..., Any],
    tiny_tokenizer: Any,
    published_folders: dict[str, Path],
) -> Callable[[str], Path]:
    """Makes a folder of the kind that is named."""

    def made(kind: str) -> Path:
        folder = tmp_path / "models" / kind.replace(" ", "_")
        published = published_folders["mbart"]
        return save_folder(kind, folder, published, tiny_translator(), tiny_tokenizer)

    return made


NESTED = {
    "frame encoder": "resnet",
    "translator": "language_model",
}
SIZES: dict[str, list[dict[str, Any]]] = {
    "language model": [
        {"encoder_layers": 10**6},
        {"encoder_layers": 999, "decoder_layers": 999},
        {"decoder_layers": 10**18},
        {"decoder_layers": -(10**9)},
        {"d_model": 2**24},
        {"d_model": 10**30},
        {"encoder_ffn_dim": 2**25},
        {"vocab_size": 2**25},
        {"max_position_embeddings": 2**40},
        {"d_model": -16},
        {"d_model": "16"},
        {"d_model": [16] * 1000},
        {"d_model": None},
        {"encoder_attention_heads": 0},
        {"num_labels": 10**9},
        {"num_hidden_layers": 10**9},
        {"id2label": 7},
        {"to_dict": 1},
        {"dtype": "float8_e4m3fn"},
        {"dtype": "int8"},
        {"dtype": "load"},
        {"dtype": "complex64"},
        {"model_type": "gpt2"},
        {"model_type": ["mbart"]},
        {"model_type": "no such thing"},
    ],
    "published encoder": [
        {"depths": [10**6] * 4},
        {"depths": [900, 900]},
        {"depths": [999] * 50},
        {"hidden_sizes": [2**25] * 2},
        {"hidden_sizes": []},
        {"embedding_size": 10**12},
        {"num_channels": 2**25},
        {"layer_type": "no such"},
        {"depths": {"a": 1}},
    ],
    "frame encoder": [{"depths": [10**6]}, {"hidden_sizes": [2**25] * 2}],
    "translator": [
        {"encoder_layers": 10**6},
        {"vocab_size": 2**25},
        {"d_model": "x"},
        {"model_type": "no such thing"},
    ],
    "bleurt": [{"num_hidden_layers": 10**6}, {"vocab_size": 2**25}, {"hidden_size": 2**13}],
}


@pytest.mark.parametrize(
    ("kind", "values"), [(kind, each) for kind, found in SIZES.items() for each in found], ids=str
)
def test_a_configuration_of_more_than_its_weights_is_refused(
    make: Callable[[str], Path], kind: str, values: dict[str, Any]
) -> None:
    folder, (key,) = make(kind), list(values)[:1]
    if part := NESTED.get(kind):
        known = json.loads((folder / "config.json").read_text())[part]
        values = {part: known | values}
    change(folder, **values)
    message = refusal(lambda: LOADERS[kind](folder))
    assert str(folder) in message
    said = (f"{key} is ", "but its weights have", "describes no model", "be loaded", "be used (")
    said += ("layers in all", "labels found", "expected an encoder-decoder")
    assert any(each in message for each in said), message


def test_a_plan_does_not_build_what_the_weights_do_not_have(make: Callable[[str], Path]) -> None:
    folder = make("published encoder")
    config = pretrain_frame_encoder.Config(published=str(folder))
    assert frame_encoder_config(config).resnet.depths == list(SMALL.depths)
    change(folder, hidden_sizes=[2**24] * len(SMALL.hidden_sizes))
    assert "but its weights have" in refusal(lambda: frame_encoder_config(config))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"attribute_map": {"transformers_weights": "x"}, "x": "o.safetensors"}, "other names"),
        ({"quantization_config": {"quant_method": "gptq"}}, "asks for quantised weights"),
        ({"configuration_files": ["config.1.0.json"]}, "asks for another configuration"),
        ({"text_config": {"gguf_file": "../x.gguf"}}, "asks for a file of another format"),
        ({"a": [{"b": {"transformers_weights": "../x.safetensors"}}]}, "asks for other weights"),
    ],
)
def test_keys_that_lead_elsewhere_are_refused(
    make: Callable[[str], Path], values: dict[str, Any], said: str
) -> None:
    folder = make("language model")
    change(folder, **values)
    assert said in refusal(lambda: load_language_model(folder))


CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "facebook/mbart-large-cc25": {
        "_num_labels": 3, "architectures": ["MBartForConditionalGeneration"], "d_model": 1024,
        "decoder_layers": 12, "encoder_layers": 12, "max_length": 1024, "model_type": "mbart",
        "num_hidden_layers": 12, "output_past": True, "vocab_size": 250027,
        "id2label": {"0": "LABEL_0"}, "task_specific_params": {"translation_en_to_ro": {}},
    },
    "google/mt5-base": {
        "_name_or_path": "/home/patrick/hugging_face/t5/mt5-base", "model_type": "mt5",
        "num_layers": 12, "num_decoder_layers": 12, "vocab_size": 250112,
        "tokenizer_class": "T5Tokenizer", "tie_word_embeddings": False,
    },
    "microsoft/resnet-18": {
        "depths": [2, 2, 2, 2], "embedding_size": 64, "hidden_sizes": [64, 128, 256, 512],
        "layer_type": "basic", "model_type": "resnet", "num_channels": 3,
        "id2label": {str(number): "x" for number in range(1000)},
    },
    "facebook/xglm-564M": {
        "attention_heads": 16, "d_model": 1024, "model_type": "xglm", "num_layers": 24,
        "max_position_embeddings": 2048, "vocab_size": 256008,
    },
    "gpt2": {"n_layer": 12, "n_ctx": 1024, "vocab_size": 50257, "task_specific_params": {
        "text-generation": {"do_sample": True, "max_length": 50}}},
    "google/byt5-small": {"num_layers": 12, "num_decoder_layers": 4, "vocab_size": 384,
                          "tokenizer_class": "ByT5Tokenizer"},
    "facebook/dinov2-base": {"num_hidden_layers": 12, "hidden_size": 768, "image_size": 518,
                             "torch_dtype": "float32", "layerscale_value": 1.0},
    "Llama": {"num_hidden_layers": 126, "rope_theta": 500000000, "max_position_embeddings": 131072,
              "vocab_size": 128256, "_attn_implementation": "sdpa", "eos_token_id": [1, 2],
              "quantization_config": None},
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configurations_of_published_models_pass(name: str) -> None:
    check_values(CONFIGURATIONS[name], "config.json", name)
