"""A client and a server that exchange files. Two folders stand for two machines."""

import shutil
import tempfile
from pathlib import Path

from sklearn.datasets import load_iris

from silenzio import Client, Server

X, y = load_iris(return_X_y=True, as_frame=True)
X, y = X.iloc[::5], y.iloc[::5]
with tempfile.TemporaryDirectory() as name:
    ours, theirs = Path(name, "client"), Path(name, "server")
    ours.mkdir()
    theirs.mkdir()

    # The client.
    client = Client(X, y, hidden_layer_sizes=(), max_iter=2, learning_rate_init=2.0)
    client.server_key(theirs / "server.key")
    client.encrypt(theirs / "data.silenzio")
    client.save(ours / "client.key", ours / "preprocessing.json", theirs / "public-plan.toml")
    client.encrypt_inputs(X[:5], theirs / "inputs.silenzio")

    # The server, which has no secret key.
    server = Server(theirs / "server.key")
    model = server.train(theirs / "data.silenzio", theirs / "model.silenzio", public_plan=theirs / "public-plan.toml")
    logits = server.infer(model, theirs / "inputs.silenzio", theirs / "logits.silenzio")

    # The client again, another day.
    shutil.copy(model, ours)
    again = Client.open(ours / "client.key", ours / "preprocessing.json")
    decrypted = again.decrypt_model(ours / "model.silenzio")
    print(decrypted)
    print(f"accuracy of the decrypted model: {(decrypted.predict(X) == y.astype(str)).mean():.1%}")
    print("probabilities from encrypted inputs:", again.decrypt_probabilities(logits).tolist(), sep="\n")
