"""The code hash: what counts, what does not, and how it follows imports."""

from pathlib import Path

import pytest

from sign2text.config.methods import find_methods
from sign2text.config.stages import find_stages
from sign2text.ground import code_hash as provenance
from sign2text.ground.code_hash import code_hash, modules_of

STAGE = '''
"""Train."""
import logging
from typing import Annotated
from sign2text.jobs.command_line import command_line
from sign2text.data import batches
SCOPE = "common"
READS = (Read("frames", "sample_frames", "x"),)
log = logging.getLogger(__name__)
class Config:
    width: Annotated[int, Field(ge=1, description="channels")] = 8
def run(*, output, config):
    """Train and write."""
    from sign2text.models.encoder import Encoder  # heavy
    log.info("training")
    return Encoder(config.width)
WORDS = Convention("words", "none", description="words as written")
if __name__ == "__main__":
    command_line(run)
'''

FILES = {
    "__init__.py": '"""Package."""',
    "jobs/__init__.py": "",
    "jobs/command_line.py": "X = 1",
    "pages/__init__.py": "",
    "pages/page.py": "X = 1",
    "stages/__init__.py": "",
    "stages/train.py": STAGE,
    "stages/decode.py": "from sign2text.text import tokenizer\ndef run(): ...",
    "data/__init__.py": "",
    "data/batches.py": "from .sampling import draw\nfrom sign2text.pages import page\nSIZE = 3",
    "data/sampling.py": "def draw(): return 1",
    "data/sampling.js": "draw()",
    "data/unused.py": "X = 1",
    "models/__init__.py": "",
    "models/encoder.py": "class Encoder:\n    def __init__(self, width): self.width = width",
    "text/__init__.py": "from . import vocabulary",
    "text/tokenizer.py": "import sign2text.models.encoder",
    "text/vocabulary.py": "X = 1",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "sign2text" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def hashed(root: Path, stage: str = "train") -> str:
    """Return the hash of the present files; a process reads them only once."""
    for each in vars(provenance).values():
        if hasattr(each, "cache_clear"):
            each.cache_clear()
    return code_hash(stage, root)


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "sign2text" / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


PACKAGES = ("sign2text", "data", "jobs", "models", "pages", "stages")


def test_modules_are_those_imported_at_any_depth(root: Path) -> None:
    names = [name.removeprefix("sign2text.") for name in modules_of("train", root)]
    assert [name for name in names if name not in PACKAGES] == [
        "data.batches",
        "data.sampling",
        "models.encoder",
        "stages.train",
    ]
    assert "sign2text.text.vocabulary" in modules_of("decode", root)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("stages/train.py", "# heavy", "# it takes a second"),
        ("stages/train.py", '"""Train and write."""', '"""Train, then write."""'),
        ("stages/train.py", '"""Train and write."""', ""),
        ("stages/train.py", '"""Train."""', ""),
        ("stages/train.py", "\nSCOPE", "\n\n\nSCOPE"),
        ("stages/train.py", '"common"', '"every method"'),
        ("stages/train.py", '"sample_frames"', '"text"'),
        ("stages/train.py", '"channels"', '"channels of the encoder"'),
        ("stages/train.py", '"words as written"', '"words, split at blanks"'),
        ("stages/train.py", 'log.info("training")', 'log.warning("training: %s", 3)'),
        ("stages/train.py", '    log.info("training")\n', ""),
        ("stages/train.py", "    command_line(run)\n", "    command_line(run, None)\n"),
        ("jobs/command_line.py", "1", "2"),
        ("pages/page.py", "1", "2"),
        ("data/unused.py", "1", "2"),
        ("text/vocabulary.py", "1", "2"),
        ("stages/decode.py", "...", "return 1"),
        ("__init__.py", "Package", "The package"),
    ],
)
def test_what_cannot_change_an_artefact_does_not_count(
    root: Path, name: str, old: str, new: str
) -> None:
    before = hashed(root)
    edit(root, name, old, new)
    assert hashed(root) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("stages/train.py", "= 8", "= 9"),
        ("stages/train.py", "ge=1", "ge=2"),
        ("stages/train.py", "Encoder(config.width)", "Encoder(2 * config.width)"),
        ("data/batches.py", "SIZE = 3", "SIZE = 4"),
        ("data/sampling.py", "return 1", "return 2"),
        ("data/sampling.js", "draw()", "drawn()"),
        ("models/encoder.py", "self.width = width", "self.width = -width"),
        ("data/__init__.py", "", "import sign2text.data.unused"),
    ],
)
def test_what_can_change_an_artefact_counts(root: Path, name: str, old: str, new: str) -> None:
    before = hashed(root)
    path = root / "sign2text" / name
    path.write_text(path.read_text().replace(old, new) if old else new)
    assert hashed(root) != before


