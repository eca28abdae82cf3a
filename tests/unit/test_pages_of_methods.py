"""Pages and tables over methods other than FLa-LLM, each shown as its METHOD declares."""

import csv
import json
import re
import sys
from html import unescape
from pathlib import Path

import pytest

from sign2text.comparing.paper_table import set_beside
from sign2text.comparing.table_notes import notes_on
from sign2text.comparing.table_text import to_markdown
from sign2text.ground.errors import InputError
from sign2text.ground.settings import read_settings
from sign2text.papers.published_numbers import published_tables
from sign2text.stages import report_norms, report_training, summarise
from sign2text.training.history import read_history

sys.path.insert(0, str(Path(__file__).parent))
from other_method import other_methods  # noqa: F401 - a fixture

SAID = {"data_set": "avatar", "seed": 1, "settings": "0123456789ab", "code": "ba9876543210"}
PLACES = {
    "fla_llm": {"fla_llm/visual_init": {"train_frame_encoder": True}},
    "mmtlb": {"mmtlb/learn_sentences": {"learning_rate": 10}},
    "sign2gpt": {},
}
FILES = {
    "fla_llm/visual_init": {
        "norm_adapter": (5, 6),
        "norm_visual": (10, 11),
        "norm_language": (100, 98),
        "grad_norm_visual": (3, 1),
        "grad_norm_language": (4, 7),
        "grad_norm_adapter": (0, 0),
    },
    "mmtlb/learn_sentences": {
        "norm_mapper": (2, 3),
        "grad_norm_mapper": (4, 3),
        "norm_visual": (20, 19),
        "grad_norm_visual": (3, 4),
        "norm_gate": (1, 1.5),
        "grad_norm_gate": (0, 0),
    },
}


def history(columns, epochs=(1, 2)):
    """Make a history of any columns, like a training of another method."""
    import pandas as pd

    rows = {"epoch": [float(each) for each in epochs], "step": [10, 20], "loss": [3.0, 2.0]}
    rows |= {"grad_norm": [1.0, 1.0], "learning_rate": [0.1, 0.1], "dev_loss": [2.5, 2.25]}
    named = {name: [float(each) for each in values] for name, values in columns.items()}
    return pd.DataFrame(rows | named | {"chosen": [0, 1]})


@pytest.fixture
def made(tmp_path, monkeypatch, other_methods):  # noqa: F811
    """Make page and table of norms over three methods."""
    tables = {place: history(columns) for place, columns in FILES.items()}
    monkeypatch.setattr(
        "sign2text.training.history.read_history",
        lambda path: tables["/".join(path.parent.parts[-2:])],
    )
    for place in PLACES["mmtlb"]:
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "model.safetensors").touch()
    listed = {name: {**SAID, "method": name, "trainings": PLACES[name]} for name in PLACES}
    output = tmp_path / "norms.html"
    report_norms.run(
        name="methods",
        results=tmp_path,
        experiments=json.dumps(listed),
        output=output,
        config=report_norms.Config(),
    )
    text = output.with_suffix(".csv").read_text(encoding="utf-8")
    return unescape(output.read_text(encoding="utf-8")), list(csv.DictReader(text.splitlines()))


def test_norms_of_two_methods_have_each_its_own_parts(made) -> None:
    page, rows = made
    found = [(row["experiments"], row["part"], row["name"], row["state"]) for row in rows]
    assert found == [
        ("fla_llm", "visual", "visual encoder", "trained"),
        ("fla_llm", "language", "Light-T", "trained"),
        ("fla_llm", "adapter", "VL-Adapter", "trained"),
        ("mmtlb", "visual", "S3D", "trained"),
        ("mmtlb", "mapper", "V-L mapper", "trained"),
        ("mmtlb", "gate", "gate", "trained"),
        ("sign2gpt", "", "", "no norms"),
    ]
    # By hand: squares 9 and 16 of 25, then 16 and 9 of 25.
    assert [float(row["share"]) for row in rows[3:6]] == pytest.approx([0.5, 0.5, 0])
    assert [row["values"] for row in rows[3:6]] == ["30", "10", ""]
    heads = re.search(r'<table class="parts"><thead><tr>(.*?)</tr>', page)[1]
    assert re.findall(r">([^<>]+)</th>", heads) == [
        *("training", "visual part", "language part", "adapter", "mapper", "gate")
    ]
    body = re.search(r'<table class="parts">.*?<tbody>\n(.*?)</tbody>', page, re.DOTALL)[1]
    cells = [re.findall(r"<td.*?</td>", row) for row in body.splitlines()]
    shown = [
        [re.sub("<small.*|<.*?>", "", cell).replace("\xa0", " ") for cell in row] for row in cells
    ]
    assert shown[1] == ["50.0 %", "–", "–", "50.0 %", "0 %"]
    assert [cell == "–" for cell in shown[0]] == [False, False, False, True, True]


def test_a_method_without_parts_is_said_to_have_none(made) -> None:
    page, _ = made
    said = "sign2gpt: No training behind its score writes down norms of parts (method sign2gpt)."
    assert said in page
    assert "The mapper is small." in page
    assert (
        page.index("Clipping scales") < page.index("The mapper is small.") < page.index("one batch")
    )


