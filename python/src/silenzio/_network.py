"""What the estimators share."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from silenzio import _silenzio
from silenzio._plan import network_plan, threads_of
from silenzio._progress import reporting
from silenzio.model import Model

if TYPE_CHECKING:
    from numpy.random import RandomState
    from sklearn.utils import Tags
    from typing_extensions import Self

    from silenzio._plan import Auto, Loss
    from silenzio._progress import Progress


class Network(BaseEstimator, ABC):  # type: ignore[misc]
    """A multilayer perceptron for samples in memory; what it predicts is up to the classes that inherit from it."""

    _loss: ClassVar[Loss]
    # How `y` is validated: arguments of scikit-learn's `validate_data`.
    _y_checks: ClassVar[Mapping[str, bool]] = {}

    engine = "approximate"

    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int],
        *,
        backend: Literal["simulator", "tfhe"],
        learning_rate_init: float | Auto,
        learning_rate_end_factor: float | Auto,
        batch_size: int | Auto,
        max_iter: int | Auto,
        bits: int | Mapping[str, int] | None,
        engine_params: Mapping[str, Any] | None,
        random_state: int | RandomState | None,
        n_jobs: int | None,
        progress: Progress,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.backend = backend
        self.learning_rate_init = learning_rate_init
        self.learning_rate_end_factor = learning_rate_end_factor
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.bits = bits
        self.engine_params = engine_params
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    @abstractmethod
    def _targets(self, y: Any) -> tuple[NDArray[Any], list[str], dict[str, Any]]:
        """Return targets for native code, the names of classes or targets, and attributes of the fitted estimator."""

    def _how(self) -> dict[str, Any]:
        """Return the parameters of the training that have "auto"."""
        return {
            "max_iter": self.max_iter,
            "batch_size": self.batch_size,
            "learning_rate_init": self.learning_rate_init,
            "learning_rate_end_factor": self.learning_rate_end_factor,
        }

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (samples, features)
            Finite numbers.
        y : array-like of shape (samples,), or (samples, targets) for a regressor
            The class of each sample, or its numbers.

        Returns
        -------
        estimator
            The estimator itself.

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used.
        KeyboardInterrupt
            If it was interrupted. The estimator then has the network after the current step.
        """
        if self.backend not in ("simulator", "tfhe"):
            raise ValueError(f"backend must be 'simulator' or 'tfhe', not {self.backend!r}")
        precisions = [np.float64, np.float32]
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=precisions, ensure_min_samples=2, **self._y_checks)
        inputs = _dense(X)
        targets, names, learnt = self._targets(y)
        plan = self._plan(*inputs.shape)
        with reporting(self.progress) as report:
            fitted = _silenzio.fit(
                inputs,
                targets,
                names,
                [str(name) for name in getattr(self, "feature_names_in_", ())],
                json.dumps(plan),
                self.backend == "tfhe",
                threads_of(self.n_jobs),
                report,
            )
        for name, value in learnt.items():
            setattr(self, name, value)
        self.plan_ = plan
        self.model_ = Model(fitted.model)
        self.coefs_ = self.model_.coefs
        self.intercepts_ = self.model_.intercepts
        self.loss_curve_ = fitted.losses
        self.loss_ = fitted.losses[-1] if fitted.losses else np.nan
        self.n_iter_ = len(fitted.losses)
        self.bootstraps_ = fitted.bootstraps
        fitted.check()
        return self

    def _outputs(self, X: ArrayLike) -> NDArray[np.float32]:
        """Return the outputs of the network, samples x outputs."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return self.model_._native.logits(_dense(X))

    def _plan(self, samples: int, features: int) -> dict[str, Any]:
        if isinstance(self.random_state, Integral):
            seed = int(self.random_state)
        else:
            seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        return network_plan(
            samples,
            features,
            loss=self._loss,
            hidden_layer_sizes=self.hidden_layer_sizes,
            engine=self.engine,
            bits=self.bits,
            engine_params=self.engine_params,
            seed=seed,
            **self._how(),
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _dense(X: Any) -> NDArray[Any]:
    """Make a sparse matrix dense, as networks have dense inputs."""
    dense: NDArray[Any] = X.toarray() if sparse.issparse(X) else X
    return dense
