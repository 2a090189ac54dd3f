#!/usr/bin/env python3
"""Estimates the security of everything that is encrypted, by the lattice-estimator.

    git clone https://github.com/malb/lattice-estimator
    python3 -m venv venv
    venv/bin/pip install passagemath-standard-no-symbolics passagemath-symbolics passagemath-maxima
    venv/bin/python scripts/estimate_security.py lattice-estimator > tables.md

`silenzio parameters --json` lists what a client sends, and the LWE problem on which the security of each rests: dimension,
modulus, distribution of the secret, noise. Every attack of the estimator runs on every distinct problem, with any number of
samples and the estimator's default models of lattice reduction. The output is the tables of docs/security.md. `--problem`
estimates a problem that the program does not list, such as that of a block-binary key:

    {"dimension": 824, "log2_modulus": 32, "secret": {"distribution": "block-binary", "block": 4}, "log2_std": -17.2416}

The estimator is a package for Sage; the three packages replace Sage, about 4 GB with what they need.

A cell is log2 of the operations; "∞" is an attack for which the estimator finds no block size up to its limit (1754, about
2^512 operations), "–" one whose estimate did not end within the time limit. Problems up to dimension 2048 take minutes each, the largest ones as long as the limit
lets them.
"""

import argparse
import importlib.metadata
import json
import math
import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import program

SAGE = "passagemath-standard-no-symbolics"
LEAST_BITS = 128
PROBLEM = ["dimension", "modulus", "secret", "noise"]
ATTACKS = ["usvp", "bdd", "bdd_hybrid", "bdd_mitm_hybrid", "dual", "dual_hybrid", "bkw", "arora-gb"]


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("estimator", type=Path, help="the checkout of the lattice-estimator")
    parser.add_argument("--silenzio", type=Path, default=program.BUILT, help="the program (default: the release build)")
    parser.add_argument("--problem", type=json.loads, metavar="JSON", help="estimate this one, as `parameters --json` would list it")
    parser.add_argument("--attack", choices=ATTACKS, action="append", help="only this one (default: all)")
    parser.add_argument("--dimension", type=int, metavar="N", help="estimate only problems of this dimension")
    parser.add_argument("--limit", type=float, default=900, metavar="SECONDS", help="for each attack (default 900)")
    parsed = parser.parse_args()
    if not (parsed.estimator / "estimator" / "lwe.py").is_file():
        parser.error(f"{parsed.estimator}: not a checkout of the lattice-estimator, see --help")
    if parsed.problem is None and not parsed.silenzio.is_file():
        parser.error(f"{parsed.silenzio} does not exist: build it by `cargo build --release`, or name it by --silenzio")
    return parsed


