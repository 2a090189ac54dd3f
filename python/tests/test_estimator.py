"""What the estimator does besides scikit-learn's contract."""

import multiprocessing
import os
import pickle
import signal
import threading
import time

import numpy as np
import pytest
from sklearn.datasets import load_iris

from silenzio import PlanError, SilenzioClassifier

X, y = load_iris(return_X_y=True)


def quick(**parameters):
    return SilenzioClassifier(**{"max_iter": 3, "random_state": 1, **parameters})


def test_attributes_have_scikit_learns_shapes():
    fitted = quick(hidden_layer_sizes=(5, 4)).fit(X, y)
    assert [weights.shape for weights in fitted.coefs_] == [(4, 5), (5, 4), (4, 3)]
    assert [biases.shape for biases in fitted.intercepts_] == [(5,), (4,), (3,)]
    assert (fitted.n_iter_, len(fitted.loss_curve_), fitted.n_features_in_) == (3, 3, 4)
    assert fitted.loss_curve_[-1] == fitted.loss_ < fitted.loss_curve_[0]
    assert set(fitted.bootstraps_) == {"coarse", "medium", "wide", "fine"}
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), fitted.predict_proba(X), rtol=1e-6)


def test_the_loss_is_the_cross_entropy_of_the_training_data():
    fitted = quick().fit(X, y)
    right = fitted.predict_proba(X)[np.arange(len(y)), y]
    assert fitted.loss_ == pytest.approx(-np.log(right).mean(), rel=1e-6)


def test_weights_and_scaling_give_the_logits():
    fitted = quick().fit(X, y)
    activations = fitted.model_.scale(X)
    np.testing.assert_allclose(activations, (X - X.min(0)) / (X.max(0) - X.min(0)), atol=1e-7)
    layers = list(zip(fitted.coefs_, fitted.intercepts_, strict=True))
    for (weights, biases), limit in zip(layers[:-1], fitted.model_.activation_limits, strict=True):
        activations = np.clip(activations @ weights + biases, 0, limit)
    np.testing.assert_allclose(activations @ layers[-1][0] + layers[-1][1], fitted.model_.logits(X), atol=1e-5)


def test_ciphertexts_train_like_the_simulator(corners):
    parameters = {"hidden_layer_sizes": (2,), "batch_size": 4, "max_iter": 2}
    simulated = quick(**parameters).fit(*corners)
    encrypted = quick(**parameters, backend="tfhe").fit(*corners)
    assert encrypted.bootstraps_ == simulated.bootstraps_
    # The same initial weights, gradients with noise.
    np.testing.assert_allclose(encrypted.coefs_[0], simulated.coefs_[0], atol=0.3)
    assert not np.array_equal(encrypted.coefs_[0], simulated.coefs_[0])


def test_an_interruption_leaves_the_network_of_the_step_at_hand():
    def interrupt(what, done, total, before):
        if done > before:
            signal.raise_signal(signal.SIGINT)

    classifier = quick(max_iter=10_000, progress=interrupt)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, y)
    assert time.monotonic() - start < 60
    assert 0 < classifier.model_.steps < 10_000 * len(y) / 4
    assert classifier.predict(X).shape == y.shape


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"backend": "gpu"}, "backend must be"),
        ({"engine": "other"}, "engine must be"),
        ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes"),
        ({"max_iter": 2.5}, "max_iter"),
        ({"batch_size": -3}, "batch_size"),
        ({"learning_rate_init": "fast"}, "learning_rate_init"),
        ({"learning_rate_init": -1.0}, r"training\.learning_rate"),
        ({"bits": 20}, r"engine\.bits\.inputs"),
        ({"bits": {"wings": 2}}, "wings"),
        ({"engine_params": {"gadget": "squares"}}, r"engine\.gadget"),
        ({"n_jobs": 0}, "n_jobs"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        quick(**parameters).fit(X, y)


def test_impossible_plans_are_plan_errors():
    with pytest.raises(PlanError, match="weight_noise"):
        quick(engine_params={"weight_noise": 1e-6}).fit(X, y)


@pytest.mark.parametrize(
    ("inputs", "labels", "kind"),
    [
        (np.where(X > 7, np.nan, X), y, ValueError),
        (X[:, 0], y, ValueError),
        (X, y[:-1], ValueError),
        (X[:0], y[:0], ValueError),
        (X, y * 0, ValueError),
        (X.astype("U"), y, None),
        (np.full(X.shape, "text"), y, ValueError),
        (X.astype(complex) * 1j, y, ValueError),
        (X, X[:, 0], ValueError),
        ([*X.tolist()[:3], [1.0]], y[:4], ValueError),
        (None, y, ValueError),
    ],
    ids=[
        "nan",
        "1d",
        "lengths",
        "empty",
        "one class",
        "digits",
        "text",
        "complex",
        "continuous",
        "ragged",
        "none",
    ],
)
def test_bad_samples_give_scikit_learns_kinds_of_errors(inputs, labels, kind):
    if kind is None:
        assert quick().fit(inputs, labels).score(inputs, labels) > 0.5
    else:
        with pytest.raises(kind):
            quick().fit(inputs, labels)


def test_threads_train_at_the_same_time():
    expected = quick().fit(X, y).coefs_[0]
    found = []
    threads = [threading.Thread(target=lambda: found.append(quick().fit(X, y).coefs_[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for weights in found:
        np.testing.assert_array_equal(weights, expected)


def train_in_child(queue):
    queue.put(quick().fit(X, y).coefs_[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forks_do_not_hang():
    expected = quick().fit(X, y).coefs_[0]
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=train_in_child, args=(queue,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    np.testing.assert_array_equal(queue.get(), expected)


def test_pickles_keep_models():
    model = quick().fit(X, y).model_
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).logits(X), model.logits(X))


def test_progress_is_reported():
    seen = []
    quick(progress=lambda *event: seen.append(event)).fit(X, y)
    assert seen[-1] == ("simulated", 3 * 38, 3 * 38, 0)
