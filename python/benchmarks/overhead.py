"""Memory and time that `fit` takes beyond what the Rust library needs, on large arrays.

    cargo build --release -p silenzio-benches --bin fit_arrays
    python benchmarks/overhead.py [--samples N] [--features N] [--repeats N]

Each case, a precision and an order in memory, is a process of its own. Memory is what the process grows by in `fit` at
its highest, and should be one copy of the inputs in 32 bits. Time is that of the whole `fit`, beside that of a Rust
program (`benches/src/bin/fit_arrays.rs`) that scales, trains and computes the loss curve on the same samples in 32
bits, and has to come to the same weights. Both are the least of some repetitions, which take turns.
"""

import argparse
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silenzio import SilenzioClassifier, SilenzioWarning

ROOT = Path(__file__).resolve().parents[2]
CASES = [(dtype, order) for dtype in ("float64", "float32") for order in ("C", "F")]


def samples(count: int, features: int, dtype: str, order: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Give inputs by a formula, in single precision whatever they are stored in, and their classes."""
    X: NDArray[Any] = np.empty((count, features), dtype=dtype, order="F" if order == "F" else "C")
    factors = 2 * np.arange(features) + 1
    for start in range(0, count, 1000):
        numbers = np.arange(start, min(start + 1000, count))
        X[numbers] = (numbers[:, None] * factors * 0.618033988749895 % 1.0).astype(np.float32)
    return X, (X[:, 0].astype(np.float32) + X[:, 1].astype(np.float32) > 1).astype(np.int64)


def memory(field: str) -> int:
    """Give a number of bytes that Linux says of this process: VmRSS is what it has, VmHWM the most that it had."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def classifier(threads: int) -> SilenzioClassifier:
    """Make an estimator of one epoch, with the defaults otherwise."""
    return SilenzioClassifier((8,), max_iter=1, random_state=1, n_jobs=threads)


def case(count: int, features: int, threads: int, dtype: str, order: str) -> None:
    """Fit once, and print what it took as JSON."""
    warnings.simplefilter("ignore", SilenzioWarning)
    X, y = samples(count, features, dtype, order)
    # Whatever is loaded when it is first used is loaded now.
    classifier(threads).fit(X[:100], y[:100])
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # VmHWM begins anew.
    before = memory("VmRSS")
    start = time.perf_counter()
    fitted = classifier(threads).fit(X, y)
    seconds = time.perf_counter() - start
    weights = [np.vstack([w, b]).ravel() for w, b in zip(fitted.coefs_, fitted.intercepts_, strict=True)]
    result = {"seconds": seconds, "bytes": memory("VmHWM") - before, "plan": fitted.plan_}
    print(json.dumps({**result, "weights": np.concatenate(weights).astype(float).tolist()}))


def measure(command: list[str], stdin: str = "") -> dict[str, Any]:
    """Give the JSON that a command prints."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/fit_arrays", help="the Rust program")
    parser.add_argument("--case", nargs=2, metavar=("DTYPE", "ORDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = (options.samples, options.features, options.threads)
    if options.case:
        case(*sizes, *options.case)
        return
    if not options.program.is_file():
        parser.error(f"{options.program} is missing: cargo build --release -p silenzio-benches --bin fit_arrays")
    numbers = [str(size) for size in sizes]
    flags = ["--samples", numbers[0], "--features", numbers[1], "--threads", numbers[2]]
    rust: list[dict[str, Any]] = []
    python: dict[tuple[str, str], list[dict[str, Any]]] = {case: [] for case in CASES}
    for _ in range(options.repeats):
        for dtype, order in CASES:
            python[dtype, order].append(measure([sys.executable, __file__, *flags, "--case", dtype, order]))
        plan = json.dumps(python[CASES[0]][0]["plan"])
        rust.append(measure([str(options.program), *numbers], plan))
    least = min(run["seconds"] for run in rust)
    single = options.samples * options.features * 4
    print(f"{numbers[0]} x {numbers[1]}; one copy in 32 bits: {single / 1e6:.1f} MB; Rust: {least:.2f} s\n")
    print("| inputs | order | memory of `fit` | copies in 32 bits | seconds | over Rust |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (dtype, order), runs in python.items():
        if any(run["weights"] != rust[0]["weights"] for run in runs):
            sys.exit(f"{dtype}, order {order}: the weights are not those of the Rust program")
        most, seconds = max(run["bytes"] for run in runs), min(run["seconds"] for run in runs)
        cells = [dtype, order, f"{most / 1e6:.1f} MB", f"{most / single:.2f}", f"{seconds:.2f}"]
        print(f"| {' | '.join(cells)} | {seconds / least - 1:+.1%} |")


if __name__ == "__main__":
    main()
