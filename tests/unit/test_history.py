import math

import pytest

from sign2text.ground.errors import InputError
from sign2text.training.history import (
    CORE,
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
        "epoch\tstep\tloss\tgrad_norm\tlearning_rate\tdev_loss\tchosen\t"
        "dev_bleu4\tgrad_norm_language\tnorm_language",
        "0.5\t2\t2.5\t1.25\t1e-05\t\t0\t\t1.125\t30.5",
        "1\t4\t2\t0.75\t5e-06\t1.5\t1\t12.345679\t\t",
        "2\t8\t\t\t\t1.75\t0\t\t\t",
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
    assert path.read_text() == "\t".join(CORE) + "\n"
    assert list(read_history(path).columns) == list(CORE)
    assert len(read_history(path)) == 0
    assert chosen_checkpoint(path) is None


OLDER = (
    "epoch\tstep\tloss\tgrad_norm\tlearning_rate\t"
    "grad_norm_visual\tgrad_norm_language\tgrad_norm_adapter\t"
    "norm_visual\tnorm_language\tnorm_adapter\tdev_loss\tdev_bleu4\tchosen\n"
    "0.5\t2\t2.5\t1.25\t1e-05\t\t1.125\t\t\t30.5\t\t\t\t0\n"
    "1\t4\t2\t0.75\t5e-06\t\t\t\t\t\t\t1.5\t12.345679\t1\n"
)


def test_an_older_file_is_read_with_all_of_its_columns(tmp_path):
    path = tmp_path / "history.tsv"
    path.write_text(OLDER)
    table = read_history(path)
    assert list(table.columns[:8]) == [*CORE, "grad_norm_visual"] and len(table.columns) == 14
    assert table["norm_language"][0] == 30.5 and table["norm_adapter"].isna().all()
    assert table["chosen"].tolist() == [0, 1]
    assert chosen_checkpoint(path) == {"epoch": 1.0, "step": 4, "dev_bleu4": 12.3457}


def test_further_columns_are_those_that_were_measured(tmp_path):
    logged = [
        {
            "loss": 3.0,
            "loss_ctc": 2.0,
            "loss_text": 1.0,
            "learning_rate": 0.1,
            "epoch": 1,
            "step": 5,
        },
        {"eval_loss": 2.5, "eval_loss_ctc": 1.5, "eval_wer": 40.0, "epoch": 1, "step": 5},
        {"eval_loss": 2.0, "eval_wer": 30.0, "epoch": 2, "step": 10, "total_flos": 7.0},
    ]
    path = tmp_path / "history.tsv"
    write_history(path, history_rows(logged, chosen=10))
    table = read_history(path)
    assert list(table.columns) == [*CORE, "dev_loss_ctc", "dev_wer", "loss_ctc", "loss_text"]
    assert table["dev_wer"].tolist() == [40.0, 30.0]
    assert (table["dev_loss_ctc"][0], table["loss_ctc"][0]) == (1.5, 2.0)
    assert chosen_checkpoint(path) == {"epoch": 2.0, "step": 10, "dev_bleu4": None}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dev_bleu4", "bleu", "found the columns epoch, .*, bleu, .*, expected epoch, step"),
        ("dev_bleu4", "dev_loss", "found the columns epoch, .*each once"),
        ("dev_bleu4", "dev_BLEU", "found the columns epoch, "),
        ("learning_rate", "norm_rate", "found the columns .*expected .*learning_rate"),
        ("\t2.5\t", "\t", "line 2: 9 values found, 10 expected"),
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
