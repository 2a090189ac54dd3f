"""Decrypted models."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from silenzio import _silenzio
from silenzio.exceptions import MismatchError

if TYPE_CHECKING:
    import torch

    from silenzio._plan import PathLike


def as_inputs(X: ArrayLike) -> NDArray[Any]:
    """Return an array of single or double precision, which native functions read without a copy."""
    inputs = np.asarray(X)
    if inputs.ndim != 2:
        raise MismatchError(f"expected a 2D array, samples x features, got {inputs.ndim} dimensions")
    native = inputs.dtype in (np.float32, np.float64) and inputs.dtype.isnative
    return inputs if native else inputs.astype(np.float64)


class Model:
    """A decrypted network with the scaling of its inputs, and the names of its classes or its targets.

    Models are read by :meth:`load`, decrypted by :meth:`silenzio.Client.decrypt_model`, or come from
    ``model_`` of the estimators. Their safetensors files are those of the command line.

    Attributes
    ----------
    classes : list of str
        The names of the classes, by number; none of a regression.
    targets : list of str
        The names of the targets of a regression.
    features : list of str
        The names of the inputs.
    engine : str
        The engine that trained it: "approximate" or "exact".
    steps : int
        The training steps.
    data : str
        The SHA-256 of the encrypted training samples, or "in memory".
    activation_limits : list of float
        The values at which the activations of each hidden layer saturate: ``min(max(z, 0), limit)``.
    weight_steps : list of float or None
        The step to multiples of which the weights of each layer were rounded, a fraction of their noise; None if they
        were not.
    coefs : list of ndarray of float32, shape (inputs, outputs)
        The weights of each layer.
    intercepts : list of ndarray of float32, shape (outputs,)
        The biases of each layer.

    Examples
    --------
    >>> from silenzio import Model, SilenzioClassifier
    >>> X, y = [[0.0, 1.0], [1.0, 0.0], [0.1, 0.8], [0.9, 0.2]], ["a", "b", "a", "b"]
    >>> model = SilenzioClassifier((3,), max_iter=2, random_state=1).fit(X, y).model_
    >>> model
    <silenzio.Model 2-3-2, approximate engine, ...>
    >>> [weights.shape for weights in Model.load(model.to_safetensors()).coefs]
    [(2, 3), (3, 2)]
    """

    def __init__(self, native: _silenzio.Model) -> None:
        self._native = native

    @classmethod
    def load(cls, file: PathLike | bytes) -> Model:
        """Read a model.

        Parameters
        ----------
        file : path or bytes
            A safetensors file that this package or the command line wrote, or its bytes.

        Raises
        ------
        FileFormatError
            If it is not such a file.
        """
        return cls(_silenzio.Model.read(file))

    @classmethod
    def average(cls, models: Iterable[Model]) -> Model:
        """Return the average of models of one training after different steps, which has less noise than each of them.

        Parameters
        ----------
        models : iterable of Model
            The decrypted snapshots and final model, which :meth:`silenzio.Server.train` returns with ``snapshots``.

        Raises
        ------
        MismatchError
            If there is no model, or one is from another training or an average itself.
        """
        return cls(_silenzio.Model.average([model._native for model in models]))

    def save(self, path: PathLike) -> None:
        """Write a safetensors file, or a NumPy archive if the name ends in ``.npz``.

        Parameters
        ----------
        path : path
            The file, which is replaced if it exists. Archives are for other programs, and :meth:`load` does not read
            them.
        """
        path = Path(path)
        path.write_bytes(self._native.to_npz() if path.suffix == ".npz" else self.to_safetensors())

    def to_safetensors(self) -> bytes:
        """Return the bytes of a safetensors file: ``layers.N.weight``, outputs x inputs, and ``layers.N.bias``."""
        return self._native.to_safetensors()

    def __reduce__(self) -> tuple[Any, ...]:
        return Model.load, (self.to_safetensors(),)

    def __repr__(self) -> str:
        widths = [self.coefs[0].shape[0], *(w.shape[1] for w in self.coefs)]
        return f"<silenzio.Model {'-'.join(map(str, widths))}, {self.engine} engine, {self.steps} steps>"

    @property
    def classes(self) -> list[str]:
        """The names of the classes, by number; none of a regression."""
        return self._native.classes

    @property
    def targets(self) -> list[str]:
        """The names of the targets of a regression."""
        return self._native.targets

    @property
    def features(self) -> list[str]:
        """The names of the inputs."""
        return self._native.features

    @property
    def engine(self) -> str:
        """The engine that trained the model."""
        return self._native.engine

    @property
    def steps(self) -> int:
        """The training steps."""
        return self._native.steps

    @property
    def data(self) -> str:
        """The SHA-256 of the encrypted training samples, or "in memory"."""
        return self._native.data

    @property
    def activation_limits(self) -> list[float]:
        """The values at which the activations of each hidden layer saturate."""
        return self._native.activation_limits

    @property
    def weight_steps(self) -> list[float] | None:
        """The step to multiples of which the weights of each layer were rounded; None if they were not."""
        return self._native.weight_steps

    @property
    def coefs(self) -> list[NDArray[np.float32]]:
        """The weights of each layer, inputs x outputs, as scikit-learn has them."""
        return [weights for weights, _ in self._native.layers()]

    @property
    def intercepts(self) -> list[NDArray[np.float32]]:
        """The biases of each layer."""
        return [bias for _, bias in self._native.layers()]

    def scale(self, X: ArrayLike) -> NDArray[np.float32]:
        """Scale inputs for the network.

        Parameters
        ----------
        X : array-like of shape (samples, features)
            Inputs in the units of the training samples.

        Returns
        -------
        ndarray of float32, shape (samples, features)
            Inputs in [0, 1].
        """
        return self._native.scaled(as_inputs(X))

    def logits(self, X: ArrayLike | PathLike) -> NDArray[np.float32]:
        """Return the logits of inputs; of a regression, its targets scaled to [-1, 1].

        Parameters
        ----------
        X : array-like of shape (samples, features), or path
            Inputs, or a table with the columns of the training data, whose values may be text.

        Returns
        -------
        ndarray of float32, shape (samples, classes) or (samples, targets)
            The logits.
        """
        if isinstance(X, (str, Path)):
            return self._native.table_logits(X)
        return self._native.logits(as_inputs(X))  # type: ignore[arg-type]

    def predict_proba(self, X: ArrayLike | PathLike) -> NDArray[np.float64]:
        """Return the probabilities of the classes. Parameters are those of :meth:`logits`.

        Returns
        -------
        ndarray of float64, shape (samples, classes)
            The probabilities.

        Raises
        ------
        MismatchError
            If the model is of a regression, which has no classes.
        """
        if self.targets:
            raise MismatchError("the model is of a regression, which has no classes: predict gives its numbers")
        return _silenzio.probabilities(self.logits(X))

    def predict(self, X: ArrayLike | PathLike) -> NDArray[np.str_] | NDArray[np.float64]:
        """Return the names of the most probable classes, or the numbers of a regression.

        Parameters are those of :meth:`logits`.

        Returns
        -------
        ndarray of str, shape (samples,), or of float64, shape (samples, targets)
            The names; of a regression, numbers in the units of the targets.
        """
        if self.targets:
            return self._native.unscaled(self.logits(X))
        names: NDArray[np.str_] = np.asarray(self.classes)[self.logits(X).argmax(axis=1)]
        return names

    def to_torch(self) -> torch.nn.Sequential:
        """Return the network as a PyTorch module, from scaled inputs (:meth:`scale`) to logits.

        Returns
        -------
        torch.nn.Sequential
            ``Linear`` layers with ``Hardtanh(0, limit)`` between them, which is a ReLU that saturates. Needs PyTorch.
        """
        import torch

        layers: list[torch.nn.Module] = []
        for weights, bias in self._native.layers():
            linear = torch.nn.Linear(*weights.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weights.T.copy()))
                linear.bias.copy_(torch.from_numpy(bias))
            layers.append(linear)
        network: list[torch.nn.Module] = layers[:1]
        for hidden, linear in enumerate(layers[1:]):
            limits = self.activation_limits
            relu = torch.nn.Hardtanh(0.0, limits[hidden]) if hidden < len(limits) else torch.nn.ReLU()
            network += [relu, linear]
        return torch.nn.Sequential(*network)
