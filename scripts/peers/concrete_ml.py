"""Encrypted logistic regression by Concrete ML: the cost of iterations on batches of 8. Prints JSON.

    concrete_ml.py DATA ITERATIONS

DATA is a folder that `silenzio export` wrote. Number formats, batch size, learning rate and error probability are Concrete ML's own.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from concrete.ml.sklearn import SGDClassifier


def main(data: str, iterations: str) -> None:
    """Compiles, makes keys, and trains in the clear and on ciphertexts."""
    train, test = (
        (np.load(Path(data, f"{part}_inputs.npy")).astype(float), np.load(Path(data, f"{part}_labels.npy")))
        for part in ("train", "test")
    )
    steps = int(iterations)

    def fit(number: int, fhe: str) -> tuple[SGDClassifier, float, float]:
        """A model after so many iterations, with the seconds and core-seconds that they took."""
        model = SGDClassifier(fit_encrypted=True, parameters_range=(-1.0, 1.0), max_iter=number, random_state=1)
        # After a first fit, the circuit is compiled and has keys, so that only the iterations are timed.
        model.max_iter = 1
        model.fit(*train, fhe="disable")
        module = model.training_quantized_module
        if fhe == "execute":
            module.fhe_circuit.keygen()
        model._get_training_quantized_module = lambda *_, **__: module
        model.max_iter = number
        start, cpu = time.perf_counter(), time.process_time()
        model.fit(*train, fhe=fhe)
        return model, time.perf_counter() - start, time.process_time() - cpu

    clear, _, _ = fit(100, "disable")
    model, seconds, core_seconds = fit(steps, "execute")
    samples = steps * model.batch_size
    print(
        json.dumps(
            {
                "samples": samples,
                "seconds": seconds,
                "core_seconds_per_sample": core_seconds / samples,
                "accuracy_after_100_iterations_in_the_clear": float(clear.score(*test)),
                "bits": model.n_bits_training,
                "error_probability": model.training_p_error,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
