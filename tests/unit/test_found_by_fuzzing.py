"""Files that fuzzing of the readers found (tests/fuzz), with their present error messages."""

import io
import tarfile
from pathlib import Path

import pytest
from archive_files import add
from hostile_videos import TABLES, box, replaced, write_video
from score_files import convention, score_file

from sign2text.commands import main
from sign2text.comparing.score_runs import check_seeds, read_run
from sign2text.config.json_options import read_mapping
from sign2text.config.keys import parse_yaml
from sign2text.config.published_models import is_as_listed
from sign2text.data.adapters import csl_daily, how2sign, table
from sign2text.data.imported_annotations.elan_table import read_elan_table
from sign2text.data.manifest import read_table
from sign2text.data.video import count_frames
from sign2text.fetching.archive_parts import Archive
from sign2text.fetching.archives import unpack
from sign2text.fetching.model_sources import Folder
from sign2text.ground import memory
from sign2text.ground.errors import InputError, MemoryShortError, brief
from sign2text.ground.files import is_file, reading
from sign2text.models.frame_encoder import load_frame_encoder
from sign2text.papers.sources import Scoring
from sign2text.scoring.bleurt import load_bleurt
from sign2text.stages.make_manifest import Config
from sign2text.text.tokenizer import using
from sign2text.untrusted.model_config import check_config
from sign2text.untrusted.model_folder import check_folder
from sign2text.untrusted.pickles import load_data
from sign2text.untrusted.torch_contents import _look_through_old


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("9" * 5000, "is not JSON (Exceeds the limit"),
        ("[" * 100_000, "is not JSON (maximum recursion depth exceeded"),
        ('"' + "a" * 9000 + '"', 'found "aaaa'),
        ('{"seed": ' + "a" * 9000, "is not JSON (Expecting value"),
    ],
)
def test_settings_that_are_no_object_are_refused_in_a_line(text: str, words: str) -> None:
    with pytest.raises(InputError, match=r"expected a JSON object$") as refused:
        read_mapping("--settings", text)
    assert str(refused.value).startswith("--settings: ") and words in str(refused.value)
    assert len(str(refused.value)) < 600


def test_a_long_key_of_a_configuration_is_refused_by_its_beginning() -> None:
    with pytest.raises(
        InputError, match=r"a key of 70000 characters, 'aaaa.* at most 200"
    ) as refused:
        parse_yaml("experiments:\n  ? " + "a" * 70_000 + "\n  : {method: x}\n", "config.yaml")
    assert len(str(refused.value)) < 300
    assert parse_yaml("a" * 100 + ": 1", "config.yaml") == {"a" * 100: 1}
    with pytest.raises(InputError, match=r"a text of 70000 characters, 'aaaa.* at most 2000"):
        parse_yaml("targets: [" + "a" * 70_000 + "]", "config.yaml")


@pytest.mark.parametrize(
    "read",
    [
        load_frame_encoder,
        load_bleurt,
        lambda folder: Folder(str(folder)).list_files(None),
        lambda folder: is_as_listed(folder, {"path": "config.json"}),
        lambda folder: is_file(folder / "config.json"),
        check_folder,
    ],
)
def test_a_link_to_a_name_that_no_file_can_have_is_named(tmp_path: Path, read) -> None:
    (tmp_path / "config.json").symlink_to("a" * 300)
    with pytest.raises(InputError, match=r"config.json: a name that is too long for a file"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["a" * 300, "b/" * 3000, "a/" + "c" * 5000])
def test_a_hard_link_to_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        add(tar, "a", b"content")
        add(tar, "again", linkname=name, type=tarfile.LNKTYPE)
    with pytest.raises(InputError, match=r"a.tar: member 'again' is refused"):
        unpack(Archive("a.tar", (tmp_path / "a.tar",)), tmp_path / "corpus")
    assert not any((tmp_path / "corpus").iterdir())


