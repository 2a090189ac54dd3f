"""Handwritten digits on the simulator: what an encrypted training would learn, and what it would take."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from silenzio import SilenzioClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
for engine in ("approximate", "exact"):
    classifier = SilenzioClassifier((32,), engine=engine, max_iter=10, learning_rate_init=0.3, random_state=1)
    classifier.fit(X_train, y_train)
    accuracy, bootstraps = classifier.score(X_test, y_test), sum(classifier.bootstraps_.values())
    print(f"{engine} engine: test accuracy {accuracy:.1%}, {bootstraps:,} bootstraps on ciphertexts")
