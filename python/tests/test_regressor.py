"""Regression: the estimator, plans and models of numbers."""

import pickle

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from silenzio import (
    Client,
    MismatchError,
    Model,
    PlanError,
    SilenzioRegressor,
    estimate,
    plot,
    simulate,
    sweep,
)

mpl.use("Agg")
X, y = load_diabetes(return_X_y=True)


def quick(**parameters):
    return SilenzioRegressor(**{"max_iter": 5, "random_state": 1, **parameters})


@pytest.fixture(scope="module")
def plane():
    """Two targets of two inputs: 10 x + 20 z and 300 - 100 x."""
    x, z = (values.ravel() for values in np.meshgrid(np.linspace(0, 1, 6), np.linspace(0, 1, 6)))
    return np.column_stack([x, z]), np.column_stack([10 * x + 20 * z, 300 - 100 * x])


@pytest.fixture
def plan(root):
    return {
        "data": {"file": root / "data/diabetes.csv", "targets": ["progression"]},
        "model": {"hidden": []},
        "training": {"loss": "squared", "epochs": 3, "learning_rate": 0.2},
        "engine": {"kind": "approximate", "range": {"logits": 1.0}},
    }


def test_attributes_have_scikit_learns_shapes():
    fitted = quick(hidden_layer_sizes=(5, 4)).fit(pd.DataFrame(X).rename(columns=str), y)
    assert [weights.shape for weights in fitted.coefs_] == [(10, 5), (5, 4), (4, 1)]
    assert [biases.shape for biases in fitted.intercepts_] == [(5,), (4,), (1,)]
    assert (fitted.n_iter_, len(fitted.loss_curve_), fitted.n_features_in_, fitted.n_outputs_) == (5, 5, 10, 1)
    assert list(fitted.feature_names_in_) == fitted.model_.features == list("0123456789")
    assert fitted.loss_curve_[-1] == fitted.loss_ < fitted.loss_curve_[0]
    assert fitted.plan_["training"]["loss"] == "squared"
    assert sum(fitted.bootstraps_.values()) > 0
    assert not hasattr(fitted, "predict_proba")


def test_defaults_are_near_linear_regression():
    assert SilenzioRegressor(random_state=1).fit(X, y).score(X, y) > LinearRegression().fit(X, y).score(X, y) - 0.05


def test_predictions_have_the_shape_and_unit_of_the_targets(plane):
    inputs, targets = plane
    fitted = quick(hidden_layer_sizes=(), max_iter=40).fit(inputs, targets)
    predicted = fitted.predict(inputs)
    assert (predicted.shape, predicted.dtype) == (targets.shape, np.float64)
    assert fitted.score(inputs, targets) == pytest.approx(r2_score(targets, predicted))
    assert fitted.score(inputs, targets) > 0.95
    for of_one in (targets[:, 0], targets[:, :1]):
        assert quick().fit(inputs, of_one).predict(inputs).shape == of_one.shape


def test_the_loss_is_half_the_squared_difference_of_scaled_targets(plane):
    inputs, targets = plane
    fitted = quick().fit(inputs, targets)
    ends = targets.min(axis=0), targets.max(axis=0)
    scaled = 2 * (targets - ends[0]) / (ends[1] - ends[0]) - 1
    differences = fitted.model_.logits(inputs) - scaled
    assert fitted.loss_ == pytest.approx(0.5 * (differences**2).sum(axis=1).mean(), rel=1e-5)


def test_clones_and_pickles_predict_the_same():
    fitted = quick().fit(X, y)
    assert not hasattr(clone(fitted), "coefs_")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))
    np.testing.assert_array_equal(clone(fitted).fit(X, y).predict(X), fitted.predict(X))


def test_it_works_in_pipelines_and_searches():
    assert cross_val_score(make_pipeline(StandardScaler(), quick()), X, y, cv=3).mean() > 0.3
    search = GridSearchCV(quick(), {"hidden_layer_sizes": [(), (4,)]}, n_jobs=2, cv=3)
    assert search.fit(X, y).best_score_ > 0.3


def test_ciphertexts_learn_like_the_simulator(plane):
    inputs, targets = (values[::5] for values in plane)
    parameters = {"hidden_layer_sizes": (), "batch_size": 4, "max_iter": 2}
    simulated = quick(**parameters).fit(inputs, targets)
    encrypted = quick(**parameters, backend="tfhe").fit(inputs, targets)
    assert encrypted.bootstraps_ == simulated.bootstraps_
    np.testing.assert_allclose(encrypted.coefs_[0], simulated.coefs_[0], atol=0.3)
    assert not np.array_equal(encrypted.coefs_[0], simulated.coefs_[0])


def test_targets_that_cannot_be_learnt_are_named():
    with pytest.raises(ValueError, match="one value alone"):
        quick().fit(X, np.ones(len(X)))
    with pytest.raises(ValueError, match="NaN"):
        quick().fit(X, np.full(len(X), np.nan))
    with pytest.raises(ValueError, match="backend"):
        quick(backend="gpu").fit(X, y)
    with pytest.raises(PlanError, match="gadget"):
        quick(engine_params={"gadget": "squares"}).fit(X, y)


def test_models_predict_numbers_and_come_back(tmp_path, plane, silenzio):
    inputs, targets = plane
    fitted = quick(hidden_layer_sizes=(3,)).fit(inputs, targets)
    fitted.model_.save(tmp_path / "model.safetensors")
    model = Model.load(tmp_path / "model.safetensors")
    assert (model.targets, model.classes) == (["target_0", "target_1"], [])
    np.testing.assert_array_equal(model.predict(inputs), fitted.predict(inputs))
    with pytest.raises(MismatchError, match="regression"):
        model.predict_proba(inputs)
    # The command line reads the file, and predicts the same.
    np.savetxt(tmp_path / "inputs.csv", inputs, delimiter=",", header="column_0,column_1", comments="")
    silenzio("predict", "model.safetensors", "inputs.csv", "--out", "numbers.csv", cwd=tmp_path)
    numbers = pd.read_csv(tmp_path / "numbers.csv")
    assert list(numbers) == model.targets
    np.testing.assert_allclose(numbers.to_numpy(), fitted.predict(inputs), rtol=1e-6)


def test_simulations_have_r2_and_rmse(plan):
    simulation = simulate(plan, seeds=2)
    assert simulation.measure == "r2"
    curves = simulation.curves()
    assert len(curves) == 6
    last = curves[curves["epoch"] == 3]
    assert simulation.r2 == pytest.approx(last["simulated"].mean())
    assert simulation.float_r2 == pytest.approx(last["float"].mean())
    assert simulation.rmse > 0
    assert not simulation.noise().empty
    assert plot(simulation).get_ylabel() == "R²"
    for missing in ("accuracy", "float_accuracy"):
        with pytest.raises(AttributeError, match="regression"):
            getattr(simulation, missing)
    with pytest.raises(AttributeError, match="no classes"):
        simulation.confusion()


def test_estimates_and_sweeps_take_regressions(plan, root, tmp_path):
    assert estimate(plan).network == "10-1"
    grid = {
        "plan": root / "plans/diabetes_approximate.toml",
        "grid": {"training": {"epochs": [1, 2]}, "model": {"hidden": [[]]}},
    }
    table = sweep(grid, tmp_path / "sweep.csv", progress=False)
    assert len(table) == 2
    assert table["simulated_r2"].le(1).all()
    assert "simulated_accuracy" not in table


def test_the_client_says_that_it_has_no_regression(root):
    with pytest.raises(PlanError, match="use the command line"):
        Client.from_plan(root / "plans/diabetes_approximate.toml")
