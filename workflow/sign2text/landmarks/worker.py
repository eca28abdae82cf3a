"""A MediaPipe worker as a child process: start it, send a clip's frames, receive landmarks."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from sign2text.ground.errors import InputError
from sign2text.landmarks import mediapipe_worker as messages
from sign2text.landmarks.environment import check_version

PROGRAM = Path(messages.__file__)
_LINES, _MOST = 3, 2000  # lines and bytes of a worker's last words in a message
_SECONDS = 10  # for a worker to end by itself


class WorkerError(Exception):
    """A worker ended at a clip, or MediaPipe refused one of its frames."""


class Worker:
    """A process that detects landmarks, one clip after the other.

    It answers no more after a WorkerError, until `revive`.
    """

    def __init__(self, python: Path) -> None:
        """Start the worker under `python`.

        Raises:
            InputError: it does not start, or the environment has another version of MediaPipe.
        """
        self.python = python
        self._start()

    def detect(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the landmarks of each frame of a clip, float32 [POINTS, 3] in shares of the frame.

        A frame is sent while the worker computes the one before.

        Args:
            frames: uint8 [H, W, 3] RGB, all of one size.

        Raises:
            WorkerError: the worker ended, or MediaPipe failed at a frame.
        """
        number, waiting = 0, 0
        try:
            for number, frame in enumerate(frames):
                if not number:
                    self._send(messages.CLIP, messages.SIZE.pack(*frame.shape[:2]), number)
                self._send(messages.FRAME, np.ascontiguousarray(frame).data.cast("B"), number)
                waiting += 1
                if waiting == 2:
                    waiting -= 1
                    yield self._receive(number - 1)
            if waiting:
                waiting -= 1
                yield self._receive(number)
        finally:
            # The frames may have ended with an error: the next clip must not receive their answers.
            if waiting and self.process.poll() is None:
                self._receive(number)

    def revive(self) -> None:
        """Start the worker again if it has ended. Raises InputError as the first start does."""
        if self.process.poll() is not None:
            self.close()
            self._start()

    def close(self) -> None:
        """Let the worker end by itself, or kill it."""
        self._await_end()
        self.process.stdout.close()
        self._log.close()

    def kill(self) -> None:
        """End the worker at once; whoever waits for its answer receives a WorkerError."""
        self.process.kill()
        self.process.wait()

    def _start(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        # -I: the program's folder and the user's packages hide no package of the environment.
        command = [str(self.python), "-I", str(PROGRAM)]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=os.environ | {"GLOG_minloglevel": "2", "TF_CPP_MIN_LOG_LEVEL": "2"},
            )
        except OSError as error:
            raise InputError(
                f"{self.python}: cannot be started ({error.strerror}); expected the Python of the "
                "environment with MediaPipe. Make it again: make landmarks"
            ) from error
        try:
            kind, rest = messages.read_message(self.process.stdout)
        except EOFError:
            self.process.wait()
            raise InputError(
                f"{self.python}: does not run {PROGRAM.name} ({self._last_words()}); expected "
                "the Python of the environment with MediaPipe. Make it again: make landmarks"
            ) from None
        version = rest.decode(errors="replace") if kind == messages.READY else ""
        try:
            check_version(self.python, version)
        except InputError:
            self.close()
            raise

    def _send(self, kind: bytes, rest: bytes | memoryview, number: int) -> None:
        try:
            messages.write_message(self.process.stdin, kind, rest)
        except OSError:
            raise self._ended(number) from None

    def _receive(self, number: int) -> np.ndarray:
        try:
            kind, rest = messages.read_message(self.process.stdout)
        except EOFError:
            raise self._ended(number) from None
        if kind == messages.FAILED:
            # The frame that was sent meanwhile is still to be answered; a new worker is simpler.
            self.kill()
            raise WorkerError(
                f"MediaPipe failed at frame {number}: {rest.decode(errors='replace')[:_MOST]}"
            )
        return np.frombuffer(rest, "<f4").reshape(messages.POINTS, 3)

    def _ended(self, number: int) -> WorkerError:
        self._await_end()
        return WorkerError(f"the extractor ended at about frame {number}: {self._last_words()}")

    def _await_end(self) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _last_words(self) -> str:
        code = self.process.returncode
        reason = f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - _MOST))
        lines = self._log.read().decode(errors="replace").splitlines()
        return "; ".join([reason, *(line.strip() for line in lines[-_LINES:] if line.strip())])
