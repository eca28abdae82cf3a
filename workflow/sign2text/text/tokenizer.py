"""Tokenizer of the language model: trained on the corpus, or a published one trimmed to it.

All have one format, the single file of the tokenizers library: the pieces of a unigram model with
their scores, special tokens, and the token that decoding starts from (`start_token`). Their
behaviour does not depend on the class of the model that they were made for.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sign2text.data.text_form import nfc
from sign2text.ground.errors import InputError, brief
from sign2text.ground.files import is_file, is_panic
from sign2text.ground.languages import MBART_CODES
from sign2text.ground.memory import enough_memory
from sign2text.untrusted.model_folder import check_folder

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

NAMES = {
    "bos_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
"""mBART's special tokens, which tokenizers trained here also have."""
_BLANK = "▁"  # SentencePiece's symbol for the space before a word


def train_unigram(sentences: Sequence[str], pieces: int, language: str) -> PreTrainedTokenizerFast:
    """Train a SentencePiece unigram model, and give it mBART's special tokens.

    `pieces` is the most pieces that SentencePiece may make (a small text gives fewer); special
    tokens and 25 language codes come on top. Decoding starts from the code of `language`.
    """
    start = language_code(language)
    return unigram_tokenizer(trained_pieces(sentences, pieces), start)


def trained_pieces(sentences: Sequence[str], pieces: int) -> list[tuple[str, float]]:
    """Train a unigram model, and return its pieces with their scores.

    Raises InputError if the text has more characters than there may be pieces.
    """
    import sentencepiece

    characters = {each for sentence in sentences for each in nfc(sentence)} - {" "}
    if (needed := len(characters) + 4) > pieces:  # the space and three special tokens
        raise InputError(
            f"train_tokenizer.pieces: {pieces} found, at least {needed} expected, for a piece of "
            "each character of the text. Raise it."
        )
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=map(nfc, sentences),
        model_writer=model,
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=1.0,
        # Text stays as in the corpus, except that characters are composed (NFC).
        normalization_rule_name="identity",
        num_threads=1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    vocabulary = []
    for number in range(processor.get_piece_size()):
        if not (processor.is_control(number) or processor.is_unknown(number)):
            vocabulary.append((processor.id_to_piece(number), processor.get_score(number)))
    return vocabulary


def unigram_tokenizer(pieces: Sequence[tuple[str, float]], start: str) -> PreTrainedTokenizerFast:
    """Make a tokenizer of pieces with scores, and mBART's special tokens and language codes.

    It composes text (NFC) before segmentation. Decoding starts from `start`, one of the codes.
    """
    from transformers.models.mbart.tokenization_mbart import FAIRSEQ_LANGUAGE_CODES

    mask = NAMES["mask_token"]
    vocabulary = [(token, 0.0) for token in NAMES.values() if token != mask]
    vocabulary += pieces
    vocabulary += [(token, 0.0) for token in (*FAIRSEQ_LANGUAGE_CODES, mask)]
    backend = unigram_backend(vocabulary, NAMES)
    return dress(backend, NAMES, FAIRSEQ_LANGUAGE_CODES, start, [NAMES["eos_token"], start])


