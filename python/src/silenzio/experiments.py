"""Simulations of plans, estimates of what they take on ciphertexts, and sweeps over many plans."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from silenzio import _silenzio
from silenzio._plan import threads_of
from silenzio._progress import reporting

if TYPE_CHECKING:
    import pandas as pd

    from silenzio._plan import PathLike
    from silenzio._progress import Progress


@dataclass(frozen=True)
class Simulation:
    """The result of a plan on the simulator.

    Attributes
    ----------
    seeds : list of dict
        One for each seed, with the fields of ``seeds`` in ``silenzio simulate --json``, and ``formats``, ``samples``
        and ``weight_noise``.

    Notes
    -----
    A simulation of classes has accuracies; a regression has R² and RMSE instead, means over its targets.
    """

    seeds: list[dict[str, Any]]

    @property
    def measure(self) -> str:
        """What trainings are judged by: "accuracy", or "r2" of a regression."""
        return "accuracy" if "simulated_accuracies" in self.seeds[0] else "r2"

    @property
    def accuracy(self) -> float:
        """The final accuracy, mean over the seeds, in [0, 1]."""
        return self._last("simulated", "accuracy")

    @property
    def float_accuracy(self) -> float:
        """The final accuracy of the same training in floating point, mean over the seeds."""
        return self._last("float", "accuracy")

    @property
    def r2(self) -> float:
        """The final R² of a regression, mean over the seeds."""
        return self._last("simulated", "r2")

    @property
    def float_r2(self) -> float:
        """The final R² of the same training in floating point, mean over the seeds."""
        return self._last("float", "r2")

    @property
    def rmse(self) -> float:
        """The final root mean squared error of a regression, in the units of the targets, mean over the seeds."""
        return self._last("simulated", "rmse")

    def _last(self, kind: str, measure: str) -> float:
        return _mean([self._course(seed, kind, measure)[-1] for seed in self.seeds])

    def _course(self, seed: dict[str, Any], kind: str, measure: str) -> list[float]:
        """Return a score of a seed after each epoch."""
        regression = self.measure == "r2"
        if regression == (measure == "accuracy"):
            kinds = ("a regression", "r2 and rmse") if regression else ("a classification", "accuracy")
            raise AttributeError(f"the simulation is of {kinds[0]}, which has no {measure}, but {kinds[1]}")
        if regression:
            return [scores[measure] for scores in seed[f"{kind}_scores"]]
        accuracies: list[float] = seed[f"{kind}_accuracies"]
        return accuracies

    def curves(self) -> pd.DataFrame:
        """Return the accuracy after each epoch; of a regression, R².

        Returns
        -------
        pandas.DataFrame
            Columns ``seed``, ``epoch`` (from 1), ``simulated`` and ``float``: accuracies in [0, 1], or R².
        """
        import pandas as pd

        rows = [
            {"seed": seed["seed"], "epoch": epoch, "simulated": simulated, "float": real}
            for seed in self.seeds
            for epoch, (simulated, real) in enumerate(
                zip(*(self._course(seed, kind, self.measure) for kind in ("simulated", "float")), strict=False), start=1
            )
        ]
        return pd.DataFrame(rows, columns=["seed", "epoch", "simulated", "float"])

    def noise(self) -> pd.DataFrame:
        """Return the noise that gradients leave in the weights of the approximate engine; empty for the exact one.

        Returns
        -------
        pandas.DataFrame
            Columns ``seed``, ``layer`` and ``epoch`` (both from 1), ``noise`` (the predicted standard deviation,
            as a fraction of a typical weight) and ``limit`` (the plan's ``engine.weight_noise``).
        """
        import pandas as pd

        rows = [
            {
                "seed": seed["seed"],
                "layer": layer,
                "epoch": epoch,
                "noise": of_sample * math.sqrt(epoch * seed["samples"]),
                "limit": seed["weight_noise"],
            }
            for seed in self.seeds
            for layer, of_sample in enumerate(seed["formats"]["weight_noise_per_sample"], start=1)
            for epoch in range(1, len(self._course(seed, "simulated", self.measure)) + 1)
        ]
        return pd.DataFrame(rows, columns=["seed", "layer", "epoch", "noise", "limit"])

    def products(self) -> pd.DataFrame:
        """Return the matrix products of the exact engine; empty for the approximate one.

        Returns
        -------
        pandas.DataFrame
            Columns ``seed``, ``name``, ``moduli``, ``divisor``, ``covered`` (the largest integer that does not wrap)
            and ``met`` (the largest integer that occurred).
        """
        import pandas as pd

        rows = [{"seed": seed["seed"], **product} for seed in self.seeds for product in seed["products"]]
        return pd.DataFrame(rows, columns=["seed", "name", "moduli", "divisor", "covered", "met"])

    def bootstraps(self) -> pd.DataFrame:
        """Return the bootstraps that the training would take on ciphertexts.

        Returns
        -------
        pandas.DataFrame
            Columns ``seed``, ``class`` and ``bootstraps``.
        """
        import pandas as pd

        rows = [
            {"seed": seed["seed"], "class": kind, "bootstraps": count}
            for seed in self.seeds
            for kind, count in seed["operations"]["bootstraps"].items()
        ]
        return pd.DataFrame(rows, columns=["seed", "class", "bootstraps"])

    def confusion(self) -> pd.DataFrame:
        """Return the confusion matrix of the test samples, summed over the seeds.

        Returns
        -------
        pandas.DataFrame
            A row per true class, a column per predicted class.

        Raises
        ------
        AttributeError
            If the simulation is of a regression, which has no classes.
        """
        if self.measure == "r2":
            raise AttributeError("the simulation is of a regression, which has no classes")
        import pandas as pd

        tables = [
            pd.DataFrame(seed["confusion"]["counts"], seed["confusion"]["classes"], seed["confusion"]["classes"])
            for seed in self.seeds
        ]
        total = tables[0]
        for table in tables[1:]:
            total = total.add(table, fill_value=0)
        return total


@dataclass(frozen=True)
class Estimate:
    """An estimate of what an encrypted training takes on this machine.

    Attributes
    ----------
    network : str
        The widths of the layers, as in "4-8-3".
    steps, samples : int
        The numbers of steps, and of samples in all epochs.
    seconds, seconds_per_step : float
        The time of the training and of a step, on ``threads`` threads of this machine.
    threads : int
        The number of threads of the times.
    key_file_bytes, server_key_bytes, upload_bytes, server_memory_bytes : int
        The sizes of the file of the server key, of that key in memory, of the file of the encrypted samples, and of the
        memory of the server.
    operations_per_step : dict
        ``bootstraps`` by class, and ``others``, of a step with a full batch.
    formats : dict
        The number formats that were chosen.
    """

    network: str
    steps: int
    samples: int
    seconds: float
    seconds_per_step: float
    threads: int
    key_file_bytes: int
    server_key_bytes: int
    upload_bytes: int
    server_memory_bytes: int
    operations_per_step: dict[str, dict[str, int]]
    formats: dict[str, Any]


def simulate(
    plan: PathLike | Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
    *,
    seeds: int = 1,
    steps: int | None = None,
    n_jobs: int | None = None,
    progress: Progress = "auto",
) -> Simulation:
    r"""Train on the simulator: with the integers or noise of an encrypted training, without encryption.

    Parameters
    ----------
    plan : path or mapping
        A plan: a TOML file, or its fields. Paths in a mapping start at the working folder.
    changes : mapping of str to object or None, default=None
        Fields with other values, such as ``{"engine.bits.inputs": 6}``.
    seeds : int, default=1
        The number of seeds, counted up from the plan's.
    steps : int or None, default=None
        Stop each training after this many steps.
    n_jobs : int or None, default=None
        The number of threads; None and -1 mean all processors. Results do not depend on it.
    progress : bool, "auto" or callable, default="auto"
        Whether to show progress bars, or a function of the kind of work, the amount done, the total, and the amount
        done before this work began.

    Returns
    -------
    Simulation
        Scores, products and operations, seed by seed.

    Raises
    ------
    PlanError, DataError
        If the plan or its data cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from silenzio import simulate
    >>> table = Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = table.write_text("a,b,kind\n" + "0.1,0.9,left\n0.9,0.1,right\n" * 10)
    >>> simulation = simulate({"data": {"file": table}, "training": {"epochs": 10}}, progress=False)
    >>> simulation.accuracy
    1.0
    """
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, not {seeds}")
    with reporting(progress) as report:
        text = _silenzio.simulate(*_source(plan), _json(changes), seeds, steps, threads_of(n_jobs), report)
    return Simulation(json.loads(text))


def estimate(
    plan: PathLike | Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
    *,
    n_jobs: int | None = None,
) -> Estimate:
    """Estimate what the encrypted training of a plan takes, from one simulated step and a short calibration.

    Parameters
    ----------
    plan, changes, n_jobs
        As in :func:`simulate`.

    Returns
    -------
    Estimate
        Time on this machine, memory, files and operations.
    """
    return Estimate(**json.loads(_silenzio.estimate(*_source(plan), _json(changes), threads_of(n_jobs))))


def sweep(
    grid: PathLike | Mapping[str, Any],
    out: PathLike | None = None,
    *,
    force: bool = False,
    n_jobs: int | None = None,
    progress: Progress = "auto",
) -> pd.DataFrame:
    """Simulate a plan at all points of a grid.

    Parameters
    ----------
    grid : path or mapping
        A grid: a TOML file, or its fields: ``plan`` (the path of a plan), ``seeds``, ``grid`` with a list of values per
        field, ``random``.
    out : path or None, default=None
        A CSV file, to which missing rows are added, so that a sweep can be resumed. If None, no file is kept.
    force : bool, default=False
        Start over, and replace ``out``.
    n_jobs : int or None, default=None
        The number of points that are simulated at a time; None and -1 mean one per processor.
    progress : bool, "auto" or callable, default="auto"
        As in :func:`simulate`.

    Returns
    -------
    pandas.DataFrame
        A row per point and seed: ``point``, ``seed``, the swept fields, ``float_accuracy`` and ``simulated_accuracy``
        (of a regression ``float_r2`` and ``simulated_r2``), ``bootstraps``, ``wrapped_products``, ``seconds`` and
        ``error``, which says why a point failed.
    """
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder, reporting(progress) as report:
        table = Path(out) if out is not None else Path(folder) / "sweep.csv"
        _silenzio.sweep(*_source(grid), table, force, threads_of(n_jobs), report)
        return pd.read_csv(table, dtype={"error": "str"}).drop(columns="grid")


def _source(plan: PathLike | Mapping[str, Any]) -> tuple[PathLike | None, str | None]:
    return (None, json.dumps(_plain(plan))) if isinstance(plan, Mapping) else (plan, None)


def _json(changes: Mapping[str, Any] | None) -> str:
    return json.dumps(_plain(changes or {}))


def _plain(value: Any) -> Any:
    """Turn paths, arrays and numbers of NumPy into values that JSON can hold."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Path):
        return str(value)
    return value.tolist() if hasattr(value, "tolist") else value


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)