def test_tables_that_contradict_each_other_are_no_shortage_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libav reports ENOMEM for an MP4 with two tables of the same kind."""
    path = tmp_path / "a.mp4"
    data = write_video(path, 12, movflags="faststart")
    begin, end = box(data, *TABLES)
    ctts = data.index(b"ctts", begin, end) - 4
    size = int.from_bytes(data[ctts : ctts + 4], "big")
    table = data[begin:ctts] + 2 * data[ctts : ctts + size] + data[ctts + size : end]
    path.write_bytes(replaced(data, TABLES, table))
    with pytest.raises(InputError, match="its tables contradict each other") as refused:
        count_frames(path)
    assert not isinstance(refused.value, MemoryShortError)
    monkeypatch.setattr(memory, "_SPARE", 2**60)
    path.touch()
    with pytest.raises(MemoryShortError, match=r"a.mp4: memory ran out"):
        count_frames(path)


@pytest.mark.parametrize("text", ["sep=,", "\ufeffsep=;\n", "sep=,\n\n \n"])
def test_a_table_of_a_separator_alone_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "clips.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"clips.csv, line \d: found .* expected the names of col"):
        table.read_split(tmp_path / "checksums.tsv", "train", Config(adapter="table"))


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("path,text,split" + ",a" * 2**14, "16387 columns found, at most 16384 expected"),
        ("path,text,split" + ",path" * 2000, "stands twice, in columns 1, 4, 5, 6, 7, 8, 9, 10. R"),
    ],
)
def test_a_header_without_end_is_refused_in_a_line(tmp_path: Path, header: str, words: str) -> None:
    (tmp_path / "clips.csv").write_text(f"{header}\na.mp4,Hello,train\n", encoding="utf-8")
    with pytest.raises(InputError, match=words) as refused:
        table.read_split(tmp_path / "checksums.tsv", "train", Config(adapter="table"))
    assert len(str(refused.value)) < 400


@pytest.mark.filterwarnings("ignore:Length of header")
def test_a_row_of_a_million_fields_is_refused_at_once(tmp_path: Path) -> None:
    """pandas takes 25 microseconds per field, and drops fields that the header lacks."""
    for row in ("a\tb", "\na\tb\tc"):
        (tmp_path / "a.tsv").write_text(f"id\tvideo\n{row}\n")
        assert read_table(tmp_path / "a.tsv").values.tolist() == [["a", "b"]]
        (tmp_path / "a.tsv").write_text(f"id\tvideo\n{row}" + "\tb" * 10**6 + "\n")
        with pytest.raises(InputError, match=r"a.tsv: its first row has 10000 fields or more"):
            read_table(tmp_path / "a.tsv")


@pytest.mark.parametrize(("rows", "fields"), [(1, 1001), (50_001, 8)])
def test_an_export_of_more_than_a_document_is_refused(
    tmp_path: Path, rows: int, fields: int
) -> None:
    row = "\t".join(["Text", "Anna", "00:00:00.780", "0.78", "00:00:01.340", "1.34"])
    (tmp_path / "a.txt").write_text((row + "\tx" * (fields - 6) + "\n") * rows, encoding="utf-8")
    with pytest.raises(InputError, match=f"line {rows}: {fields if rows == 1 else 50000} "):
        read_elan_table(tmp_path / "a.txt")


def test_a_table_is_read_once_for_its_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of 5 MB was read four times, in 10 s; a changed table is read again."""
    path, read = tmp_path / "clips.csv", table.read_spreadsheet
    times = []
    monkeypatch.setattr(table, "read_spreadsheet", lambda *given: times.append(1) or read(*given))
    for text in ("Hello", "Hi"):
        lines = [f"{split}.mp4,{text},{split}" for split in ("train", "dev", "test")]
        path.write_text("\n".join(["path,text,split", *lines, ""]), encoding="utf-8")
        for split in ("train", "dev", "test"):
            found = table.read_split(tmp_path / "checksums.tsv", split, Config(adapter="table"))
            assert found["text"].tolist() == [text]
            found["text"] = "changed"
    assert len(times) == 2


@pytest.mark.parametrize("missing", ["bleu3", "rouge_l", "signature"])
def test_scores_that_lack_a_number_of_another_convention_are_named(
    tmp_path: Path, missing: str
) -> None:
    """Only the file's main convention was checked; a table has others too."""
    other = {key: value for key, value in convention("13a").items() if key != missing}
    run = read_run(
        score_file(tmp_path / "a.bleu", conventions={"words": convention("none"), "13a": other})
    )
    scoring = Scoring("13a", "", "")
    with pytest.raises(InputError, match=rf"a.bleu: has no '{missing}' .* convention 13a. Make it"):
        _ = run.numbers(scoring), run.signature(scoring)


