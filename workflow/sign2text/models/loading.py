"""Load a model from its folder, with its size bounded by its weights.

A configuration of a few bytes may describe a model of any size. So the model is first built
without memory (on torch's meta device), and compared with the headers of the weights.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.nn.modules.module import register_module_module_registration_hook
from transformers import AutoConfig, PreTrainedModel
from transformers.configuration_utils import PreTrainedConfig

from sign2text.ground.errors import InputError, MemoryShortError, brief
from sign2text.ground.files import reading
from sign2text.ground.memory import shortage
from sign2text.untrusted.model_config import shortened
from sign2text.untrusted.model_weights import Measure, measure, weight_files

_MOST = 5  # names of weights in a message
MODULES_A_TENSOR = 4
"""Most torch modules per tensor of the file; real models have one or two."""
MODULES_MORE, MOST_MODULES = 1000, 15_000
VALUES_MORE = 2**22
"""Allowance for values that are computed, not stored: tables of positions, counters."""
LOCAL = {"local_files_only": True, "trust_remote_code": False}
"""Options with which the library fetches nothing and runs no code that a model brings."""


def check_loaded(report: Mapping[str, Any], where: Path, advice: str) -> None:
    """Refuse a model with weights that are missing, unused or of another shape.

    The library draws such weights at random, or drops them, and only logs it.

    Args:
        report: the second result of `from_pretrained(..., output_loading_info=True)`.
        where: source of the weights; begins the message.
        advice: a possible reason, and what to do; ends the message.

    Raises:
        InputError: the message names the kind of problem and the first weights.
    """
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if found := report.get(kind):
            names = [str(name)[:200] for name in sorted(map(str, found))[:_MOST]]
            raise InputError(f"{where}: {kind.replace('_', ' ')}: {names}. {advice}")


def load_config(folder: Path, kind: Any = AutoConfig, advice: str = "") -> PreTrainedConfig:
    """Read the configuration of a model from a checked folder (`check_folder`).

    Args:
        folder: the folder of config.json.
        kind: a class of configurations.
        advice: ends the message.

    Raises:
        InputError: the values fit no model of the library.
    """
    with explained(folder / "config.json", "describes no model", advice):
        return kind.from_pretrained(folder, **LOCAL)


def load_model(
    kind: Any,
    folder: Path,
    config: PreTrainedConfig,
    *,
    advice: str,
    problem: str = "cannot be loaded",
    maker: str | None = None,
    cut: str | None = None,
    **options: Any,
) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Load a model's safetensors, after comparing its configuration with their headers.

    Args:
        kind: the model's class, or a class of the library that selects it.
        folder: a folder in the format of `save_pretrained`, checked by `check_folder`.
        config: the model's configuration (`load_config`).
        advice: what was expected and what to do; ends the message.
        problem: the problem with the folder, for the message.
        maker, cut: for truncated weights, the rule that makes them and the advice (see `reading`).
        options: further options of `from_pretrained`.

    Returns:
        the model, and the library's report for `check_loaded`. Stored values of what the model
        computes itself (positions in old files of XGLM) are neither read nor in the report.

    Raises:
        InputError: weights are missing, truncated, of unexpected types or in another place, or too
            few for the configuration.
        MemoryShortError: the model has more values than the machine has memory for.
    """
    files = weight_files(folder)
    found = measure(files, maker, cut)
    with explained(folder, problem, advice):
        check_size(kind, config, found, folder)
        with reading(files[0], maker, cut):
            model, report = kind.from_pretrained(
                folder,
                config=config,
                use_safetensors=True,
                output_loading_info=True,
                **LOCAL,
                **options,
            )
    computed = {name for name, _ in model.named_non_persistent_buffers()}
    return model, {**report, "unexpected_keys": set(report["unexpected_keys"]) - computed}


def check_size(
    kind: Any, config: PreTrainedConfig, found: Measure, folder: Path
) -> PreTrainedModel:
    """Refuse a configuration that describes more layers or values than the weights have.

    Args:
        kind: see `load_model`.
        config: the model's configuration, which is not changed.
        found: size of the weights.
        folder: begins the message.

    Returns:
        the model without memory, on torch's meta device.

    Raises:
        InputError: the message gives the described and the found number.
        MemoryShortError: see `load_model`.
    """
    where = folder / "config.json"
    if getattr(type(config), "extra_files", ()):
        raise InputError(f"{where}: a {type(config).__name__} has weights in further files.")
    most = min(MODULES_A_TENSOR * found.tensors + MODULES_MORE, MOST_MODULES)
    with _at_most(most, where, found.tensors), torch.device("meta"):
        own = copy.deepcopy(config)
        model = kind.from_config(own) if hasattr(kind, "from_config") else kind(own)
    _check_floating(model, found, folder)
    tensors = [*model.parameters(), *model.buffers()]
    values = sum(each.numel() for each in tensors)
    if values > found.values + found.values // 4 + VALUES_MORE:
        raise InputError(
            f"{where}: describes a model of {values} values, but its weights have {found.values}. "
            "One of both is of another model: fetch or make them again."
        )
    needed = sum(each.numel() * each.element_size() for each in tensors)
    if (free := _free_memory()) is not None and needed > free:
        short = MemoryError(f"tried to allocate {needed / 2**30:.1f} GiB")
        raise MemoryShortError(shortage(short, folder) or str(short))
    return model


def _check_floating(model: PreTrainedModel, found: Measure, folder: Path) -> None:
    """Refuse integers where the model, or a larger one around it, has floating-point weights."""
    wanted = {name for name, value in model.state_dict().items() if value.is_floating_point()}
    prefix = f"{model.base_model_prefix}."
    for name in sorted(found.whole):
        if wanted & {name, prefix + name, name.removeprefix(prefix)}:
            raise InputError(
                f"{folder}: weights {shortened(name)} are whole numbers, expected floating ones. "
                "Fetch or make the model again."
            )


@contextmanager
def explained(where: Path, problem: str, advice: str) -> Iterator[None]:
    """Turn the library's errors about a model into an InputError."""
    with reading(where):
        try:
            yield
        except (InputError, MemoryError):
            raise
        # Values of a configuration reach any code of the library, which may raise anything.
        except Exception as error:
            if told := shortage(error, where):
                raise MemoryShortError(told) from error
            reason = brief(error).splitlines()[0]
            raise InputError(f"{where}: {problem} ({reason}). {advice}".rstrip()) from error


@contextmanager
def _at_most(most: int, where: Path, tensors: int) -> Iterator[None]:
    """Allow at most `most` torch modules to be made inside the block."""
    made = 0

    def count(*_: Any) -> None:
        nonlocal made
        made += 1
        if made > most:
            raise InputError(
                f"{where}: describes a model of more than {most} layers, but its weights have "
                f"{tensors} tensors. One of both is of another model: fetch or make them again."
            )

    handle = register_module_module_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def _free_memory() -> int | None:
    """Return the bytes that programs can allocate, swap included; None if that is unknown."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
        return 1024 * (sizes["MemAvailable"] + sizes["SwapFree"])
    except (OSError, ValueError, KeyError, IndexError):
        return None
