"""Iris by an estimator with scikit-learn's interface."""

from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from silenzio import SilenzioClassifier

X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
# backend="tfhe" makes keys, trains on ciphertexts and decrypts: with max_iter=8, in about a minute.
classifier = SilenzioClassifier(hidden_layer_sizes=(8,), backend="simulator", random_state=1)
classifier.fit(X_train, y_train)
print(f"test accuracy {classifier.score(X_test, y_test):.1%}, bootstraps {classifier.bootstraps_}")
