"""The stages' declared inputs, and their consequences."""

import dataclasses
import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from snakemake.exceptions import WorkflowError

from sign2text.config.methods import find_methods
from sign2text.config.project import Project
from sign2text.config.reads import Listed, Read, ReadPlace
from sign2text.config.stages import Stage, find_stages
from sign2text.ground.errors import InputError
from sign2text.ground.method_packages import stage_modules
from sign2text.jobs.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
RULES = {
    name: body
    for path in (ROOT / "rules").glob("*.smk")
    for name, body in re.findall(
        r"^rule (\w+):\n((?:(?:    .*)?\n)+)", path.read_text(encoding="utf-8"), re.MULTILINE
    )
}


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(CONFIG)


def with_reads(name: str, reads: tuple[Any, ...]) -> dict[str, Stage]:
    """Return all stages, one with other declarations."""
    stages = find_stages()
    return stages | {name: dataclasses.replace(stages[name], reads=lambda method: reads)}


def job(**values: str) -> Any:
    """Make wildcards like Snakemake's."""
    return SimpleNamespace(items=values.items, **values)


@pytest.mark.parametrize("name", find_stages())
def test_a_declaration_and_the_arguments_of_run_agree(name: str) -> None:
    stage = find_stages()[name]
    for read in stage.declared:
        if getattr(read, "is_option", True):
            assert read.option in stage.parameters
        if isinstance(read, Read):
            assert set(read.makers) <= find_stages().keys()
            assert (read.chosen is None) == (len(read.makers) == 1)
    # Every path that it reads has a declaration, needed or not.
    declared = {each.option for each in stage.declared} | CLIPS.get(name, set())
    for option, parameter in stage.parameters.items():
        if "Path" in str(parameter.annotation) and not option.startswith("output"):
            assert option in declared | WRITTEN or name in ("summarise", "report_norms"), option


WRITTEN = {"texts"}
# A method's `clips` declare its translators' inputs; `recognised` declares the recognised glosses.
CLIPS = {
    "decode": {"features", "frames", "landmarks", "text"},
    "score": {"recognised", "dev_manifest"},
}


def test_each_stage_has_its_rule() -> None:
    assert RULES.keys() == find_stages().keys()
    for name, body in RULES.items():
        listed = {each.option for each in find_stages()[name].declared if isinstance(each, Listed)}
        inputs = re.search(r"^    input:\n((?:        .*\n)+)", body, re.MULTILINE)
        own = set(re.findall(r"^        (\w+)=", inputs[1], re.MULTILINE)) if inputs else set()
        assert own == listed or name in ("tabulate", "summarise", "report_norms", "report_training")


def test_an_input_left_out_of_a_declaration_is_refused(project: Project) -> None:
    """Leave out each input that a stage's `run` requires."""
    checked = 0
    for name, stage in find_stages().items():
        own = " ".join(re.findall(r"--[a-z-]+ \S+", RULES[name]))
        for option in {each.option for each in stage.declared}:
            if not stage.needs(option) or isinstance(stage.declared[0], Listed):
                continue
            fewer = tuple(each for each in stage.declared if each.option != option)
            rules = Rules(SimpleNamespace(every_stage=with_reads(name, fewer)))
            with pytest.raises(WorkflowError, match=rf"stage {name}: its `run` needs .*{option}"):
                rules.command(name, own)
            checked += 1
    assert checked >= 35


def test_an_input_that_is_never_read_is_refused() -> None:
    def never(settings: Any) -> bool:
        return settings("decode").beams > 99

    def reads(method: Any) -> tuple[Any, ...]:
        return tuple(
            dataclasses.replace(each, when=never) if each.option == "hypotheses" else each
            for each in stages["score"].reads(method)
        )

    stages = find_stages()
    changed = stages | {"score": dataclasses.replace(stages["score"], reads=reads)}
    with pytest.raises(InputError, match=r"score of fla_llm on avatar: .* needs hypotheses"):
        Project(CONFIG, changed)


