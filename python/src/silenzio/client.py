"""The client: the only side that has the secret key, the samples and the model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from silenzio import _silenzio
from silenzio._plan import network_plan, threads_of
from silenzio._progress import reporting
from silenzio.exceptions import DataError
from silenzio.model import Model, as_inputs

if TYPE_CHECKING:
    from silenzio._plan import Auto, Engine, PathLike
    from silenzio._progress import Progress


class Client:
    """A secret key, with the samples and the plan of a training.

    A new key is made from the randomness of the operating system, unless one is given. Methods write files if they get
    a path, and return bytes otherwise. Files are those of the command line.

    Parameters
    ----------
    X : array-like of shape (samples, features)
        Finite numbers, which are scaled to [0, 1] by their ranges.
    y : array-like of shape (samples,)
        The class of each sample.
    hidden_layer_sizes, engine, learning_rate_init, learning_rate_end_factor, batch_size, max_iter, label_smoothing, \
logit_penalty, bits, engine_params
        Parameters of the training, as in :class:`silenzio.SilenzioClassifier`.
    random_state : int, default=1
        The seed of everything that is public and random: the initial weights, the order of samples, the dither.
    key : path or bytes or None, default=None
        An existing secret key.
    n_jobs : int or None, default=None
        Threads; None and -1 mean all processors.

    Attributes
    ----------
    key_id : str
        The id of the key, which is in all files that are made with it.
    plan : dict
        The public plan, which a server learns.
    classes : list of str
        The names of the classes, by number.

    Raises
    ------
    DataError, PlanError
        If the samples or the plan cannot be used.
    MismatchError
        If the key that is given is for other parameters.

    Examples
    --------
    >>> from silenzio import Client, Server
    >>> X, y = [[0.0, 1.0], [1.0, 0.0], [0.1, 0.8], [0.9, 0.2]], ["a", "b", "a", "b"]
    >>> client = Client(X, y, hidden_layer_sizes=(), max_iter=1)
    >>> keys, data = client.server_key(), client.encrypt()  # these go to the server
    >>> encrypted_model = Server(keys).train(data)  # and this comes back
    >>> client.decrypt_model(encrypted_model).classes
    ['a', 'b']
    """

    def __init__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        hidden_layer_sizes: int | Iterable[int] = (8,),
        *,
        engine: Engine = "approximate",
        learning_rate_init: float | Auto = "auto",
        learning_rate_end_factor: float | Auto = "auto",
        batch_size: int | Auto = "auto",
        max_iter: int | Auto = "auto",
        label_smoothing: float | Auto = "auto",
        logit_penalty: float | Auto = "auto",
        bits: int | Mapping[str, int] | None = None,
        engine_params: Mapping[str, Any] | None = None,
        random_state: int = 1,
        key: PathLike | bytes | None = None,
        n_jobs: int | None = None,
    ) -> None:
        inputs = as_inputs(X)
        classes, labels = np.unique(np.asarray(y), return_inverse=True)
        if labels.ndim != 1 or len(labels) != len(inputs):
            raise DataError(
                f"X has {len(inputs)} samples, but y has the shape {np.shape(y)}; each sample needs one class"
            )
        if len(classes) < 2:
            raise DataError("the data have one class; a network tells at least two apart")
        plan = network_plan(
            *inputs.shape,
            hidden_layer_sizes=hidden_layer_sizes,
            engine=engine,
            bits=bits,
            engine_params=engine_params,
            max_iter=max_iter,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            learning_rate_end_factor=learning_rate_end_factor,
            label_smoothing=label_smoothing,
            logit_penalty=logit_penalty,
            seed=random_state,
        )
        columns = getattr(X, "columns", ())
        names = [str(name) for name in columns]
        self.n_jobs = n_jobs
        self._native = _silenzio.Client(
            inputs,
            labels.astype(np.int64, copy=False),
            [str(name) for name in classes],
            names,
            json.dumps(plan),
            key,
        )

    @classmethod
    def from_plan(
        cls,
        plan: PathLike,
        changes: Mapping[str, Any] | None = None,
        *,
        key: PathLike | bytes | None = None,
        n_jobs: int | None = None,
    ) -> Client:
        """Make a client with the training samples of a plan's files, as ``silenzio keygen`` and ``encrypt`` do.

        Parameters
        ----------
        plan : path
            A plan (TOML).
        changes : mapping of str to object or None, default=None
            Fields with other values, such as ``{"training.epochs": 5}``.
        key : path or bytes or None, default=None
            An existing secret key.
        n_jobs : int or None, default=None
            Threads; None and -1 mean all processors.

        Returns
        -------
        Client
            The client.
        """
        return cls._of(_silenzio.Client.of_plan(plan, json.dumps(dict(changes or {})), key), n_jobs)

    @classmethod
    def open(cls, key: PathLike | bytes, kept: PathLike | bytes, *, n_jobs: int | None = None) -> Client:
        """Open the files that :meth:`save` or the command line kept for a data set that was sent.

        Parameters
        ----------
        key : path or bytes
            The secret key.
        kept : path or bytes
            ``preprocessing.json``.
        n_jobs : int or None, default=None
            Threads; None and -1 mean all processors.

        Returns
        -------
        Client
            A client that encrypts inputs and decrypts results, but has no samples to encrypt again.

        Raises
        ------
        MismatchError
            If the data set was encrypted with another key.
        """
        return cls._of(_silenzio.Client.open(key, kept), n_jobs)

    @classmethod
    def _of(cls, native: _silenzio.Client, n_jobs: int | None) -> Client:
        client = cls.__new__(cls)
        client._native, client.n_jobs = native, n_jobs
        return client

    def __repr__(self) -> str:
        widths = "-".join(map(str, self.plan["task"]["widths"]))
        return f"<silenzio.Client {widths} with key {self.key_id}>"

    def __reduce__(self) -> Any:
        raise TypeError("a client has a secret key, and is not pickled: use save() and Client.open()")

    @property
    def key_id(self) -> str:
        """The id of the key, which is in all files that are made with it."""
        return self._native.key_id

    @property
    def plan(self) -> dict[str, Any]:
        """The public plan, which a server learns."""
        plan: dict[str, Any] = json.loads(self._native.plan)
        return plan

    @property
    def classes(self) -> list[str]:
        """The names of the classes, by number."""
        return self._native.classes

    def save(
        self,
        key: PathLike = "client.key",
        kept: PathLike = "preprocessing.json",
        public_plan: PathLike | None = None,
        *,
        force: bool = False,
    ) -> None:
        """Write the secret key and what decryption needs, both readable by their owner only: all files or none.

        Parameters
        ----------
        key : path, default="client.key"
            The file of the secret key. An existing key is an error, or is renamed with ``force``.
        kept : path, default="preprocessing.json"
            The file of what is needed to decrypt results.
        public_plan : path or None, default=None
            The public plan, for the server to compare with.
        force : bool, default=False
            Replace existing files.

        Raises
        ------
        PlanError
            If nothing is encrypted yet.
        FileExistsError
            If a file exists.
        """
        self._native.save(key, kept, public_plan, force)

    def secret_key(self) -> bytes:
        """Return the bytes of the secret key. Keep them secret."""
        return self._native.secret_key()

    def kept(self) -> bytes:
        """Return what :meth:`open` needs besides the key, after :meth:`encrypt`. It says something about the data."""
        return self._native.kept()

    @overload
    def server_key(self, out: None = None, *, progress: Progress = "auto") -> bytes: ...

    @overload
    def server_key(self, out: PathLike, *, force: bool = False, progress: Progress = "auto") -> Path: ...

    def server_key(
        self, out: PathLike | None = None, *, force: bool = False, progress: Progress = "auto"
    ) -> bytes | Path:
        """Make the keys that a server needs, which have some hundred megabytes.

        Parameters
        ----------
        out : path or None, default=None
            The file; if None, the keys are returned as bytes.
        force : bool, default=False
            Replace an existing file.
        progress : bool, "auto" or callable, default="auto"
            Whether to show progress bars, or a function of the kind of work, the amount done, the total, and the amount
            done before this work began.

        Returns
        -------
        bytes or pathlib.Path
            The keys, or the path ``out``.
        """
        with reporting(progress) as report:
            made = self._native.server_key(out, force, threads_of(self.n_jobs), report)
        return Path(out) if out is not None else made or b""

    @overload
    def encrypt(self, out: None = None, *, keep_order: bool = False, progress: Progress = "auto") -> bytes: ...

    @overload
    def encrypt(
        self, out: PathLike, *, keep_order: bool = False, force: bool = False, progress: Progress = "auto"
    ) -> Path: ...

    def encrypt(
        self,
        out: PathLike | None = None,
        *,
        keep_order: bool = False,
        force: bool = False,
        progress: Progress = "auto",
    ) -> bytes | Path:
        """Encrypt the training samples.

        Parameters
        ----------
        out : path or None, default=None
            The file; if None, the encrypted samples are returned as bytes.
        keep_order : bool, default=False
            Keep the order of the samples, which a server sees, instead of shuffling them.
        force, progress
            As in :meth:`server_key`.

        Returns
        -------
        bytes or pathlib.Path
            The encrypted data set, or the path ``out``.
        """
        with reporting(progress) as report:
            data = self._native.encrypt(out, keep_order, force, threads_of(self.n_jobs), report)
        return Path(out) if out is not None else data or b""

    @overload
    def encrypt_more(
        self,
        X: ArrayLike,
        y: ArrayLike,
        out: None = None,
        *,
        keep_order: bool = False,
        progress: Progress = "auto",
    ) -> bytes: ...

    @overload
    def encrypt_more(
        self,
        X: ArrayLike,
        y: ArrayLike,
        out: PathLike,
        *,
        keep_order: bool = False,
        force: bool = False,
        progress: Progress = "auto",
    ) -> Path: ...

    def encrypt_more(
        self,
        X: ArrayLike,
        y: ArrayLike,
        out: PathLike | None = None,
        *,
        keep_order: bool = False,
        force: bool = False,
        progress: Progress = "auto",
    ) -> bytes | Path:
        """Encrypt further training samples like those of :meth:`encrypt`: with the same key, scaling and plan.

        A server trains on all data sets together, or continues from a model of the earlier ones. What :meth:`kept`
        returns afterwards decrypts the results of both.

        Parameters
        ----------
        X : array-like of shape (samples, features)
            Inputs in the units of the first samples. What lies beyond their ranges is clipped.
        y : array-like of shape (samples,)
            The class of each sample, which must be one of those of the first samples.
        out, keep_order, force, progress
            As in :meth:`encrypt`.

        Returns
        -------
        bytes or pathlib.Path
            The encrypted data set, or the path ``out``.

        Raises
        ------
        PlanError
            If nothing is encrypted yet.
        DataError, MismatchError
            If the samples cannot be used, or have other classes or features.
        """
        labels = [str(label) for label in np.asarray(y)]
        with reporting(progress) as report:
            data = self._native.encrypt_more(
                as_inputs(X), labels, out, keep_order, force, threads_of(self.n_jobs), report
            )
        return Path(out) if out is not None else data or b""

    @overload
    def encrypt_inputs(self, X: ArrayLike, out: None = None, *, progress: Progress = "auto") -> bytes: ...

    @overload
    def encrypt_inputs(
        self, X: ArrayLike, out: PathLike, *, force: bool = False, progress: Progress = "auto"
    ) -> Path: ...

    def encrypt_inputs(
        self, X: ArrayLike, out: PathLike | None = None, *, force: bool = False, progress: Progress = "auto"
    ) -> bytes | Path:
        """Encrypt inputs for :meth:`silenzio.Server.infer`.

        Parameters
        ----------
        X : array-like of shape (samples, features)
            Inputs in the units of the training samples.
        out, force, progress
            As in :meth:`encrypt`.

        Returns
        -------
        bytes or pathlib.Path
            The encrypted inputs, or the path ``out``.
        """
        with reporting(progress) as report:
            data = self._native.encrypt_inputs(as_inputs(X), out, force, threads_of(self.n_jobs), report)
        return Path(out) if out is not None else data or b""

    def decrypt_model(self, model: PathLike | bytes) -> Model:
        """Decrypt a model of the data set that was encrypted last.

        Parameters
        ----------
        model : path or bytes
            The encrypted model that :meth:`silenzio.Server.train` returned.

        Returns
        -------
        Model
            The model. The last digits of its weights, which would reveal the key, are rounded off.

        Raises
        ------
        MismatchError
            If it belongs to another key, data set or plan.
        FileFormatError
            If it is damaged.
        """
        return Model(self._native.decrypt_model(model))

    def decrypt_probabilities(self, logits: PathLike | bytes) -> NDArray[np.float64]:
        """Decrypt logits as probabilities with three decimal places, since further digits would reveal the key.

        Parameters
        ----------
        logits : path or bytes
            What :meth:`silenzio.Server.infer` gave.

        Returns
        -------
        ndarray of float64, shape (samples, classes)
            The probabilities of the classes, in the order of :attr:`classes`.

        Raises
        ------
        MismatchError, FileFormatError
            As of :meth:`decrypt_model`.
        """
        probabilities = _silenzio.probabilities(self.decrypt_logits(logits))
        return np.round(probabilities, 3)

    def decrypt_logits(self, logits: PathLike | bytes) -> NDArray[np.float32]:
        """Decrypt logits with all their digits. Whoever has these and the ciphertexts learns about the key.

        Parameters
        ----------
        logits : path or bytes
            What :meth:`silenzio.Server.infer` gave.

        Returns
        -------
        ndarray of float32, shape (samples, classes)
            The logits.
        """
        return self._native.decrypt_logits(logits)
