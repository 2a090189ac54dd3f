"""scikit-learn's own tests of estimators, and what its users do."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from silenzio import SilenzioClassifier, SilenzioRegressor

X, y = load_iris(return_X_y=True)


@parametrize_with_checks([SilenzioClassifier(), SilenzioClassifier(engine="exact"), SilenzioRegressor()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def quick(**parameters):
    return SilenzioClassifier(**{"max_iter": 5, "random_state": 1, **parameters})


def test_clones_and_pickles_predict_the_same():
    fitted = quick().fit(X, y)
    assert not hasattr(clone(fitted), "coefs_")
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(clone(fitted).fit(X, y).predict_proba(X), fitted.predict_proba(X))


def test_it_works_in_pipelines_and_searches():
    pipeline = make_pipeline(StandardScaler(), quick())
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.8
    search = GridSearchCV(quick(), {"bits": [2, 4], "engine": ["approximate", "exact"]}, n_jobs=2, cv=3)
    assert search.fit(X, y).best_score_ > 0.8


def test_classes_of_any_type_come_back():
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    fitted = quick().fit(X, names)
    assert set(fitted.predict(X)) <= set(names)
    assert fitted.score(X, names) > 0.8
    assert fitted.model_.classes == ["setosa", "versicolor", "virginica"]


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame,
        lambda frame: pl.DataFrame({name: frame[name].to_numpy() for name in frame}),
        lambda frame: frame.to_numpy(),
        lambda frame: np.asfortranarray(frame.to_numpy()),
        lambda frame: np.repeat(frame.to_numpy(), 2, axis=1)[:, ::2],
        lambda frame: sparse.csr_matrix(frame.to_numpy()),
        lambda frame: frame.to_numpy().tolist(),
    ],
    ids=["pandas", "polars", "numpy", "fortran", "strided", "sparse", "lists"],
)
def test_all_kinds_of_tables_are_the_same(convert):
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    expected = quick().fit(frame.to_numpy(), y).predict_proba(frame.to_numpy())
    table = convert(frame)
    fitted = quick().fit(table, y)
    np.testing.assert_array_equal(fitted.predict_proba(table), expected)
    if hasattr(table, "columns"):
        assert list(fitted.feature_names_in_) == ["a", "b", "c", "d"]
        assert fitted.model_.features == ["a", "b", "c", "d"]


def test_read_only_single_precision_and_integers():
    single = X.astype(np.float32)
    single.setflags(write=False)
    fitted = quick().fit(single, y)
    np.testing.assert_array_equal(fitted.predict(single), fitted.predict(single.astype(np.float64)))
    integers = (X * 10).astype(np.int16)
    assert quick().fit(integers, y).score(integers, y) > 0.8


def test_threads_change_nothing():
    for engine in ("approximate", "exact"):
        one = quick(engine=engine, n_jobs=1).fit(X, y)
        two = quick(engine=engine, n_jobs=2).fit(X, y)
        np.testing.assert_array_equal(one.coefs_[0], two.coefs_[0])
        assert one.loss_curve_ == two.loss_curve_
