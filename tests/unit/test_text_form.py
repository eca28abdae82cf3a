"""Sentences have one form, whatever form their corpus has them in."""

import unicodedata

import pandas as pd
import pytest
from sacrebleu.metrics import BLEU

from sign2text.data.adapters import avatar, csl_daily, how2sign, phoenix, table
from sign2text.data.clip_table import clip_table
from sign2text.data.hypotheses import read_hypotheses, write_hypotheses
from sign2text.data.text_form import composed, nfc, with_composed_texts
from sign2text.models.translator import sentences
from sign2text.stages.make_manifest import Config
from sign2text.text.tokenizer import encode_targets, train_unigram

SENTENCES = ["morgen schön über der küste", "größer und wärmer", "im süden fünf grad", "naïve café"]
TWO_FORMS = ["süden", "größer", "Übermut", "naïve café", "ấ", "각", "が", "Å"]


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize("text", TWO_FORMS)
def test_both_forms_become_one(text):
    assert nfd(text) != text
    assert composed(nfd(text)) == composed(text) == text


def test_runs_of_whitespace_become_one_blank():
    assert composed(" es\tregnet\u00a0 im\u2003süden\n") == "es regnet im süden"


NOTHING = {
    "zero-width space": "\u200b",
    "byte-order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "word joiner": "\u2060",
    "zero-width joiner": "\u200d",
    "right-to-left mark": "\u200f",
    "isolate": "\u2068\u2069",
    "Mongolian separator": "\u180e",
    "Hangul filler": "\u3164",
    "Braille blank": "\u2800",
    "combining grapheme joiner": "\u034f",
    "variation selector": "\ufe0f",
    "tag": "\U000e0020",
    "control characters": "\x00\x07\x7f\x9d",
    "several, and blanks": " \u200b\u00a0\ufeff\t\u2060 ",
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_a_text_of_which_nothing_is_seen_is_empty(text):
    assert composed(text) == ""


@pytest.mark.parametrize(
    "text", [".", "-", "\u200ba", "null", "0", "👍🏽", "👩\u200d🚀", "❤\ufe0f"]
)
def test_a_text_of_which_something_is_seen_is_not(text):
    assert composed(text) == text


def test_the_table_of_every_adapter_has_texts_and_glosses_composed():
    made = clip_table(
        ids=[nfd("ü")],
        videos=[nfd("videos/ü.mp4")],
        fps=25.0,
        signers=["a"],
        texts=[nfd("im süden")],
        glosses=[nfd("SÜD")],
        language="de",
    )
    row = made.iloc[0]
    assert (row["text"], row["gloss"]) == ("im süden", "SÜD")
    # Names stay: they are those of files.
    assert (row["id"], row["video"]) == (nfd("ü"), nfd("videos/ü.mp4"))


def write_table(root):
    lines = ["path,text,split,gloss"]
    lines += [f"{split}.mp4,{nfd('im süden')},{split},{nfd('SÜD')}" for split in table.SPLITS]
    (root / "clips.csv").write_text("\n".join(lines), encoding="utf-8")


def write_phoenix(root):
    (root / "annotations/manual").mkdir(parents=True)
    for split in phoenix.SPLITS:
        line = f"{split}|x|-1|-1|Signer01|{nfd('SÜD')}|{nfd('im süden')}"
        path = root / f"annotations/manual/PHOENIX-2014-T.{split}.corpus.csv"
        head = "name|video|start|end|speaker|orth|translation"
        path.write_text(f"{head}\n{line}\n", encoding="utf-8")


def write_how2sign(root):
    head = ["VIDEO_NAME", "SENTENCE_NAME", "START_REALIGNED", "END_REALIGNED", "SENTENCE"]
    for split in ("train", "val", "test"):
        lines = ["\t".join(head), "\t".join([split, split, "1", "2", nfd("im süden")])]
        path = root / f"how2sign_realigned_{split}.csv"
        path.write_text("\n".join(lines), encoding="utf-8")


def write_csl_daily(root):
    import pickle

    (root / "sentence_label").mkdir(parents=True)
    info = [
        {"name": split, "signer": 1, "label_gloss": [nfd("SÜD")], "label_char": list(nfd("が"))}
        for split in csl_daily.SPLITS
    ]
    (root / "sentence_label/csl2020ct_v2.pkl").write_bytes(pickle.dumps({"info": info}))
    lines = ["name|split", *(f"{split}|{split}" for split in csl_daily.SPLITS)]
    (root / "sentence_label/split_1.txt").write_text("\n".join(lines))


def write_avatar(root):
    (root / "annotations").mkdir(parents=True)
    (root / "monolingual").mkdir()
    (root / "videos").mkdir()
    (root / "videos/a.mp4").write_bytes(b"12345")
    (root / "checksums.tsv").write_text("path\tbytes\tsha256\nvideos/a.mp4\t5\tx\n")
    (root / "monolingual/de.txt").write_text(nfd("im süden\n"), encoding="utf-8")
    head = "id\tvideo\tframes\tfps\tsigner\tgloss\ttext_de\tphrasings_de"
    row = f'a\tvideos/a.mp4\t5\t25\ts\t{nfd("SÜD")}\t{nfd("im süden")}\t["{nfd("süden")}"]'
    for split in ("train", "dev", "test"):
        (root / f"annotations/{split}.tsv").write_text(f"{head}\n{row}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("adapter", "write", "text", "gloss"),
    [
        (table, write_table, "im süden", "SÜD"),
        (phoenix, write_phoenix, "im süden", "SÜD"),
        (how2sign, write_how2sign, "im süden", ""),
        (csl_daily, write_csl_daily, "が", "SÜD"),
        (avatar, write_avatar, "im süden", "SÜD"),
    ],
)
def test_what_every_adapter_reads(tmp_path, monkeypatch, adapter, write, text, gloss):
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "resources/x"
    root.mkdir(parents=True)
    write(root)
    name = adapter.__name__.rpartition(".")[2]
    settings, corpus = Config(adapter=name, language="de"), root / "checksums.tsv"
    found = adapter.read_split(corpus, "train", settings)
    assert (found["text"].tolist(), found["gloss"].tolist()) == ([text], [gloss])
    assert adapter.read_monolingual(corpus, settings) == [text]
    if adapter is avatar:
        assert found["phrasings"].tolist() == [["süden"]]


@pytest.mark.parametrize("trained", [nfc, nfd])
@pytest.mark.parametrize("read", [nfc, nfd])
def test_the_projects_own_tokenizer_keeps_marks_in_either_form(trained, read):
    tokenizer = train_unigram([trained(text) for text in SENTENCES] * 20, 60, "de")
    ids = encode_targets(tokenizer, [read(text) for text in SENTENCES])
    assert not any(tokenizer.unk_token_id in each for each in ids)
    assert tokenizer.batch_decode(ids, skip_special_tokens=True) == SENTENCES


def test_hypotheses_are_written_and_read_composed(tmp_path):
    class Tokenizer:
        def batch_decode(self, sequences, skip_special_tokens):
            return [f" {nfd('im  süden')}"]

    assert sentences(Tokenizer(), None) == ["im süden"]
    made = pd.DataFrame(
        [(0, nfd("ü"), "v", 0.0, nfd("im süden"), nfd("SÜD"))],
        columns=["run", "id", "video", "score", "hypothesis", "gloss"],
    )
    write_hypotheses(tmp_path / "test.tsv", made)
    (run,) = read_hypotheses(tmp_path / "test.tsv", [nfd("ü")])
    assert run["hypothesis"].tolist() == ["im süden"]
    assert run["gloss"].tolist() == ["SÜD"]
    references = with_composed_texts(pd.DataFrame({"text": [nfd("im süden")]}))["text"]
    score = BLEU(effective_order=True).corpus_score(run["hypothesis"].tolist(), [[*references]])
    assert score.score == pytest.approx(100)
