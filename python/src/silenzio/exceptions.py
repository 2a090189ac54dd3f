"""Exceptions, by kind. Their messages are those of the library, and say what to do."""

from __future__ import annotations

from collections.abc import Sequence


class SilenzioError(Exception):
    """The base class of the errors of the library."""


class PlanError(SilenzioError, ValueError):
    """A plan or a parameter has an impossible value, or cannot be carried out."""


class DataError(SilenzioError, ValueError):
    """Samples cannot be used."""


class FileFormatError(SilenzioError, OSError):
    """A file or container is damaged, of another version, or cannot be read or written."""


class MismatchError(SilenzioError, ValueError):
    """Files, keys, plans or arrays do not belong together."""


class EngineFailure(SilenzioError, RuntimeError):  # noqa: N818 - it is no error of the caller
    """An operation on ciphertexts failed."""


class TrainingInterrupted(KeyboardInterrupt):
    """A training was interrupted, and can be resumed.

    Attributes
    ----------
    checkpoint : bytes or pathlib.Path or None
        The checkpoint from which :meth:`silenzio.Server.train` resumes: bytes for a training in memory, a path for a
        training from file to file; None if no step was done.
    steps_done : int
        The steps that the checkpoint holds.
    steps : int
        The steps of the whole training.
    snapshots : list of bytes
        The snapshots of a training in memory, if it takes any. The snapshots of a training to a file lie beside the
        model.
    """

    def __init__(
        self,
        message: str,
        checkpoint: object = None,
        steps_done: int = 0,
        steps: int = 0,
        snapshots: Sequence[bytes] = (),
    ) -> None:
        super().__init__(message)
        self.snapshots = list(snapshots)
        self.checkpoint = checkpoint
        self.steps_done = steps_done
        self.steps = steps


class SilenzioWarning(UserWarning):
    """A result is worse than it could be; the text says what to change."""