def unigram_backend(vocabulary: Sequence[tuple[str, float]], names: Mapping[str, str]) -> Tokenizer:
    """Make a unigram backend; the vocabulary begins with the special tokens `names`."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    unknown = list(names.values()).index(names["unk_token"])
    backend = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False))
    # Decomposed, a letter's mark would be an unknown token, which decoding cannot write.
    backend.normalizer = normalizers.NFC()
    blanks = {"replacement": _BLANK, "prepend_scheme": "always", "split": True}
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(**blanks)]
    )
    backend.decoder = decoders.Metaspace(**blanks)
    return backend


def dress(
    backend: Tokenizer,
    names: Mapping[str, str],
    others: Sequence[str],
    start: str,
    ending: Sequence[str],
) -> PreTrainedTokenizerFast:
    """Wrap a backend as the library's tokenizer.

    Args:
        names: special tokens by name, such as `eos_token`.
        others: further special tokens, which decoded text does not contain either.
        start: the token that decoding starts from.
        ending: tokens appended to a sentence that the model reads.
    """
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    backend.post_processor = processors.TemplateProcessing(
        single=["$A", *ending],
        pair=["$A", "$B", *ending],
        special_tokens=[(token, backend.token_to_id(token)) for token in ending],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        **names,
        extra_special_tokens=list(others),
        model_specific_special_tokens={"start_token": start},
        # Spaces before full stops belong to the corpus.
        clean_up_tokenization_spaces=False,
    )


def trim_tokenizer(
    tokenizer: PreTrainedTokenizerFast, sentences: Iterable[str]
) -> PreTrainedTokenizerFast:
    """Keep only the pieces that the sentences use; their segmentation stays the same.

    A unigram model takes the best-scoring segmentation, so removing pieces that no best
    segmentation uses changes none of them. The piece with the lowest score is kept too, because the
    score of an unknown character depends on it. Single characters of the sentences and the space
    are kept, so that unseen words can be spelled. Special tokens are kept, except T5's sentinels,
    which a translation never contains.

    The tokenizer may write a character of the sentences in another form (a Chinese comma as an
    ASCII one). If the sentences never contain that other form, decoding restores theirs.

    Raises:
        InputError: the tokenizer is not a unigram model.
    """
    from tokenizers import Tokenizer

    spec = json.loads(tokenizer.backend_tokenizer.to_str())  # the tokenizer was checked
    if spec["model"]["type"] != "Unigram":
        raise InputError(
            f"the published tokenizer is a {spec['model']['type']} model; only unigram models of "
            "SentencePiece can be cut to the training text. Set train_tokenizer.trim to false."
        )
    sentences = list(sentences)
    vocabulary = [tuple(piece) for piece in spec["model"]["vocab"]]
    vocabulary += [
        (token["content"], 0.0)
        for token in sorted(spec["added_tokens"], key=lambda token: token["id"])
        if token["id"] >= len(spec["model"]["vocab"])
    ]
    special = [token for token in tokenizer.all_special_tokens if not _is_sentinel(token)]
    kept = {_BLANK, *special, min(vocabulary, key=lambda piece: piece[1])[0]}
    for sentence in sentences:
        kept.update(tokenizer.tokenize(sentence))
        kept.update(_normalised(tokenizer.backend_tokenizer, sentence))
    vocabulary = [piece for piece in vocabulary if piece[0] in kept]
    ids: dict[str, int] = {}
    for number, (piece, _) in enumerate(vocabulary):
        ids.setdefault(piece, number)
    spec["model"] |= {"vocab": vocabulary, "unk_id": ids[tokenizer.unk_token]}
    spec["added_tokens"] = [
        token | {"id": ids[token["content"]]}
        for token in spec["added_tokens"]
        if token["content"] in kept
    ]
    ending = tokenizer.convert_ids_to_tokens(tokenizer("")["input_ids"])
    spec |= {"post_processor": None, "decoder": _written_back(tokenizer, sentences, spec)}
    backend = Tokenizer.from_str(json.dumps(spec))
    names = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    del names["start_token"]
    others = [token for token in special if token not in names.values()]
    return dress(backend, names, others, tokenizer.start_token, ending)


def _is_sentinel(token: str) -> bool:
    return "<extra_id_" in token


def add_tokens(tokenizer: PreTrainedTokenizerFast, tokens: Sequence[str]) -> None:
    """Add tokens after all others, in place; decoded text contains them.

    They are found in any text, and no other piece is split or joined otherwise.
    """
    from tokenizers import AddedToken

    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in tokens])


def _normalised(backend: Tokenizer, text: str) -> str:
    return backend.normalizer.normalize_str(text) if backend.normalizer else text


def _written_back(
    tokenizer: PreTrainedTokenizerFast, sentences: Sequence[str], spec: Mapping
) -> dict:
    """Return a decoder that restores the form that characters have in the sentences."""
    text = "\n".join(sentences)
    changed = {}
    for character in sorted(set(text)):
        written = _normalised(tokenizer.backend_tokenizer, character)
        if written.strip() and written != character and written not in text:
            changed[character] = written
    times = Counter(changed.values())
    single = {old: new for old, new in changed.items() if times[new] == 1}
    if not single:
        return spec["decoder"]
    # Replace longer forms first: three full stops before one.
    order = sorted(single, key=lambda character: -len(single[character]))
    steps = [
        {"type": "Replace", "pattern": {"String": single[each]}, "content": each} for each in order
    ]
    return {"type": "Sequence", "decoders": [spec["decoder"], {"type": "Fuse"}, *steps]}


def language_code(language: str) -> str:
    """Return mBART's code of a manifest's language; raise InputError if the language is unknown."""
    if language not in MBART_CODES:
        raise InputError(
            f"language '{language}' found, expected one of {', '.join(MBART_CODES)}. Add its "
            "mBART code to sign2text/ground/languages.py."
        )
    return MBART_CODES[language]


def load_tokenizer(path: Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer that a stage wrote, from its folder or its tokenizer.json."""
    from transformers import PreTrainedTokenizerFast

    folder = path if path.is_dir() else path.parent
    if not is_file(folder / "tokenizer.json"):
        raise InputError(
            f"{folder}: holds no tokenizer, expected tokenizer.json. Run the rule train_tokenizer."
        )
    check_folder(folder)
    with using(folder / "tokenizer.json", f"Delete it and run {folder.name} again."):
        return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)


@contextmanager
def using(where: Path | str, advice: str) -> Iterator[None]:
    """Turn the library's errors about a tokenizer into an InputError that names `where`."""
    try:
        with enough_memory(Path(where)):
            yield
    except InputError:
        raise
    # The library raises plain exceptions, and panics, which do not derive from Exception.
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        reason = brief(error).splitlines()[0]
        raise InputError(f"{where}: is no tokenizer ({reason}). {advice}") from error


def token_ids(tokenizer: PreTrainedTokenizerFast, sentences: Sequence[str]) -> list[list[int]]:
    """Encode sentences without special tokens: twice as fast as by calling the tokenizer.

    A call also returns masks, and the places of tokens in the text.
    """
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    encoded = backend.encode_batch_fast(list(sentences), add_special_tokens=False)
    return [each.ids for each in encoded]


def encode_targets(tokenizer: PreTrainedTokenizerFast, sentences: Sequence[str]) -> list[list[int]]:
    """Encode each sentence as token ids, with `</s>` at the end."""
    name = f"tokenizer {tokenizer.name_or_path}".strip()
    with using(name, "Make it again, or use another one."):
        ids = token_ids(tokenizer, sentences)
    return [[*sentence, tokenizer.eos_token_id] for sentence in ids]
