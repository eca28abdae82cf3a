import math

import pytest

from sign2text.ground.errors import InputError
from sign2text.training.history import (
    COLUMNS,
    chosen_checkpoint,
    history_rows,
    read_history,
    write_history,
)

LOGGED = [
    {
        "loss": 2.5,
        "grad_norm": 1.25,
        "learning_rate": 1e-05,
        "grad_norm_language": 1.125,
        "norm_language": 30.5,
        "epoch": 0.5,
        "step": 2,
    },
    {"loss": 2.0, "grad_norm": 0.75, "learning_rate": 5e-06, "epoch": 1.0, "step": 4},
    {"eval_loss": 1.5, "eval_bleu4": 12.3456789, "epoch": 1.0, "step": 4},
    {"eval_loss": 1.75, "epoch": 2.0, "step": 8},
    {"train_runtime": 3.0, "train_loss": 2.1, "epoch": 2.0, "step": 8},
]


def test_history_has_a_row_a_step_at_which_something_was_measured(tmp_path):
    path = tmp_path / "history.tsv"
    write_history(path, history_rows(LOGGED, chosen=4))
    assert path.read_text().splitlines() == [
        "epoch\tstep\tloss\tgrad_norm\tlearning_rate\t"
        "grad_norm_visual\tgrad_norm_language\tgrad_norm_adapter\t"
        "norm_visual\tnorm_language\tnorm_adapter\tdev_loss\tdev_bleu4\tchosen",
        "0.5\t2\t2.5\t1.25\t1e-05\t\t1.125\t\t\t30.5\t\t\t\t0",
        "1\t4\t2\t0.75\t5e-06\t\t\t\t\t\t\t1.5\t12.345679\t1",
        "2\t8\t\t\t\t\t\t\t\t\t\t1.75\t\t0",
    ]
    table = read_history(path)
    assert table["step"].tolist() == [2, 4, 8]
    assert table["learning_rate"].tolist()[:2] == [1e-05, 5e-06]
    assert math.isnan(table["dev_loss"][0])
    assert table["chosen"].tolist() == [0, 1, 0]
    assert chosen_checkpoint(path) == {"epoch": 1.0, "step": 4, "dev_bleu4": 12.3457}


def test_the_last_epoch_of_a_training_that_chose_by_nothing_has_no_bleu(tmp_path):
    path = tmp_path / "history.tsv"
    write_history(path, history_rows(LOGGED, chosen=8))
    assert chosen_checkpoint(path) == {"epoch": 2.0, "step": 8, "dev_bleu4": None}


def test_where_nothing_was_trained_the_header_stands_alone(tmp_path):
    path = tmp_path / "history.tsv"
    write_history(path, [])
    assert path.read_text() == "\t".join(COLUMNS) + "\n"
    assert list(read_history(path).columns) == list(COLUMNS)
    assert len(read_history(path)) == 0
    assert chosen_checkpoint(path) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dev_bleu4", "bleu", "found the columns epoch, .*, bleu, chosen, expected epoch, step"),
        ("\t2.5\t", "\t", "line 2: 13 values found, 14 expected"),
        ("\t2.5\t", "\tmany\t", "line 2: loss is 'many', expected a number"),
        ("2\t8\t", "2\t\t", "line 4: step is '', expected a number"),
    ],
)
def test_what_is_no_history_is_refused(tmp_path, old, new, message):
    path = tmp_path / "finetune_llm" / "history.tsv"
    path.parent.mkdir()
    write_history(path, history_rows(LOGGED, chosen=4))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=rf"history\.tsv.*{message}.*Run finetune_llm again"):
        read_history(path)


def test_a_history_that_is_not_there_is_missed(tmp_path):
    path = tmp_path / "visual_init" / "history.tsv"
    with pytest.raises(InputError, match=r"history\.tsv: missing. Run visual_init again"):
        read_history(path)


def test_a_gradient_that_was_no_number_leaves_a_history_that_can_be_read(tmp_path):
    path = tmp_path / "history.tsv"
    broken = [LOGGED[0] | {"grad_norm": math.nan}, LOGGED[1] | {"loss": math.inf}, *LOGGED[2:]]
    write_history(path, history_rows(broken, chosen=4))
    table = read_history(path)
    assert math.isnan(table["grad_norm"][0]) and math.isinf(table["loss"][1])
    assert chosen_checkpoint(path)["dev_bleu4"] == 12.3457
