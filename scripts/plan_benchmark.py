#!/usr/bin/env python3
"""Compares plans that `silenzio plan` finds with PyTorch tuned by hand, on eight small data sets.

    scripts/plan_benchmark.py --out FOLDER          # needs NumPy, scikit-learn and PyTorch

Iris, wine, breast cancer and digits are those of scikit-learn; the others are made by it: moons, circles, Gaussian
quantiles and a classification with noise. Plan and PyTorch are both tuned on validation samples of the splits of seed 1
and those after it, and judged on the test samples of fresh splits. Of the four real tables these hold samples that other splits
were tuned on; of the four made ones they are in a file of their own that nothing was tuned on. Searches and evaluations that are
there already are not done again.
"""

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import program
import torch
from sklearn import datasets
from torch import nn

# What people try by hand: hidden layers, learning rates of Adam, epochs.
HIDDEN = [[16], [64]]
RATES = [0.003, 0.01]
EPOCHS = [20, 60]
BATCH = 16

# Splits that PyTorch is tuned on, and the first of those that both are judged on.
TUNED_ON = [1, 2, 3]
FRESH = 101


def made(name: str, samples: int, state: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples of a data set that scikit-learn makes; the same data set for each state."""
    if name == "moons":
        return datasets.make_moons(samples, noise=0.2, random_state=state)
    if name == "circles":
        return datasets.make_circles(samples, noise=0.1, factor=0.5, random_state=state)
    if name == "quantiles":
        return datasets.make_gaussian_quantiles(n_samples=samples, n_features=5, n_classes=3, random_state=state)
    # Its clusters depend on the state: one draw is divided.
    inputs, labels = datasets.make_classification(
        n_samples=1_400, n_features=12, n_informative=6, n_classes=3, flip_y=0.05, class_sep=1.5, random_state=0
    )
    return (inputs[:400], labels[:400]) if state == 0 else (inputs[400:], labels[400:])


REAL = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
}
MADE = ["moons", "circles", "quantiles", "classification"]


def write(path: Path, inputs: np.ndarray, labels: np.ndarray) -> None:
    """A table with names for its columns, the label last."""
    names = [f"x{column}" for column in range(inputs.shape[1])]
    rows = [",".join([*map(repr, map(float, row)), f"c{label}"]) for row, label in zip(inputs, labels)]
    path.write_text("\n".join([",".join([*names, "label"]), *rows]) + "\n", encoding="utf-8")


def tables(folder: Path) -> dict[str, list[str]]:
    """Write all tables, and return the options of the search for each."""
    told = {}
    for name, load in REAL.items():
        data = load()
        write(folder / f"{name}.csv", data.data, data.target)
        told[name] = []
    for name in MADE:
        write(folder / f"{name}.csv", *made(name, 400, 0))
        write(folder / f"{name}_test.csv", *made(name, 1_000, 1))
        told[name] = [f"data.test_file={name}_test.csv"]
    return told


def command(options: argparse.Namespace, *arguments: str) -> str:
    """What the program prints, in the folder of the tables."""
    done = subprocess.run(
        [options.silenzio, *arguments, "--threads", str(options.threads)],
        cwd=options.out,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"silenzio {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def kept(path: Path, make) -> str:
    """The text of a file, made if it is not there."""
    if not path.is_file():
        path.write_text(make(), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def arrays(options: argparse.Namespace, plan: str, seed: int, *changes: str) -> list[torch.Tensor]:
    """Training inputs and labels, then those to judge by."""
    with tempfile.TemporaryDirectory() as folder:
        changed = program.set_options([f"training.seed={seed}", *changes])
        command(options, "export", plan, "--out", folder, *changed)
        names = ["train_inputs", "train_labels", "test_inputs", "test_labels"]
        return [torch.from_numpy(np.load(Path(folder, f"{name}.npy"))) for name in names]


def trained(data: list[torch.Tensor], hidden: list[int], rate: float, epochs: int, seed: int) -> float:
    """The accuracy of a network that PyTorch trains with Adam."""
    torch.manual_seed(seed)
    inputs, labels, test_inputs, test_labels = data
    mean, deviation = inputs.mean(0), inputs.std(0) + 1e-6
    inputs, test_inputs = (inputs - mean) / deviation, (test_inputs - mean) / deviation
    widths = [inputs.shape[1], *hidden, int(labels.max()) + 1]
    layers = [layer for pair in zip(widths, widths[1:]) for layer in (nn.Linear(*pair), nn.ReLU())]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, weight_decay=1e-4)
    for _ in range(epochs):
        for numbers in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs[numbers]), labels[numbers]).backward()
            optimizer.step()
    with torch.no_grad():
        return (model(test_inputs).argmax(1) == test_labels).double().mean().item()


def by_hand(options: argparse.Namespace, plan: str) -> dict:
    """The best of the grid on validation samples, and its accuracies on fresh splits."""
    validation = [(seed, arrays(options, plan, seed, "data.validation_fraction=0.25")) for seed in TUNED_ON]
    fresh = range(FRESH, FRESH + options.seeds)

    def on_validation(point: tuple) -> float:
        return statistics.fmean(trained(data, *point, seed) for seed, data in validation)

    hidden, rate, epochs = max(itertools.product(HIDDEN, RATES, EPOCHS), key=on_validation)
    accuracies = [trained(arrays(options, plan, seed), hidden, rate, epochs, seed) for seed in fresh]
    return {"hidden": hidden, "rate": rate, "epochs": epochs, "accuracies": accuracies}


def row(options: argparse.Namespace, name: str, told: list[str]) -> list[str]:
    """One line of the table."""
    folder, plan = options.out, f"{name}.toml"
    search = ["plan", f"{name}.csv", "--candidates", str(options.candidates), *program.set_options(told)]
    kept(folder / plan, lambda: command(options, *search))
    simulate = ["simulate", plan, "--json", "--seeds", str(options.seeds), "--set", f"training.seed={FRESH}"]
    simulated = json.loads(kept(folder / f"{name}.json", lambda: command(options, *simulate)))
    hand = json.loads(kept(folder / f"{name}_torch.json", lambda: json.dumps(by_hand(options, plan))))
    seeds = simulated["seeds"]
    found = [seed["simulated_accuracies"][-1] for seed in seeds]
    differences = [100 * (ours - theirs) for ours, theirs in zip(found, hand["accuracies"])]
    error = statistics.stdev(differences) / len(differences) ** 0.5
    wrapped = sum(bool(seed["wrapped"]) for seed in seeds)
    training = simulated["plan"]["training"]
    bootstraps = statistics.fmean(sum(seed["operations"]["bootstraps"].values()) for seed in seeds)
    return [
        f"`{name}`",
        f"{simulated['network']}, {training['epochs']} x {training['batch']}",
        f"{statistics.fmean(hand['accuracies']):.2%}",
        f"{simulated['mean_float_accuracy']:.2%}",
        f"{simulated['mean_simulated_accuracy']:.2%}",
        f"{statistics.fmean(differences):+.2f} ± {error:.2f}",
        f"{wrapped} of {len(seeds)}",
        f"{max(seed['largest_input'] for seed in seeds):.2f}",
        f"{bootstraps:,.0f}",
    ]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="tables, plans and results go there")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="fresh splits (default 5)")
    parser.add_argument("--candidates", type=int, default=24, metavar="N", help="of each search (default 24)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads of the program and of PyTorch")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this data set")
    parser.add_argument("--silenzio", type=Path, default=program.BUILT, help="the program (default: the release build)")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds must be at least 2")
    options.silenzio = options.silenzio.resolve()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    head = [
        "data", "network, epochs x batch", "PyTorch by hand", "float, same plan", "simulated",
        "simulated - by hand, points", "trainings that wrapped", "largest input, of 0.25", "bootstraps in all",
    ]  # fmt: skip
    lines = [head, ["---"] * len(head)]
    for name, told in tables(options.out).items():
        if not options.only or name in options.only:
            lines.append(row(options, name, told))
            print(f"{name} done", file=sys.stderr)
    print("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


if __name__ == "__main__":
    main()
