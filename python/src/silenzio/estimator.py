"""The estimators with scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets

from silenzio import _silenzio
from silenzio._network import Network

if TYPE_CHECKING:
    from numpy.random import RandomState
    from sklearn.utils import Tags

    from silenzio._plan import Auto, Engine, Loss
    from silenzio._progress import Progress


class SilenzioClassifier(ClassifierMixin, Network):  # type: ignore[misc]
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

    _loss: ClassVar[Loss] = "cross-entropy"

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
        super().__init__(
            hidden_layer_sizes,
            backend=backend,
            learning_rate_init=learning_rate_init,
            learning_rate_end_factor=learning_rate_end_factor,
            batch_size=batch_size,
            max_iter=max_iter,
            bits=bits,
            engine_params=engine_params,
            random_state=random_state,
            n_jobs=n_jobs,
            progress=progress,
        )
        self.engine = engine
        self.label_smoothing = label_smoothing
        self.logit_penalty = logit_penalty

    def _targets(self, y: Any) -> tuple[NDArray[Any], list[str], dict[str, Any]]:
        check_classification_targets(y)
        classes, labels = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"the data have one class, {classes[0]!r}; a classifier needs at least two classes")
        names = [str(label) for label in classes]
        return labels.astype(np.int64, copy=False), names, {"classes_": classes}

    def _how(self) -> dict[str, Any]:
        smoothing = {"label_smoothing": self.label_smoothing, "logit_penalty": self.logit_penalty}
        return {**super()._how(), **smoothing}

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
        logits = self._outputs(X)
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
        return _silenzio.probabilities(self._outputs(X))

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the logarithms of the probabilities of the classes. Parameters are those of :meth:`predict_proba`."""
        logits = self._outputs(X).astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        log_probabilities: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return log_probabilities


class SilenzioRegressor(RegressorMixin, Network):  # type: ignore[misc]
    """A multilayer perceptron that predicts numbers, trained on encrypted data or on a simulation of encrypted data.

    Inputs and hidden layers are those of :class:`SilenzioClassifier`. Targets are scaled to [-1, 1] by their ranges in
    the training data, and predictions are in the units of the targets again; the loss is half the squared difference,
    clipped where it is large. Trainings take the approximate engine, since the exact one has no squared loss.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(8,)
        The widths of the hidden layers; ``()`` gives linear regression.
    backend : {"simulator", "tfhe"}, default="simulator"
        "simulator" trains with the noise that ciphertexts would have, at the speed of plain code; "tfhe" makes keys,
        encrypts, trains on ciphertexts and decrypts, all in this process.
    learning_rate_init : float or "auto", default="auto"
        The learning rate of the first step, on the mean gradient of a batch.
    learning_rate_end_factor : float or "auto", default="auto"
        The learning rate at the end, as a fraction of that of the first step, in [0, 1].
    batch_size : int or "auto", default="auto"
        The number of samples per step.
    max_iter : int or "auto", default="auto"
        The number of epochs. "auto" chooses fewer for more samples, since on ciphertexts every sample takes time and
        adds noise to the weights.
    bits : int or mapping of str to int or None, default=None
        The bits of inputs, activations and deltas, or of the named kinds of tensors, such as ``{"inputs": 6}``. None
        leaves them at 4.
    engine_params : mapping or None, default=None
        Other fields of the section ``[engine]`` of a plan, such as ``{"range": {"logits": 1.0}}``.
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
    coefs_ : list of ndarray of float32, shape (inputs, outputs)
        The weights of each layer, whose last one has outputs in [-1, 1].
    intercepts_ : list of ndarray of float32, shape (outputs,)
        The biases of each layer.
    loss_curve_ : list of float
        The mean over the training data of half the squared difference from targets in [-1, 1], added up over the
        targets, after each epoch.
    loss_ : float
        The last value of ``loss_curve_``.
    n_iter_ : int
        The number of epochs done.
    n_outputs_ : int
        The number of targets.
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
    >>> from silenzio import SilenzioRegressor
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = SilenzioRegressor(max_iter=10, random_state=1).fit(X, y)
    >>> bool(regressor.score(X, y) > 0.4)
    True
    """

    _loss: ClassVar[Loss] = "squared"
    _y_checks: ClassVar[Mapping[str, bool]] = {"multi_output": True, "y_numeric": True}

    def __init__(
        self,
        hidden_layer_sizes: int | Iterable[int] = (8,),
        *,
        backend: Literal["simulator", "tfhe"] = "simulator",
        learning_rate_init: float | Auto = "auto",
        learning_rate_end_factor: float | Auto = "auto",
        batch_size: int | Auto = "auto",
        max_iter: int | Auto = "auto",
        bits: int | Mapping[str, int] | None = None,
        engine_params: Mapping[str, Any] | None = None,
        random_state: int | RandomState | None = None,
        n_jobs: int | None = None,
        progress: Progress = False,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            backend=backend,
            learning_rate_init=learning_rate_init,
            learning_rate_end_factor=learning_rate_end_factor,
            batch_size=batch_size,
            max_iter=max_iter,
            bits=bits,
            engine_params=engine_params,
            random_state=random_state,
            n_jobs=n_jobs,
            progress=progress,
        )

    def _targets(self, y: Any) -> tuple[NDArray[Any], list[str], dict[str, Any]]:
        values = np.asarray(y, dtype=np.float64)
        columns = values if values.ndim == 2 else values[:, np.newaxis]
        return columns, [], {"n_outputs_": columns.shape[1], "_predicts_columns": values.ndim == 2}

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the predicted numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (samples, features)
            Inputs in the units of the training data.

        Returns
        -------
        ndarray of float64, shape (samples,) or (samples, targets)
            Numbers in the units of the targets, in the shape of the ``y`` of :meth:`fit`.
        """
        outputs = self._outputs(X)
        numbers = self.model_._native.unscaled(outputs)
        return numbers if self._predicts_columns else numbers[:, 0]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
