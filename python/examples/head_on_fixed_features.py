"""A trained head on features of a fixed network, beside scikit-learn's head on the same features.

The features are random: PCA, then a layer of random weights with ReLUs. A client computes them in the clear; only
the head is trained on ciphertexts. Digits stand for MNIST, which would have to be fetched.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from silenzio import SilenzioClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
pca = PCA(30, whiten=True, random_state=0).fit(X_train)
projection = np.random.default_rng(0).normal(size=(30, 100)) / np.sqrt(30)
train, test = (np.maximum(pca.transform(part) @ projection, 0) for part in (X_train, X_test))

head = SilenzioClassifier((), max_iter=10, learning_rate_init=0.5, random_state=1).fit(train, y_train)
reference = LogisticRegression(max_iter=1000).fit(train, y_train)
print(f"head on ciphertexts, simulated: {head.score(test, y_test):.1%}, {sum(head.bootstraps_.values()):,} bootstraps")
print(f"scikit-learn's logistic regression: {reference.score(test, y_test):.1%}")
