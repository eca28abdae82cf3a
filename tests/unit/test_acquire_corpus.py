"""Acquiring a published corpus: fetched, or recognised among the files in place."""

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest

from sign2text.data.raw_files import fingerprint
from sign2text.ground.errors import InputError
from sign2text.stages import acquire_corpus
from sign2text.stages.acquire_corpus import Config

sys.path.insert(0, str(Path(__file__).parent))
from file_server import Site, serving

ROOT = "PHOENIX-2014-T-release-v3/PHOENIX-2014-T"
SPLITS = ("train", "dev", "test")
HEADER = "name|video|start|end|speaker|orth|translation\n"
FRAMES = "features/fullFrame-210x260px"
PHOENIX = {
    **{f"{ROOT}/annotations/manual/PHOENIX-2014-T.{s}.corpus.csv": HEADER + s for s in SPLITS},
    **{f"{ROOT}/{FRAMES}/{s}/{s}-1/images000{i}.png": s * i for s in SPLITS for i in (1, 2)},
}
CSL_LABELS = ("sentence_label/csl2020ct_v2.pkl", "sentence_label/split_1.txt")
CSL_FRAMES = {f"sentence/frames_512x512/S1/{i:06d}.jpg": os.urandom(400) for i in range(9)}
H2S_TABLES = tuple(f"how2sign_realigned_{split}.csv" for split in ("train", "val", "test"))


