#!/usr/bin/env python3
"""Measures other systems and Silenzio on this machine: one table for each, with the differences between them.

    scripts/peers/measure.py                            # both peers, some minutes on a quiet machine
    scripts/peers/measure.py concrete-ml --features 30 --iterations 2
    scripts/peers/measure.py --quick                    # the smallest of everything, to see that it works

Peers are installed from PyPI, pinned, into virtual environments of their own below --folder, which can be deleted afterwards.
Concrete ML needs Python 3.8 to 3.12, OpenFHE's wheel Python 3.10 on Linux; interpreters are looked for in the search path and
among those of pyenv.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHONS = {"concrete-ml": ("3.11", "3.12", "3.10", "3.9", "3.8"), "openfhe": ("3.10",)}


def run(*command: str | Path) -> str:
    """What a command prints; leaves with its errors if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stderr.strip() or f'ended with status {done.returncode}'}")
    return done.stdout


def read_json(output: str) -> dict:
    """The result of a program, which is the last thing that it prints; libraries may print other lines before."""
    return json.loads(output[output.index("{") :])


def interpreter(versions: Sequence[str]) -> Path:
    """A Python of one of these versions."""
    candidates: list[Path] = []
    for version in versions:
        candidates += [Path(found)] if (found := shutil.which(f"python{version}")) else []
        candidates += sorted((Path.home() / ".pyenv/versions").glob(f"{version}.*/bin/python"))
    for candidate in candidates:
        # Shims of pyenv are there for versions that are not active, too.
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    sys.exit(f"needs Python {' or '.join(versions)}, which is not installed")


