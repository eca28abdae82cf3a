"""Attacks in the format of .dvc files: refused with their reason before DVC is called."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from attacks import refusal
from published_files import HONEST, MD5, PUBLISHED, SCORE, committed, make_project, refused

from sign2text.ground.errors import InputError
from sign2text.jobs.snakemake_records import record_path
from sign2text.sharing.dvc_files import LARGEST, read_dvc_file


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with a published score; a call of DVC fails the test."""
    return make_project(tmp_path, monkeypatch)


KEYS = "found the key {}, expected the keys path, hash, md5, size alone"
PATH = "expected files under results/, resources/ and records"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"md5": f"{MD5}.dir"}, "outs[0].md5: found 00000000000000000000000000000000.dir"),
        ({"md5": "../" * 9 + "Snakef"}, "outs[0].md5: found ../"),
        ({"md5": "A" * 32}, "outs[0].md5"),
        ({"md5": MD5 + "\n"}, "outs[0].md5"),
        ({"md5": [MD5]}, "outs[0].md5"),
        ({"hash": "md5-dos2unix"}, "outs[0].hash: found md5-dos2unix, expected md5"),
        ({"size": -1}, "outs[0].size: found -1"),
        ({"size": "1e3"}, "outs[0].size: found 1e3"),
        ({"size": 10**30}, "outs[0].size"),
        ({"size": 2**60}, "outs[0].size"),
        ({"size": float("nan")}, "outs[0].size: found .nan"),
        ({"size": True}, "outs[0].size: found true"),
        ({"size": {"a": 1}}, "outs[0].size"),
        ({"files": [{"relpath": "../../../Snakefile", "md5": MD5}]}, KEYS.format("files")),
        *(
            ({key: 1}, KEYS.format(key))
            for key in (
                *("nfiles", "cache", "remote", "push", "persist", "cloud", "etag", "fs_config"),
                *("isexec", "checksum", "version_id", "type", "metric", "plot", "desc", "repo"),
            )
        ),
        *(
            ({"path": path}, PATH)
            for path in (
                *("../../Snakefile", "results", "results/", "results//x", "results/./x", "./x"),
                *("results/../Snakefile", "results/a/..", "/etc/passwd", "results/a\\..\\..\\x"),
                *("results/a\0b", "results/a\nb", "results/\x1b[2J", "results/a\u2028../../x"),
                *("results/\x85x", f"results/{'x' * 300}", "results/x/" + "y/" * 600, ""),
                *("s3://bucket/x", "remote://shelf/results/x", "file:///etc/passwd", "~/x"),
                *("results/.git/hooks/x", "results/.gitattributes", "results/.dvc/config"),
                *("results/x/dvc.yaml", "results/x/.dvcignore", "results/x.dvc", "Results/x"),
                *(".snakemake/conda/x", ".snakemake/metadata/x", ".snakemake/metadata/a/b"),
                record_path("../Snakefile").as_posix(),
                record_path("Snakefile").as_posix(),
                record_path("results/../Snakefile").as_posix(),
            )
        ),
        ({"path": ["results/x"]}, PATH),
        ({"path": {"a": "results/x"}}, PATH),
    ],
)
def test_an_out_of_another_form_is_refused_by_name(
    project: Path, changes: dict[str, Any], said: str
) -> None:
    committed(PUBLISHED, ["results/x", SCORE], [], **changes)
    message = refused(project)
    assert message.startswith(f"{PUBLISHED}: outs[0]")
    assert said in message and "nothing was pulled" in message


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        *(
            (key, ["x"], f"the file: found the key {key}, expected the keys wdir, outs, meta alone")
            for key in ("cmd", "deps", "frozen", "always_changed", "md5", "desc", "stages", "vars")
        ),
        ("wdir", "../..", "wdir: found ../.., expected ../../.."),
        ("wdir", "/", "wdir: found /, expected"),
        ("wdir", ".", "wdir: found ., expected"),
        ("wdir", "../../../", "wdir: found ../../../, expected"),
        ("wdir", "../../../../project", "wdir: found"),
        ("meta", {"needs": [], "more": 1}, "meta: found the key more"),
        ("meta", [], "meta: found"),
        ("meta", {}, "meta: found no key needs"),
        ("meta", {"needs": "artefacts/x.dvc"}, "meta.needs: found artefacts/x.dvc"),
        ("meta", {"needs": {"artefacts/x.dvc": 1}}, "meta.needs: found"),
        *(
            ("meta", {"needs": [need]}, "expected files under artefacts/ that end in .dvc")
            for need in (
                *("../other.dvc", "artefacts/../../other.dvc", "/tmp/other.dvc", "dvc.yaml"),
                *("artefacts//x.dvc", "artefacts/x", "artefacts/\0.dvc", "other/x.dvc"),
            )
        ),
        ("outs", [], "outs: found []"),
        ("outs", SCORE, f"outs: found {SCORE}"),
        ("outs", {SCORE: MD5}, "outs: found"),
        ("outs", [SCORE], f"outs[0]: found {SCORE}"),
        ("outs", [[]], "outs[0]: found []"),
    ],
)
def test_a_file_of_another_form_is_refused_by_key(
    project: Path, key: str, value: Any, said: str
) -> None:
    values = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    text = yaml.safe_dump(values | {key: value}) + f"# {SCORE}\n"
    PUBLISHED.write_text(text, encoding="utf-8")
    assert said in refused(project)


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "line 1: found an anchor or alias"),
        (HONEST.replace("needs: []", "needs: &a [*a]"), "found an anchor or alias"),
        (HONEST.replace("wdir: ../../..", "wdir: &a ../../.."), "found an anchor or alias"),
        (HONEST.replace(SCORE, f"!!str {SCORE}"), "found the tag"),
        (HONEST.replace("outs:", "outs: !!python/object/apply:os.mkdir"), "found the tag"),
        (HONEST.replace("size: 3", "size: ! 3"), "found the tag '!'"),
        (HONEST + "<<: {wdir: x}\n", "found a merge key"),
        (HONEST + "wdir: ../..\n", "line 9: found the key 'wdir' twice"),
        (HONEST.replace("  size: 3\n", "  size: 3\n  path: Snakefile\n"), "the key 'path' twice"),
        (HONEST.replace("  size: 3\n", '  size: 3\n  "pa\\x74h": x\n'), "the key 'path' twice"),
        (f"{HONEST}---\n{HONEST}", "found a directive or a second document"),
        (f"%YAML 1.1\n---\n{HONEST}", "found a directive or a second document"),
        (f"%TAG ! tag:x,2000:\n---\n{HONEST}", "found a directive or a second document"),
        (HONEST + "? [a, b]\n: c\n", "found a key that is not text"),
        (HONEST + "? {a: b}\n: c\n", "found a key that is not text"),
        (f"# {SCORE}\n" + "[" * 100_000, "is not one that `sign2text publish` wrote"),
        (f"# {SCORE}\n" + "{a: " * 100_000, "is not one that `sign2text publish` wrote"),
        (f"# {SCORE}\n" + "- " * 100_000, "is not one that `sign2text publish` wrote"),
        (f"# {SCORE}\n" + "? " * 100_000, "is not one that `sign2text publish` wrote"),
        (f"# {SCORE}\n" + "[" * 20 + "]" * 20, "found more than 10 levels"),
        (f"# {SCORE}\n", "it is empty"),
        (f"{HONEST}\t- x\n", "is not one that `sign2text publish` wrote"),
        (f"{HONEST}#" + "x" * LARGEST, f"expected at most {LARGEST}"),
        (f"- {SCORE}\n", "the file: found ['results/avatar/fla_llm.bleu']"),
    ],
)
def test_yaml_that_is_not_plain_is_refused(project: Path, text: str, said: str) -> None:
    if SCORE not in text:
        text = f"# {SCORE}\n{text}".replace("line 1", "line 2")
        said = said.replace("line 1", "line 2")
    PUBLISHED.write_text(text, encoding="utf-8")
    if len(text) > LARGEST:
        with pytest.raises(InputError, match=said):
            read_dvc_file(PUBLISHED)
        assert "no .dvc file under artefacts/ names it" in refused(project)
    else:
        message = refused(project)
        assert message.startswith(str(PUBLISHED)) and said in message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_other_encodings_are_refused(project: Path, encoding: str) -> None:
    PUBLISHED.write_bytes(HONEST.replace(SCORE, "results/ü").encode(encoding))
    assert "is not one that" in refusal(lambda: read_dvc_file(PUBLISHED))


def test_what_publish_writes_is_read(project: Path) -> None:
    odd = ["results/a b/ü: #1.txt", "results/'x' \"y\" & *z", "results/- x", "results/" + "w " * 60]
    odd = [path.strip() for path in odd]
    committed(PUBLISHED, [SCORE, *odd, record_path(odd[0]).as_posix()], [PUBLISHED])
    assert [out.path for out in read_dvc_file(PUBLISHED).outs[1:-1]] == odd


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (SCORE, f"found {SCORE}, which {PUBLISHED} has too"),
        (f"{SCORE}/x", f"which lies below the file {SCORE}"),
        ("results/avatar", "which lies below the file results/avatar"),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_outs_that_meet_are_refused(project: Path, second: str, said: str, apart: bool) -> None:
    other = Path("artefacts/results/avatar/other.dvc")
    committed(PUBLISHED, [SCORE] if apart else [SCORE, second], [other])
    committed(other, [second] if apart else ["results/z"], [])
    assert said in refused(project)
