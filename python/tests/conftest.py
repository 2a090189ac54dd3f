"""Data and programs that tests share."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session", autouse=True)
def interruptible():
    """Interruptions raise KeyboardInterrupt, even in a job in the background, for which a shell has them ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def silenzio():
    """The command line, as a function of its arguments: $SILENZIO, or what `cargo build --release` made."""
    named = os.environ.get("SILENZIO", ROOT / "target/release/silenzio")
    program = shutil.which(named)
    if program is None:
        pytest.fail(f"{named} is missing: run `cargo build --release`, or set SILENZIO to the program")

    def run(*arguments, cwd=None):
        command = [program, *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def corners():
    """Eight samples of two features in two classes, which take seconds on ciphertexts."""
    rng = np.random.default_rng(0)
    y = np.arange(8) % 2
    return np.column_stack([y * 0.8, 1.0 - y]) + rng.uniform(0, 0.2, (8, 2)), y
