"""Measurements of a stage, and the time that the whole stage would take."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sign2text.ground.work_limit import Phase


@dataclass(frozen=True)
class Measured:
    """Measurements of a stage; its first phase is the main work, the others come on top.

    Memory is in bytes; `gpu_memory` is the peak memory of tensors, None on a CPU.
    """

    stage: str
    device: str
    phases: tuple[Phase, ...]
    parameters: int
    trained: int
    epochs: int | None
    memory: int
    gpu_memory: int | None

    @property
    def frames_a_second(self) -> float:
        return self.phases[0].frames / self.phases[0].seconds

    @property
    def clips_a_second(self) -> float:
        return self.phases[0].clips / self.phases[0].seconds

    @property
    def hours(self) -> float:
        return sum(phase.hours for phase in self.phases)

    def to_json(self) -> dict[str, Any]:
        """Return all measurements as JSON values."""
        return {
            **asdict(self),
            "phases": [{**asdict(phase), "hours": phase.hours} for phase in self.phases],
            "frames_a_second": self.frames_a_second,
            "clips_a_second": self.clips_a_second,
            "hours": self.hours,
        }


@dataclass(frozen=True)
class Failed:
    """A stage that could not be measured, and the reason."""

    stage: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return stage and reason as JSON values."""
        return asdict(self)
