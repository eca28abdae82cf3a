"""A pickle gives data; what asks for anything else is refused, and not run."""

import collections
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from sign2text.ground.errors import InputError
from sign2text.untrusted.pickles import load_data

DATA = {
    "info": [{"name": "S1", "length": 86, "label_char": ["天", "气"], "time": 1.5, "no": None}],
    "map": {"天": (1, b"x"), "气": frozenset({2, 3})},
    "set": {1, 2},
    "long": 2**70,
}


class Calls:
    """Makes a folder when it is unpickled by somebody who trusts."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def dump(path: Path, content: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_plain_data_is_given(tmp_path, protocol):
    assert load_data(dump(tmp_path / "a.pkl", DATA, protocol)) == DATA


def test_text_and_sets_of_the_oldest_protocols_are_given(tmp_path):
    content = {"name": "天气", "numbers": {1, 2}}
    for protocol in (0, 1, 2):
        assert load_data(dump(tmp_path / "a.pkl", content, protocol)) == content


def test_a_pickle_that_calls_something_is_refused_and_the_call_not_made(tmp_path):
    path = dump(tmp_path / "a.pkl", {"info": [Calls(tmp_path / "made")]})
    with pytest.raises(InputError, match=rf"a\.pkl: the pickle asks for {os.name}\.mkdir"):
        load_data(path)
    assert not (tmp_path / "made").exists()
    pickle.loads(path.read_bytes())  # it would have worked
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (np.int64(3), r"numpy\.\S*scalar"),
        (np.zeros(2), r"numpy\.\S*_reconstruct|numpy\.\S*frombuffer"),
        (collections.OrderedDict(a=1), r"collections\.OrderedDict"),
        (print, r"builtins\.print"),
        (eval, r"builtins\.eval"),
    ],
)
def test_classes_and_functions_are_refused_by_name(tmp_path, content, named):
    with pytest.raises(InputError, match=f"asks for (?:{named}), expected lists, dicts"):
        load_data(dump(tmp_path / "a.pkl", [content]))


def test_a_persistent_object_is_refused(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"Pwhatever\n.")
    with pytest.raises(InputError, match="asks for a persistent object"):
        load_data(tmp_path / "a.pkl")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_cut_pickle_is_refused(tmp_path, share):
    path = dump(tmp_path / "a.pkl", DATA)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"a\.pkl: not a readable pickle"):
        load_data(path)


def test_a_file_of_another_kind_and_none_are_refused(tmp_path):
    (tmp_path / "a.pkl").write_text("name|split\n")
    with pytest.raises(InputError, match=r"a\.pkl: not a readable pickle"):
        load_data(tmp_path / "a.pkl")
    with pytest.raises(InputError, match=r"b\.pkl: no such file"):
        load_data(tmp_path / "b.pkl")
