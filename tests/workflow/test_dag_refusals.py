"""Configurations and targets that are refused, and jobs that fail."""

from pathlib import Path

import pytest
from dag import BOTH, planned, snakemake


def test_another_models_tokenizer_is_refused(tmp_path: Path) -> None:
    change = "experiments={more: {base: fla_llm, stages: {train_tokenizer: {published: null}}}}"
    done = snakemake(tmp_path, "--dry-run", "results/phoenix/fla_llm.bleu", "--config", change)
    assert done.returncode != 0
    assert (
        "pretrain_language_model of more on phoenix: published: found facebook/mbart-large-cc25 at "
        "f417e5563320b2cc8aabe4329d986b238809067f, but train_tokenizer has none; give both the same"
    ) in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--config", "datasets={avatar: {stages: {visual_init: {training: {epochs: many}}}}}"),
            'visual_init.training.epochs: found "many", expected a valid integer',
        ),
        (
            ("--config", "experiments={fla_llm: {stages: {decode: {beam: 2}}}}"),
            'experiments.fla_llm.stages.decode.beam: unknown key; did you mean "beams"? accepted '
            "keys: batch_steps, beams",
        ),
        (("--config", "target=x"), 'target: unknown key; did you mean "targets"?'),
    ],
)
def test_wrong_configuration_is_refused_before_the_graph(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = snakemake(tmp_path, "--dry-run", *BOTH, *arguments)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Building DAG" not in done.stdout


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "sign2gpt_z",
            "extract_features: {feature: sign_wise}",
            'extract_features of sign2gpt_z on avatar: feature: found "sign_wise", expected one of '
            "sign_features",
        ),
        (
            "fla_llm",
            "extract_features: {feature: sign_features}",
            'feature: found "sign_features", expected one of frame_wise, sign_wise, hidden_states',
        ),
        (
            "fla_llm",
            "pretrain_language_model: {architecture: xglm}",
            "found pretrain_language_model.architecture xglm, expected mbart or mt5: features are "
            "read by an encoder, which such a model lacks",
        ),
        (
            "sign2gpt",
            "pretrain_language_model: {architecture: mbart}",
            "found pretrain_language_model.architecture mbart, expected xglm: gates are added to "
            "the attention of a decoder",
        ),
        (
            "sign2gpt",
            "pretrain_prototypes: {lora_blocks: [3]}",
            "stored_features is true with lora_blocks [3]",
        ),
    ],
)
def test_what_one_method_makes_is_refused_by_the_other(
    tmp_path: Path, name: str, change: str, message: str
) -> None:
    override = f"datasets={{avatar: {{experiments: {{{name}: {{stages: {{{change}}}}}}}}}}}"
    done = snakemake(tmp_path, "--dry-run", f"results/avatar/{name}.bleu", "--config", override)
    assert done.returncode != 0
    assert message in done.stdout
    assert "Job stats" not in done.stdout


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/avatar/fla_lm.bleu", 'experiments.fla_lm: unknown key; did you mean "fla_llm"?'),
        (
            "results/avatar/comparisons/control/compare.html",
            'comparisons.control: unknown name "control"; did you mean "controls"?',
        ),
        (
            "results/avatar/tables/fla_llm_11.html",
            'tables.fla_llm_11: unknown name "fla_llm_11"; did you mean "fla_llm_1"? accepted: ',
        ),
        (
            "results/avatar/tables/fla_lm.html",
            'tables.fla_lm: unknown name "fla_lm"; did you mean "fla_llm"? accepted: ',
        ),
        (
            "results/avatar_isolated/fla_llm.bleu",
            'the clips of avatar_isolated (adapter "avatar_classes") have a class instead of a '
            "sentence, and score is for a data set of sentences; name another one: avatar,",
        ),
        ("results/avatr/tables/mmtlb.html", "datasets.avatr: unknown key"),
        ("results/avatr/tables/mmtlb_1.html", "datasets.avatr: unknown key"),
        ("results/avatr/fla_llm.bleu", 'datasets.avatr: unknown key; did you mean "avatar"?'),
        (
            "results/phoenix_text/fla_llm.bleu",
            "sample_frames reads videos), and phoenix_text is read by its text alone",
        ),
        (
            "results/phoenix_text/fla_llm/sample_frames/train.tar",
            "sample_frames of fla_llm on phoenix_text: needs the videos of phoenix_text",
        ),
        (
            "results/phoenix_text/comparisons/controls/translations.html",
            "score of fla_llm on phoenix_text: needs the videos of phoenix_text",
        ),
        (
            "results/how2sign/mmtlb_gloss2text.bleu",
            'train_gloss2text reads glosses), and the corpus of how2sign (adapter "how2sign") has '
            "none. Choose an experiment that needs no glosses",
        ),
        (
            "results/how2sign/mmtlb/extract_features/train.safetensors",
            "needs the glosses of how2sign (extract_features reads train_sign2gloss, ",
        ),
        (
            "results/avatar/fla_llm_blind/visual_init/model.safetensors",
            "ask for results/avatar/fla_llm/visual_init instead",
        ),
    ],
)
def test_wrong_target_is_refused_with_advice(tmp_path: Path, target: str, message: str) -> None:
    done = snakemake(tmp_path, "--dry-run", target)
    assert done.returncode != 0
    assert message in done.stdout


def test_what_reads_text_alone_is_planned(tmp_path: Path) -> None:
    done = planned(
        tmp_path,
        "results/phoenix_text/common/check_corpus/report.html",
        "results/phoenix_text/common/train_tokenizer/tokenizer.json",
    )
    assert done == {
        "acquire_corpus": 1,
        "make_manifest": 1,
        "check_corpus": 1,
        "fetch_model": 1,
        "train_tokenizer": 1,
    }


def test_failed_job_ends_with_its_log(tmp_path: Path) -> None:
    corpus = tmp_path / "resources/avatar/checksums.tsv"
    corpus.parent.mkdir(parents=True)
    corpus.write_text("not a table\n")
    target = "results/avatar/common/make_manifest/train.tsv"
    done = snakemake(tmp_path, "--cores", "1", "--rerun-triggers", "mtime", "--", target)
    assert done.returncode != 0
    log = (tmp_path / "logs/avatar/common/make_manifest.log").read_text(encoding="utf-8")
    shown = done.stdout[done.stdout.index("Error in rule make_manifest") :]
    assert log.strip()
    assert log.strip().splitlines()[-1] in shown
    assert not (tmp_path / target).exists()


def test_a_language_that_the_method_does_not_write_is_refused(tmp_path: Path) -> None:
    done = snakemake(tmp_path, "--dry-run", "results/avatar/fla_llm/en.bleu")
    assert done.returncode != 0
    assert (
        "results/avatar/fla_llm/en.bleu: language en found, but experiments.fla_llm of config.yaml "
        "has the method fla_llm, which writes the data set's own language alone, de. Ask for "
        "results/avatar/fla_llm.bleu"
    ) in done.stdout
