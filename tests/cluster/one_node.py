"""A Slurm of one node on the loopback interface: controller, node and authentication, in a folder.

It needs no rights but those of the user who starts it, and nothing of the machine's own Slurm.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

DAEMONS = ("munged", "slurmctld", "slurmd")
# Debian has the daemons where only root looks.
SEARCHED = os.pathsep.join([*os.get_exec_path(), "/usr/sbin", "/usr/local/sbin"])
KILL_WAIT = 30  # seconds between SIGTERM and SIGKILL
# Seconds that a job's credential is valid. A requeued job waits as long.
ADMITTED = 6

# What is sent to the partition `urgent` takes the node away from what runs in the other two.
CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire={admitted}
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MinJobAge=3600
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=2,sched_interval=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
KillWait={kill_wait}
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1
PartitionName=cpu Nodes=node1 Default=YES PriorityTier=1
PartitionName=gpu Nodes=node1 PriorityTier=1
PartitionName=urgent Nodes=node1 PriorityTier=10 PreemptMode=OFF
"""


def missing() -> list[str]:
    """List the missing commands of Slurm."""
    commands = (*DAEMONS, "sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")
    return [name for name in commands if shutil.which(name, path=SEARCHED) is None]


def wait_for(what: str, found: Callable[[], bool], seconds: float) -> None:
    """Wait until `found` says so; TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while not found():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.1)


class OneNode:
    """As a context manager: started, and all its processes and jobs gone at the end.

    Args:
        folder: an empty folder with a short path: the name of a socket has 107 bytes at most.
        cpus: cores that the node has to give.
        memory: MiB that the node says it has; nothing watches over them.
    """

    def __init__(self, folder: Path, cpus: int, memory: int) -> None:
        self.folder, self.cpus, self.memory = folder, cpus, memory
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("SLURM_")},
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder}/bin:{SEARCHED}",
        }
        self.daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        folder = self.folder
        for name in ("bin", "state", "spool"):
            (folder / name).mkdir()
        # The plugin starts srun within a job without SLURM_CONF, which it takes for a setting of
        # the job: it counts on a cluster whose configuration lies where Slurm looks by itself.
        srun = folder / "bin/srun"
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n'
        )
        srun.chmod(0o755)
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        (folder / "gres.conf").write_text("NodeName=node1 Name=gpu File=/dev/null\n")
        with socket.socket() as first, socket.socket() as second:
            for each in (first, second):
                each.bind(("127.0.0.1", 0))
            ports = [each.getsockname()[1] for each in (first, second)]
        (folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                ports=ports,
                user=subprocess.check_output(["id", "-un"], text=True).strip(),
                admitted=ADMITTED,
                kill_wait=KILL_WAIT,
                cpus=self.cpus,
                memory=self.memory,
            )
        )
        try:
            # --force: it would refuse a folder that others can write to, as /tmp.
            files = ("socket", "key", "seed")
            own = [f"--{name.replace('key', 'key-file').replace('seed', 'seed-file')}="
                   f"{folder}/munge.{name}" for name in files]  # fmt: skip
            own += [f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log"]
            self._start("munged", "--foreground", "--force", "--num-threads=2", *own)
            wait_for("munged's socket", (folder / "munge.socket").exists, 20)
            self._start("slurmctld", "-D", "-c")
            self._start("slurmd", "-D", "-N", "node1")
            wait_for("an idle node", lambda: self.said("sinfo", "-h", "-o", "%T") == "idle", 60)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.said("scancel", "--user", str(os.getuid()))
            with contextlib.suppress(TimeoutError):
                wait_for("no job", lambda: not self.said("squeue", "-h"), KILL_WAIT + 10)
        finally:
            self._stop()

    def said(self, *command: str) -> str:
        """Return the output of a command of Slurm; empty if it fails."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def job(self, number: str) -> dict[str, str]:
        """Return the fields of `scontrol show job`."""
        fields = self.said("scontrol", "-o", "show", "job", number).split(" ")
        return dict(field.split("=", 1) for field in fields if "=" in field)

    def processes(self) -> Iterator[tuple[int, str]]:
        """Number and command line of everything that was started by this Slurm, or for it."""
        ours = f"SLURM_CONF={self.folder}/".encode()
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if int(path.name) != os.getpid() and ours in (path / "environ").read_bytes():
                    command = (path / "cmdline").read_bytes().replace(b"\0", b" ")
                    yield int(path.name), command.decode(errors="replace")

    def _start(self, name: str, *arguments: str) -> None:
        # Ended with this process, also where it is killed and cannot stop them.
        command = ["setpriv", "--pdeathsig", "TERM", shutil.which(name, path=SEARCHED)]
        with (self.folder / f"{name}.out").open("wb") as out:
            self.daemons.append(
                subprocess.Popen(
                    [*command, *arguments],
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def _stop(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        # What a job left: there is nobody any more who would end it.
        for number, _ in list(self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
