#!/usr/bin/env python3
"""The table of results: the accuracy of each plan on the simulator, and what it would take on ciphertexts.

    scripts/torch_baseline.py plans/*.toml --json baseline.json     # with PyTorch
    scripts/results_table.py plans/*.toml --baseline baseline.json

Accuracies, and R² of regressions, are those of `silenzio simulate`, cost and memory those that `silenzio estimate` expects on this machine:
extrapolated from the time of single bootstraps. Needs nothing but Python and the program.
"""

import argparse
import hashlib
import json
import statistics
import sys
from pathlib import Path

import program

HEAD = [
    "plan",
    "network",
    "engine",
    "epochs",
    "batch",
    "PyTorch",
    "simulated",
    "worst to best",
    "bootstraps a sample",
    "core-seconds a sample, extrapolated",
    "core-hours in all, extrapolated",
    "server memory",
]


def simulated(options: argparse.Namespace, plan: Path, changes: list[str]) -> dict:
    """The simulation of a plan; the one that is kept, if plan, seeds and changes are still the same."""
    # Simulations run on one thread, since with more the order in which the approximate simulator draws its noise varies.
    arguments = ["--seeds", str(options.seeds), "--threads", "1", *changes]

    def simulate() -> dict:
        return json.loads(program.run(options.silenzio, "simulate", plan, *arguments, "--json"))

    if options.keep is None:
        return simulate()
    made_of = plan.read_bytes() + json.dumps(arguments).encode()
    kept = options.keep / f"{plan.stem}-{hashlib.sha256(made_of).hexdigest()[:8]}.json"
    if not kept.is_file():
        options.keep.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(simulate(), indent=2) + "\n", encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def three_digits(number: float) -> str:
    """A number with three digits, or without decimals."""
    return f"{number:.3g}" if number < 100 else f"{number:,.0f}"


def bootstraps(estimate: dict) -> int:
    """The bootstraps of a step."""
    return sum(estimate["operations_per_step"]["bootstraps"].values())


def row(plan: Path, simulation: dict, estimate: dict, baseline: float | None) -> list[str]:
    """One line of the table."""
    training = simulation["plan"]["training"]
    regression = program.is_regression(simulation["plan"])
    if regression:
        last = [seed["simulated_scores"][-1]["r2"] for seed in simulation["seeds"]]
    else:
        last = [seed["simulated_accuracies"][-1] for seed in simulation["seeds"]]
    mean, worst, best = (program.shown(number, regression) for number in (statistics.fmean(last), min(last), max(last)))
    batch = training["batch"]
    core_seconds = estimate["seconds_per_step"] * estimate["threads"] / batch
    return [
        f"`{plan.stem}`",
        simulation["network"],
        simulation["plan"]["engine"]["kind"],
        str(training["epochs"]),
        str(batch),
        "" if baseline is None else program.shown(baseline, regression),
        mean,
        f"{worst} to {best}",
        f"{bootstraps(estimate) / batch:,.0f}",
        three_digits(core_seconds),
        three_digits(estimate["seconds"] * estimate["threads"] / 3600),
        f"{estimate['server_memory_bytes'] / 1e9:.1f} GB",
    ]


def main() -> None:
    """The command line."""
    parser = program.parser(__doc__)
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="what torch_baseline.py --json wrote")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep simulations there, for `silenzio report`, and do none twice"
    )
    options = program.parsed(parser)

    baselines = {}
    if options.baseline:
        results = json.loads(options.baseline.read_text(encoding="utf-8"))["results"]
        baselines = {Path(result["plan"]).stem: result["mean"] for result in results}
    changes = program.set_options(options.set)
    lines = [HEAD, ["---"] * len(HEAD)]
    for plan in options.plans:
        simulation = simulated(options, plan, changes)
        estimate = json.loads(program.run(options.silenzio, "estimate", plan, *changes, "--json"))
        lines.append(row(plan, simulation, estimate, baselines.get(plan.stem)))
        print(f"{plan.stem} done", file=sys.stderr)
    print("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


if __name__ == "__main__":
    main()
