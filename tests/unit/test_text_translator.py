"""A translator that reads glosses: from manifests to scores and pages, and by the command line."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from sign2text.commands import main as cli
from sign2text.commands import translate_text
from sign2text.config import methods
from sign2text.config.methods import Method
from sign2text.config.reads import kept_clips
from sign2text.data.hypotheses import read_hypotheses
from sign2text.data.left_out import COLUMNS
from sign2text.data.manifest import write_manifest, write_table
from sign2text.data.text_alone import NO_VIDEO
from sign2text.ground.errors import InputError
from sign2text.models.translator import load_translator
from sign2text.stages import compare, decode, report_translations, score

sys.path.insert(0, str(Path(__file__).parent))
from stub_translators import GlossesConfig, GlossesTranslator

METHOD = Method(
    trainings=("train_glosses",),
    translating=("train_glosses",),
    translators={"stub_glosses": "stub_translators:GlossesTranslator"},
    clips=(kept_clips("text"),),
)
GLOSSES = {"a": "HEUTE ABEND NORD REGEN", "b": "SONNE", "c": "MORGEN SUED STARK WIND", "d": "HAGEL"}


@pytest.fixture(autouse=True)
def gloss_method(monkeypatch):
    found = methods.find_methods() | {"glosses": METHOD}
    monkeypatch.setattr(methods, "find_methods", lambda: found)


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_tokenizer):
    """A working folder with a model, and manifests of text alone."""
    monkeypatch.chdir(tmp_path)
    known = sorted({gloss for line in GLOSSES.values() for gloss in line.split()})
    GlossesTranslator(GlossesConfig(glosses=known)).save_pretrained("g/train_glosses")
    tiny_tokenizer.save_pretrained("g/train_glosses")
    fixed = {"video": NO_VIDEO, "frames": 1, "fps": 1.0, "signer": "s", "language": "de"}
    for split, texts in (("test", [*GLOSSES.values()]), ("train", ["SCHNEE"] * len(GLOSSES))):
        rows = {
            "id": [*GLOSSES],
            "text": [text.lower() for text in texts],
            "gloss": texts,
            "phrasings": [[] for _ in texts],
        }
        write_manifest(pd.DataFrame(rows | fixed), Path(f"{split}.tsv"))
    write_table(pd.DataFrame(columns=[*COLUMNS]), Path("left_out.tsv"))
    return Path()


def run_decode(name, **settings):
    output = Path(f"{name}.tsv")
    decode.run(
        manifest=Path("test.tsv"),
        text=Path("test.tsv"),
        model=Path("g/train_glosses/model.safetensors"),
        output=output,
        config=decode.Config(**settings),
    )
    return output


def run_score(name, hypotheses):
    about = {"data_set": "phoenix_text", "experiment": name, "method": "glosses", "settings": "0"}
    score.run(
        hypotheses=hypotheses,
        manifest=Path("test.tsv"),
        train_manifest=Path("train.tsv"),
        left_out=Path("left_out.tsv"),
        output=Path(f"{name}.bleu"),
        texts=Path(name),
        config=score.Config(adapter="phoenix", resamples=0),
        identity=json.dumps(about),
    )
    return json.loads(Path(f"{name}.bleu").read_text())


def test_glosses_are_decoded_scored_and_shown(folder):
    (table,) = read_hypotheses(run_decode("true"), [*GLOSSES])
    assert table["hypothesis"].tolist() == [line.lower() for line in GLOSSES.values()]
    result = run_score("true", Path("true.tsv"))
    assert result["scores"]["all"]["bleu4"] == pytest.approx(100)
    assert result["convention"] == "words" and "words_point" in result["conventions"]

    runs = read_hypotheses(run_decode("blind", permutations=2), [*GLOSSES])
    assert len(runs) == 2
    for run in runs:
        others = [GLOSSES[other].lower() for other in run["video"]]
        assert run["hypothesis"].tolist() == others and not (run["video"] == run.index).any()
    blind = run_score("blind", Path("blind.tsv"))
    assert blind["control"] and blind["scores"]["all"]["bleu4"] < 30

    given = {
        "scores": [Path("true.bleu"), Path("blind.bleu")],
        "sentences": [Path("true/sentences.tsv"), Path("blind/sentences.tsv")],
    }
    page = Path("translations.html")
    report_translations.run(
        name="controls",
        **given,
        manifest=Path("test.tsv"),
        output=page,
        config=report_translations.Config(),
    )
    shown = page.read_text(encoding="utf-8")
    assert "4 clips of the test split of data set phoenix_text, 0 of them with video" in shown
    assert "cannot be shown" not in shown
    compare.run(**given, output=Path("controls"), config=compare.Config())
    assert json.loads(Path("controls/compare.json").read_text())["clips"] == 4


def translated(capsys, *arguments):
    """Exit code, stdout and stderr."""
    code = 0
    try:
        cli.main(["translate", "--model", "g", *map(str, arguments)])
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_file_of_glosses_is_translated_line_by_line(folder, capsys):
    Path("g.txt").write_text("\ufeffSONNE \tSUED\r\n\nHAGEL\n HEUTE ABEND\n", encoding="utf-8")
    assert translated(capsys, "g.txt") == (0, "sonne sued\n\nhagel\nheute abend\n", "")
    assert translated(capsys, "g.txt", "g.txt")[1].count("\n") == 8
    found = [json.loads(each) for each in translated(capsys, "g.txt", "--json")[1].splitlines()]
    about = [(each["file"], each["line"], each["source"]) for each in found]
    assert about[0] == ("g.txt", 1, "SONNE SUED") and about[1] == ("g.txt", 2, "")
    assert found[0]["hypotheses"] == [{"text": "sonne sued", "score": -0.25}]
    assert found[1]["hypotheses"] == []
    several = translated(capsys, "g.txt", "--hypotheses", 2)[1].splitlines()
    assert several[:2] == [
        "g.txt, line 1:   -0.250  sonne sued",
        "g.txt, line 1:   -2.000  sued sonne",
    ]
    Path("empty.txt").touch()
    assert translated(capsys, "empty.txt") == (0, "", "")


def test_composed_and_decomposed_glosses_are_the_same(folder):
    Path("nfd.txt").write_bytes("GRU\u0308N\u2028A\n".encode())
    assert translate_text.read_lines(Path("nfd.txt")) == ["GR\u00dcN A"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SONNE\nGR\xdcN\n", "bad.txt, line 2: byte 0xdc is not UTF-8; expected a text file"),
        (b"SONNE\nSCHNEE HAGEL\n", "bad.txt, line 2: SCHNEE: unknown. Take it out."),
        (b"HAGEL " * 6, "bad.txt, line 1: 6 steps found, at most 5 expected, the positions"),
        (None, "bad.txt: nothing found, expected a text file in UTF-8 with a line of glosses"),
        ("folder", "bad.txt: a folder found, expected a text file"),
    ],
)
def test_a_file_that_cannot_be_translated_keeps_no_other_from_it(folder, capsys, content, message):
    if content == "folder":
        Path("bad.txt").mkdir()
    elif content is not None:
        Path("bad.txt").write_bytes(content)
    Path("g.txt").write_text("SONNE\n")
    code, out, err = translated(capsys, "bad.txt", "g.txt")
    assert (code, out) == (cli.WRONG_INPUT, "sonne\n")
    assert f"sign2text: {message}" in err and "Traceback" not in err


def test_a_file_that_is_too_large_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(translate_text, "LARGEST", 5)
    Path("g.txt").write_text("SONNE\n")
    with pytest.raises(InputError, match=r"g\.txt: 6 bytes found, at most 5 expected"):
        translate_text.read_lines(Path("g.txt"))


def test_a_translator_of_pictures_reads_no_text(tiny_translator):
    with pytest.raises(InputError, match="reads features or frames, and no text"):
        tiny_translator(light=False).read_text(["SONNE"])


def test_a_translator_of_glosses_reads_no_features(folder):
    model = load_translator(Path("g/train_glosses"))
    with pytest.raises(InputError, match="--features: given, but a stub_glosses cannot read it"):
        model.read_clips(["a"], None, {"features": Path("x")})