def test_two_files_for_one_option_are_refused() -> None:
    def reads(method: Any) -> tuple[Any, ...]:
        return (*decode.reads(method), Read("manifest", "make_manifest", "dev.tsv"))

    decode = find_stages()["decode"]
    changed = find_stages() | {"decode": dataclasses.replace(decode, reads=reads)}
    with pytest.raises(InputError, match=r"decode of fla_llm on avatar: .* 2 files for manifest"):
        Project(CONFIG, changed)


def test_an_option_that_run_does_not_take_is_refused() -> None:
    reads = (*find_stages()["decode"].declared, Read("glosses", "make_manifest", "dev.tsv"))
    rules = Rules(SimpleNamespace(every_stage=with_reads("decode", reads)))
    with pytest.raises(WorkflowError, match="declares or is given glosses, and its `run` takes"):
        rules.command("decode", "--output {output:q}")


def test_what_is_read_depends_on_the_settings(project: Project) -> None:
    def read(experiment: str, stage: str) -> dict[str, str]:
        settings = project.settings("avatar", experiment)
        found = project.reads("avatar", experiment, stage)
        return {each.option: each.maker(settings)[1] for each in found if isinstance(each, Read)}

    assert read("fla_llm", "decode") == {
        "features": "extract_features", "manifest": "make_manifest", "model": "finetune_llm",
    }  # fmt: skip
    assert read("fla_llm_joint", "decode")["frames"] == "sample_frames"
    assert "features" not in read("fla_llm_joint", "decode")
    assert "train_encoded" in read("fla_llm", "visual_init")
    trained = project.reads("phoenix", "fla_llm", "visual_init")
    assert "train_encoded" not in {each.option for each in trained}


def test_inputs_and_options_follow(project: Project) -> None:
    rules = Rules(project)
    clip = job(dataset="avatar", experiment="fla_llm", split="dev")
    # Snakemake wraps inputs that are ignored if only their time is newer.
    inputs = {name: getattr(f, "callable", f) for name, f in rules.inputs_of("decode").items()}
    found = {name: find(clip) for name, find in inputs.items()}
    features = "results/avatar/fla_llm/extract_features/dev.safetensors"
    assert found == {
        "features": features,
        "frames": [],
        "frames_index": [],
        "landmarks": [],
        "manifest": "results/avatar/common/make_manifest/dev.tsv",
        "model": "results/avatar/fla_llm/finetune_llm/model.safetensors",
        "text": [],
    }
    options = rules.params_of("decode")["options"](clip, SimpleNamespace(**found))
    assert options == (
        f"--features {features} --manifest results/avatar/common/make_manifest/dev.tsv "
        "--model results/avatar/fla_llm/finetune_llm/model.safetensors"
    )


def test_a_file_with_blanks_is_one_word(project: Project) -> None:
    stage = dataclasses.replace(
        find_stages()["compare"], reads=lambda method: (Listed("scores"), Listed("sentences"))
    )
    options = Rules(project)._options(stage)
    given = SimpleNamespace(scores=["a b.bleu", "c.bleu"], sentences=[])
    assert options(job(), given) == "--scores 'a b.bleu' c.bleu"


def test_the_file_that_is_read_says_what_the_stage_is_told_of_it() -> None:
    """Another entry of the same option, which is read under other settings, does not count."""

    def rendered(settings: Any) -> bool:
        return settings.adapter == "avatar"

    folder = ReadPlace("corpus", lambda settings: None if rendered(settings) else "p/list.tsv",
                       given=lambda path: path.rpartition("/")[0])  # fmt: skip
    reads = (folder, Read("corpus", "synthesize_avatar", "checksums.tsv", when=rendered))
    project = Project(CONFIG, with_reads("make_manifest", reads))
    rules = Rules(project)
    find, options = rules.inputs_of("make_manifest")["corpus"], rules.params_of("make_manifest")
    for dataset, told in (("avatar", "resources/avatar/checksums.tsv"), ("phoenix", "p")):
        clip = job(dataset=dataset, experiment="common")
        given = SimpleNamespace(corpus=find(clip))
        assert options["options"](clip, given) == f"--corpus {told}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trainings": ("visual_init", "finetune")}, "METHOD.trainings names finetune, expected"),
        ({"translating": ()}, "METHOD.translating is empty"),
        ({"shared": ("extract_feature",)}, "METHOD.shared names extract_feature"),
        # An existing stage that the method's experiments do not have.
        ({"shared": (), "encoder": "extract_features"}, "METHOD.encoder names extract_features"),
        ({"features": {}}, "METHOD.features is empty; name the features that the encoder"),
    ],
)
def test_a_method_that_names_stages_it_has_not_is_refused(change: dict, message: str) -> None:
    method = dataclasses.replace(find_methods()["fla_llm"], **change)
    with pytest.raises(InputError, match=f"method fla_llm: {message}"):
        Project(CONFIG, methods={"fla_llm": method})


