"""Plans made of parameters."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

from silenzio.exceptions import PlanError

if TYPE_CHECKING:
    from typing import TypeAlias

Auto: TypeAlias = Literal["auto"]
Engine: TypeAlias = Literal["approximate", "exact"]
Loss: TypeAlias = Literal["cross-entropy", "squared"]
PathLike: TypeAlias = str | os.PathLike[str]

WANTED = 80_000
"""The number of samples that a training visits by default, as far as :data:`MOST_EPOCHS` allow."""

MOST_EPOCHS = 100
"""The largest number of epochs of a training by default."""

FEW_EPOCHS = 30
"""The number of epochs that a training may have by default, however few samples there are."""


def threads_of(n_jobs: int | None) -> int:
    """Return the number of threads of native work; 0 stands for all processors."""
    if n_jobs is None:
        return 0
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning: give a number of threads, or None for all processors")
    if n_jobs > 0:
        return n_jobs
    return max(1, _processors() + 1 + n_jobs)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def network_plan(
    samples: int,
    features: int,
    *,
    loss: Loss = "cross-entropy",
    hidden_layer_sizes: int | Iterable[int],
    engine: str,
    bits: int | Mapping[str, int] | None,
    engine_params: Mapping[str, Any] | None,
    **how: Any,
) -> dict[str, Any]:
    """Return a plan for training samples in memory.

    Parameters
    ----------
    samples, features : int
        The numbers of training samples and of features.
    loss : {"cross-entropy", "squared"}, default="cross-entropy"
        The loss: of classes, or of numbers.
    hidden_layer_sizes, engine, bits, engine_params
        Parameters of :class:`silenzio.SilenzioClassifier`.
    how
        The other parameters of :func:`_schedule`.
    """
    return {
        "model": {"hidden": _hidden_widths(hidden_layer_sizes)},
        "training": _schedule(engine, loss, samples, features, **how),
        "engine": _engine_plan(engine, loss, bits, engine_params),
    }


def _schedule(
    engine: str, loss: Loss, samples: int, features: int, *, seed: int, **given: float | Auto
) -> dict[str, Any]:
    """Return the section ``[training]`` of a plan, and choose the values that are "auto".

    The rules were found for classes on scikit-learn's data sets (``benchmarks/accuracy.py``): enough epochs to visit
    :data:`WANTED` samples, but at most half as many as there are samples, since weights that grow on few samples for
    long take values beyond their ranges; small batches, since inputs in [0, 1] take many steps; and a learning rate
    that is inversely proportional to the square root of the number of features, which add up in a gradient. A squared
    loss takes the same with half the learning rate, which was tried on the diabetes set alone.

    Parameters
    ----------
    engine : {"approximate", "exact"}
        The engine.
    loss : {"cross-entropy", "squared"}
        The loss.
    samples, features : int
        The numbers of training samples and of features.
    seed : int
        The seed of the plan.
    given
        max_iter, batch_size, learning_rate_init and learning_rate_end_factor of an estimator; also label_smoothing and
        logit_penalty of :class:`silenzio.SilenzioClassifier`.
    """
    rate = min(0.8, max(0.2, 1.4 / math.sqrt(features)))
    rules: dict[str, Any] = {
        "max_iter": min(MOST_EPOCHS, math.ceil(WANTED / samples), max(FEW_EPOCHS, samples // 2)),
        "batch_size": 4 if engine == "approximate" else 8,
        "learning_rate_init": rate if loss == "cross-entropy" else rate / 2,
        "learning_rate_end_factor": 0.1,
        "label_smoothing": 0.02 if engine == "approximate" else 0.1,
        "logit_penalty": 0.02,
    }
    chosen = {name: rules[name] if _is_auto(value) else value for name, value in given.items()}
    fields = {field: check(name, chosen[name]) for name, (field, check) in _TRAINING.items() if name in chosen}
    return {"loss": loss, **fields, "seed": _whole("random_state", seed)}


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, Integral) or int(value) < 0:
        raise PlanError(f"{name} must be a whole number, not {value!r}")
    return int(value)


def _real(name: str, value: Any) -> float:
    if not isinstance(value, Real) or not math.isfinite(value):
        raise PlanError(f"{name} must be a finite number, not {value!r}")
    return float(value)


_TRAINING: dict[str, tuple[str, Callable[[str, Any], float]]] = {
    "max_iter": ("epochs", _whole),
    "batch_size": ("batch", _whole),
    "learning_rate_init": ("learning_rate", _real),
    "learning_rate_end_factor": ("learning_rate_end_factor", _real),
    "label_smoothing": ("label_smoothing", _real),
    "logit_penalty": ("logit_penalty", _real),
}
"""The fields of the section ``[training]`` that parameters of estimators become, with their checks."""


def _engine_plan(
    engine: str, loss: Loss, bits: int | Mapping[str, int] | None, options: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the section ``[engine]`` of a plan.

    Parameters
    ----------
    engine : {"approximate", "exact"}
        The engine.
    loss : {"cross-entropy", "squared"}
        The loss.
    bits : int or mapping of str to int or None
        The bits of inputs, activations and deltas (an int), or of the named kinds of tensors.
    options : mapping or None
        Other fields, which take precedence.
    """
    if engine not in ("approximate", "exact"):
        raise ValueError(f"engine must be 'approximate' or 'exact', not {engine!r}")
    plan: dict[str, Any] = {"kind": engine}
    if loss == "squared":
        # Targets are between -1 and 1.
        plan["range"] = {"activations": 2.0, "logits": 2.0, "deltas": 0.35}
    elif engine == "approximate":
        # Little label smoothing lets weights and logits grow further than the defaults of plans allow.
        plan["range"] = {"logits": 12.0, "weights": [4.0]}
    if isinstance(bits, Mapping):
        plan["bits"] = dict(bits)
    elif bits is not None:
        plan["bits"] = {"inputs": bits, "activations": bits, "deltas": bits}
    for name, value in (options or {}).items():
        both = isinstance(value, Mapping) and isinstance(plan.get(name), Mapping)
        plan[name] = {**plan[name], **value} if both else value
    return plan


def _hidden_widths(hidden_layer_sizes: int | Iterable[int]) -> list[int]:
    """Return the widths of the hidden layers; an int stands for one layer, as in scikit-learn."""
    widths = [hidden_layer_sizes] if isinstance(hidden_layer_sizes, int) else [int(w) for w in hidden_layer_sizes]
    if any(width < 1 for width in widths):
        raise ValueError(f"hidden_layer_sizes must be positive, not {hidden_layer_sizes!r}")
    return widths
