"""The program, and the options that the scripts which call it share."""

import argparse
import subprocess
import sys
from pathlib import Path

BUILT = Path(__file__).resolve().parent.parent / "target/release/silenzio"


def parser(description: str) -> argparse.ArgumentParser:
    """A command line that takes plans, seeds, changes of the plans' fields, and where the program is."""
    common = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    common.add_argument("plans", nargs="+", type=Path, help="plans, such as plans/digits.toml")
    common.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds 1 to N (default 5)")
    common.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="change a field of the plans")
    common.add_argument("--silenzio", type=Path, default=BUILT, help="the program (default: the release build)")
    return common


def parsed(common: argparse.ArgumentParser) -> argparse.Namespace:
    """The options, if they are possible."""
    options = common.parse_args()
    if options.seeds < 1:
        common.error("--seeds must be at least 1")
    if not options.silenzio.is_file():
        common.error(f"{options.silenzio} does not exist: build it by `cargo build --release`, or name it by --silenzio")
    return options


def run(silenzio: Path, command: str, plan: Path, *arguments: str) -> str:
    """What a command of the program prints about a plan."""
    done = subprocess.run([silenzio, command, plan, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if not line.startswith('{"event"')]
        error = "\n".join(lines).strip()
        sys.exit(f"silenzio {command} {plan}: {error}")
    return done.stdout


def is_regression(plan: dict) -> bool:
    """Whether a plan predicts numbers, and is judged by its R², not by its accuracy."""
    return plan["training"].get("loss") == "squared"


def shown(score: float, regression: bool, *, name: bool = True) -> str:
    """An accuracy as 94.70%, an R² as R² 0.471."""
    if not regression:
        return f"{score:.2%}"
    return f"R² {score:.3f}" if name else f"{score:.3f}"


def set_options(changes: list[str]) -> list[str]:
    """The program's options for changes of a plan's fields."""
    return [argument for change in changes for argument in ("--set", change)]
