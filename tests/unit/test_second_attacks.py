"""Second attacks: two archives together, shared parts of pickles, numbers without end."""

import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from attacks import refusal, tree

from sign2text.fetching.archive_parts import Archive
from sign2text.fetching.archives import unpack
from sign2text.ground.errors import InputError
from sign2text.sharing.dvc_form import check_form, is_dvc_place
from sign2text.sharing.plain_yaml import parse_plain
from sign2text.untrusted.pickles import load_data
from sign2text.untrusted.torch_weights import convert

Member = tuple[str, bytes, str | None]
MANY = 2_000_000
STORAGE = (
    b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQ"  # four bytes
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The folder that is unpacked into, with a secret outside of it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


def tar_of(path: Path, *members: Member) -> Archive:
    """A tar of files, and of links where a member has a goal."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content, goal in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            if goal is not None:
                member.type, member.linkname = tarfile.SYMTYPE, goal
            tar.addfile(member, io.BytesIO(content))
    return Archive(path.name, (path,))


def pairs(count: int) -> bytes:
    """Pickled: a list of `count` pairs in a tuple, noted as 1."""
    each = b"".join(b"M" + struct.pack("<H", number) + b"N\x86" for number in range(count))
    return b"](" + each + b"e\x85q\x01"


def weights(path: Path, pickled: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", pickled)
        archive.writestr("a/data/0", bytes(4))
    return path


def test_links_of_two_archives_lead_round_together(corpus: Path) -> None:
    """Each archive links to a folder without links; together whoever walks never ends."""
    first = tar_of(corpus.parent / "1.tar.gz", ("a/l", b"", "../b"), ("b/f", b"1", None))
    second = tar_of(corpus.parent / "2.tar.gz", ("b/m", b"", "../a"), ("a/g", b"2", None))
    unpack(first, corpus)
    assert "link" in refusal(lambda: unpack(second, corpus))


def test_links_of_two_archives_multiply_folders(corpus: Path) -> None:
    """Forty folders, each with two links to the next, are 2^40 for whoever walks through them."""
    files = [(f"d{number}/f", b"x", None) for number in range(41)]
    links = [[(f"d{n}/{name}", b"", f"../d{n + 1}") for n in range(odd, 40, 2) for name in "ab"]
             for odd in (0, 1)]  # fmt: skip
    unpack(tar_of(corpus.parent / "1.tar.gz", *files, *links[0]), corpus)
    assert "link" in refusal(
        lambda: unpack(tar_of(corpus.parent / "2.tar.gz", *files, *links[1]), corpus)
    )


@pytest.mark.parametrize("inner", ["x", "x/y"])
def test_a_folder_named_as_a_note_replaces_nothing(corpus: Path, inner: str) -> None:
    unpack(tar_of(corpus.parent / "1.tar.gz", ("._d/x", b"first", None)), corpus)
    before = tree(corpus)
    second = tar_of(corpus.parent / "2.tar.gz", (f"._d/{inner}", b"second", None))
    assert "in the way" in refusal(lambda: unpack(second, corpus))
    assert tree(corpus) == before


@pytest.mark.parametrize("there", ["file", "link"])
def test_a_folder_named_as_a_note_where_something_else_is(corpus: Path, there: str) -> None:
    if there == "file":
        (corpus / "._d").write_text("first")
    else:
        (corpus / "._d").symlink_to("../outside")
    before = tree(corpus.parent / "outside"), sorted(corpus.iterdir())
    archive = tar_of(corpus.parent / "1.tar.gz", ("._d/secret", b"changed", None))
    assert "in the way" in refusal(lambda: unpack(archive, corpus))
    assert before == (tree(corpus.parent / "outside"), sorted(corpus.iterdir()))


@pytest.mark.parametrize(
    ("member", "again"),
    [(("x", b"", "."), ("f", b"1", None)), (("a", b"", "f"), ("./a", b"1", None)),
     (("./.unpacked/x", b"1", None), ("f", b"1", None)), ((".", b"1", None), ("f", b"1", None)),
     (("a/x", b"", ".."), ("f", b"1", None))],
    ids=["link to the root", "link by another name", "reserved", "no name", "link up"],
)  # fmt: skip
def test_members_that_are_refused(corpus: Path, member: Member, again: Member) -> None:
    archive = tar_of(corpus.parent / "1.tar.gz", ("f", b"1", None), member, again)
    assert "refused" in refusal(lambda: unpack(archive, corpus))
    assert tree(corpus) == {}


@pytest.mark.parametrize(("name", "mode"), [("p", 0o010644), (".", 0), ("//x", 0), ("p", 0o020644)])
def test_zip_members_that_are_refused(corpus: Path, name: str, mode: int) -> None:
    path = corpus.parent / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, b"x")
    assert "refused" in refusal(lambda: unpack(Archive("z.zip", (path,)), corpus))
    assert tree(corpus) == {}


@pytest.mark.parametrize("kind", ["set", "frozenset"])
def test_one_list_is_made_a_set_again_and_again(tmp_path: Path, kind: str) -> None:
    """Five bytes copy a list of 50,000 each time."""
    numbers = b"".join(b"M" + struct.pack("<H", number) for number in range(50_000))
    (tmp_path / "p").write_bytes(
        b"\x80\x02cbuiltins\n" + kind.encode() + b"\nq\x02](" + numbers + b"e\x85q\x010("
        + b"h\x02h\x01R" * 5000 + b"l."
    )  # fmt: skip
    assert "asks for" in refusal(lambda: load_data(tmp_path / "p"))


@pytest.mark.parametrize("data", [b"\x8e" + struct.pack("<Q", 2**40) + b"N.",
                                  b"L" + b"9" * MANY + b"L\n."])  # fmt: skip
def test_lengths_of_a_pickle_that_lie(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p").write_bytes(b"\x80\x04" + data)
    assert "not a readable pickle" in refusal(lambda: load_data(tmp_path / "p"))


def test_a_message_shows_little_of_a_long_name(tmp_path: Path) -> None:
    name = b"\x80\x02c" + b"a" * MANY + b"\nb\n."
    (tmp_path / "p").write_bytes(name)
    assert len(refusal(lambda: load_data(tmp_path / "p"))) < 2000
    key = b"X" + struct.pack("<I", MANY) + b"k" * MANY
    for pickled in (name, b"\x80\x02" + STORAGE.replace(b"X\x01\0\0\x000", key) + b"."):
        path = weights(tmp_path / "w", pickled)
        assert len(refusal(lambda path=path: convert([path], tmp_path / "out"))) < 2000


def test_one_list_is_made_a_dict_again_and_again(tmp_path: Path) -> None:
    """Five bytes make a dict of 50,000 each time."""
    path = weights(
        tmp_path / "w", b"\x80\x02ccollections\nOrderedDict\nq\x02" + pairs(50_000) + b"0("
        + b"h\x02h\x01R" * 5000 + b"l."
    )  # fmt: skip
    assert "asks for" in refusal(lambda: convert([path], tmp_path / "out"))


def test_a_tensor_whose_sizes_have_a_million_digits(tmp_path: Path) -> None:
    """The product of 64 such numbers takes minutes."""
    number = b"\x8b" + struct.pack("<I", 200_000) + b"\x7f" * 200_000 + b"q\x05"
    sizes = b"(" + b"h\x05" * 64 + b"t(" + b"K\x01" * 64 + b"t"
    path = weights(
        tmp_path / "w", b"\x80\x02" + number + b"0ctorch._utils\n_rebuild_tensor_v2\n("
        + STORAGE + b"K\0" + sizes + b"N}tR."
    )  # fmt: skip
    assert "asks for" in refusal(lambda: convert([path], tmp_path / "out"))


@pytest.mark.parametrize("name", [".dvc/x.dvc", ".git/x.dvc", ".dvc"])
def test_a_dvc_file_lies_in_no_folder_of_git_or_dvc(name: str) -> None:
    assert not is_dvc_place(f"artefacts/{name}")


@pytest.mark.parametrize("path", ["results/a/.GIT/config", "results/.DVC/config", "results/x\0"])
def test_names_of_git_and_dvc_in_capitals(path: str) -> None:
    """Disks that know no case take .GIT for .git."""
    out = {"path": path, "hash": "md5", "md5": "0" * 32, "size": "1"}
    values = {"wdir": "..", "outs": [out], "meta": {"needs": []}}
    with pytest.raises(InputError, match="path"):
        check_form(Path("artefacts/x.dvc"), values)


@pytest.mark.parametrize(
    "text", [b"%TAG !a! tag:x\n---\na: b\n", b"? " * 130_000, b"{" * 260_000, b"- " * 130_000]
)
def test_yaml_of_many_beginnings(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"found|exceeded"):
        parse_plain(text)
