"""Clips decoded into a further language, scored against its captions; the pivot."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from sign2text.commands import main as cli
from sign2text.commands.translate import ClipTranslator
from sign2text.config import methods
from sign2text.config.methods import Method
from sign2text.config.reads import kept_clips
from sign2text.data.captions import write_captions
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.left_out import COLUMNS
from sign2text.data.manifest import write_manifest, write_table
from sign2text.data.text_alone import NO_VIDEO
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.models.sentence_search import decode_sentences
from sign2text.scoring.show import format_scores
from sign2text.stages import compare, decode, score

sys.path.insert(0, str(Path(__file__).parent))
from stub_translators import ENGLISH, GlossesConfig, GlossesTranslator, TwoLanguagesTranslator
from tiny_scaling_slt import make

GLOSSES = {"a": "HEUTE ABEND NORD REGEN", "b": "SONNE", "c": "MORGEN SUED STARK WIND", "d": "HAGEL"}
GERMAN = {clip: line.lower() for clip, line in GLOSSES.items()}
IN_ENGLISH = {
    clip: " ".join(ENGLISH[word] for word in line.split()) for clip, line in GERMAN.items()
}
PARALLEL = {"de": ["der regen kommt am abend ."], "en": ["the rain comes in the evening ."]}


@pytest.fixture(autouse=True)
def gloss_method(monkeypatch):
    method = Method(
        trainings=("train_glosses",),
        translating=("train_glosses",),
        translators={"stub_glosses": "stub_translators:TwoLanguagesTranslator"},
        clips=(kept_clips("text"),),
        languages=lambda settings: ("de", "en"),
    )
    found = methods.find_methods() | {"glosses": method}
    monkeypatch.setattr(methods, "find_methods", lambda: found)


def captions(texts, language, origin="human"):
    rows = {"clip": [*texts], "language": language, "text": [*texts.values()]}
    return pd.DataFrame(rows | {"start": None, "end": None, "origin": origin})


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_tokenizer):
    """A working folder with a model, manifests, captions and parallel text."""
    monkeypatch.chdir(tmp_path)
    known = sorted({gloss for line in GLOSSES.values() for gloss in line.split()})
    TwoLanguagesTranslator(GlossesConfig(glosses=known, language="de")).save_pretrained(
        "g/train_glosses"
    )
    tiny_tokenizer.save_pretrained("g/train_glosses")
    fixed = {"video": NO_VIDEO, "frames": 1, "fps": 1.0, "signer": "s", "language": "de"}
    for split, texts in (("test", GERMAN), ("train", dict.fromkeys(GERMAN, "schnee"))):
        rows = {"id": [*texts], "text": [*texts.values()], "gloss": [*GLOSSES.values()]}
        rows["phrasings"] = [[] for _ in texts]
        write_manifest(pd.DataFrame(rows | fixed), Path(f"{split}.tsv"))
    both = [captions(GERMAN, "de"), captions(IN_ENGLISH, "en")]
    write_captions(pd.concat(both, ignore_index=True), Path("captions.tsv"))
    write_captions(pd.concat(both, ignore_index=True), Path("train_captions.tsv"))
    write_table(pd.DataFrame(PARALLEL), Path("parallel.tsv"))
    write_table(pd.DataFrame(columns=[*COLUMNS]), Path("left_out.tsv"))
    return Path()


def decoded(language, **settings):
    decode.run(
        manifest=Path("test.tsv"),
        model=Path("g/train_glosses/model.safetensors"),
        output=Path("hypotheses.tsv"),
        config=decode.Config(**settings),
        text=Path("test.tsv"),
        language=language,
    )
    (table,) = read_hypotheses(Path("hypotheses.tsv"), list(GLOSSES))
    return table["hypothesis"].to_dict()


def scored(language, name="x", **options):
    named = {"experiment": name, "language": language, "data_set": "d", "method": "m", "seed": 1}
    same = {"settings": name, "settings_without_seed": name, "code": "c"}
    score.run(
        hypotheses=Path("hypotheses.tsv"),
        manifest=Path("test.tsv"),
        train_manifest=Path("train.tsv"),
        left_out=Path("left_out.tsv"),
        output=Path(name, f"{language}.bleu"),
        texts=Path(name, "score"),
        config=read_settings(score.Config, {"resamples": 20, "convention": "words_no_point"}),
        identity=json.dumps(named | same),
        language=language,
        **{
            "captions": Path("captions.tsv"),
            "train_captions": Path("train_captions.tsv"),
            "parallel": Path("parallel.tsv"),
        }
        | options,
    )
    return json.loads(Path(name, f"{language}.bleu").read_text(encoding="utf-8"))


def test_the_language_asked_for_is_decoded(folder):
    assert decoded(None) == decoded("de") == GERMAN
    assert decoded("en") == GERMAN, "this model is off-target without a pivot"


def test_a_pivot_translates_the_sentences_of_the_other_language(folder):
    assert decoded("en", pivot=True) == IN_ENGLISH
    assert decoded("de", pivot=True) == GERMAN, "the pivot's own language needs no second step"
    assert decoded(None, pivot=True) == GERMAN


def test_a_language_that_the_model_does_not_write_is_refused(folder):
    with pytest.raises(InputError, match=r"language: found fr, but a stub_glosses writes de alone"):
        decoded("fr")


def test_a_pivot_of_a_model_without_machine_translation_is_refused(folder):
    model = GlossesTranslator(GlossesConfig(glosses=["HAGEL"], language="de"))
    with pytest.raises(InputError, match=r"decode.pivot: found true, but a stub_glosses .* of de"):
        decode_sentences(model, None, ["hagel"], "de", beams=1, max_new_tokens=9)


def test_an_empty_sentence_of_the_pivot_stays_empty(folder, monkeypatch):
    def empty(self, tokenizer, inputs, **settings):
        found = whole(self, tokenizer, inputs, **settings)
        if "sentences" in inputs:
            return found
        return [[("", -1.0)] if len(best[0][0].split()) == 1 else best for best in found]

    whole = TwoLanguagesTranslator.hypotheses
    monkeypatch.setattr(TwoLanguagesTranslator, "hypotheses", empty)
    assert decoded("en", pivot=True) == IN_ENGLISH | {"b": "", "d": ""}


def test_captions_are_the_references(folder):
    decoded("en", pivot=True)
    found = scored("en")
    assert found["language"] == "en" and found["clips"] == 4
    assert found["scores"]["all"]["bleu4"] == 100
    assert found["convention"] == "words", "the settings' convention is of the own language"
    assert found["in_train"]["clips"] == 4, "the captions of train in English count"
    assert Path("x/score/references.txt").read_text().splitlines() == [*IN_ENGLISH.values()]
    assert "x/en on d" in found["statement"]


def test_language_accuracy_and_empty_rate(folder):
    decoded("en")
    found = scored("en")["scores"]["all"]
    assert found["bleu4"] < 20
    assert (found["language_accuracy"], found["empty_rate"]) == (0, 0)
    assert found["language_accuracy_interval"] == [0, 0]
    decoded("en", pivot=True)
    table = pd.read_csv("hypotheses.tsv", sep="\t", dtype=str, keep_default_na=False)
    table.loc[3, "hypothesis"] = ""
    write_table(table, Path("hypotheses.tsv"))
    result = scored("en")
    found = result["scores"]["all"]
    assert (found["language_accuracy"], found["empty_rate"]) == (75, 25)
    shown = format_scores([(Path("x/en.bleu"), result)])
    assert "x/en.bleu: language en, language accuracy 75.0 %, empty rate 25.0 %." in shown
    alone = scored("en", train_captions=None, parallel=None)["scores"]["all"]
    assert "language_accuracy" not in alone and alone["empty_rate"] == 25


def test_further_phrasings_are_of_the_language(folder):
    others = [json.dumps([f"{text} again"]) for text in IN_ENGLISH.values()]
    table = {"id": [*GLOSSES], "phrasings_en": others}
    Path("corpus/annotations").mkdir(parents=True)
    write_table(pd.DataFrame(table), Path("corpus/annotations/test.tsv"))
    decoded("en", pivot=True)
    found = scored("en", corpus=Path("corpus/checksums.tsv"))["scores"]["all"]
    assert found["bleu4_all_phrasings_as_references"] == 100
    assert 0 < found["cap_bleu4"] < 100
    assert "cap_bleu4" not in scored("en")["scores"]["all"]


def test_a_clip_without_a_caption_is_refused(folder):
    decoded("en")
    with pytest.raises(InputError, match=r"captions.tsv: no human caption in zh of 4 of 4 clips"):
        scored("zh")
    with pytest.raises(InputError, match="--captions: missing, expected the captions of the clips"):
        scored("en", captions=None)


def test_scores_of_a_language_are_compared(folder):
    decoded("en")
    scored("en", "direct")
    decoded("en", pivot=True)
    scored("en", "pivot")
    names = ("direct", "pivot")
    compare.run(
        scores=[Path(f"{name}/en.bleu") for name in names],
        sentences=[Path(f"{name}/score/sentences.tsv") for name in names],
        output=Path("both"),
        config=compare.Config(resamples=10, trials=10),
    )
    found = json.loads(Path("both/compare.json").read_text(encoding="utf-8"))
    assert found["baseline"] == "direct/en"
    assert found["experiments"]["pivot/en"]["scores"]["bleu4"] == 100


@pytest.mark.parametrize(
    ("options", "code"), [(["--language", "en", "--any-extractor"], 0), (["--language", "fr"], 2)]
)
def test_translate_takes_a_language(folder, capsys, options, code):
    Path("lines.txt").write_text("SONNE\n", encoding="utf-8")
    arguments = ["translate", "lines.txt", "--model", "g", *options]
    if code:
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert stopped.value.code == code
        assert "language: found fr" in capsys.readouterr().err
    else:
        cli.main(arguments)
        assert capsys.readouterr().out == "sonne\n"


def test_a_translator_is_told_of_the_extractor(folder):
    made = ClipTranslator(Path("g"), "en", any_extractor=True).model
    assert (made.language, made.extractor) == ("en", "any")
    assert ClipTranslator(Path("g")).model.extractor == "same"


def test_scaling_slt_translates_sentences_by_its_prompt_of_text(tiny_tokenizer):
    model = make("T5", tiny_tokenizer).eval()
    model.write_in("en")
    read = model.read_sentences(["am montag"], "de")
    [expected] = model.encode_texts(["translate de en am montag"])
    assert read["prompt"].tolist() == expected
    assert (model.own_language, len(read["landmarks"])) == ("de", 0)
    texts, scores = decode_sentences(
        model, tiny_tokenizer, ["am montag", " "], "de", beams=1, max_new_tokens=3
    )
    assert (texts[1], scores[1]) == ("", 0.0) and scores[0] < 0
