"""The estimator and the command line give the same bits for the same plan and seed."""

import json

import numpy as np
import pandas as pd
import pytest

from silenzio import Model, SilenzioClassifier, simulate


@pytest.fixture(scope="module")
def exact_plan(tmp_path_factory, corners):
    """A plan that the exact engine carries out on ciphertexts in seconds, with the parameters of the estimator."""
    folder = tmp_path_factory.mktemp("plan")
    X, y = corners
    table = "\n".join(["a,b,kind", *(f"{a!r},{b!r},{c}" for (a, b), c in zip(X.tolist(), y, strict=True))])
    (folder / "table.csv").write_text(table)
    (folder / "plan.toml").write_text(
        '[data]\nfile = "table.csv"\ntest_file = "table.csv"\n[model]\nhidden = []\n[training]\nepochs = 1\nbatch = 4\n'
        "learning_rate = 0.5\nseed = 7\n"
    )
    parameters = {
        "hidden_layer_sizes": (),
        "engine": "exact",
        "max_iter": 1,
        "batch_size": 4,
        "learning_rate_init": 0.5,
        "learning_rate_end_factor": 1.0,
        "label_smoothing": 0.1,
        "logit_penalty": 0.02,
        "random_state": 7,
    }
    return folder, parameters


def test_weights_and_probabilities_equal_those_of_the_command_line(silenzio, exact_plan, corners):
    folder, parameters = exact_plan
    X, y = corners
    silenzio("keygen", "plan.toml", cwd=folder)
    silenzio("encrypt", "plan.toml", "--keep-order", cwd=folder)
    silenzio("train", "data.silenzio", cwd=folder)
    silenzio("decrypt", "model.silenzio", "--out", "model.safetensors", cwd=folder)
    of_program = Model.load(folder / "model.safetensors")
    lines = silenzio("predict", "model.safetensors", "table.csv", cwd=folder).splitlines()[1:]
    probabilities = np.array([line.split(",")[1:] for line in lines], float)

    for backend in ("simulator", "tfhe"):
        fitted = SilenzioClassifier(**parameters, backend=backend).fit(X, y)
        for layer, (weights, biases) in enumerate(zip(fitted.coefs_, fitted.intercepts_, strict=True)):
            assert weights.any()
            np.testing.assert_array_equal(weights, of_program.coefs[layer])
            np.testing.assert_array_equal(biases, of_program.intercepts[layer])
        np.testing.assert_array_equal(fitted.predict_proba(X), probabilities)


@pytest.mark.parametrize("plan", ["iris.toml", "iris_approximate.toml"])
def test_simulations_equal_those_of_the_command_line(silenzio, root, plan):
    path = root / "plans" / plan
    expected = json.loads(silenzio("simulate", path, "--set", "training.epochs=3", "--json"))["seeds"][0]
    found = simulate(path, {"training.epochs": 3}).seeds[0]
    for field in ("simulated_accuracies", "float_accuracies", "operations", "confusion"):
        assert found[field] == expected[field]


@pytest.mark.parametrize("engine", ["exact", "approximate"])
@pytest.mark.parametrize("named", [False, True])
def test_the_command_line_reads_the_estimators_model(tmp_path, silenzio, corners, engine, named):
    X, y = corners
    table = pd.DataFrame(X, columns=["height", "width"])
    fitted = SilenzioClassifier((3,), engine=engine, max_iter=3, random_state=1)
    fitted.fit(table if named else X, y).model_.save(tmp_path / "model.safetensors")
    # Columns with names are found by them, in any order.
    written = table[["width", "height"]] if named else table
    written.to_csv(tmp_path / "rows.csv", index=False, header=named)
    lines = silenzio("predict", "model.safetensors", "rows.csv", cwd=tmp_path).splitlines()[1:]
    probabilities = np.array([line.split(",")[1:] for line in lines], float)
    np.testing.assert_array_equal(fitted.predict_proba(table if named else X), probabilities)
