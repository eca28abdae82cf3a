"""How much each part learns: numbers and figures from invented histories."""

import csv
import json
import re
from html import unescape

import pytest
import yaml

from sign2text.comparing.part_learning import Training, learning_of, values_of
from sign2text.config.methods import Norms, find_methods
from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.lineage.part_trainings import part_trainings
from sign2text.pages.curves import Series, curve, log_ticks
from sign2text.stages import report_norms
from sign2text.training.history import history_rows, read_history, write_history

# Epoch, then norms of the gradients and of the parameters: visual, language, adapter.
JOINT = [
    (0.5, (3.0, 4.0, 0.0), (10.0, 100.0, 5.0)),  # squares 9 + 16: 36 % and 64 %
    (1.0, (1.0, 7.0, 0.0), (10.0, 101.0, 5.0)),  # 1 + 49: 2 % and 98 %
    (2.0, (1.0, 3.0, 10.0**0.5), (11.0, 98.0, 6.0)),  # 1 + 9 + 10: 5, 45 and 50 %
]
PARTS = ("visual", "language", "adapter")
TRAINED = {
    "data_set": "avatar",
    "method": "fla_llm",
    "seed": 1,
    "settings": "0123456789ab",
    "code": "ba9876543210",
}
NORMS = find_methods()["fla_llm"].norms


def logged(rows, frozen=()):
    """Make a history like the Trainer's: a row per logged step, and dev after the last."""
    entries = []
    for number, (epoch, gradients, norms) in enumerate(rows, start=1):
        entry = {"loss": 3.0, "grad_norm": 1.0, "learning_rate": 0.001}
        for part, gradient, norm in zip(PARTS, gradients, norms, strict=True):
            if part not in frozen:
                entry |= {f"grad_norm_{part}": gradient, f"norm_{part}": norm}
        entries.append(entry | {"epoch": epoch, "step": 10 * number})
    return [*entries, {"eval_loss": 2.0, "epoch": rows[-1][0], "step": entries[-1]["step"]}]


@pytest.fixture
def write(tmp_path):
    """Write a training's history, results/<place>/history.tsv; empty without rows."""

    def write(place, rows=(), frozen=()):
        folder = tmp_path / "results" / place
        folder.mkdir(parents=True)
        entries = logged(rows, frozen) if rows else []
        write_history(folder / "history.tsv", history_rows(entries, chosen=10))
        return folder / "history.tsv"

    return write


@pytest.fixture
def make(tmp_path):
    """Make page and table of trainings by experiment, with settings by place."""

    def make(trainings, **settings):
        listed = {
            name: {**TRAINED, "trainings": {place: settings.get(place, {}) for place in places}}
            for name, places in trainings.items()
        }
        output = tmp_path / "norms.html"
        report_norms.run(
            name="dominance",
            results=tmp_path / "results",
            experiments=json.dumps(listed),
            output=output,
            config=report_norms.Config(),
        )
        table = output.with_suffix(".csv").read_text(encoding="utf-8")
        return output.read_text(encoding="utf-8"), list(csv.DictReader(table.splitlines()))

    return make


@pytest.fixture
def both(write, make):
    """Write two trainings, and joint training in which visual_init trained nothing."""
    write("two/visual_init", JOINT)
    write("two/finetune_llm", JOINT[:2], frozen=("visual",))
    write("one/visual_init")
    write("one/finetune_llm", JOINT)
    return make({name: [f"{name}/visual_init", f"{name}/finetune_llm"] for name in ("two", "one")})


def training(path, norms=NORMS, values=None):
    """Make a training of finetune_llm with the history in `path`."""
    return Training(
        "finetune_llm",
        "one",
        ("one",),
        norms,
        {},
        2.0,
        learning_of(read_history(path)),
        values or {},
    )


def test_shares_are_of_the_squared_norm_of_all_gradients(write):
    found = training(write("one/finetune_llm", JOINT))
    shares = found.points("visual", "share")
    assert [share for _, share in shares] == pytest.approx([0.36, 0.02, 0.05])
    assert found.share("visual") == pytest.approx((0.36 + 0.02 + 0.05) / 3)
    assert found.share("adapter") == pytest.approx(0.5 / 3)
    assert sum(map(found.share, found.parts)) == pytest.approx(1)
    assert shares[0][0] == 0.5


def test_how_far_a_part_moved_is_counted_from_its_first_logged_norm(write):
    found = training(write("one/finetune_llm", JOINT))
    assert found.change("visual") == pytest.approx(0.1)
    assert found.change("language") == pytest.approx(-0.02)
    moved = [moved for _, moved in found.points("language", "moved")]
    assert moved == pytest.approx([0, 0.01, -0.02])


