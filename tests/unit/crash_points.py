"""Kill a training at each access to its state folder, and resume it: run as a script.

Each run is a fork of this process, which has loaded the libraries; it kills itself (SIGKILL) at the
n-th event. Events are Python's accesses to files below the state folder (seen by audit hooks), and
the middle of each file that torch and safetensors write.

    python crash_points.py FOLDER [POINTS]

prints JSON: `events`, their number in an undisturbed training, and `survived`, a list of [event,
its kind, whether weights and history equal the undisturbed training's].
"""

import gc
import importlib
import io
import json
import os
import signal
import sys
import traceback
from pathlib import Path

import safetensors.torch
import torch
from transformers import set_seed

sys.path.insert(0, str(Path(__file__).parent))
from tiny_training import Tiny, tiny_task

from sign2text.training import selection as choosing
from sign2text.training.selection import Selection
from sign2text.training.trainer import train

SEEN = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree")


def bleu(model, _) -> float:
    """Return a number that depends on the weights, and is not best at the end."""
    return 50 + 1000 * float(model.head.weight.detach()[0, 0])


def fit(state: Path) -> bytes:
    """Train, resuming from the last checkpoint if there is one; return weights and history."""
    set_seed(1)
    model = Tiny()
    rows = train(tiny_task(model, epochs=2, checkpoints=2, selection=Selection(bleu)), state)
    weights = {name: value.tolist() for name, value in model.state_dict().items()}
    return json.dumps([weights, rows]).encode()  # each number to its last digit


class Events:
    """Counts events below `folder`, and kills this process at number `at`."""

    def __init__(self, folder: Path, at: int | None) -> None:
        self.folder, self.at, self.names = f"{folder}/", at, []
        sys.addaudithook(self.see)
        for module, name in ((torch, "save"), (safetensors.torch, "save_file")):
            setattr(module, name, self.in_halves(getattr(module, name)))
        choosing.save_weights = self.in_halves(choosing.save_weights)

    def see(self, event: str, arguments: tuple) -> None:
        if event in SEEN and arguments and str(arguments[0]).startswith(self.folder):
            if event == "open" and arguments[1] and "r" in str(arguments[1]):
                return  # only read
            if "tensorboard" not in str(arguments[0]):
                self.happened(f"{event} {Path(str(arguments[0])).relative_to(self.folder)}")

    def happened(self, what: str) -> None:
        self.names.append(what)
        if len(self.names) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def in_halves(self, save):
        """Wrap `save` so that a kill may come when half of the file has been written."""

        def saved(content, path, *rest, **more):
            save(content, path, *rest, **more)
            if not isinstance(path, str | os.PathLike):
                return
            whole = Path(path).read_bytes()
            half = whole[: len(whole) // 2]
            with io.FileIO(path, "w") as file:
                file.write(half)
                self.happened(f"half of {Path(path).name}")
                file.write(whole[len(half) :])

        return saved


def in_a_fork(do) -> int:
    """Call `do` in a forked process; return its exit status."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            do()
            code = 0
        except BaseException:  # noqa: BLE001 (whatever it is, this process ends here)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def main(folder: Path, points: int) -> None:
    torch.set_num_threads(1)  # before anything is computed: threads do not live through a fork
    importlib.import_module("torch.utils.tensorboard")  # once for all
    gc.freeze()  # or each fork would copy what it looks through

    def undisturbed() -> None:
        events = Events(folder / "whole", None)
        result = fit(folder / "whole")
        (folder / "whole.result").write_bytes(result)
        (folder / "events.json").write_text(json.dumps(events.names))

    assert in_a_fork(undisturbed) == 0
    names = json.loads((folder / "events.json").read_text())
    wanted = (folder / "whole.result").read_bytes()
    chosen = sorted({1 + n * len(names) // points for n in range(points)})
    survived = []
    for at in chosen:
        state, result = folder / f"at-{at}", folder / f"at-{at}.result"

        def disturbed(state=state, at=at) -> None:
            Events(state, at)
            fit(state)

        def again(state=state, result=result) -> None:
            result.write_bytes(fit(state))

        ended = in_a_fork(disturbed)
        whole = in_a_fork(again) == 0 and result.read_bytes() == wanted
        survived.append([at, names[at - 1], ended == -signal.SIGKILL and whole])
    print(json.dumps({"events": len(names), "survived": survived}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