def encryptions(silenzio: Path) -> list[dict]:
    """What a client sends, as the program lists it."""
    done = subprocess.run([silenzio.resolve(), "parameters", "--json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"silenzio parameters: {done.stderr.strip()}")
    return json.loads(done.stdout)["encryptions"]


def problem_cells(encryption: dict) -> tuple[str, ...]:
    """The LWE problem of an encryption, as the tables show it."""
    secret = encryption["secret"]
    distribution = secret["distribution"]
    if "block" in secret:
        distribution += f", blocks of {secret['block']}"
    modulus, noise = f"2^{encryption['log2_modulus']}", f"2^{encryption['log2_std']:.2f}"
    return (str(encryption["dimension"]), modulus, distribution, noise)


def secret(problem: dict) -> object:
    """The distribution of the secret, as the estimator takes it."""
    match problem["secret"]:
        case {"distribution": "binary"}:
            from estimator import ND

            return ND.Uniform(0, 1)
        case {"distribution": "block-binary", "block": block}:
            import block_binary

            return block_binary.secret(problem["dimension"], block)
        case other:
            sys.exit(f"dimension {problem['dimension']}: no estimate is written for a secret that is {other}")


def attacks(problem: dict) -> dict[str, Callable]:
    """The attacks, by the estimator's names, each without an argument and with a cost as its result."""
    from estimator import LWE, ND  # The checkout is on the path only now.
    from sage.all import RR, ZZ

    lwe = LWE.Parameters(
        n=problem["dimension"],
        q=ZZ(2) ** problem["log2_modulus"],
        Xs=secret(problem),
        Xe=ND.DiscreteGaussian(RR(2) ** (problem["log2_modulus"] + problem["log2_std"])),
    )
    # These are all that `LWE.estimate` runs.
    return {
        "usvp": lambda: LWE.primal_usvp(lwe),
        "bdd": lambda: LWE.primal_bdd(lwe),
        "bdd_hybrid": lambda: LWE.primal_hybrid(lwe, mitm=False, babai=False),
        "bdd_mitm_hybrid": lambda: LWE.primal_hybrid(lwe, mitm=True, babai=True),
        "dual": lambda: LWE.dual(lwe),
        "dual_hybrid": lambda: LWE.dual_hybrid(lwe),
        "bkw": lambda: LWE.coded_bkw(lwe),
        "arora-gb": lambda: LWE.guess_composition(LWE.arora_gb)(lwe),
    }


def bits(problem: dict, attack: str, limit: float) -> float | None:
    """log2 of the operations of an attack; infinite beyond the estimator's range, None after the limit."""
    receiver, sender = multiprocessing.Pipe(duplex=False)

    def estimate() -> None:
        sender.send(float(attacks(problem)[attack]()["rop"]))

    # Each estimate has a process of its own, since nothing else stops it reliably, and since an estimator that was changed
    # for block-binary secrets is wrong for others.
    process = multiprocessing.get_context("fork").Process(target=estimate)
    process.start()
    sender.close()
    try:
        cost = receiver.recv() if receiver.poll(limit) else None
    except EOFError:
        sys.exit("an attack's estimate failed")
    process.kill()
    process.join()
    return cost if cost in (None, math.inf) else math.log2(cost)


def cell(cost: float | None) -> str:
    """How the table shows log2 of a cost."""
    return "–" if cost is None else "∞" if cost == math.inf else f"{cost:.1f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def commit(checkout: Path) -> str:
    """The commit of the checkout."""
    done = subprocess.run(["git", "-C", checkout, "log", "-1", "--format=%h of %cs"], capture_output=True, text=True)
    return done.stdout.strip() or "of an unknown commit"


def main() -> None:
    """The command line."""
    chosen = options()
    sys.path.insert(0, str(chosen.estimator))
    import sage.all  # noqa: F401  Before the estimator, which takes parts of it.

    sent = encryptions(chosen.silenzio) if chosen.problem is None else [chosen.problem]
    problems = {problem_cells(encryption): encryption for encryption in sent}
    rows, weakest = [], math.inf
    for cells, problem in sorted(problems.items(), key=lambda item: int(item[0][0])):
        if chosen.dimension not in (None, problem["dimension"]):
            continue
        costs = {}
        for name in chosen.attack or ATTACKS:
            costs[name] = bits(problem, name, chosen.limit)
            print(f"{' '.join(cells)}: {name} {cell(costs[name])}", file=sys.stderr, flush=True)
        least = min((cost for cost in costs.values() if cost is not None), default=math.nan)
        weakest = min(weakest, least)
        rows.append([*cells, *map(cell, costs.values()), f"**{cell(least)}**"])
        head = [*PROBLEM, *costs, "least"]

    version = importlib.metadata.version(SAGE)
    print(f"Estimated on {date.today()} by the lattice-estimator, commit {commit(chosen.estimator)}, on passagemath {version}.")
    print()
    print(table(head, rows))
    print()
    if chosen.problem is None:
        print_uses(sent)
    if weakest < LEAST_BITS:
        sys.exit(f"the weakest problem has {weakest:.1f} bits, below {LEAST_BITS}")


def print_uses(sent: list[dict]) -> None:
    """What rests on which problem."""
    uses = [[one["engine"], one["set"], one["encryption"], *problem_cells(one)] for one in sent]
    print(table(["engine", "set", "encryption", *PROBLEM], uses))


if __name__ == "__main__":
    main()
