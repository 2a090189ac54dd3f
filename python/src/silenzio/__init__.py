"""Silenzio: train neural networks on data that the trainer never sees.

===========================  =========================================================================
:class:`SilenzioClassifier`  an estimator with scikit-learn's interface, simulated or on ciphertexts
:class:`SilenzioRegressor`   the same for numbers instead of classes
:class:`Client`              keys, encryption and decryption
:class:`Server`              training and inference on encrypted data
:class:`Model`               a decrypted model: arrays, safetensors, PyTorch
:func:`simulate`             a plan on the simulator
:func:`estimate`             an estimate of what a plan takes on ciphertexts
:func:`sweep`                a plan at many points
:mod:`silenzio.exceptions`   the exceptions, by kind
===========================  =========================================================================

A package that was built for servers only has :class:`Server` alone: no type of it can hold a secret key.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from silenzio import exceptions
from silenzio._silenzio import HAS_CLIENT, __version__
from silenzio.exceptions import (
    DataError,
    EngineFailure,
    FileFormatError,
    MismatchError,
    PlanError,
    SilenzioError,
    SilenzioWarning,
    TrainingInterrupted,
)
from silenzio.server import Server

if TYPE_CHECKING:
    from silenzio.client import Client
    from silenzio.estimator import SilenzioClassifier, SilenzioRegressor
    from silenzio.experiments import Estimate, Simulation, estimate, simulate, sweep
    from silenzio.model import Model
    from silenzio.plotting import plot, plot_noise

__all__ = [
    "Client",
    "DataError",
    "EngineFailure",
    "Estimate",
    "FileFormatError",
    "MismatchError",
    "Model",
    "PlanError",
    "Server",
    "SilenzioClassifier",
    "SilenzioError",
    "SilenzioRegressor",
    "SilenzioWarning",
    "Simulation",
    "TrainingInterrupted",
    "__version__",
    "estimate",
    "exceptions",
    "plot",
    "plot_noise",
    "simulate",
    "sweep",
]

_CLIENT_SIDE = {
    "Client": "client",
    "Estimate": "experiments",
    "Model": "model",
    "SilenzioClassifier": "estimator",
    "SilenzioRegressor": "estimator",
    "Simulation": "experiments",
    "estimate": "experiments",
    "plot": "plotting",
    "plot_noise": "plotting",
    "simulate": "experiments",
    "sweep": "experiments",
}


def __getattr__(name: str) -> Any:
    """Load the client side on first use, since servers have neither secret keys nor scikit-learn."""
    module = _CLIENT_SIDE.get(name)
    if module is None:
        raise AttributeError(f"module 'silenzio' has no attribute {name!r}")
    if not HAS_CLIENT:
        raise AttributeError(f"silenzio.{name} is not in this package, which was built for servers alone")
    return getattr(import_module(f"silenzio.{module}"), name)
