"""Plots, with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from silenzio.estimator import SilenzioClassifier, SilenzioRegressor
    from silenzio.experiments import Simulation


def plot(result: Simulation | SilenzioClassifier | SilenzioRegressor, ax: Axes | None = None) -> Axes:
    """Plot a training: the accuracies of a simulation by epoch (R² of a regression), or the loss of an estimator.

    Parameters
    ----------
    result : Simulation, SilenzioClassifier or SilenzioRegressor
        The result of :func:`silenzio.simulate`, of which the mean over the seeds and their range are drawn beside the
        training in floating point. The distance between the two curves is the cost of rounding and of the noise of
        ciphertexts. Or a fitted estimator.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.
    """
    ax = _axes(ax)
    losses: Any = getattr(result, "loss_curve_", None)
    if losses is not None:
        ax.plot(range(1, len(losses) + 1), losses, label="training loss")
        classes = hasattr(result, "classes_")
        ax.set(xlabel="epoch", ylabel="cross entropy (nats)" if classes else "squared loss of scaled targets")
    else:
        curves = result.curves().groupby("epoch")
        for column, label in (("simulated", "simulated"), ("float", "floating point")):
            mean, low, high = (getattr(curves[column], name)() for name in ("mean", "min", "max"))
            (line,) = ax.plot(mean.index, mean, label=label)
            ax.fill_between(mean.index, low, high, color=line.get_color(), alpha=0.15)
        ax.set(xlabel="epoch", ylabel="accuracy" if result.measure == "accuracy" else "R²")
    ax.legend()
    return ax


def plot_noise(simulation: Simulation, ax: Axes | None = None) -> Axes:
    """Plot the noise that gradients leave in the weights, by epoch: a curve per layer, and the limit of the plan.

    Parameters
    ----------
    simulation : Simulation
        A simulation of the approximate engine. Noise depends on the plan, not on the seed.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw; a new figure if None.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    ValueError
        If the simulation is of the exact engine, whose weights have no noise.
    """
    noise = simulation.noise()
    if noise.empty:
        raise ValueError("weights of the exact engine have no noise: simulate a plan of the approximate engine")
    ax = _axes(ax)
    first = noise[noise["seed"] == noise["seed"].iloc[0]]
    for layer, curve in first.groupby("layer"):
        ax.plot(curve["epoch"], curve["noise"], label=f"layer {layer}")
    ax.axhline(first["limit"].iloc[0], color="grey", linestyle="--", label="engine.weight_noise")
    ax.set(xlabel="epoch", ylabel="noise of a weight (s.d., as a fraction of a typical weight)")
    ax.legend()
    return ax


def _axes(ax: Axes | None) -> Axes:
    """Where to draw: ``ax``, or a new figure if None."""
    import matplotlib.pyplot as plt

    return plt.subplots()[1] if ax is None else ax
