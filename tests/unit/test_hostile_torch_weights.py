"""Torch checkpoints that are not plain tensors, or become larger than their file."""

import io
import pickle
import re
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from attacks import refusal, tree
from safetensors.torch import load_file

from sign2text.untrusted.torch_weights import convert


def saved(content: object, new: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=new)
    return file.getvalue()


def repacked(data: bytes, change: Callable[[str, bytes], bytes], method: int = 0) -> bytes:
    """Rewrite a zip of torch's with changed records."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(file, "w", method) as new,
    ):
        for record in old.infolist():
            new.writestr(record.filename, change(record.filename, old.read(record)))
    return file.getvalue()


def with_pickle(pickled: bytes) -> bytes:
    """Make a zip of torch's with `pickled` as its list of tensors."""
    return repacked(
        saved({"a": torch.zeros(2)}), lambda name, old: pickled if name.endswith(".pkl") else old
    )


def names_something(name: str, arguments: bytes = b")") -> bytes:
    module, _, name = name.rpartition(".")
    return b"\x80\x02}X\x01\0\0\0ac%b\n%b\n%bRs." % (module.encode(), name.encode(), arguments)


class Nested:
    """A tensor of tensors of two lengths, about which the library warns."""

    @staticmethod
    def make() -> torch.Tensor:
        return torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])


def _quantized() -> torch.Tensor:
    return torch.quantize_per_tensor(torch.zeros(4), 0.1, 0, torch.qint8)


def _with_attribute() -> torch.Tensor:
    tensor = torch.zeros(2)
    tensor.note = "x"
    return tensor


def _with_a_large_storage() -> bytes:
    """Make a file from before 1.6 with a storage that claims 2^31 - 1 numbers."""
    data = saved({"a": torch.zeros(1)}, new=False)
    return re.sub(rb"(cpuq.)K\x01", lambda found: found[1] + b"J\xff\xff\xff\x7f", data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "one number four billion times": (
        lambda: saved({"a": torch.zeros(1).expand(2**30)}), "a tensor of 1073741824 numbers in",
    ),
    "the same, before 1.6": (
        lambda: saved({"a": torch.zeros(1).expand(2**30)}, new=False), "numbers in a storage of 1",
    ),
    "a few numbers many times": (
        lambda: saved({"a": torch.zeros(9).as_strided((5, 5), (1, 1))}), "a tensor of 25 numbers",
    ),
    "sparse": (lambda: saved({"a": torch.zeros(3, 3).to_sparse()}), "_rebuild_sparse_tensor"),
    "sparse by rows": (lambda: saved({"a": torch.eye(3).to_sparse_csr()}), "_rebuild_sparse_te"),
    "quantized": (lambda: saved({"a": _quantized()}), "_rebuild_qtensor"),
    "nested": (lambda: saved({"a": Nested.make()}), "_rebuild_nested_tensor"),
    "meta": (lambda: saved({"a": torch.zeros(2**40, device="meta")}), "_rebuild_meta_tensor"),
    "complex": (lambda: saved({"a": torch.zeros(2, dtype=torch.complex64)}), "ComplexFloatStorage"),
    "eight bits": (
        lambda: saved({"a": torch.zeros(2).to(torch.float8_e4m3fn)}), "_rebuild_tensor_v3",
    ),
    "a tensor with attributes": (lambda: saved({"a": _with_attribute()}), "_rebuild_from_type_v2"),
    "a bytearray of 8 GB": (
        lambda: with_pickle(names_something("builtins.bytearray", b"\x8a\x05\0\0\0\0\2\x85")),
        "asks for builtins.bytearray",
    ),
    "a counter": (lambda: saved({"a": Counter("ab")}), "Counter"),
    "a set": (lambda: saved({"a": {1, 2}}), "set"),
    "an unknown function": (lambda: with_pickle(names_something("os.system")), "os.system"),
    "a call of a storage": (
        lambda: with_pickle(names_something("torch.FloatStorage", b"J\xff\xff\xff\x7f\x85")),
        "a call of torch.FloatStorage",
    ),
    "packed records": (
        lambda: repacked(saved({"a": torch.zeros(10**6)}), lambda _, old: old, 8),
        "the packed record",
    ),
    "a note of 2^31": (
        lambda: with_pickle(b"\x80\x02}r\xff\xff\xff\x7fX\x01\0\0\0aK\x01s."), "expected a dict of",
    ),
    "keys of one hash": (
        lambda: with_pickle(pickle.dumps({(2**61 - 1) * n: 1 for n in range(2, 3000)}, 2)),
        "asks for the key",
    ),
    "lists without end": (lambda: with_pickle(b"\x80\x02" + b"]" * 10**6), "containers"),
    "storage of another size": (
        lambda: repacked(
            saved({"a": torch.zeros(9)}), lambda name, old: old[:8] if "data/0" in name else old
        ),
        "storage 0 of 36 bytes, where 8 are",
    ),
    "one storage in two sizes": (
        lambda: repacked(
            saved({"a": torch.zeros(9), "b": torch.ones(8)}),
            lambda name, old: old.replace(b"X\x01\0\0\x001", b"X\x01\0\0\x000"),
        ),
        "storage 0 in two sizes",
    ),
    "no tensor": (lambda: saved({"a": [1, 2]}), "expected a dict of tensors"),
    "no dict": (lambda: saved([torch.zeros(2)]), "expected a dict of tensors"),
    "numbers as names": (lambda: saved({1: torch.zeros(2)}), "expected a dict of tensors"),
    "a zip of something else": (lambda: _zip({"a/data.txt": b"x"}), "cannot be read as weights"),
    "a storage of gigabytes before 1.6": (_with_a_large_storage, "8589934588 bytes of numbers"),
}  # fmt: skip


def _zip(records: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in records.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors", "ignore:Sparse CSR")
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_plain_tensor_is_refused_in_bounds(tmp_path: Path, kind: str) -> None:
    make, words = HOSTILE[kind]
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(make())
    assert path.stat().st_size < 10 * 2**20
    before = tree(tmp_path)
    message = refusal(lambda: convert([path], tmp_path / "model.safetensors"))
    assert any(word in message for word in words.split("|")), message
    assert str(path) in message
    assert tree(tmp_path) == before


@pytest.mark.parametrize("new", [True, False])
def test_honest_weights_are_converted(tmp_path: Path, new: bool) -> None:
    """Views, tied weights, parameters, half precision, empty tensors and torch's metadata."""
    base = torch.arange(12.0)
    weights = OrderedDict(
        whole=base,
        part=base[2:8].view(2, 3),
        turned=base.view(3, 4).t(),
        tied=torch.nn.Parameter(base),
        half=torch.ones(3, dtype=torch.bfloat16),
        count=torch.tensor(7),
        none=torch.zeros(0, 3),
    )
    weights._metadata = OrderedDict({"": {"version": 1}})
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(saved(weights, new=new))
    convert([path], tmp_path / "model.safetensors")
    found = load_file(tmp_path / "model.safetensors")
    assert found.keys() == weights.keys() - {"tied"}
    for name, tensor in found.items():
        assert torch.equal(tensor, weights[name]), name