def test_hash_does_not_depend_on_where_the_package_is(root: Path, tmp_path: Path) -> None:
    before = hashed(root)
    moved = root.rename(tmp_path.with_name(tmp_path.name + "_moved"))
    assert hashed(moved) == before


def test_every_stage_has_a_hash_and_leaves_the_plumbing_out() -> None:
    hashes = {stage: code_hash(stage) for stage in find_stages()}
    assert len(set(hashes.values())) == len(hashes)
    used = {name for stage in hashes for name in modules_of(stage)}
    assert not used & provenance.PLUMBING
    assert not [name for name in modules_of("make_manifest") if name.startswith("sign2text.models")]


def test_only_the_translators_of_its_own_method_count(root: Path) -> None:
    """A model of another method, or a new method, makes nothing due."""
    one, other = (f"sign2text.methods.{name}.translator" for name in ("one", "other"))
    package = root / "sign2text"
    (package / "models/trained_model.py").write_text("def load(): ...")
    (package / "stages/decode.py").write_text("from sign2text.models import trained_model")
    for name in ("one", "other"):
        folder = package / "methods" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
        (folder / "translator.py").write_text("from sign2text.text import tokenizer")
    (package / "methods/__init__.py").write_text("")

    def hashes() -> tuple[str, str]:
        hashed(root)
        return tuple(code_hash("decode", root, translators=(each,)) for each in (one, other))

    before = hashes()
    assert len(set(before)) == 2
    edit(root, "methods/one/translator.py", "tokenizer", "tokenizer, vocabulary")
    after = hashes()
    assert after[0] != before[0] and after[1] == before[1]
    assert other not in modules_of("decode", root, translators=(one,))
    # The method's declaration to the workflow does not count as its code.
    (package / "methods/one/method.py").write_text("METHOD = 1")
    assert hashes() == after


def test_the_methods_translators_count_for_the_stages_that_load_them() -> None:
    translators = find_methods()["fla_llm"].modules
    for stage in ("decode", "extract_features"):
        assert set(translators) <= set(modules_of(stage, translators=translators))
        assert not set(translators) & set(modules_of(stage))
    assert modules_of("score", translators=translators) == modules_of("score")


def test_the_avatar_is_rendered_again_only_for_its_own_code() -> None:
    """Other code that reads or makes corpora does not count as the renderer's."""
    used = modules_of("synthesize_avatar", adapters=("avatar",))
    own = ("sign2text", "sign2text.avatar", "sign2text.stages.synthesize_avatar")
    others = {name for name in used if name not in own and not name.startswith("sign2text.avatar.")}
    # Names of clips, splits and groups, and the adapter of the signed sentences, composed.
    assert others == {
        "sign2text.data",
        "sign2text.data.adapters",
        "sign2text.data.adapters.avatar",
        "sign2text.data.annotation_file",
        "sign2text.data.corpus_folder",
        "sign2text.data.groups",
        "sign2text.data.manifest",
        "sign2text.data.rendered_files",
        "sign2text.data.splits",
        "sign2text.data.text_form",
        "sign2text.stages",
        "sign2text.untrusted",
        "sign2text.untrusted.names",
    }


def test_of_the_adapters_only_those_of_the_data_set_count() -> None:
    adapters = "sign2text.data.adapters"
    used = modules_of("make_manifest", adapters=("phoenix",))
    assert {f"{adapters}.phoenix"} == {name for name in used if name.startswith(f"{adapters}.")}
    # An adapter that a stage does not use has no effect.
    assert modules_of("decode", adapters=("phoenix",)) == modules_of("decode")
    assert code_hash("make_manifest", adapters=("table",)) != code_hash(
        "make_manifest", adapters=("phoenix",)
    )