def fill(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def tar_gz(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return buffer.getvalue()


def acquire(folder: Path, adapter: str, **settings) -> dict[str, tuple[int, str]]:
    """Run the stage, and return its output by path: (bytes, sha256)."""
    table = settings.pop("table", None)
    output = folder / "checksums.tsv"
    acquire_corpus.run(output=output, config=Config(adapter=adapter, **settings), table=table)
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    return {row["path"]: (int(row["bytes"]), row["sha256"]) for row in rows}


def sha256(content: str | bytes) -> str:
    return hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "resources" / "corpus"
    folder.mkdir(parents=True)
    return folder


def phoenix_rows() -> dict[str, tuple[int, str]]:
    """Work out the expected rows of checksums.tsv for PHOENIX."""
    rows = {}
    for split in SPLITS:
        name = f"{ROOT}/annotations/manual/PHOENIX-2014-T.{split}.corpus.csv"
        rows[name] = (len(PHOENIX[name]), sha256(PHOENIX[name]))
        first, second = len(split), 2 * len(split)
        listing = f"{split}-1/images0001.png\t{first}\n{split}-1/images0002.png\t{second}\n"
        rows[f"{ROOT}/{FRAMES}/{split}"] = (first + second, sha256(listing))
    return rows


def test_corpus_in_place_is_listed_and_nothing_fetched(raw: Path) -> None:
    fill(raw, PHOENIX)
    # An address where nobody answers: it must not be requested.
    assert acquire(raw, "phoenix", address="http://127.0.0.1:9/x.tar.gz") == phoenix_rows()


def test_corpus_may_lie_elsewhere(raw: Path, tmp_path: Path) -> None:
    fill(tmp_path / "disk", PHOENIX)
    (raw / "link").symlink_to(tmp_path / "disk" / ROOT)
    expected = {path.replace(ROOT, "link"): row for path, row in phoenix_rows().items()}
    assert acquire(raw, "phoenix") == expected


def test_annotations_alone_will_do(raw: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(raw, {name: content for name, content in PHOENIX.items() if "annotations" in name})
    assert len(acquire(raw, "phoenix")) == 3
    assert "there are only annotations" in caplog.text


def test_fetched_and_unpacked(raw: Path) -> None:
    content = tar_gz(PHOENIX)
    with serving(Site(content)) as site:
        settings = {"address": site.address, "bytes": len(content), "sha256": sha256(content)}
        assert acquire(raw, "phoenix", **settings) == phoenix_rows()
        # The archive stays; files in place are neither fetched nor unpacked again.
        assert (raw / "corpus.tar.gz").read_bytes() == content
        (raw / "corpus.tar.gz").write_bytes(b"no archive any more")
        assert acquire(raw, "phoenix", **settings) == phoenix_rows()
        assert len(site.requests) == 1


def test_fetched_archive_is_unpacked_after_a_kill(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise SystemExit(143)

    with serving(Site(tar_gz(PHOENIX))) as site:
        with monkeypatch.context() as patch:
            patch.setattr("sign2text.fetching.archives.unpack", killed)
            with pytest.raises(SystemExit):
                acquire(raw, "phoenix", address=site.address)
        assert not (raw / "checksums.tsv").exists()
        assert acquire(raw, "phoenix", address=site.address) == phoenix_rows()
        assert len(site.requests) == 1


def test_refused_address(raw: Path) -> None:
    with serving(Site(status=[404])) as site, pytest.raises(InputError, match=r"answered 404"):
        acquire(raw, "phoenix", address=site.address)
    assert not (raw / "checksums.tsv").exists()


def test_archive_of_another_corpus(raw: Path) -> None:
    with serving(Site(tar_gz({"other/readme.txt": "x"}))) as site:
        with pytest.raises(InputError) as error:
            acquire(raw, "phoenix", address=site.address)
        assert "PHOENIX-2014-T.train.corpus.csv" in str(error.value)
        assert "found corpus.tar.gz, other" in str(error.value)


def test_archive_put_there_is_checked_and_unpacked(raw: Path) -> None:
    content = tar_gz(PHOENIX)
    archive = raw / "phoenix-2014-T.v3.tar.gz"
    archive.write_bytes(content)
    with pytest.raises(InputError, match=r"v3\.tar\.gz: found sha256 .*Nothing was unpacked"):
        acquire(raw, "phoenix", sha256="0" * 64)
    with pytest.raises(InputError, match=rf"found {len(content)} bytes, expected 12"):
        acquire(raw, "phoenix", bytes=12)
    assert [path.name for path in raw.iterdir()] == [archive.name]
    assert acquire(raw, "phoenix", bytes=len(content), sha256=sha256(content)) == phoenix_rows()


def test_too_small_a_disk_for_what_is_packed(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = tar_gz(PHOENIX)
    (raw / "phoenix-2014-T.v3.tar.gz").write_bytes(content)

    class Usage:
        free = len(content)

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(InputError, match=r"unpacking phoenix-2014-T\.v3\.tar\.gz needs .* free"):
        acquire(raw, "phoenix")


def csl_parts(raw: Path) -> list[Path]:
    content = tar_gz(CSL_FRAMES)
    size = -(-len(content) // 10)
    for index in range(10):
        part = raw / f"csl-daily-frames-512x512.tar.gz_{index:02d}"
        part.write_bytes(content[index * size : (index + 1) * size])
    return sorted(raw.glob("*.tar.gz_*"))


def test_csl_daily_says_what_to_fetch_and_where_to_put_it(raw: Path) -> None:
    with pytest.raises(InputError) as error:
        acquire(raw, "csl_daily")
    message = str(error.value)
    assert f"{raw}: CSL-Daily is not there" in message
    assert "found nothing" in message
    assert "signed form" in message
    assert f"Put into {raw}/:" in message
    assert "csl-daily-frames-512x512.tar.gz_00 to _09, as they are, not joined: missing" in message
    assert "csl2020ct_v2.pkl and split_1.txt, or its archive: missing" in message


def test_csl_daily_frames_without_annotations(raw: Path) -> None:
    csl_parts(raw)
    with pytest.raises(InputError) as error:
        acquire(raw, "csl_daily")
    assert "not joined: there already" in str(error.value)
    assert "or its archive: missing" in str(error.value)
    assert (raw / "sentence/frames_512x512/S1/000008.jpg").is_file()


def test_csl_daily_parts_beside_annotations(raw: Path) -> None:
    fill(raw, dict.fromkeys(CSL_LABELS, "label"))
    parts = csl_parts(raw)
    rows = acquire(raw, "csl_daily")
    assert set(rows) == {*CSL_LABELS, "sentence/frames_512x512"}
    assert rows[CSL_LABELS[0]] == (5, sha256("label"))
    assert rows["sentence/frames_512x512"][0] == sum(map(len, CSL_FRAMES.values()))
    for name, content in CSL_FRAMES.items():
        assert (raw / name).read_bytes() == content
    assert all(part.exists() for part in parts)


def test_csl_daily_with_a_part_missing(raw: Path) -> None:
    fill(raw, dict.fromkeys(CSL_LABELS, "label"))
    csl_parts(raw)[7].unlink()
    with pytest.raises(InputError, match=r"found 9 parts .* missing csl-daily-.*\.tar\.gz_07"):
        acquire(raw, "csl_daily")
    assert not (raw / "checksums.tsv").exists()


def test_how2sign_says_what_to_fetch(raw: Path) -> None:
    fill(raw, {"train_raw_videos/a.mp4": "a", H2S_TABLES[0]: "x"})
    with pytest.raises(InputError) as error:
        acquire(raw, "how2sign")
    message = str(error.value)
    assert "how2sign.github.io" in message
    assert "CC BY-NC 4.0" in message
    assert "train_raw_videos.zip, the full videos" in message
    assert "how2sign_realigned_train.csv, train_raw_videos" in message  # what was found
    assert message.count("there already") == 1
    assert message.count(": missing") == 6


def test_how2sign_zips_beside_tables(raw: Path) -> None:
    fill(raw, dict.fromkeys(H2S_TABLES, "table"))
    (raw / "val_raw_videos.zip").write_bytes(zipped("raw_videos/v.mp4"))
    (raw / "val_rgb_front_clips.zip").write_bytes(zipped("val_rgb_front_clips/raw_videos/v1.mp4"))
    (raw / "train_raw_videos.zip.crdownload").write_bytes(b"half")
    rows = acquire(raw, "how2sign")
    assert set(rows) == {*H2S_TABLES, "val_raw_videos", "val_rgb_front_clips"}
    assert (raw / "val_raw_videos" / "v.mp4").is_file()
    assert (raw / "val_rgb_front_clips" / "raw_videos" / "v1.mp4").is_file()
    # A zip that comes later is unpacked too, and earlier ones are left alone.
    (raw / "val_raw_videos.zip").write_bytes(b"not read again")
    (raw / "test_raw_videos.zip").write_bytes(zipped("t.mp4"))
    assert "test_raw_videos" in acquire(raw, "how2sign")


def test_table_of_ones_own(raw: Path) -> None:
    with pytest.raises(InputError, match=r"expected mine\.tsv in this folder.*\n.*\n.*\n.*CSV or"):
        acquire(raw, "table", table="mine.tsv")
    with pytest.raises(InputError, match="expected the name of the corpus's table"):
        acquire(raw, "table")
    (raw / "all.zip").write_bytes(zipped("c/mine.tsv", "c/videos/a.mp4", "c/more/b.mp4"))
    rows = acquire(raw, "table", table="mine.tsv")
    assert set(rows) == {"c/mine.tsv", "c/videos", "c/more"}


def test_videos_beside_the_table_are_listed(raw: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(raw, {"mine.tsv": "path\ttext\n", "a.mp4": "abc", "B.MOV": "", "notes.txt": "x"})
    rows = acquire(raw, "table", table="mine.tsv")
    assert set(rows) == {"mine.tsv", "a.mp4", "B.MOV"}
    # Hashes of name and size; the content is not read.
    assert rows["a.mp4"] == (3, sha256("a.mp4\t3\n"))
    assert rows["B.MOV"] == (0, sha256("B.MOV\t0\n"))
    assert "there are only annotations" not in caplog.text
    fill(raw, {"a.mp4": "abcd"})
    assert acquire(raw, "table", table="mine.tsv")["a.mp4"] == (4, sha256("a.mp4\t4\n"))
    (raw / "c.mp4").symlink_to("gone.mp4")
    with pytest.raises(InputError, match=r"c\.mp4: is a link that leads nowhere"):
        acquire(raw, "table", table="mine.tsv")


@pytest.mark.parametrize("name", ["clips [final].csv", "clips*.csv", "[.csv", "sub/a?.csv"])
def test_the_tables_name_is_no_pattern(raw: Path, name: str) -> None:
    fill(raw, {name: "path\ttext\n", "clips1.csv": "other", "a.mp4": "abc"})
    rows = acquire(raw, "table", table=name)
    assert set(rows) - {"sub"} == {name, "a.mp4"}


def test_the_tables_name_is_found_in_another_unicode_form(raw: Path) -> None:
    stored, written = (unicodedata.normalize(form, "Übung.csv") for form in ("NFD", "NFC"))
    fill(raw, {stored: "path\ttext\n"})
    assert set(acquire(raw, "table", table=written)) == {stored}


@pytest.mark.parametrize("name", ["clips.xlsx", "Clips.XLS", "a.ods", "a.numbers"])
def test_a_spreadsheet_in_place_of_the_table_is_named(raw: Path, name: str) -> None:
    fill(raw, {name: b"PK"})
    message = f'{name}: a spreadsheet is no table in text.*"CSV UTF-8"'
    with pytest.raises(InputError, match=message):
        acquire(raw, "table", table="clips.csv")


def test_a_table_that_is_no_text_is_not_listed(raw: Path) -> None:
    fill(raw, {"clips.csv": "path,text,split\na.mp4,Grüße,train\n".encode("cp1252")})
    with pytest.raises(InputError, match=r"clips\.csv, line 2: byte 0xfc is not UTF-8"):
        acquire(raw, "table", table="clips.csv")
    assert not (raw / "checksums.tsv").exists(), "the user is about to mend it"


def test_two_copies_of_a_corpus_are_both_named(raw: Path) -> None:
    for folder in ("new", "old"):
        fill(raw / folder, {name.removeprefix(f"{ROOT}/"): data for name, data in PHOENIX.items()})
    with pytest.raises(InputError, match=r"several folders hold .*corpus\.csv.*/new, .*/old"):
        acquire(raw, "phoenix", address="http://127.0.0.1:9/none", retries=0)


def test_avatar_is_not_acquired(raw: Path) -> None:
    with pytest.raises(InputError, match="rendered by synthesize_avatar"):
        acquire(raw, "avatar")


def test_fingerprint_sees_names_and_sizes(tmp_path: Path) -> None:
    files = {"b/2.png": "xx", "b/1.png": "x", "a.mp4": "aaa", "c/d/e.png": "", ".DS_Store": "no"}
    fill(tmp_path / "one", files)
    listing = "a.mp4\t3\nb/1.png\t1\nb/2.png\t2\nc/d/e.png\t0\n"
    assert fingerprint(tmp_path / "one") == (6, sha256(listing))
    assert fingerprint(tmp_path / "one", threads=8) == (6, sha256(listing))
    fill(tmp_path / "one", {"b/1.png": "yy"})
    assert fingerprint(tmp_path / "one") == (7, sha256(listing.replace("1.png\t1", "1.png\t2")))


def test_fingerprint_in_batches_is_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, {f"{i:03d}.mp4": "x" * i for i in range(50)})
    expected = fingerprint(tmp_path)
    monkeypatch.setattr("sign2text.data.raw_files._AT_ONCE", 7)
    assert fingerprint(tmp_path, threads=4) == expected
    assert expected[0] == sum(range(50))


def test_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "1.png").symlink_to("gone.png")
    with pytest.raises(InputError, match=r"clip/1\.png: is a link that leads nowhere"):
        fingerprint(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"address": "ftp://a.de/x"}, "address"),
        ({"sha256": "ABC"}, "sha256"),
        ({"bytes": 0}, "bytes"),
        ({"retries": -1}, "retries"),
    ],
)
def test_impossible_settings(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Config(adapter="phoenix", **settings)


def test_killed_fetch_goes_on_from_the_command_line(raw: Path, tmp_path: Path) -> None:
    content = tar_gz({**PHOENIX, "filler": os.urandom(2_000_000)})
    with serving(Site(content, pause=60)) as site:
        settings = json.dumps({"adapter": "phoenix", "address": site.address, "retries": 0})
        command = [sys.executable, "-m", "sign2text.stages.acquire_corpus"]
        command += ["--output", str(raw / "checksums.tsv"), "--settings", settings]
        command += ["--log", str(tmp_path / "log")]
        part = raw / "corpus.tar.gz.part"
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size >= 900_000):
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        arrived = part.stat().st_size
        site.pause = 0
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert site.requests[-1]["Range"] == f"bytes={arrived}-"
    assert acquire(raw, "phoenix") == phoenix_rows()
    assert not part.exists()


def test_command_line_says_it_in_words(raw: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sign2text.stages.acquire_corpus"]
    command += ["--output", str(raw / "checksums.tsv"), "--settings", '{"adapter":"how2sign"}']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "how2sign.github.io" in done.stderr