def test_a_training_whose_norms_were_not_taken_is_not_said_to_be_untrained(
    tmp_path,
    monkeypatch,
    other_methods,  # noqa: F811
) -> None:
    monkeypatch.setattr("sign2text.training.history.read_history", lambda path: history({}))
    said = {**SAID, "method": "mmtlb", "trainings": PLACES["mmtlb"]}
    [training] = report_norms.read_trainings(tmp_path, {"mmtlb": said})
    assert {training.state(part) for part in training.parts} == {"no norms"}
    assert training.parts == ["visual", "mapper"]


def test_the_page_of_trainings_has_the_methods_units_metrics_and_losses(
    tmp_path,
    monkeypatch,
    other_methods,  # noqa: F811
) -> None:
    columns = {"dev_loss_ctc": (2.4, 1.7), "dev_loss_text": (0.6, 0.5), "dev_wer": (40, 30)}
    columns |= {"loss_ctc": (2.5, 1.5), "loss_text": (0.5, 0.5), **FILES["mmtlb/learn_sentences"]}
    tables = {"learn_glosses": columns, "learn_sentences": FILES["mmtlb/learn_sentences"]}
    monkeypatch.setattr(
        "sign2text.training.history.read_history", lambda path: history(tables[path.parent.name])
    )
    identity = {**SAID, "experiment": "mmtlb", "method": "mmtlb"}
    given = {
        "histories": [Path(f"results/avatar/mmtlb/{stage}/history.tsv") for stage in tables],
        "logs": str(tmp_path),
        "stages": [],
        "output": tmp_path / "training.html",
        "output_curves": tmp_path / "curves.tsv",
        "config": report_training.Config(),
    }
    report_training.run(identity=json.dumps(identity), **given)
    page = (tmp_path / "training.html").read_text(encoding="utf-8")
    first, second = page.split("<h3>")[1:]
    assert "CTC in nats a gloss" in first and "cross-entropy in nats a token" in second
    assert "Kept: epoch 2, the best on dev with gloss WER 30.00." in first
    assert "Kept: epoch 2, the last one." in second
    titles = re.findall(r"<figcaption>(.*?)<", first)
    losses = ["Loss", "Loss: ctc", "Loss: text"]
    assert titles[:5] == [*losses, "gloss WER on dev", "Learning rate"]
    assert "<title>dev, epoch 2: 1.7</title>" in first, "of each loss, next to the training loss"
    assert re.findall(r'class="mark".*?>(.*?)<', second)[-2:] == ["V-L mapper", "S3D"]
    assert (tmp_path / "curves.tsv").read_text().splitlines() == [
        "trained\tstage\tepoch\tstep\tloss\tdev_loss",
        "0.5\tlearn_glosses\t1\t10\t3\t2.5",
        "1\tlearn_glosses\t2\t20\t2\t2.25",
        "1.5\tlearn_sentences\t1\t10\t3\t2.5",
        "2\tlearn_sentences\t2\t20\t2\t2.25",
    ]
    with pytest.raises(InputError, match='--identity: unknown name "mmtbl"; did you mean "mmtlb"'):
        report_training.run(identity=json.dumps(identity | {"method": "mmtbl"}), **given)
    with pytest.raises(InputError, match="--histories: found none"):
        report_training.run(identity=json.dumps(identity), **given | {"histories": []})


def test_counts_and_directions_of_a_paper_are_those_of_its_method(
    tmp_path,
    monkeypatch,
    other_methods,  # noqa: F811
) -> None:
    table = published_tables()["sign2gpt_1b"]
    made = set_beside(table, {}, data_set="avatar", adapter="avatar")
    counted = [row for row in made.rows if row.exact]
    published = [row for row in table.rows if row.number("params") or row.number("trainable")]
    assert [row.published for row in counted] == published
    # Unpublished values are not counted, and counts have no digits after the point.
    assert all("bleu4" not in row.exact for row in counted)
    assert "| 1,234,567 |" in to_markdown(made) and "1234567.00" not in to_markdown(made)
    assert "are those of a model made up for this test; nothing" in notes_on(made)[-1]
    monkeypatch.chdir(tmp_path)
    summarise.run(
        paper="mmtlb",
        data_set="avatar",
        results=Path("results/avatar"),
        output=Path("mmtlb.csv"),
        config=read_settings(summarise.Config, {}),
    )
    lines = list(csv.DictReader(Path("mmtlb.csv").read_text(encoding="utf-8").splitlines()))
    assert len(lines) == 10, "five rows of test"
    assert (lines[0]["kind"], lines[0]["words"]) == (
        "argument",
        "representations better than features",
    )
    assert "Table 6: what the mapper reads" in Path("mmtlb.html").read_text(encoding="utf-8")


def test_a_history_in_the_projects_own_form_is_read(tmp_path) -> None:
    """The histories above are invented tables; this one is written and read back."""
    from sign2text.comparing.part_learning import learning_of
    from sign2text.training.history import history_rows, write_history

    logged = [
        {"loss": 3.0, "epoch": 1.0, "step": 1, "grad_norm_language": 2.0, "norm_language": 9.0}
    ]
    write_history(tmp_path / "history.tsv", history_rows(logged, chosen=1))
    found = learning_of(read_history(tmp_path / "history.tsv"))
    assert found.to_dict("records") == [
        {"part": "language", "epoch": 1, "gradient": 2, "norm": 9, "share": 1, "moved": 0}
    ]