def environment(folder: Path, peer: str) -> Path:
    """The Python of a peer's environment, which is made if it is not there."""
    python = folder / peer / "bin/python"
    requirements = HERE / f"{peer}.txt"
    installed = folder / peer / "installed.txt"
    if not installed.is_file() or installed.read_text(encoding="utf-8") != requirements.read_text(encoding="utf-8"):
        print(f"installing {requirements.read_text(encoding='utf-8').strip()} into {folder / peer}", file=sys.stderr)
        run(interpreter(PYTHONS[peer]), "-m", "venv", "--clear", folder / peer)
        run(python, "-m", "pip", "install", "--quiet", "-r", requirements)
        shutil.copy(requirements, installed)
    return python


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Prints Markdown; the first row is the head."""
    for row in (rows[0], ["---"] * len(rows[0]), *rows[1:]):
        print(f"| {' | '.join(row)} |")


def logistic_regression(options: argparse.Namespace) -> None:
    """Training on the breast cancer data by Concrete ML and by the approximate engine."""
    python = environment(options.folder, "concrete-ml")
    features, iterations = (1, 1) if options.quick else (options.features, options.iterations)
    steps = "2" if options.quick else "50"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = folder / "plan.toml"
        columns = json.dumps(list(range(features)))
        plan.write_text(
            f'[data]\nfile = "{ROOT}/data/breast_cancer.csv"\ncolumns = {columns}\n'
            "[model]\nhidden = []\n[training]\nepochs = 2\nbatch = 8\nlearning_rate = 0.8\n"
            '[engine]\nkind = "approximate"\nweight_noise = 1.0\n',
            encoding="utf-8",
        )
        run(options.silenzio, "export", plan, "--out", folder / "data")
        ours = json.loads(run(options.silenzio, "rehearse", plan, "--steps", steps, "--json"))
        simulated = json.loads(run(options.silenzio, "simulate", plan, "--json"))
        theirs = read_json(run(python, HERE / "concrete_ml.py", folder / "data", str(iterations)))
    print(f"Logistic regression of breast cancer, {features} of 30 features, on ciphertexts:\n")
    cost = ours["cost"]
    silenzio_cost = cost["training_seconds"] * cost["threads"] / cost["samples"]
    print_table(
        [
            ["", "Concrete ML 1.9.0", "Silenzio, approximate engine"],
            ["core-seconds a sample", f"{theirs['core_seconds_per_sample']:.3g}", f"{silenzio_cost:.3g}"],
            ["samples trained on", str(theirs["samples"]), str(cost["samples"])],
            [
                "test accuracy without encryption",
                f"{theirs['accuracy_after_100_iterations_in_the_clear']:.1%} after 800 samples",
                f"{simulated['mean_simulated_accuracy']:.1%} after 910 samples",
            ],
            ["loss", "one sigmoid", "softmax of two classes"],
            ["numbers", f"integers of {theirs['bits']} bits", "4-bit inputs; real weights with noise"],
            [
                "probability of a wrong look-up",
                f"{theirs['error_probability']:g}",
                "none is looked up; noise is added, see docs/noise.md",
            ],
        ]
    )
    print(
        "\nAlike: samples, split, scaling, batches of 8, machine, 128 bits of security by each one's own estimate. Not alike: all "
        "rows from *loss* on. Keys and compilation are not in the times. Concrete ML's core-seconds are the CPU time of "
        "its process; ours are seconds by threads.\n"
    )


def bootstrap(options: argparse.Namespace) -> None:
    """A CKKS bootstrap by OpenFHE, and bootstraps of TFHE by Silenzio."""
    python = environment(options.folder, "openfhe")
    quick = ["--quick"] if options.quick else []
    theirs = read_json(run(python, HERE / "openfhe_bootstrap.py", *quick))
    plan = ROOT / "plans/iris_approximate.toml"
    ours = json.loads(run(options.silenzio, "rehearse", plan, "--steps", "1" if options.quick else "6", "--json"))
    cost = ours["cost"]
    bootstraps = sum(cost["operations"]["bootstraps"].values())
    silenzio_cost = 1000 * cost["training_seconds"] * cost["threads"] / bootstraps
    print("A bootstrap:\n")
    print_table(
        [
            ["", "OpenFHE 1.6.1, CKKS", "Silenzio, TFHE"],
            ["values at once", f"{theirs['values']:,}", "1 (8 side by side)"],
            ["core-milliseconds a value", f"{theirs['core_milliseconds_per_value']:.3g}", f"{silenzio_cost:.3g}"],
            ["seconds until the first value is there", f"{theirs['seconds']:.3g}", "that of 8 values"],
            ["computes", "nothing: it refreshes", "any function of the value, up to six at once"],
            ["multiplications until the next", str(theirs["levels_left"]), "sums only"],
            ["bits of precision", f"{theirs['bits_of_precision']:.0f}", "about 4 to 8, by the plan"],
            ["memory", f"{theirs['peak_memory_gb']:.1f} GB", f"{cost['key_bytes'] / 1e9:.1f} GB of keys"],
        ]
    )
    print(
        f"\nAlike: machine; {'**no security, since --quick was given**' if options.quick else '128 bits of security by each own estimate'}. "
        f"Not alike: everything else. OpenFHE's ring has dimension {theirs['ring']:,}, a uniform ternary secret, and all slots in "
        "use: with fewer values, a value costs more. Silenzio's time is that of steps of `iris_approximate`, with external products "
        "and all else that is in a step, divided by their bootstraps.\n"
    )


PEERS = {"concrete-ml": logistic_regression, "openfhe": bootstrap}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"{' or '.join(PEERS)} (default: both)")
    parser.add_argument(
        "--features", type=int, default=4, metavar="N", help="features of breast cancer, 1 to 30 (default 4)"
    )
    parser.add_argument("--iterations", type=int, default=1, metavar="N", help="Concrete ML's batches of 8 (default 1)")
    parser.add_argument("--quick", action="store_true", help="the smallest of everything; the numbers mean nothing")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "target/peers", help="for environments (default target/peers)"
    )
    parser.add_argument("--silenzio", type=Path, default=ROOT / "target/release/silenzio", help="the program")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    for peer in options.peers:
        if peer not in PEERS:
            parser.error(f"{peer}: must be one of {', '.join(PEERS)}")
    if not 1 <= options.features <= 30 or options.iterations < 1:
        parser.error("--features must be between 1 and 30, --iterations at least 1")
    if not options.silenzio.is_file():
        parser.error(f"{options.silenzio} does not exist: build it by `cargo build --release`, or name it by --silenzio")
    for peer in options.peers or PEERS:
        PEERS[peer](options)


if __name__ == "__main__":
    main()
