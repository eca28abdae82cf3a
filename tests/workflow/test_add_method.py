"""The method of docs/add_method.md: new files only, in the workflow's folder or in a package."""

import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
from clones import ROOT, Clone, copy_project, make_repository

PAGE = ROOT / "docs/add_method.md"
OURS, THEIRS = "sign2text.methods.thumbnails", "thumbnails_method"
FOLDER = "workflow/sign2text/methods/thumbnails"
RULES = "rules/thumbnails.smk"
SCORE = "results/tiny/thumbnails.bleu"
OWN = ["train_thumbnails", "decode", "score"]

pytestmark = [pytest.mark.slow, pytest.mark.long]


def files_of_the_page() -> dict[str, str]:
    """Return the files on the page, by name."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^`(\S+)`:\n\n```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        assert not path.exists(), f"{name}: the page would edit a file that there is"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_package(folder: Path) -> None:
    """Write the page's files as an installed package of another name."""
    for name, text in files_of_the_page().items():
        if name.startswith(FOLDER) or name == RULES:
            name = name.replace(FOLDER, THEIRS) if name != RULES else f"{THEIRS}/{RULES}"
            write(folder, {name: text.replace(OURS, THEIRS)})
    about = f"{THEIRS}-1.0.dist-info"
    entry = f"[sign2text.methods]\nthumbnails = {THEIRS}\n"
    write(folder, {f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {THEIRS}\nVersion: 1.0\n"})
    write(folder, {f"{about}/entry_points.txt": entry})


def configure(folder: Path) -> None:
    """Edit the only existing file: add an experiment, and a comparison of it."""
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    training = {"epochs": 2, "batch_size": 4}
    config["experiments"]["thumbnails"] = {
        "method": "thumbnails",
        "stages": {"train_thumbnails": {"training": training, "width": 16}},
    }
    config["comparisons"]["methods"] = ["fla_llm", "thumbnails"]
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


@pytest.fixture(scope="module", params=["folder", "package"])
def added(request, as_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Make the project with all artefacts except the new method's."""
    machine = tmp_path_factory.mktemp(request.param)
    folder = machine / "sign2text"
    shutil.copytree(as_made, folder)
    copy_project(folder)
    clone = Clone(folder, machine)
    before = clone.due("results/tiny/fla_llm.bleu")
    if request.param == "folder":
        files = files_of_the_page()
        write(folder, {n: text for n, text in files.items() if not n.startswith("tests/")})
    else:
        write_package(machine / "site")
        clone.environment["PYTHONPATH"] += f":{machine / 'site'}"
    assert before == clone.due("results/tiny/fla_llm.bleu") == []
    configure(folder)
    assert clone.due("results/tiny/fla_llm.bleu") == [], "a new method makes nothing of others due"
    return clone


@pytest.fixture(scope="module")
def scored(added: Clone) -> Clone:
    assert sorted(added.due(SCORE)) == sorted(OWN)
    added.run(sys.executable, "-m", "snakemake", "--cores", "1", SCORE)
    return added


def test_it_reaches_its_score(scored: Clone) -> None:
    shown = scored.sign2text("show", SCORE)
    assert re.search(r"BLEU-4", shown), shown
    assert scored.due(SCORE) == []
    explained = scored.sign2text("explain", SCORE)
    assert "All as configured now." in explained, explained
    history = scored.folder / "results/tiny/thumbnails/train_thumbnails/history.tsv"
    header, *rows = history.read_text(encoding="utf-8").splitlines()
    assert {"norm_visual", "grad_norm_language", "dev_loss"} <= set(header.split("\t"))
    assert sum(row.endswith("\t1") or "\t1\t" in row for row in rows) >= 1


def test_its_code_counts_for_its_own_stages_alone(scored: Clone) -> None:
    place = scored.folder / FOLDER
    if not place.exists():
        place = scored.folder.parent / "site" / THEIRS
    translator = place / "translator.py"
    source = translator.read_text(encoding="utf-8")
    translator.write_text(source + "\nEXTRA = 1\n", encoding="utf-8")
    assert sorted(scored.due(SCORE)) == sorted(OWN)
    assert scored.due("results/tiny/fla_llm.bleu") == []
    translator.write_text(source, encoding="utf-8")
    other = scored.folder / "workflow/sign2text/methods/fla_llm/visual_encoder.py"
    theirs = other.read_text(encoding="utf-8")
    other.write_text(theirs + "\nEXTRA = 1\n", encoding="utf-8")
    assert scored.due(SCORE) == []
    assert "visual_init" in scored.due("results/tiny/fla_llm.bleu")
    other.write_text(theirs, encoding="utf-8")


def test_its_pages_are_made(scored: Clone) -> None:
    folder = "results/tiny/comparisons/methods"
    pages = ["results/tiny/thumbnails/training.html", f"{folder}/norms.html"]
    scored.run(sys.executable, "-m", "snakemake", "--cores", "1", *pages)
    training, norms = ((scored.folder / page).read_text(encoding="utf-8") for page in pages)
    assert "train_thumbnails" in training and "visual_init" not in training
    for said in ("linear layer", "small mBART", "Light-T", "visual encoder"):
        assert said in norms, said
    table = (scored.folder / folder / "norms.csv").read_text(encoding="utf-8")
    assert "thumbnails/train_thumbnails" in table and "fla_llm/finetune_llm" in table


def test_it_translates_a_new_video(scored: Clone) -> None:
    video = next((scored.folder / "resources/tiny/videos").glob("test-*.mp4"))
    said = scored.sign2text("translate", "--model", "results/tiny/thumbnails", str(video))
    assert video.name in said or video.stem in said


@pytest.mark.long
def test_it_is_planned(scored: Clone) -> None:
    said = scored.sign2text("plan", SCORE, "--steps", "2", "--warm-up", "0")
    for stage in ("train_thumbnails", "decode"):
        assert re.search(rf"^{stage} +[\d.]+", said, re.MULTILINE), said


@pytest.mark.long
def test_it_is_published_and_pulled(scored: Clone, tmp_path: Path) -> None:
    maker = make_repository(scored.folder, scored.folder.parent)
    maker.environment = scored.environment
    maker.sign2text("publish", SCORE)
    maker.git("add", "artefacts")
    maker.git("commit", "--quiet", "--message", "Publish")
    maker.git("clone", "--quiet", str(maker.folder), str(tmp_path / "elsewhere"))
    clone = Clone(tmp_path / "elsewhere", tmp_path)
    site = scored.folder.parent / "site"
    if site.exists():
        clone.environment["PYTHONPATH"] += f":{site}"
    clone.sign2text("pull", SCORE)
    assert clone.due(SCORE) == []
    for name in ("thumbnails.bleu", "thumbnails/train_thumbnails/model.safetensors"):
        place = Path("results/tiny") / name
        assert (clone.folder / place).read_bytes() == (maker.folder / place).read_bytes()
