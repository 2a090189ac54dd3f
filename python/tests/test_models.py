"""Decrypted models in other libraries."""

import json

import numpy as np
import pytest
from safetensors.numpy import load
from sklearn.datasets import load_iris

from silenzio import FileFormatError, MismatchError, Model, SilenzioClassifier

X, y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def model():
    return SilenzioClassifier((5,), max_iter=10, random_state=1).fit(X, y).model_


def test_safetensors_have_the_layout_of_pytorch(model):
    tensors = load(model.to_safetensors())
    np.testing.assert_array_equal(tensors["layers.0.weight"], model.coefs[0].T)
    np.testing.assert_array_equal(tensors["layers.1.bias"], model.intercepts[1])


def test_files_come_back(tmp_path, model):
    model.save(tmp_path / "model.safetensors")
    again = Model.load(tmp_path / "model.safetensors")
    assert again.to_safetensors() == model.to_safetensors()
    assert (again.classes, again.engine, again.data) == (["0", "1", "2"], "approximate", "in memory")
    model.save(tmp_path / "model.npz")
    archive = np.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(archive["layers.0.weight"], model.coefs[0].T)
    assert json.loads(archive["silenzio"].tobytes())["widths"] == [4, 5, 3]


def test_bad_files_are_named(tmp_path):
    (tmp_path / "no.safetensors").write_bytes(b"no tensors")
    with pytest.raises(FileFormatError, match=r"no\.safetensors: is not a valid safetensors file"):
        Model.load(tmp_path / "no.safetensors")
    with pytest.raises(FileFormatError, match="model: is not a valid safetensors file"):
        Model.load(b"")
    with pytest.raises(FileNotFoundError, match="none"):
        Model.load(tmp_path / "none")


def test_other_shapes_are_refused(model):
    with pytest.raises(MismatchError, match="2D"):
        model.logits(X[0])
    with pytest.raises(ValueError, match="5 features have 4 names"):
        model.logits(np.ones((2, 5)))


@pytest.mark.parametrize("engine", ["approximate", "exact"])
@pytest.mark.parametrize("hidden", [(), (5,), (6, 4)])
def test_pytorch_computes_the_same(engine, hidden):
    torch = pytest.importorskip("torch", reason="PyTorch is optional")
    classifier = SilenzioClassifier(hidden, engine=engine, max_iter=2, random_state=1).fit(X, y)
    model = classifier.model_
    # Beyond the range of the training samples, too, where inputs are clipped.
    inputs = np.vstack([X, X * 3, -X])
    network = model.to_torch()
    with torch.no_grad():
        logits = network(torch.from_numpy(model.scale(inputs)))
        probabilities = torch.softmax(logits.double(), dim=1).numpy()
    assert [type(layer).__name__ for layer in network] == ["Linear", *["Hardtanh", "Linear"] * len(hidden)]
    np.testing.assert_allclose(logits.numpy(), model.logits(inputs), atol=1e-5)
    # Probabilities are given with three decimals.
    np.testing.assert_allclose(probabilities, classifier.predict_proba(inputs), atol=0.001)