def test_a_frozen_part_has_no_share_and_leaves_the_others_theirs(write):
    found = training(write("two/finetune_llm", JOINT, frozen=("visual",)))
    assert found.trained == ["language", "adapter"]
    assert (found.state("visual"), found.state("adapter")) == ("frozen", "trained")
    shares = [share for _, share in found.points("adapter", "share")]
    assert shares == pytest.approx([0, 0, 10 / 19])
    assert learning_of(read_history(write("one/visual_init"))).empty


def test_steps_whose_gradients_are_no_numbers_or_nothing_have_no_share(write):
    rows = [*JOINT, (2.5, (float("inf"), 1.0, 1.0), (11.0, 98.0, 6.0))]
    rows += [(3.0, (0.0, 0.0, 0.0), (11.0, 98.0, 6.0))]
    found = training(write("one/finetune_llm", rows))
    assert found.share("visual") == pytest.approx((0.36 + 0.02 + 0.05) / 3)
    assert [epoch for epoch, _ in found.points("visual", "gradient")] == [0.5, 1.0, 2.0, 3.0]
    assert len(found.points("visual", "norm")) == found.steps == 5


@pytest.mark.parametrize("trained", ["all", "temporal_module", "nothing"])
def test_values_are_those_of_the_parameters_that_are_trained(tiny_translator, tmp_path, trained):
    model = tiny_translator(light=trained == "nothing")
    if trained == "temporal_module":
        model.freeze_frame_encoder()
    model.save_pretrained(tmp_path)
    expected = {
        part: sum(each.numel() for each in module.parameters() if each.requires_grad)
        for part, module in model.parts().items()
    }
    found = values_of(NORMS, tmp_path / "model.safetensors", {"trained_visual": trained})
    assert found == expected
    kept_frozen = {"train_frame_encoder": trained != "temporal_module"}
    assert values_of(NORMS, tmp_path / "model.safetensors", kept_frozen) == expected
    assert values_of(NORMS, tmp_path / "none.safetensors", {}) == {}
    assert values_of(Norms(), tmp_path / "model.safetensors", {}) == {}, "nothing counts them"


def test_share_of_the_values_is_of_the_trained_parts(write):
    values = {"visual": 50, "language": 30, "adapter": 10}
    found = training(write("two/finetune_llm", JOINT, frozen=("visual",)), values=values)
    assert found.share_of_values("language") == 0.75


def test_a_cut_model_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(InputError, match=r"model\.safetensors: cannot be read"):
        values_of(NORMS, tmp_path / "model.safetensors", {})


def test_the_table_has_a_row_a_training_and_part(both):
    _, rows = both
    assert [(row["training"], row["part"], row["state"]) for row in rows] == [
        (f"{owner}/{stage}", part, state)
        for owner, stage, states in (
            ("two", "visual_init", ("trained",) * 3),
            ("two", "finetune_llm", ("frozen", "trained", "trained")),
            ("one", "visual_init", ("nothing trained",) * 3),
            ("one", "finetune_llm", ("trained",) * 3),
        )
        for part, state in zip(PARTS, states, strict=True)
    ]
    visual = rows[9]
    assert [float(visual[f"share{end}"]) for end in ("", "_lowest", "_highest")] == pytest.approx(
        [0.143333, 0.02, 0.36]
    )
    firsts = ("grad_norm_first", "grad_norm_last", "norm_first", "norm_last", "norm_change")
    assert [float(visual[column]) for column in firsts] == [3, 1, 10, 11, 0.1]
    assert (visual["logged_steps"], visual["epoch_first"], visual["epoch_last"]) == (
        "3",
        "0.5",
        "2",
    )
    assert (visual["seed"], visual["settings"], visual["experiments"]) == (
        "1",
        TRAINED["settings"],
        "one",
    )
    assert visual["values"] == visual["share_of_values"] == "", "there is no model in its folder"
    assert [row["name"] for row in rows[:6]] == [
        *("visual encoder", "Light-T", "VL-Adapter"),
        *("visual encoder", "language model", "LLM-Adapter"),
    ]
    assert not any(rows[3][column] for column in ("share", "norm_first", "logged_steps"))


