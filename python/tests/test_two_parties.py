"""A client and a server that share nothing but bytes or files."""

import json
import pickle
import signal
import threading

import numpy as np
import pytest

from silenzio import (
    Client,
    DataError,
    FileFormatError,
    MismatchError,
    Model,
    PlanError,
    Server,
    TrainingInterrupted,
)

PLAN = {"hidden_layer_sizes": (), "max_iter": 2, "batch_size": 4, "learning_rate_init": 1.0}


@pytest.fixture(scope="module")
def client(corners):
    return Client(*corners, **PLAN)


@pytest.fixture(scope="module")
def server(client):
    return Server(client.server_key())


@pytest.fixture(scope="module")
def data(client):
    return client.encrypt()


@pytest.fixture(scope="module")
def encrypted_model(server, data):
    return server.train(data)


def test_bytes_go_there_and_back(client, server, data, encrypted_model, corners):
    X, _ = corners
    assert server.key_id == client.key_id
    assert Server.plan_of(data)["task"]["widths"] == [2, 2]
    model = client.decrypt_model(encrypted_model)
    assert (model.engine, model.steps, model.classes) == ("approximate", 4, ["0", "1"])
    logits = client.decrypt_logits(server.infer(encrypted_model, client.encrypt_inputs(X)))
    # Inputs are rounded to four bits, and ciphertexts have noise.
    np.testing.assert_allclose(logits, model.logits(X), atol=0.5)
    probabilities = client.decrypt_probabilities(server.infer(encrypted_model, client.encrypt_inputs(X[:2])))
    np.testing.assert_array_equal(probabilities, probabilities.round(3))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=0.002)


def test_files_go_there_and_back(tmp_path, client, corners):
    X, y = corners
    key, kept = tmp_path / "client.key", tmp_path / "preprocessing.json"
    client = Client(X, y, **PLAN, key=client.secret_key())
    server = Server(client.server_key(tmp_path / "server.key"))
    data = client.encrypt(tmp_path / "data.silenzio")
    client.save(key, kept, tmp_path / "public-plan.toml")
    assert {path.stat().st_mode & 0o777 for path in (key, kept)} == {0o600}
    with pytest.raises(FileExistsError, match="preprocessing"):
        client.save(key, kept)
    model = server.train(data, tmp_path / "model.silenzio", public_plan=tmp_path / "public-plan.toml")
    assert not (tmp_path / "model.silenzio.checkpoint").exists()
    with pytest.raises(FileExistsError, match=r"model\.silenzio"):
        server.train(data, model)
    again = Client.open(key, kept)
    inputs = again.encrypt_inputs(X, tmp_path / "inputs.silenzio")
    logits = server.infer(model, inputs, tmp_path / "logits.silenzio")
    assert again.decrypt_logits(logits).shape == (8, 2)
    assert again.decrypt_model(model).steps == 4
    with pytest.raises(PlanError, match="encrypted already"):
        again.encrypt()


def test_progress_is_reported_and_may_raise(server, data):
    seen = []
    server.train(data, progress=lambda *event: seen.append(event))
    assert seen[-1] == ("steps", 4, 4, 0)
    assert "bytes checked" in {what for what, *_ in seen}

    class Enough(Exception):
        pass

    def refuse(*_):
        raise Enough

    with pytest.raises(Enough):
        server.train(data, progress=refuse)


def interrupt_after_a_step(what, done, total, before):
    if what == "steps" and done > before:
        signal.raise_signal(signal.SIGINT)


def test_an_interrupted_training_resumes_to_the_same_bytes(server, data, encrypted_model):
    with pytest.raises(TrainingInterrupted, match="checkpoint=") as caught:
        server.train(data, progress=interrupt_after_a_step)
    assert 0 < caught.value.steps_done < caught.value.steps == 4
    assert isinstance(caught.value, KeyboardInterrupt)
    assert server.train(data, checkpoint=caught.value.checkpoint) == encrypted_model


