#!/usr/bin/env python3
"""Compares the reading of tables with scikit-learn and pandas.

    check_tables.py [--silenzio PROGRAM] [--rows N] [--columns N]

Numeric inputs must equal those of MinMaxScaler to 1e-12 before they are rounded to single precision, and text inputs
those of OneHotEncoder(handle_unknown="ignore"). Then a table of N rows is read by the program and by pandas with its
pyarrow engine, alternately, and the ratio of the best times is printed, with the program's peak memory. Needs numpy,
pandas, pyarrow and scikit-learn.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from program import BUILT
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

PLAN = '[data]\nfile = "train.csv"\ntest_file = "test.csv"\nlabel_column = "kind"\n'


def exported(silenzio: Path, train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The inputs that the program makes of two tables, and their names."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
        command = [silenzio, "export", folder / "plan.toml", "--out", folder / "out"]
        subprocess.run(command, check=True, capture_output=True)
        arrays = [np.load(folder / "out" / f"{part}_inputs.npy") for part in ("train", "test")]
        return *arrays, json.loads((folder / "out/plan.json").read_text(encoding="utf-8"))["features"]


def check_scaling(silenzio: Path, generator: np.random.Generator) -> None:
    """Numbers of many magnitudes, against MinMaxScaler."""
    scales = 10.0 ** np.arange(-12, 13)
    table = lambda rows: pd.DataFrame(generator.normal(size=(rows, len(scales))) * scales).add_prefix("x")
    train, test = table(500), table(200)
    scaler = MinMaxScaler(clip=True).fit(train)
    labels = lambda frame: frame.assign(kind=np.arange(len(frame)) % 2)
    ours = exported(silenzio, labels(train), labels(test))[:2]
    for found, frame in zip(ours, (train, test)):
        expected = scaler.transform(frame)
        # The rounding of anything between the two ends to single precision.
        low, high = (expected - 1e-12).astype(np.float32), (expected + 1e-12).astype(np.float32)
        wrong = int(((found < low) | (found > high)).sum())
        print(f"scaling     {found.size} values, {wrong} further than 1e-12 from MinMaxScaler")
        if wrong:
            sys.exit("the scaling differs")


def check_categories(silenzio: Path, generator: np.random.Generator) -> None:
    """Text, of which some is only in the test table, against OneHotEncoder."""
    words = np.array(["red", "Blue", "dark, green", "ähre", "x y", "zz"])
    draw = lambda rows, known: pd.DataFrame({name: words[generator.integers(0, known, rows)] for name in "pq"})
    train, test = draw(300, 5), draw(100, 6)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train)
    labels = lambda frame: frame.assign(kind=np.arange(len(frame)) % 2)
    *ours, names = exported(silenzio, labels(train), labels(test))
    expected_names = [f"{c}={v}" for c, values in zip("pq", encoder.categories_) for v in values]
    for found, frame in zip(ours, (train, test)):
        equal = names == expected_names and np.array_equal(found, encoder.transform(frame))
        print(f"categories  {found.size} inputs, {'equal to' if equal else 'other than'} those of OneHotEncoder")
        if not equal:
            sys.exit("the categories differ")


def peak_memory(silenzio: Path, file: Path) -> float:
    """The peak memory of reading a table, in MB; asked of a small process, as a child counts that of its parent."""
    ask = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask, silenzio, "inspect", file, "--json"], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def check_speed(silenzio: Path, generator: np.random.Generator, rows: int, columns: int) -> None:
    """Alternate runs, the best of each."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "table.csv")
        table = pd.DataFrame(generator.normal(size=(rows, columns))).add_prefix("x").assign(kind=np.arange(rows) % 3)
        table.to_csv(file, index=False)
        ours, theirs = [], []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([silenzio, "inspect", file, "--json"], check=True, capture_output=True)
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            pd.read_csv(file, engine="pyarrow")
            theirs.append(time.perf_counter() - start)
        memory = peak_memory(silenzio, file)
        print(
            f"reading     {rows} x {columns}, {file.stat().st_size / 1e6:.0f} MB: {min(ours):.2f} s, pandas "
            f"{min(theirs):.2f} s, ratio {min(ours) / min(theirs):.2f}; peak memory {memory:.0f} MB"
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--silenzio", type=Path, default=BUILT, help="the program (default: the release build)")
    parser.add_argument("--rows", type=int, default=300_000, metavar="N")
    parser.add_argument("--columns", type=int, default=30, metavar="N")
    options = parser.parse_args()
    generator = np.random.default_rng(1)
    check_scaling(options.silenzio, generator)
    check_categories(options.silenzio, generator)
    check_speed(options.silenzio, generator, options.rows, options.columns)


if __name__ == "__main__":
    main()
