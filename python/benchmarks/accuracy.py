"""Accuracy of the default parameters beside scikit-learn's MLPClassifier of the same size with SGD.

    python benchmarks/accuracy.py [--seeds N] [--engine approximate] [--json FILE]

Each seed draws its own split into 75% training and 25% test samples, the same for both. The MLPClassifier gets scaled
inputs (StandardScaler), as its documentation asks for, and is trained to convergence: SGD with momentum, a learning
rate of 0.05, up to 500 epochs. SilenzioClassifier has its defaults, except for the width of the hidden layer.
"""

import argparse
import json
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_moons,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from silenzio import SilenzioClassifier, SilenzioWarning


class Set(NamedTuple):
    """A data set, inputs and classes, with the width of the hidden layer."""

    samples: tuple[NDArray[np.float64], NDArray[np.int64]]
    width: int


SETS = {
    "iris": Set(load_iris(return_X_y=True), 8),
    "wine": Set(load_wine(return_X_y=True), 8),
    "breast cancer": Set(load_breast_cancer(return_X_y=True), 8),
    "digits": Set(load_digits(return_X_y=True), 32),
    "moons": Set(make_moons(1000, noise=0.2, random_state=0), 16),
    "classification": Set(
        make_classification(2000, 20, n_informative=8, n_classes=3, class_sep=1.5, random_state=0), 16
    ),
}


def accuracies(data: Set, seed: int, **parameters: object) -> tuple[float, float]:
    """Test accuracies of MLPClassifier and of SilenzioClassifier on the split of a seed."""
    X, y = data.samples
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=seed)
    mlp = make_pipeline(
        StandardScaler(),
        MLPClassifier(
            (data.width,),
            solver="sgd",
            learning_rate_init=0.05,
            max_iter=500,
            batch_size=32,
            random_state=seed,
        ),
    )
    classifier = SilenzioClassifier((data.width,), random_state=seed, **parameters)  # type: ignore[arg-type]
    return (
        mlp.fit(X_train, y_train).score(X_test, y_test),
        classifier.fit(X_train, y_train).score(X_test, y_test),
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many splits (default 5)")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first split (default 0)")
    parser.add_argument("--engine", default="approximate", choices=["approximate", "exact"])
    parser.add_argument("--json", type=Path, help="write the results to this file")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.simplefilter("ignore", SilenzioWarning)
    results = {}
    print(f"{'data':16}{'MLPClassifier':>15}{'Silenzio':>10}{'difference':>12}")
    for name, data in SETS.items():
        means = np.mean(
            [
                accuracies(data, seed, engine=options.engine)
                for seed in range(options.first, options.first + options.seeds)
            ],
            axis=0,
        )
        mlp, silenzio = (100 * float(mean) for mean in means)
        results[name] = {"mlp": mlp, "silenzio": silenzio}
        print(f"{name:16}{mlp:14.2f}%{silenzio:9.2f}%{silenzio - mlp:+11.2f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