def test_the_page_says_the_numbers_and_what_is_frozen(both):
    page = unescape(both[0]).replace("\xa0", " ")
    assert "one: In visual_init nothing is trained. In finetune_llm 14.3 % of the squared" in page
    assert "In finetune_llm the visual encoder is frozen; trained: language model and LLM" in page
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', page)
    cells = [re.findall(r"<td.*?>(.*?)</td>", row) for row in rows]
    shares = [[re.sub("<small.*|<.*?>", "", cell) for cell in row] for row in cells[:3]]
    assert shares == [
        ["14.3 %", "69.0 %", "16.7 %"],
        ["frozen", "100.0 %", "0 %"],
        ["14.3 %", "69.0 %", "16.7 %"],
    ]
    assert "[2.0 %, 36.0 %]" in cells[0][0]
    moved = [re.sub("<small.*", "", cell) for cell in cells[3]]
    assert moved == ["+10.0 %", "-2.0 %", "+20.0 %"]
    assert not re.search(r"https?:|<script|<link|<img", page)


def test_each_part_has_its_own_kind_of_line_in_figures_with_one_axis(both):
    figures = re.findall(r"<figure.*?</figure>", both[0])
    assert len(figures) == 4 * 3, "shares, gradients, parameters, moved"
    kinds = {"visual": "first", "language": "second", "adapter": "third"}
    for figure in figures:
        lines = re.findall(r'<g class="(\w+)"><polyline', figure)
        named = re.findall(r'class="mark".*?>(\w+)<', figure)
        assert lines == [kinds[part] for part in reversed(named)]
        assert ("visual" in named) == ("visual part frozen" not in figure)
    for row in range(4):
        axes = [
            re.findall(r'text-anchor="end">(.*?)<', figure)
            for figure in figures[3 * row : 3 * row + 3]
        ]
        assert axes[0] == axes[1] == axes[2]
    assert re.findall(r'text-anchor="end">(.*?)<', figures[0]) == [
        "0",
        "20",
        "40",
        "60",
        "80",
        "100",
    ]


def test_a_training_that_experiments_share_is_shown_once(write, make):
    write("two/visual_init", JOINT)
    write("two/finetune_llm", JOINT, frozen=("visual",))
    write("other/finetune_llm", JOINT, frozen=("visual",))
    page, rows = make(
        {
            "two": ["two/visual_init", "two/finetune_llm"],
            "other": ["two/visual_init", "other/finetune_llm"],
        }
    )
    assert [row["experiments"] for row in rows[::3]] == ["two other", "two", "other"]
    assert "also of other" in page
    # Both have its sentence.
    assert page.count("In visual_init 14.3") == 2


def test_a_history_that_is_missing_is_refused(make):
    with pytest.raises(InputError, match=r"two/visual_init/history\.tsv: missing"):
        make({"two": ["two/visual_init"]})


def test_trainings_are_those_behind_the_scores_with_their_settings(request):
    config = yaml.safe_load((request.config.rootpath / "config.yaml").read_text())
    project = Project(config)
    names = ("fla_llm", "fla_llm_joint", "fla_llm_vis_only", "fla_llm_blind")
    found = part_trainings(project, "avatar", names)
    own = {name: list(said["trainings"]) for name, said in found.items()}
    assert own["fla_llm_blind"] == own["fla_llm"] == ["fla_llm/visual_init", "fla_llm/finetune_llm"]
    assert own["fla_llm_vis_only"] == ["fla_llm/visual_init"]
    first, second = found["fla_llm"]["trainings"].values()
    assert (first["train_frame_encoder"], first["optimizer"]) == (False, "adamw")
    assert (second["trained_visual"], second["optimizer"]) == ("nothing", "adamw")
    assert (first["epochs"], second["epochs"]) == (11, 16) and "steps" not in first
    assert found["fla_llm_joint"]["settings"] != found["fla_llm"]["settings"]
    # With the paper's settings SGD trains the frame encoder.
    [published, _] = part_trainings(project, "phoenix", ["fla_llm"])["fla_llm"][
        "trainings"
    ].values()
    assert (published["train_frame_encoder"], published["optimizer"]) == (True, "sgd")


def test_a_logarithmic_axis_has_equal_ratios_at_equal_distances():
    text = curve("Norm", "L2", [Series("a", [(0, 1.0), (1, 10.0), (2, 100.0)])], 2,
                 scale=[1, 10, 100], log=True)  # fmt: skip
    places = re.search(r'polyline points="(.*?)"', text)[1].split()
    assert [float(place.split(",")[1]) for place in places] == [184, 105, 26]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.3, 40, [0.2, 0.5, 1, 2, 5, 10, 20, 50]),
        (0.004, 700, [0.001, 0.01, 0.1, 1, 10, 100, 1000]),
        (2, 2, [2, 5]),
        (1e-9, 1e6, [1e-9, 1e-5, 0.1, 1e3, 1e7]),
    ],
)
def test_ticks_of_a_logarithmic_axis_hold_all_values(low, high, found):
    assert log_ticks(low, high) == pytest.approx(found)
