"""Tokenizers of published models, in the common format of our tokenizers (text/tokenizer.py)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2text.config.published_models import DECODERS
from sign2text.ground.errors import InputError
from sign2text.ground.files import is_file, read_json
from sign2text.text.byte_tokenizer import byte_tokenizer
from sign2text.text.tokenizer import dress, language_code, using
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.tokenizer_config import LARGEST_ID

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

SENTENCEPIECE = ("sentencepiece.bpe.model", "spiece.model")
_ADVICE = "Fetch the model again, or name another one."
_VOCABULARIES = ("tokenizer.json", *SENTENCEPIECE, "vocab.json")


def load_published(folder: Path, language: str | None = None) -> PreTrainedTokenizerFast:
    """Load the tokenizer of the model in `folder`, with published pieces, ids and segmentation.

    Decoding starts from the code of `language` if the model has language codes (mBART), else from
    the start token in the model's configuration (T5: the padding token; XGLM: the end-of-text
    token), else from the beginning-of-text token (GPT-2). Without `language` it starts from the
    padding token, which is enough for looking up pieces and ids. A model without a padding token
    (GPT-2) pads with its end-of-text token (ours).

    Raises:
        InputError: there is no tokenizer, or it cannot be saved in our format.
    """
    from tokenizers import Tokenizer

    code = language_code(language) if language else None
    if _is_of_bytes(folder):
        check_folder(folder, _ADVICE)
        return byte_tokenizer()
    # Without any of these files, the library makes up a tokenizer of special tokens.
    if not any(is_file(folder / name) for name in _VOCABULARIES):
        raise InputError(
            f"{folder}: holds no tokenizer, expected {' or '.join(_VOCABULARIES)}. Put it there, "
            "or name another published model."
        )
    check_folder(folder, _ADVICE)
    published = library_tokenizer(folder, _ADVICE)
    if not published.is_fast:
        raise InputError(
            f"{folder}: its tokenizer is a {type(published).__name__}, expected one that the "
            "tokenizers library holds. Name another published model."
        )
    with using(folder, _ADVICE):
        backend = Tokenizer.from_str(published.backend_tokenizer.to_str())
        if backend.normalizer is None:
            backend.normalizer = find_normalizer(folder)
    if published.pad_token is None:
        published.pad_token = published.eos_token
    start, ending = published.pad_token, [published.eos_token]
    if code in published.all_special_tokens:
        start, ending = code, [published.eos_token, code]
    elif code:
        start = published.convert_ids_to_tokens(_start(folder, published.bos_token_id))
    names = {name: str(token) for name, token in published.special_tokens_map.items()}
    others = [token for token in published.all_special_tokens if token not in names.values()]
    with using(folder, _ADVICE):
        return dress(backend, names, others, start, ending)


def _is_of_bytes(folder: Path) -> bool:
    """Return whether a folder's tokenizer is ByT5's, which has no vocabulary in a file."""
    paths = (folder / name for name in ("tokenizer_config.json", "config.json"))
    found = [read_json(path, "fetch_model") for path in paths if is_file(path)]
    classes = [each.get("tokenizer_class") for each in found if isinstance(each, dict)]
    return "ByT5Tokenizer" in classes


def library_tokenizer(folder: Path, advice: str) -> PreTrainedTokenizerBase:
    """Load a folder's tokenizer with the library, after the folder was checked (`check_folder`).

    Raises:
        InputError: the library cannot load it; the message ends with `advice`.
    """
    from transformers import AutoTokenizer

    with using(f"{folder}: its tokenizer cannot be read", advice):
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)


def find_normalizer(folder: Path) -> Normalizer | None:
    """Find the normalizer with which the model's pieces were learned; None if there was none.

    The library's class for mBART leaves it out. The vocabulary then lacks, for example, the Chinese
    comma, which SentencePiece writes as an ASCII comma.
    """
    from tokenizers import normalizers

    if is_file(path := folder / "tokenizer.json"):
        spec = read_json(path, "fetch_model")
        for step in _steps(spec.get("normalizer")):
            if step["type"] == "Precompiled":
                return normalizers.Precompiled(base64.b64decode(step["precompiled_charsmap"]))
    for path in (folder / name for name in SENTENCEPIECE):
        if is_file(path) and (rules := _character_map(path)):
            return normalizers.Precompiled(rules)
    return None


def _steps(normalizer: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Yield the steps of a normalizer in tokenizer.json, in order."""
    if normalizer is not None and normalizer["type"] == "Sequence":
        for each in normalizer["normalizers"]:
            yield from _steps(each)
    elif normalizer is not None:
        yield normalizer


def _character_map(path: Path) -> bytes:
    """Read the normalisation rules of a SentencePiece model."""
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise InputError(
            f"{path}: is no SentencePiece model ({error}). Delete it and run fetch_model again."
        ) from error
    return model.normalizer_spec.precompiled_charsmap


def _start(folder: Path, first: int | None) -> int:
    """Return the id of the token that decoding starts from; `first` is a GPT-2's."""
    key = "decoder_start_token_id"
    for path in (folder / "config.json", folder / "generation_config.json"):
        if is_file(path):
            values = read_json(path, "fetch_model")
            start = values.get(key) if isinstance(values, dict) else None
            if start is not None:
                if type(start) is not int or not 0 <= start < LARGEST_ID:
                    raise InputError(
                        f"{path}: {key} is {start!r}; expected a token's id. {_ADVICE}"
                    )
                return start
    if first is not None and _is_decoder(folder / "config.json"):
        return first
    raise InputError(
        f"{folder}: neither config.json nor generation_config.json has {key}, so nothing says "
        "what decoding starts from. Add it there, or name another published model."
    )


def _is_decoder(config: Path) -> bool:
    """Return whether the model has no encoder, so that its texts follow a start token."""
    values = read_json(config, "fetch_model") if is_file(config) else None
    return isinstance(values, dict) and values.get("model_type") in DECODERS