def test_an_interrupted_training_to_a_file_leaves_its_checkpoint(tmp_path, server, data, encrypted_model):
    (tmp_path / "data").write_bytes(data)
    out = tmp_path / "model"
    with pytest.raises(TrainingInterrupted, match="resume=True") as caught:
        server.train(tmp_path / "data", out, progress=interrupt_after_a_step)
    assert caught.value.checkpoint == tmp_path / "model.checkpoint"
    assert caught.value.checkpoint.exists()
    assert server.train(tmp_path / "data", out, resume=True).read_bytes() == encrypted_model


def test_snapshots_are_kept_and_averaged(tmp_path, client, server, data, encrypted_model):
    kept = server.train(data, snapshots=3, snapshot_steps=1)
    assert kept[-1] == encrypted_model
    models = [client.decrypt_model(model) for model in kept]
    assert [model.steps for model in models] == [2, 3, 4]
    average = Model.average(models)
    mean = np.mean([model.coefs[0] for model in models], axis=0)
    np.testing.assert_allclose(average.coefs[0], mean, atol=1e-6)
    with pytest.raises(MismatchError, match=r"model 0 \(from 0\) is an average itself"):
        Model.average([average])
    (tmp_path / "data").write_bytes(data)
    paths = server.train(tmp_path / "data", tmp_path / "model", snapshots=3, snapshot_steps=1)
    assert [path.name for path in paths] == ["model.snapshot-2", "model.snapshot-3", "model"]
    assert [path.read_bytes() for path in paths] == kept
    with pytest.raises(TrainingInterrupted) as caught:
        server.train(data, snapshots=2, snapshot_steps=1, progress=interrupt_after_a_step)
    assert len(caught.value.snapshots) == min(caught.value.steps_done, 2)
    with pytest.raises(ValueError, match="snapshots must be at least 1"):
        server.train(data, snapshots=0)
    with pytest.raises(ValueError, match="give `snapshots`"):
        server.train(data, snapshot_steps=1)


def test_trainings_begin_with_public_and_encrypted_models(tmp_path, corners, client, server):
    X, y = corners
    client = Client(X, y, **PLAN, key=client.secret_key())
    data = client.encrypt()
    plain = client.decrypt_model(server.train(data))
    (tmp_path / "public.safetensors").write_bytes(plain.to_safetensors())
    from_public = server.train(data, initial=tmp_path / "public.safetensors")
    assert from_public == server.train(data, initial=plain.to_safetensors())
    # It has gone on from there.
    assert np.abs(client.decrypt_model(from_public).coefs[0]).max() > np.abs(plain.coefs[0]).max()
    with pytest.raises(MismatchError, match="initial model"):
        server.train(data, initial=b"no model at all")

    more = client.encrypt_more(X[:4], y[:4])
    together = client.decrypt_model(server.train([data, more]))
    assert together.steps == 6
    later = server.train(more, initial=server.train(data))
    assert client.decrypt_model(later).steps == 4 + 2
    with pytest.raises(MismatchError, match="given twice"):
        server.train([data, data])
    with pytest.raises(MismatchError, match="no data set"):
        server.train([])
    with pytest.raises(DataError, match="not one of the classes"):
        client.encrypt_more(X, y + 7)
    with pytest.raises(PlanError, match="nothing is encrypted yet"):
        Client(X, y, **PLAN).encrypt_more(X, y)


def test_the_interpreter_goes_on_meanwhile(server, data):
    counted, stop = [0], threading.Event()

    def count():
        while not stop.wait(0.001):
            counted[0] += 1

    counter = threading.Thread(target=count)
    counter.start()
    server.train(data)
    stop.set()
    counter.join()
    assert counted[0] > 100


def test_what_does_not_belong_together_is_refused(client, server, data, encrypted_model, corners):
    X, y = corners
    other = Client(X, y, **PLAN)
    other.encrypt()
    with pytest.raises(MismatchError, match="belongs to key"):
        other.decrypt_model(encrypted_model)
    with pytest.raises(MismatchError, match="belongs to key"):
        server.train(other.encrypt())
    with pytest.raises(MismatchError, match="is an encrypted data set"):
        client.decrypt_model(data)
    with pytest.raises(FileFormatError, match="damaged"):
        server.train(data[:-100] + bytes(1) + data[-99:])
    with pytest.raises(FileFormatError, match="not a Silenzio file"):
        Server(b"no key at all")
    with pytest.raises(FileNotFoundError, match="no-such-file"):
        server.train("no-such-file")
    with pytest.raises(TypeError, match="write the bytes"):
        server.train(data, "model")
    with pytest.raises(MismatchError, match="parameters"):
        Client(X, y, **{**PLAN, "engine": "exact"}, key=client.secret_key())