def test_a_scope_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sign2text.stages.decode.SCOPE", "every methods")
    with pytest.raises(InputError, match=r"SCOPE in .* is 'every methods', expected"):
        find_stages.__wrapped__()


def test_two_stages_of_one_name_are_refused(tmp_path: Path) -> None:
    """Otherwise a stage of that name would silently replace the method's stage."""
    for name in ("stages/decode.py", "methods/other/method.py", "methods/other/stages/decode.py"):
        path = tmp_path / "sign2text" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with pytest.raises(InputError, match=r"stage decode: .*decode and .*other.stages.decode"):
        stage_modules(tmp_path)


def test_a_read_of_another_data_set_has_that_ones_upstream() -> None:
    """The frame encoder is pretrained on another corpus."""

    def other(settings: Any) -> str | None:
        return "avatar_full" if settings.dataset == "avatar" else None

    reads = tuple(
        dataclasses.replace(each, dataset=other) if each.option == "frame_encoder" else each
        for each in find_stages()["encode_frames"].declared
    )
    project = Project(CONFIG, with_reads("encode_frames", reads))
    found = project.signature("avatar", "fla_llm", "encode_frames")
    encoder = "pretrain_frame_encoder"
    assert ("avatar_full", encoder) in found and ("avatar", encoder) not in found
    assert {"avatar", "avatar_full"} == {of for of, stage in found if stage == "sample_frames"}
    clip = job(dataset="avatar", experiment="fla_llm", split="dev")
    find = Rules(project).inputs_of("encode_frames")["frame_encoder"]
    assert find(clip) == f"results/avatar_full/common/{encoder}/model.safetensors"
    # A setting of the other data set changes this data set's artefacts.
    before = project.before("avatar", "fla_llm", "visual_init")
    changed = {**CONFIG, "datasets": {**CONFIG["datasets"]}}
    entry = changed["datasets"]["avatar_full"]
    stages = {**entry.get("stages", {}), encoder: {"training": {"epochs": 2}}}
    changed["datasets"]["avatar_full"] = {**entry, "stages": stages}
    again = Project(changed, with_reads("encode_frames", reads))
    assert again.before("avatar", "fla_llm", "visual_init") != before
    assert again.owner("avatar", "fla_llm", "encode_frames") == "common"


def test_a_rendered_corpus_and_a_published_one_are_listed_the_same(project: Project) -> None:
    find = Rules(project).inputs_of("make_manifest")["corpus"]
    for dataset in ("avatar", "phoenix"):
        assert (
            find(job(dataset=dataset, experiment="common")) == f"resources/{dataset}/checksums.tsv"
        )
    assert project.read_by("avatar", "common", "make_manifest") == (
        ("avatar", "synthesize_avatar"),
    )
    # Settings of a download do not belong to the manifest.
    assert project.read_by("phoenix", "common", "make_manifest") == ()


def test_methods_declare_stages_that_there_are() -> None:
    stages = find_stages()
    for name, method in find_methods().items():
        for stage in (*method.trainings, *method.translating, *method.shared):
            assert stages[stage].is_of(name, method)
        assert all(stages[each].trains for each in method.trainings)
        assert set(method.translating) <= set(method.trainings)
        for read in (*method.clips, *method.encoder_reads):
            assert isinstance(read, Read | ReadPlace)
        decode = inspect.signature(stages["decode"].run).parameters
        assert {each.option for each in method.clips} <= set(decode)