def test_seeds_are_compared_where_files_lack_what_tells_them_apart(tmp_path: Path) -> None:
    runs = [read_run(score_file(tmp_path / f"{seed}.bleu", seed=seed)) for seed in (1, 2)]
    for run in runs:
        del run.result["code"], run.result["control"]
    check_seeds(runs, "here")
    runs[0].result["control"] = "videos permuted"
    with pytest.raises(InputError, match="not the same control"):
        check_seeds(runs, "here")


def test_a_long_key_of_a_model_is_shortened() -> None:
    with pytest.raises(InputError, match="expected 0 to 67108864") as refused:
        check_config({"a" * 9000: 2**31}, "config.json")
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("adapter", "name"),
    [
        (table, "clips.csv"),
        (how2sign, "how2sign_realigned_train.csv"),
        (csl_daily, "sentence_label/split_1.txt"),
    ],
)
def test_annotations_that_are_such_a_link_are_not_there(tmp_path: Path, adapter, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to("a" * 300)
    with pytest.raises(InputError, match=r"the corpus is not there|a name that is too long"):
        adapter.read_split(tmp_path / "checksums.tsv", "train", Config(adapter="table"))


def test_a_tokenizer_that_is_such_a_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "tokenizer.json").symlink_to("a" * 300)
    with pytest.raises(InputError, match=r"tokenizer.json: a name that is too long"):
        load_bleurt(tmp_path)


def test_a_folder_of_such_a_link_holds_no_frame(tmp_path: Path) -> None:
    (tmp_path / "1").symlink_to("a" * 300)
    with pytest.raises(InputError, match="the folder holds no frame; expected images"):
        count_frames(tmp_path)


def test_a_link_that_leads_nowhere_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "c").write_text("x")
    found = [is_file(tmp_path / name) for name in ("a", "b", "circle", "c", "c/d")]
    assert found == [False, False, False, True, False]


def test_what_a_library_says_is_cut_in_messages(tmp_path: Path) -> None:
    for context in (reading(tmp_path), using(tmp_path, "Make it again.")):
        with pytest.raises(InputError, match=r"a{299,300}\.\.\.") as refused, context:
            raise KeyError("a" * 70_000)
        assert len(str(refused.value)) < 800
    (tmp_path / "a.pkl").write_bytes(b"F" + b"}" * 9000 + b"\n.")
    with pytest.raises(InputError, match="not a readable pickle") as refused:
        load_data(tmp_path / "a.pkl")
    assert len(str(refused.value)) < 800


def test_commands_cut_the_middle_of_long_lines(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(options: object) -> None:
        raise InputError("first\nname '" + "x" * 70_000 + "' found. Correct it.")

    monkeypatch.setattr(main, "run_show", fail)
    with pytest.raises(SystemExit):
        main.main(["show", "a.bleu"])
    first, second = capsys.readouterr().err.splitlines()
    assert first == "sign2text: first" and second.endswith("' found. Correct it.")
    assert len(second) == 2005 and second.startswith("name 'xxx") and "xxx ... xxx" in second


def test_an_error_that_cannot_be_shown_is_named_by_its_kind() -> None:
    assert brief(KeyError(10**5000)) == "KeyError"
    assert brief(ValueError()) == "ValueError"
    assert brief(ValueError("a" * 9), 5) == "aaaaa..."


def test_a_text_of_a_pickle_makes_no_room_for_more_than_the_file() -> None:
    """A file of 729 bytes requested 3.5 GB at once, and the error reported a lack of memory."""
    asked = []

    class Noting(io.BytesIO):
        def read(self, size: int = -1) -> bytes:
            asked.append(size)
            return super().read(size)

    data = b"\x80\x02X\x04\x00\x00\xd0abcd"
    with pytest.raises(EOFError):
        _look_through_old(Noting(data), len(data))
    assert max(asked) == len(data)
