"""The estimator with scikit-learn's interface."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from silenzio import _silenzio
from silenzio._plan import network_plan, threads_of
from silenzio._progress import reporting
from silenzio.model import Model

if TYPE_CHECKING:
    from numpy.random import RandomState
    from sklearn.utils import Tags

    from silenzio._plan import Auto, Engine
    from silenzio._progress import Progress


class SilenzioClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A multilayer perceptron that is trained on encrypted data, or on a simulation of encrypted data.

    Inputs are scaled to [0, 1] by their ranges in the training data, and rounded to a few bits; hidden layers have
    ReLUs that saturate; the loss is the cross entropy with label smoothing, and stochastic gradient descent has a
    learning rate that falls linearly.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(8,)
        The widths of the hidden layers; ``()`` gives softmax regression.
    engine : {"approximate", "exact"}, default="approximate"
        "approximate" trains in minutes on ciphertexts; "exact" is the published scheme of small integers, whose
        decrypted weights equal the simulator's.
    backend : {"simulator", "tfhe"}, default="simulator"
        "simulator" trains on the integers or the noise that ciphertexts would have, at the speed of plain code;
        "tfhe" makes keys, encrypts, trains on ciphertexts and decrypts, all in this process.
    learning_rate_init : float or "auto", default="auto"
        The learning rate of the first step, on the mean gradient of a batch.
    learning_rate_end_factor : float or "auto", default="auto"
        The learning rate at the end, as a fraction of that of the first step, in [0, 1].
    batch_size : int or "auto", default="auto"
        The number of samples per step.
    max_iter : int or "auto", default="auto"
        The number of epochs. "auto" chooses fewer for more samples, since on ciphertexts every sample takes time and
        adds noise to the weights.
    label_smoothing : float or "auto", default="auto"
        The fraction of the target that is spread over all classes, in [0, 0.5].
    logit_penalty : float or "auto", default="auto"
        The fraction of each logit that is added to its own gradient, in [0, 1], which keeps logits in their range.
    bits : int or mapping of str to int or None, default=None
        The bits of inputs, activations and deltas, or of the named kinds of tensors, such as
        ``{"inputs": 6, "deltas": 4}``. None leaves them at 4.
    engine_params : mapping or None, default=None
        Other fields of the section ``[engine]`` of a plan, such as ``{"weight_noise": 1.0}``.
    random_state : int, RandomState instance or None, default=None
        The seed of the initial weights, of the order of samples, of the dither and of the simulated noise; an int is
        the seed of a plan.
    n_jobs : int or None, default=None
        The number of threads; None and -1 mean all processors. Results do not depend on it.
    progress : bool, "auto" or callable, default=False
        Whether to show progress bars (tqdm), or a function of the kind of work, the amount done, the total, and the
        amount done before this work began.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
        The classes.
    coefs_ : list of ndarray of float32, shape (inputs, outputs)
        The weights of each layer.
    intercepts_ : list of ndarray of float32, shape (outputs,)
        The biases of each layer.
    loss_curve_ : list of float
        The cross entropy of the training data after each epoch, in nats.
    loss_ : float
        The last value of ``loss_curve_``.
    n_iter_ : int
        The number of epochs done.
    n_features_in_ : int
        The number of features of the training data.
    feature_names_in_ : ndarray of str, shape (features,)
        The names of the features, if the training data have names.
    model_ : silenzio.Model
        The network with everything needed to use it elsewhere.
    plan_ : dict
        The plan that was carried out, with what was chosen for "auto".
    bootstraps_ : dict of str to int
        The programmable bootstraps that the training took on ciphertexts, or would have taken, by class.

    Examples
    --------
    >>> from silenzio import SilenzioClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = SilenzioClassifier(random_state=1).fit(X, y)
    >>> bool(classifier.score(X, y) > 0.9)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int] = (8,),
        *,
        engine: Engine = "approximate",
        backend: Literal["simulator", "tfhe"] = "simulator",
        learning_rate_init: float | Auto = "auto",
        learning_rate_end_factor: float | Auto = "auto",
        batch_size: int | Auto = "auto",
        max_iter: int | Auto = "auto",
        label_smoothing: float | Auto = "auto",
        logit_penalty: float | Auto = "auto",
        bits: int | Mapping[str, int] | None = None,
        engine_params: Mapping[str, Any] | None = None,
        random_state: int | RandomState | None = None,
        n_jobs: int | None = None,
        progress: Progress = False,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.engine = engine
        self.backend = backend
        self.learning_rate_init = learning_rate_init
        self.learning_rate_end_factor = learning_rate_end_factor
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.label_smoothing = label_smoothing
        self.logit_penalty = logit_penalty
        self.bits = bits
        self.engine_params = engine_params
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, X: ArrayLike, y: ArrayLike) -> SilenzioClassifier:
        """Train the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (samples, features)
            Finite numbers.
        y : array-like of shape (samples,)
            The class of each sample.

        Returns
        -------
        SilenzioClassifier
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
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], ensure_min_samples=2)
        inputs = _dense(X)
        check_classification_targets(y)
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"the data have one class, {classes[0]!r}; a classifier needs at least two classes")
        plan = self._plan(*inputs.shape)
        with reporting(self.progress) as report:
            fitted = _silenzio.fit(
                inputs,
                labels.astype(np.int64, copy=False),
                [str(label) for label in classes],
                [str(name) for name in getattr(self, "feature_names_in_", ())],
                json.dumps(plan),
                self.backend == "tfhe",
                threads_of(self.n_jobs),
                report,
            )
        self.classes_ = classes
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

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (samples, features)
            Inputs in the units of the training data.

        Returns
        -------
        ndarray of shape (samples,)
            Classes.
        """
        logits = self._logits(X)
        classes: NDArray[Any] = self.classes_[logits.argmax(axis=1)]
        return classes

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (samples, features)
            Inputs in the units of the training data.

        Returns
        -------
        ndarray of float64, shape (samples, classes)
            Probabilities, in the order of ``classes_``.
        """
        return _silenzio.probabilities(self._logits(X))

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithms of the probabilities of the classes. Parameters are those of :meth:`predict_proba`."""
        logits = self._logits(X).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        log_probabilities: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return log_probabilities

    def _logits(self, X: ArrayLike) -> NDArray[np.float32]:
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
            hidden_layer_sizes=self.hidden_layer_sizes,
            engine=self.engine,
            bits=self.bits,
            engine_params=self.engine_params,
            max_iter=self.max_iter,
            batch_size=self.batch_size,
            learning_rate_init=self.learning_rate_init,
            learning_rate_end_factor=self.learning_rate_end_factor,
            label_smoothing=self.label_smoothing,
            logit_penalty=self.logit_penalty,
            seed=seed,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _dense(X: Any) -> NDArray[Any]:
    """Make a sparse matrix dense, as networks have dense inputs."""
    dense: NDArray[Any] = X.toarray() if sparse.issparse(X) else X
    return dense
