#!/usr/bin/env python3
"""The gain of averaging the last models of a training: the accuracy of the average and of the last model, simulated.

    scripts/averages_table.py plans/iris*.toml plans/breast_cancer*.toml plans/digits*.toml --seeds 20

Snapshots are taken at equal distances in the last part of the steps. The gain is a mean over the seeds, each of which
has both accuracies; its standard error is that of this mean. Needs nothing but Python and the program.
"""

import argparse
import json
import statistics
from pathlib import Path

import program

HEAD = ["plan", "network", "engine", "steps", "snapshot every", "last model", "average", "gain in points", "better, worse"]


def simulate(options: argparse.Namespace, plan: Path, *arguments: str) -> dict:
    """Simulate a plan with these options, on one thread, so that the result can be reproduced."""
    changes = program.set_options(options.set)
    return json.loads(program.run(options.silenzio, "simulate", plan, *arguments, *changes, "--threads", "1", "--json"))


def row(options: argparse.Namespace, plan: Path) -> list[str]:
    """One line of the table."""
    steps = simulate(options, plan)["seeds"][0]["steps"]
    every = max(1, round(options.part * steps / options.snapshots))
    snapshots = ["--snapshots", str(options.snapshots), "--snapshot-steps", str(every)]
    simulation = simulate(options, plan, "--seeds", str(options.seeds), *snapshots)
    gains = [100 * (seed["averaged_accuracy"] - seed["simulated_accuracies"][-1]) for seed in simulation["seeds"]]
    error = statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
    return [
        f"`{plan.stem}`",
        simulation["network"],
        simulation["plan"]["engine"]["kind"],
        f"{steps:,}",
        f"{every:,} steps",
        f"{simulation['mean_simulated_accuracy']:.2%}",
        f"{simulation['mean_averaged_accuracy']:.2%}",
        f"{statistics.fmean(gains):+.2f} ± {error:.2f}",
        f"{sum(gain > 0 for gain in gains)}, {sum(gain < 0 for gain in gains)} of {len(gains)}",
    ]


def main() -> None:
    """The command line."""
    parser = program.parser(__doc__)
    parser.add_argument("--snapshots", type=int, default=8, metavar="N", help="models in the average (default 8)")
    parser.add_argument(
        "--part", type=float, default=0.25, metavar="P", help="the last fraction of the steps, 0 to 1 (default 0.25)"
    )
    options = program.parsed(parser)
    if options.snapshots < 1 or not 0 < options.part <= 1:
        parser.error("--snapshots must be at least 1, and --part greater than 0 and at most 1")
    lines = [HEAD, ["---"] * len(HEAD), *(row(options, plan) for plan in options.plans)]
    print("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


if __name__ == "__main__":
    main()
