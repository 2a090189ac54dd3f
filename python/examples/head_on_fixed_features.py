"""A trained head on random features of MNIST, beside scikit-learn's head on the same features.

The features are those of a fixed network: PCA, then a layer of random weights with ReLUs. A client computes them in
the clear; only the head is trained on ciphertexts. MNIST must be fetched once, by ``scripts/fetch_data.py mnist``;
without it, scikit-learn's digits are used instead.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from silenzio import SilenzioClassifier

MNIST = Path(__file__).parents[2] / "data/mnist"
TRAIN, TEST = 6000, 2000


def mnist(part: str, count: int) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Read the first images of a part of MNIST, as rows of pixels, and their digits; headers have 16 and 8 bytes."""
    images = np.fromfile(MNIST / f"{part}-images-idx3-ubyte", np.uint8, count * 784, offset=16)
    return images.reshape(count, 784) / 255.0, np.fromfile(
        MNIST / f"{part}-labels-idx1-ubyte", np.uint8, count, offset=8
    )


if MNIST.exists():
    (X_train, y_train), (X_test, y_test) = mnist("train", TRAIN), mnist("t10k", TEST)
else:
    print(f"{MNIST} does not exist: these are the digits of scikit-learn. To get MNIST: scripts/fetch_data.py mnist")
    X_train, X_test, y_train, y_test = train_test_split(*load_digits(return_X_y=True), random_state=0)

pca = PCA(30, whiten=True, random_state=0).fit(X_train)
projection = np.random.default_rng(0).normal(size=(30, 100)) / np.sqrt(30)
train, test = (np.maximum(pca.transform(part) @ projection, 0) for part in (X_train, X_test))

head = SilenzioClassifier((), max_iter=10, learning_rate_init=0.5, random_state=1).fit(train, y_train)
reference = LogisticRegression(max_iter=1000).fit(train, y_train)
print(f"head on ciphertexts, simulated: {head.score(test, y_test):.1%}, {sum(head.bootstraps_.values()):,} bootstraps")
print(f"scikit-learn's logistic regression: {reference.score(test, y_test):.1%}")
