"""The package for servers alone: an environment of its own, whose Python the variable SILENZIO_SERVER_PYTHON names."""

import os
import subprocess

import pytest

from silenzio import Client

SERVER_PYTHON = os.environ.get("SILENZIO_SERVER_PYTHON")

SERVER = """
import silenzio
assert not hasattr(silenzio, "Client") and not hasattr(silenzio, "SilenzioClassifier")
try:
    import numpy
except ModuleNotFoundError:
    silenzio.Server("server.key").train("data.silenzio", "model.silenzio", progress=False)
"""


@pytest.mark.skipif(SERVER_PYTHON is None, reason="SILENZIO_SERVER_PYTHON is not set: .ci/python sets it")
def test_a_server_trains_without_secret_keys_and_numpy(tmp_path, corners):
    client = Client(*corners, hidden_layer_sizes=(), batch_size=4, max_iter=1)
    client.server_key(tmp_path / "server.key")
    client.encrypt(tmp_path / "data.silenzio")
    done = subprocess.run([SERVER_PYTHON, "-c", SERVER], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert client.decrypt_model(tmp_path / "model.silenzio").steps == 2
