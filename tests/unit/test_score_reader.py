"""Invalid score files and sentences give the same message to every reader."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sign2text.comparing.compared import read_compared
from sign2text.comparing.score_runs import read_run
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.scoring.score_reader import read_score_file, read_sentences
from sign2text.scoring.sentence_table import COLUMNS
from sign2text.stages import report_translations, summarise

sys.path.insert(0, str(Path(__file__).parent))
from two_systems import rows, write_experiment

AGAIN = "Make it again: snakemake --cores all --forcerun score -- results/avatar/base.bleu"
EXPECTED = {
    "missing": "results/avatar/base.bleu: missing. Have it made: snakemake --cores all results/",
    "cut": "results/avatar/base.bleu: not a score file (Expecting",
    "a list": "of an older form. " + AGAIN,
    "older": "of an older form. " + AGAIN,
    "latin": "results/avatar/base.bleu: not a score file ('utf-8' codec",
    "a folder": "results/avatar/base.bleu: not a score file ([Errno 21]",
}


def compare(scores: Path, sentences: Path) -> None:
    read_compared([scores], [sentences], least=1)


def report(scores: Path, sentences: Path) -> None:
    report_translations.run(
        name="x",
        scores=[scores],
        sentences=[sentences],
        manifest=Path("test.tsv"),
        output=Path("x.html"),
        config=report_translations.Config(clips=0),
    )


def tabulate(scores: Path, sentences: Path) -> None:
    read_run(scores)


def show(scores: Path, sentences: Path) -> None:
    read_score_file(scores, ["scores"])


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.chdir(tmp_path)
    columns = "id\tvideo\tframes\tfps\tsigner\ttext\tgloss\tlanguage\tphrasings\n"
    clips = rows(0)
    lines = (f"{clip[0]}\tv\t9\t25.0\t{clip[1]}\t{clip[2]}\t\tde\t[]\n" for clip in clips)
    Path("test.tsv").write_text(columns + "".join(lines), encoding="utf-8")
    return write_experiment(Path("results/avatar"), "base", clips)


@pytest.mark.parametrize("case", EXPECTED)
@pytest.mark.parametrize("reader", [compare, report, tabulate, show])
def test_score_files(written: tuple[Path, Path], case: str, reader: Callable) -> None:
    reader(*written)
    scores, _ = written
    scores.unlink()
    if case == "a folder":
        scores.mkdir()
    elif case != "missing":
        text = {"cut": '{"scores": ', "a list": "[1]", "older": '{"statement": "", "clips": 6}'}
        scores.write_text(text.get(case, '"ä"'), encoding="latin-1")
    with pytest.raises(InputError) as refused:
        reader(*written)
    assert EXPECTED[case] in str(refused.value)


@pytest.mark.parametrize("reader", [compare, report])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "base/score/sentences.tsv: missing. Have it made: snakemake --cores all results/"),
        (lambda text: "", "is not a tab-separated table with a header"),
        (lambda text: text.replace("words", "word"), "line 1: missing column words, unseen_words"),
        (lambda text: text.replace("c6", "c5"), "id 'c5' is in line 6 and in line 7"),
        (lambda text: text.replace("\t24\t", "\tx\t"), "line 7, clip 'c6': words is 'x'"),
    ],
)
def test_sentences(
    written: tuple[Path, Path], reader: Callable, change: Callable | None, message: str
) -> None:
    _, sentences = written
    text = sentences.read_text(encoding="utf-8")
    sentences.unlink()
    if change:
        sentences.write_text(change(text), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        reader(*written)
    assert message in str(refused.value)
    assert (AGAIN in str(refused.value)) is (change is not None)


def test_values_are_numbers(written: tuple[Path, Path]) -> None:
    table = read_sentences(written[1], written[0])
    assert (table.index.name, *table.columns) == COLUMNS
    assert table.loc["c3", ["bleu", "chrf", "rouge_l"]].tolist() == [100.0, 100.0, 100.0]
    assert table["unseen_words"].tolist() == [0, 0, 1, 0, 2, 0]
    assert table["in_train"].tolist() == [1, 0, 0, 0, 0, 0]


def test_each_score_file_is_read_once(
    written: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    text = Path.read_text

    def counting(path: Path, *given, **named) -> str:
        read.append(path.suffix)
        return text(path, *given, **named)

    monkeypatch.setattr(Path, "read_text", counting)
    summarise.run(
        paper="fla_llm",
        data_set="avatar",
        results=Path("results/avatar"),
        output=Path("x.csv"),
        rows='{"fla_llm_4": {"factorized": ["base"]}}',
        config=read_settings(summarise.Config, {"resamples": 2}),
    )
    assert read.count(".bleu") == 1