def test_bad_samples_and_plans_are_refused(corners):
    X, y = corners
    with pytest.raises(DataError, match="one class"):
        Client(X, y * 0)
    with pytest.raises(DataError, match="each sample needs one class"):
        Client(X, y[:-1])
    with pytest.raises(DataError, match="sample 0, feature 1"):
        Client(np.where(X[0, 1] == X, np.nan, X), y)
    with pytest.raises(PlanError, match=r"training\.batch"):
        Client(X, y, batch_size=0)
    with pytest.raises(PlanError, match="max_iter must be a whole number, not -1"):
        Client(X, y, max_iter=-1)
    with pytest.raises(PlanError, match=r"engine\.bits\.inputs"):
        Client(X, y, bits=99)
    with pytest.raises(MismatchError, match="2D"):
        Client(X[0], y)


def test_secrets_are_not_pickled(client):
    with pytest.raises(TypeError, match="secret key"):
        pickle.dumps(client)


def test_the_command_line_continues_what_python_began(tmp_path, silenzio, client, corners):
    X, y = corners
    client = Client(X, y, **PLAN, key=client.secret_key())
    client.server_key(tmp_path / "server.key")
    client.encrypt(tmp_path / "data.silenzio")
    client.save(tmp_path / "client.key", tmp_path / "preprocessing.json", tmp_path / "public-plan.toml")
    silenzio("train", "data.silenzio", "--public-plan", "public-plan.toml", cwd=tmp_path)
    silenzio("decrypt", "model.silenzio", "--out", "model.safetensors", cwd=tmp_path)
    read = Model.load(tmp_path / "model.safetensors")
    decrypted = client.decrypt_model(tmp_path / "model.silenzio")
    np.testing.assert_array_equal(read.coefs[0], decrypted.coefs[0])
    assert read.to_safetensors() == decrypted.to_safetensors()


def test_python_continues_what_the_command_line_began(tmp_path, silenzio, corners):
    X, y = corners
    table = "\n".join(["a,b,kind", *(f"{a!r},{b!r},{'xy'[c]}" for (a, b), c in zip(X.tolist(), y, strict=True))])
    (tmp_path / "table.csv").write_text(table)
    plan = '[data]\nfile = "table.csv"\ntest_fraction = 0.25\n[model]\nhidden = []\n[training]\nepochs = 1\nbatch = 2\n'
    (tmp_path / "plan.toml").write_text(plan + '[engine]\nkind = "approximate"\n')
    silenzio("keygen", "plan.toml", cwd=tmp_path)
    silenzio("encrypt", "plan.toml", cwd=tmp_path)
    client = Client.open(tmp_path / "client.key", tmp_path / "preprocessing.json")
    assert client.classes == ["x", "y"]
    model = client.decrypt_model(Server(tmp_path / "server.key").train((tmp_path / "data.silenzio").read_bytes()))
    model.save(tmp_path / "model.safetensors")
    lines = silenzio("predict", "model.safetensors", "table.csv", cwd=tmp_path).splitlines()[1:]
    names, probabilities = zip(*((line.split(",")[0], line.split(",")[1:]) for line in lines), strict=True)
    np.testing.assert_array_equal(np.array(probabilities, float), model.predict_proba(X))
    np.testing.assert_array_equal(names, model.predict(X))
    np.testing.assert_array_equal(model.predict_proba(tmp_path / "table.csv"), model.predict_proba(X))
    of_plan = Client.from_plan(tmp_path / "plan.toml", {"training.epochs": 3})
    assert of_plan.plan["task"]["training"]["epochs"] == 3
    assert json.loads(client.kept())["key_id"] == client.key_id
