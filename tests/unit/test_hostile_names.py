"""Names and ids that lead out of the corpus or the store, wherever they come in."""

import os
import pickle
from pathlib import Path

import pandas as pd
import pytest
from attacks import tree

from sign2text.data.adapters import avatar, csl_daily, how2sign, phoenix, table
from sign2text.data.clip_check import measure
from sign2text.data.manifest import read_manifest, write_manifest, write_table
from sign2text.ground.errors import InputError
from sign2text.stages.make_manifest import Config, Table
from sign2text.untrusted.names import check_id, check_ids, id_problem

EVIL = {
    "../../x": "the part '..'",
    "a/../../x": "the part '..'",
    "a/./b": "the part '.'",
    "..": "the part '..'",
    ".": "the part '.'",
    "a//b": "a part of it is",
    "a/": "a part of it is",
    "/etc/cron.d/x": "absolute path",
    "C:/x": "absolute path",
    "..\\x": "backslash",
    "-rf": "begins with a dash",
    "--checkpoint-action=exec=sh x": "begins with a dash",
    "--recursive": "begins with a dash",
    "a\x1b[2J": "control character '\\\\x1b'",
    "a\x7f": "control character",
    "a\x00b": "control character",
    "a\u2028b": "control character",
    "x" * 201: "201 bytes, more than 200",
    "ü" * 101: "202 bytes",
}
TABLE_NAMES = Table(
    file="clips.csv", path="path", text="text", split="split", gloss="gloss", signer="signer",
    id="id", fps="fps",
)  # fmt: skip
SETTINGS = Config(adapter="table", language="de", table=TABLE_NAMES)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The list of an own corpus, in a project with a secret beside it."""
    monkeypatch.chdir(tmp_path)
    folder = Path("resources/own")
    folder.mkdir(parents=True)
    Path("secret.mp4").write_bytes(b"secret")
    return folder / "checksums.tsv"


@pytest.mark.parametrize(("clip", "problem"), EVIL.items())
def test_an_id_that_leads_elsewhere(clip: str, problem: str) -> None:
    with pytest.raises(InputError, match=rf"here: id .* cannot be used: .*{problem}"):
        check_id("here", clip)
    # One bad among many is found too, and its line named.
    ids = pd.Series(["a", "b/c d", clip, "e"], index=[2, 3, 5, 6])
    with pytest.raises(InputError, match=rf"t.tsv, line 5: .*{problem}"):
        check_ids(Path("t.tsv"), ids)


@pytest.mark.parametrize(
    "clip",
    [
        "01April_2010_Thursday_heute-6694",
        "S000007_P0003_T00",
        "--7E2sU6zP4_10-5-rgb_front",
        "-d5dN54tH2E_0-1-rgb_front",
        "-d5dN54tH2E_12",
        "-d5dN54tH2E",
        "-d5dN54tH2E_1.0-2.5",
        "-0Lv6mHuH3A-00:01:02.000-00:01:05.500",
        "A:1",
        "clips/a b (1)",
        "talk_1-2.5",
        "12:30",
        "日本語/クリップ",
        "a..b",
        "x" * 200,
    ],
)
def test_ids_of_real_corpora_pass(clip: str) -> None:
    assert id_problem(clip) is None


@pytest.mark.parametrize("clip", ["../../x", "/etc/cron.d/x", "-rf", "a\x1b[2Jb", "x" * 201])
def test_every_adapter_refuses_such_an_id(corpus: Path, clip: str) -> None:
    folder = corpus.parent
    for name in phoenix.REQUIRED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(
            f"name|video|start|end|speaker|orth|translation\n{clip}|v|0|1|s|A|a\n"
        )
    for name in ("train", "val", "test"):
        (folder / f"how2sign_realigned_{name}.csv").write_text(
            "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\t"
            f"SENTENCE\nv\tv\ts\t{clip}\t0\t1\tHi.\n"
        )
    (folder / "sentence_label").mkdir()
    (folder / "sentence_label/split_1.txt").write_text(f"name|split\n{clip}|train\n")
    entry = {"name": clip, "signer": 0, "label_gloss": ["A"], "label_char": ["a"]}
    (folder / "sentence_label/csl2020ct_v2.pkl").write_bytes(pickle.dumps({"info": [entry]}))
    (folder / "clips.csv").write_text(f"path,text,split,id\na.mp4,Hi.,train,{clip}\n")
    for adapter in (phoenix, how2sign, csl_daily, table):
        with pytest.raises(InputError, match=r"(line \d|info\[0\]): id .* cannot be used"):
            adapter.read_split(corpus, "train", SETTINGS)


@pytest.mark.parametrize("name", ["../../../secret", "/secret", "a/../../b", "a\\..\\b", "a\x1bb"])
def test_names_of_files_stay_in_the_corpus(corpus: Path, name: str) -> None:
    """An id that is right, and another column that leads out."""
    folder = corpus.parent
    for split in ("train", "val", "test"):
        (folder / f"how2sign_realigned_{split}.csv").write_text(
            "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\t"
            f"SENTENCE\nv\t{name}\ts\tgood\t0\t1\tHi.\n"
        )
    with pytest.raises(InputError, match=r"line 2: VIDEO_NAME is .*, expected a path below"):
        how2sign.read_split(corpus, "train", SETTINGS)
    (folder / "clips.csv").write_text(f"path,text,split,id\n{name},Hi.,train,good\n")
    with pytest.raises(InputError, match=r"line 2: path is .*, expected a path below"):
        table.read_split(corpus, "train", SETTINGS)
    (folder / "annotations").mkdir()
    row = {"id": "good", "video": name, "frames": "1", "text_de": "a", "phrasings_de": "[]"}
    # With a control character not even the library's quoting keeps such a table whole.
    write_table(pd.DataFrame([row]), folder / "annotations/train.tsv")
    corpus.write_text("path\tbytes\tsha256\n")
    with pytest.raises(InputError, match=r"train.tsv, line 2: video is .*, expected a path below"):
        avatar.read_split(corpus, "train", SETTINGS)


def manifest_row(**changes: str) -> pd.DataFrame:
    row = {
        "id": "a", "video": "resources/own/a.mp4", "frames": 1, "fps": 25.0, "signer": "s",
        "text": "t", "gloss": "", "language": "de", "phrasings": [],
    }  # fmt: skip
    return pd.DataFrame([row | changes])


@pytest.mark.parametrize("clip", ["../../x", "/etc/cron.d/x", "-rf", "x" * 201])
def test_a_manifest_with_such_an_id(corpus: Path, clip: str) -> None:
    with pytest.raises(InputError, match=r"train\.tsv, line 2: id .* cannot be used"):
        write_manifest(manifest_row(id=clip), Path("results/train.tsv"))
    assert not Path("results/train.tsv").exists()


@pytest.mark.parametrize("video", ["../secret.mp4", "/etc/passwd", "results/../../secret.mp4"])
def test_a_manifest_that_was_pulled_reads_nothing_outside(corpus: Path, video: str) -> None:
    path = Path("results/train.tsv")
    write_manifest(manifest_row(), path)
    path.write_text(path.read_text().replace("resources/own/a.mp4", video))
    with pytest.raises(InputError, match=r"line 2, clip 'a': video is .* below the working folder"):
        read_manifest(path)


@pytest.mark.parametrize("goal", ["../../secret.mp4", "/etc/passwd", "inner/../../../secret.mp4"])
def test_a_clip_that_is_a_link_out_of_its_corpus(corpus: Path, goal: str) -> None:
    folder = corpus.parent
    (folder / "inner").mkdir()
    (folder / "a.mp4").symlink_to(goal)
    before = tree(Path.cwd())
    rows = pd.DataFrame({"video": [str(folder / "a.mp4"), f"{folder}/a.mp4#t=0,1"]})
    found = measure(rows.assign(fps=25.0, text="t"), folder)
    assert [each.frames for each in found] == [0, 0]
    assert all("a.mp4: is a link to" in each.reason for each in found)
    assert tree(Path.cwd()) == before


def test_a_link_into_a_cache_named_by_content_is_read(corpus: Path) -> None:
    """Data sets of the hub, of DVC and of git-annex are folders of such links."""
    blob = Path("cache/blobs") / ("0" * 64)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"")
    video = corpus.parent / "a.mp4"
    video.symlink_to(blob.resolve())
    (found,) = measure(
        pd.DataFrame({"video": [str(video)], "fps": 25.0, "text": "t"}), corpus.parent
    )
    assert found.reason and "link" not in found.reason  # it is empty


@pytest.mark.parametrize("linked", ["corpus", "folder", "file within"])
def test_what_the_user_linked_is_read(corpus: Path, tmp_path: Path, linked: str) -> None:
    """The corpus's folder, or one of its folders, may lie elsewhere; files may be links within."""
    folder, disk = corpus.parent, tmp_path / "disk"
    disk.mkdir()
    (disk / "000001.png").write_bytes(b"")
    match linked:
        case "corpus":
            os.replace(folder, tmp_path / "away")
            folder.symlink_to(disk)
            (disk / "a.mp4").symlink_to("000001.png")
            video = folder / "a.mp4"
        case "folder":
            (folder / "clips").symlink_to(disk)
            video = folder / "clips"
        case "file within":
            (folder / "b.mp4").write_bytes(b"")
            (folder / "a.mp4").symlink_to("b.mp4")
            video = folder / "a.mp4"
    (found,) = measure(pd.DataFrame({"video": [str(video)], "fps": 25.0, "text": "t"}), folder)
    assert found.reason and "link" not in found.reason  # its files are empty
