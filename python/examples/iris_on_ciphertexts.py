"""Iris on ciphertexts, in one process: a few steps of the approximate engine, beside the simulator."""

from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from silenzio import SilenzioClassifier

X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=48, stratify=y, random_state=0)
for backend in ("simulator", "tfhe"):
    # A hidden layer and more epochs take minutes on ciphertexts: this is softmax regression.
    classifier = SilenzioClassifier(
        (), backend=backend, max_iter=2, learning_rate_init=2.0, random_state=1, progress="auto"
    )
    classifier.fit(X_train, y_train)
    print(f"{backend}: test accuracy {classifier.score(X_test, y_test):.1%}, loss {classifier.loss_:.3f}")
