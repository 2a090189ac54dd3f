"""A grid search over the bits of inputs, activations and deltas."""

import pandas as pd
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV

from silenzio import SilenzioClassifier

X, y = load_wine(return_X_y=True)
classifier = SilenzioClassifier(max_iter=20, random_state=1, n_jobs=1)
search = GridSearchCV(classifier, {"bits": [2, 3, 4, 5], "hidden_layer_sizes": [(4,), (8,)]}, n_jobs=2, cv=5)
search.fit(X, y)
table = pd.DataFrame(search.cv_results_)
print(table[["param_bits", "param_hidden_layer_sizes", "mean_test_score", "std_test_score"]].to_string(index=False))
print("best:", search.best_params_)
