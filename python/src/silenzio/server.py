"""The server: training and inference on encrypted data. Nothing here can hold a secret key."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, overload

from silenzio import _silenzio
from silenzio._plan import threads_of
from silenzio._progress import reporting
from silenzio.exceptions import TrainingInterrupted

if TYPE_CHECKING:
    from silenzio._plan import PathLike
    from silenzio._progress import Progress


Data: TypeAlias = "PathLike | bytes | Sequence[PathLike | bytes]"
"""An encrypted data set, or several of them."""

_Sources: TypeAlias = "tuple[list[Any], PathLike | bytes | None, PathLike | bytes | None, int | None, int | None]"
"""Data sets, initial model, checkpoint, number of snapshots and steps between them."""


class Server:
    """A server with its evaluation keys, ready for any number of trainings and inferences.

    Parameters
    ----------
    key : path or bytes
        The keys that a client sent: :meth:`silenzio.Client.server_key`, or ``silenzio keygen``. They are expanded,
        which takes several times their memory.
    n_jobs : int or None, default=None
        Threads; None and -1 mean all processors.

    Attributes
    ----------
    key_id : str
        The id of the key, which is in all files that are made with it.

    Raises
    ------
    FileFormatError
        If the keys are damaged, or for parameters that this version does not have.
    MismatchError
        If the file does not hold evaluation keys.
    """

    def __init__(self, key: PathLike | bytes, *, n_jobs: int | None = None) -> None:
        self.n_jobs = n_jobs
        self._native = _silenzio.Server(key, threads_of(n_jobs))

    def __repr__(self) -> str:
        return f"<silenzio.Server with key {self.key_id}>"

    @property
    def key_id(self) -> str:
        """The id of the key, which is in all files that are made with it."""
        return self._native.key_id

    @overload
    def train(
        self,
        data: Data,
        out: None = None,
        *,
        initial: PathLike | bytes | None = None,
        checkpoint: PathLike | bytes | None = None,
        snapshots: None = None,
        progress: Progress = "auto",
    ) -> bytes: ...

    @overload
    def train(
        self,
        data: Data,
        out: None = None,
        *,
        initial: PathLike | bytes | None = None,
        checkpoint: PathLike | bytes | None = None,
        snapshots: int,
        snapshot_steps: int | None = None,
        progress: Progress = "auto",
    ) -> list[bytes]: ...

    @overload
    def train(
        self,
        data: PathLike | Sequence[PathLike],
        out: PathLike,
        *,
        initial: PathLike | None = None,
        checkpoint: PathLike | None = None,
        snapshots: None = None,
        resume: bool = False,
        force: bool = False,
        public_plan: PathLike | None = None,
        checkpoint_seconds: float | None = 600.0,
        checkpoint_steps: int | None = None,
        progress: Progress = "auto",
    ) -> Path: ...

    @overload
    def train(
        self,
        data: PathLike | Sequence[PathLike],
        out: PathLike,
        *,
        initial: PathLike | None = None,
        checkpoint: PathLike | None = None,
        snapshots: int,
        snapshot_steps: int | None = None,
        resume: bool = False,
        force: bool = False,
        public_plan: PathLike | None = None,
        checkpoint_seconds: float | None = 600.0,
        checkpoint_steps: int | None = None,
        progress: Progress = "auto",
    ) -> list[Path]: ...

    def train(
        self,
        data: Data,
        out: PathLike | None = None,
        *,
        initial: PathLike | bytes | None = None,
        checkpoint: PathLike | bytes | None = None,
        snapshots: int | None = None,
        snapshot_steps: int | None = None,
        resume: bool = False,
        force: bool = False,
        public_plan: PathLike | None = None,
        checkpoint_seconds: float | None = 600.0,
        checkpoint_steps: int | None = None,
        progress: Progress = "auto",
    ) -> bytes | Path | list[bytes] | list[Path]:
        """Train on encrypted data sets.

        Parameters
        ----------
        data : path or bytes or sequence of them
            The encrypted data set, or several of one key and plan, whose samples are shuffled together.
        out : path or None, default=None
            The file of the model. A training from file to file writes checkpoints and survives crashes. Without it the
            model is returned as bytes.
        initial : path or bytes or None, default=None
            The model to begin with, instead of random weights: a public one (safetensors), or an encrypted one of the
            same key, which the training continues.
        checkpoint : path or bytes or None, default=None
            With ``out``: the file of the checkpoint, beside the model if None. Without ``out``: the checkpoint from
            which to resume.
        snapshots : int or None, default=None
            Also keep snapshots of the model: this many in all, including the final model. With ``out``, they lie beside
            the model. :meth:`silenzio.Model.average` averages them after they are decrypted.
        snapshot_steps : int or None, default=None
            The number of steps between snapshots; if None, there is one after each epoch.
        resume : bool, default=False
            With ``out``: resume from the checkpoint, if there is one.
        force : bool, default=False
            With ``out``: replace an existing model and its snapshots, and the checkpoint of another training.
        public_plan : path or None, default=None
            With ``out``: the plan that was agreed on, with which that of the first data set is compared.
        checkpoint_seconds, checkpoint_steps : float and int or None
            With ``out``: the time and the number of steps between checkpoints; None means no limit.
        progress : bool, "auto" or callable, default="auto"
            Whether to show progress bars, or a function of the kind of work, the amount done, the total, and the amount
            done before this work began.

        Returns
        -------
        bytes or pathlib.Path, or a list of them
            The encrypted model, or the path ``out``. With ``snapshots``, a list of the snapshots in the order of their
            steps, and then the final model; in memory, it does not have the snapshots from before ``checkpoint``.

        Raises
        ------
        TrainingInterrupted
            At Ctrl-C, after the current step, with the checkpoint from which to resume.
        MismatchError
            If a data set, the initial model or the checkpoint belongs to another key or plan.
        FileFormatError, FileExistsError, FileNotFoundError
            If a file is damaged, exists or is missing.
        """
        for name, number in (("snapshots", snapshots), ("snapshot_steps", snapshot_steps)):
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        if snapshot_steps is not None and snapshots is None:
            raise ValueError("snapshot_steps is the distance between snapshots: give `snapshots`, too")
        sets: list[Any] = [data] if isinstance(data, (bytes, str, os.PathLike)) else list(data)
        if out is None:
            if resume or force or public_plan is not None:
                raise ValueError("resume, force and public_plan are for trainings from file to file: give `out`")
            sources = (sets, initial, checkpoint, snapshots, snapshot_steps)
            return self._train_in_memory(sources, progress, as_list=snapshots is not None)
        if any(isinstance(file, bytes) for file in (*sets, initial, checkpoint)):
            raise TypeError("a training to a file reads files: write the bytes to one, or leave out `out`")
        out = Path(out)
        with reporting(progress) as report:
            finished, done, steps, kept, interruption = self._native.train_files(
                sets,
                initial,  # type: ignore[arg-type]
                out,
                checkpoint,  # type: ignore[arg-type]
                public_plan,
                checkpoint_seconds,
                checkpoint_steps,
                snapshots,
                snapshot_steps,
                resume,
                force,
                threads_of(self.n_jobs),
                report,
            )
        if finished:
            return out if snapshots is None else [*map(Path, kept), out]
        saved = Path(checkpoint) if checkpoint is not None else Path(f"{out}.checkpoint")  # type: ignore[arg-type]
        self._interrupted(saved if done else None, done, steps, interruption, way="resume=True")

    def _train_in_memory(self, sources: _Sources, progress: Progress, *, as_list: bool) -> bytes | list[bytes]:
        """Train from bytes or files to bytes. Parameters are those of :meth:`train`."""
        with reporting(progress) as report:
            model, finished, done, steps, kept, interruption = self._native.train(
                *sources, threads_of(self.n_jobs), report
            )
        if not finished or model is None:
            way = "checkpoint=error.checkpoint"
            self._interrupted(model, done, steps, interruption, way=way, snapshots=kept)
        if interruption is not None:
            # Nothing is lost: the interruption came with the last step.
            raise TrainingInterrupted("interrupted after the last step", model, done, steps, kept) from interruption
        return [*kept, model] if as_list else model

    @staticmethod
    def _interrupted(
        checkpoint: bytes | Path | None,
        done: int,
        steps: int,
        interruption: BaseException | None,
        *,
        way: str,
        snapshots: Sequence[bytes] = (),
    ) -> NoReturn:
        if interruption is not None and not isinstance(interruption, KeyboardInterrupt):
            raise interruption
        message = f"interrupted after {done} of {steps} steps: train with {way} to resume"
        raise TrainingInterrupted(message, checkpoint, done, steps, snapshots) from interruption

    @overload
    def infer(
        self,
        model: PathLike | bytes,
        inputs: PathLike | bytes,
        out: None = None,
        *,
        progress: Progress = "auto",
    ) -> bytes: ...

    @overload
    def infer(
        self,
        model: PathLike | bytes,
        inputs: PathLike | bytes,
        out: PathLike,
        *,
        force: bool = False,
        progress: Progress = "auto",
    ) -> Path: ...

    def infer(
        self,
        model: PathLike | bytes,
        inputs: PathLike | bytes,
        out: PathLike | None = None,
        *,
        force: bool = False,
        progress: Progress = "auto",
    ) -> bytes | Path:
        """Compute the encrypted logits of an encrypted model on encrypted inputs.

        Parameters
        ----------
        model, inputs : path or bytes
            The model that :meth:`train` returned, and the inputs that a client encrypted.
        out : path or None, default=None
            The file of the logits; if None, they are returned as bytes.
        force : bool, default=False
            Replace existing logits.
        progress : bool, "auto" or callable, default="auto"
            As in :meth:`train`.

        Returns
        -------
        bytes or pathlib.Path
            The encrypted logits, or the path ``out``.

        Raises
        ------
        KeyboardInterrupt
            At Ctrl-C; nothing is written then.
        MismatchError, FileFormatError, FileExistsError, FileNotFoundError
            As of :meth:`train`.
        """
        with reporting(progress) as report:
            logits, _ = self._native.infer(model, inputs, out, force, threads_of(self.n_jobs), report)
        return Path(out) if out is not None else logits or b""

    @staticmethod
    def plan_of(data: PathLike | bytes) -> dict[str, Any]:
        """Return the public plan of an encrypted data set.

        Parameters
        ----------
        data : path or bytes
            The data set.

        Returns
        -------
        dict
            The plan. Its ``task`` has the widths of the layers, the number of samples, and the parameters of the
            training.
        """
        plan: dict[str, Any] = json.loads(_silenzio.plan_of(data))
        return plan
