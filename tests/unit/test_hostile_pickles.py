"""Pickles that take memory or time, and such as build what no annotation is."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from attacks import refusal

from sign2text.data.adapters import csl_daily
from sign2text.ground.errors import InputError
from sign2text.untrusted.pickles import load_data


def laughs(levels: int) -> list:
    found: list = ["ha"] * 10
    for _ in range(levels):
        found = [found] * 10
    return found


def holds_itself() -> list:
    found: list = []
    found.append([found])
    return found


PRIME = 2**61 - 1
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a note with a number below zero": (lambda: b"]p-1\n.", "not a readable pickle"),
    "keys of one hash": (
        lambda: pickle.dumps({PRIME * number: 0 for number in range(1, 3000)}),
        "asks for the key",
    ),
    "members of one hash": (
        lambda: pickle.dumps({PRIME * number for number in range(1, 3000)}),
        "asks for the key",
    ),
    "members of one hash, frozen": (
        lambda: pickle.dumps(frozenset(PRIME * number for number in range(1, 3000))),
        "asks for the key",
    ),
    "members of one hash, old": (
        lambda: pickle.dumps({PRIME * number for number in range(1, 3000)}, 2),
        "asks for the key",
    ),
    "keys of one hash, one by one": (lambda: b"}L%dL\nNs." % PRIME**2, "asks for the key"),
    "keys that are tuples": (lambda: pickle.dumps({(1, 2): 3}), "a key that is a tuple"),
    "a set of a text": (lambda: b"\x80\x02c__builtin__\nset\nX\x01\x00\x00\x00a\x85R.", "a set of"),
    "billion laughs": (lambda: pickle.dumps(laughs(9)), "lists within lists"),
    "a list that holds itself": (lambda: pickle.dumps(holds_itself()), "within each other"),
    "a million lists in each other": (lambda: b"]" * 10**6 + b"a" * 10**6, "containers"),
    "three million nested tuples": (lambda: b")" + b"\x85" * 3 * 10**6 + b".", "containers"),
    "three million empty lists": (lambda: b"]" * 3 * 10**6, "more containers"),
    "three million empty dicts": (lambda: b"}" * 3 * 10**6, "more containers"),
    "three million empty sets": (lambda: b"\x8f" * 3 * 10**6, "more containers"),
    "three million marks": (lambda: b"(" * 3 * 10**6, "within each other"),
    "three million notes": (lambda: b"N" + b"\x94" * 3 * 10**6 + b".", "more notes"),
    "a text of four gigabytes": (lambda: b"X\xff\xff\xff\xff" + b"a" * 100, "not a readable"),
    "a text of 2^63": (lambda: b"\x8d" + b"\xff" * 7 + b"\x7fa.", "not a readable"),
    "bytes of 2^63": (lambda: b"\x8e" + b"\xff" * 7 + b"\x7fa.", "not a readable"),
    "a number of a million digits": (lambda: b"I" + b"9" * 10**6 + b"\n.", "not a readable"),
    "a changed object": (lambda: b"\x80\x02]}X\x01\x00\x00\x00aK\x01sb.", "not a readable"),
    "an instance": (lambda: b"(ios\nsystem\n.", "not a readable"),
    "an instance of a new form": (lambda: b"\x80\x02cos\nsystem\n)\x81.", "os.system"),
    "a class by the registry": (lambda: b"\x80\x02\x82\x01.", "not a readable"),
    "a call of what it holds": (lambda: b"X\x01\x00\x00\x00a)R.", "a call of 'a'"),
    "a bytearray": (lambda: pickle.dumps(bytearray(5)), "asks for builtins.bytearray|readable"),
    "a buffer outside": (lambda: b"\x80\x05\x97.", "not a readable"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pickle_is_refused_in_bounds(tmp_path: Path, kind: str) -> None:
    make, words = HOSTILE[kind]
    path = tmp_path / "a.pkl"
    path.write_bytes(make())
    message = refusal(lambda: load_data(path))
    assert any(word in message for word in words.split("|")), message
    assert message.startswith(f"{path}: ") and len(message) < 500


@pytest.mark.parametrize("data", [b"\x80\x02]r\xff\xff\xff\x7f.", b"]p2147483646\n."])
def test_a_note_costs_the_same_whatever_its_number(tmp_path: Path, data: bytes) -> None:
    """The library's fast reader takes 16 GB for these nine bytes."""
    (tmp_path / "a.pkl").write_bytes(data)

    def read_and_refuse() -> None:
        assert load_data(tmp_path / "a.pkl") == []
        raise InputError("read")

    assert refusal(read_and_refuse) == "read"


@pytest.mark.parametrize("key", ["signer", "label_gloss", "name", "info"])
def test_what_shows_up_in_a_message_is_short(tmp_path: Path, key: str) -> None:
    """A value of the wrong type is named; a list of 10,000 lists would be named for long."""
    entry = {"name": "a", "signer": 0, "label_gloss": ["A"], "label_char": ["a"]}
    wrong = laughs(2)
    content = wrong if key == "info" else {"info": [entry | {key: wrong}]}
    (tmp_path / "sentence_label").mkdir()
    path = tmp_path / csl_daily.REQUIRED[0]
    path.write_bytes(pickle.dumps(content))
    message = refusal(lambda: csl_daily._read_entries(path))
    assert len(message) < 500


def test_parts_that_several_entries_share_are_read(tmp_path: Path) -> None:
    """Clips of one sentence may well share its lists."""
    labels = ["天", "气"]
    content = {"info": [{"label_char": labels, "name": f"S{n}"} for n in range(5000)]}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content))
    assert load_data(tmp_path / "a.pkl") == content
