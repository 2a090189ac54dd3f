#!/usr/bin/env python3
"""The PyTorch float32 baseline of plans: the accuracy of the same training without any of Silenzio's arithmetic.

Split and scaled data come from `silenzio export`, so they are the same as the program's, seed by seed. Network,
distribution of the initial weights, batch size, learning rate and epochs are the plan's; the draws of the initial
weights and the order of the samples are PyTorch's own. No label smoothing, no penalty on logits. A classification is judged
by its accuracy, a regression by its R² (mean over the targets).
"""

import json
import math
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import program
import torch
from torch import nn


@dataclass
class Data:
    """The data of one seed, and the plan that they were made by."""

    plan: dict
    outputs: int
    train_inputs: torch.Tensor
    train_targets: torch.Tensor
    test_inputs: torch.Tensor
    test_targets: torch.Tensor

    @property
    def regression(self) -> bool:
        """Whether targets are numbers, and not classes."""
        return program.is_regression(self.plan)


def export(silenzio: Path, plan: Path, seed: int, changes: list[str]) -> Data:
    """The data of a plan, split and scaled with this seed."""
    with tempfile.TemporaryDirectory() as folder:
        changed = program.set_options([*changes, f"training.seed={seed}"])
        program.run(silenzio, "export", plan, "--out", folder, *changed)
        description = json.loads(Path(folder, "plan.json").read_text(encoding="utf-8"))

        def array(name: str) -> torch.Tensor:
            return torch.from_numpy(np.load(Path(folder, f"{name}.npy")))

        # Those of a regression are scaled, which changes no R².
        targets = "targets" if program.is_regression(description["plan"]) else "labels"
        return Data(
            description["plan"],
            len(description["classes"]) or len(description["targets"]),
            array("train_inputs"),
            array(f"train_{targets}"),
            array("test_inputs"),
            array(f"test_{targets}"),
        )


def network(widths: list[int], generator: torch.Generator) -> nn.Sequential:
    """Linear layers with rectifiers between them: weights uniform within 1 / sqrt(inputs), biases 0."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, widths[1:]):
        layer = nn.Linear(inputs, outputs)
        bound = 1 / math.sqrt(inputs)
        nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def freeze(model: nn.Sequential, trained: list[int | str] | None) -> None:
    """Freezes all layers of weights but those that a plan names; without names, none."""
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    if trained is not None:
        numbers = {len(layers) - 1 if name == "last" else name for name in trained}
        for number, layer in enumerate(layers):
            layer.requires_grad_(number in numbers)


def score(model: nn.Module, data: Data) -> float:
    """The fraction of the test samples that a model classifies correctly, or the R² of its predictions."""
    with torch.no_grad():
        outputs, targets = model(data.test_inputs), data.test_targets
        if not data.regression:
            return (outputs.argmax(dim=1) == targets).double().mean().item()
        outputs, targets = outputs.double(), targets.double()
        spread = ((targets - targets.mean(dim=0)) ** 2).sum(dim=0)
        return (1 - ((targets - outputs) ** 2).sum(dim=0) / spread).mean().item()


def loss(data: Data, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The plan's loss: the cross entropy, or half the squared differences, added up over the targets."""
    if data.regression:
        return nn.functional.mse_loss(outputs, targets, reduction="sum") / (2 * len(targets))
    return nn.functional.cross_entropy(outputs, targets)


def train(data: Data, seed: int) -> list[float]:
    """Trains once; how good the model is on the test samples after each epoch."""
    training = data.plan["training"]
    generator = torch.Generator().manual_seed(seed)
    widths = [data.train_inputs.shape[1], *data.plan["model"]["hidden"], data.outputs]
    model = network(widths, generator)
    freeze(model, training.get("train"))
    samples, batch, epochs = len(data.train_targets), training["batch"], training["epochs"]
    rate = training["learning_rate"]
    end_factor = training["learning_rate_end_factor"]
    steps = epochs * math.ceil(samples / batch)

    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    step, scores = 0, []
    for _ in range(epochs):
        for numbers in torch.randperm(samples, generator=generator).split(batch):
            optimizer.param_groups[0]["lr"] = rate * (1 + (end_factor - 1) * step / steps)
            optimizer.zero_grad()
            loss(data, model(data.train_inputs[numbers]), data.train_targets[numbers]).backward()
            optimizer.step()
            step += 1
        scores.append(score(model, data))
    return scores


def baseline(silenzio: Path, plan: Path, seeds: int, changes: list[str]) -> dict:
    """The baseline of one plan, all seeds."""
    runs = []
    for seed in range(1, seeds + 1):
        data = export(silenzio, plan, seed, changes)
        start = time.perf_counter()
        scores = train(data, seed)
        runs.append({"seed": seed, "scores": scores, "seconds": time.perf_counter() - start})
        last = program.shown(scores[-1], data.regression)
        print(f"{plan.stem} seed {seed}: {last}, {runs[-1]['seconds']:.1f} s", file=sys.stderr)
    last = [run["scores"][-1] for run in runs]
    widths = [data.train_inputs.shape[1], *data.plan["model"]["hidden"], data.outputs]
    return {
        "plan": str(plan),
        "regression": data.regression,
        "network": "-".join(map(str, widths)),
        "training": data.plan["training"],
        "runs": runs,
        "mean": statistics.fmean(last),
        "standard_deviation": statistics.stdev(last) if seeds > 1 else None,
    }


def markdown(results: list[dict]) -> str:
    """A row per plan."""
    lines = [
        "| plan | network | epochs | batch | learning rate | seeds | test accuracy or R², mean ± s.d. | worst to best |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for result in results:
        training = result["training"]
        last = [run["scores"][-1] for run in result["runs"]]
        regression = result["regression"]
        worst, best = (program.shown(number, regression) for number in (min(last), max(last)))
        rate = f"{training['learning_rate']}"
        if training["learning_rate_end_factor"] != 1:
            rate += f" to {training['learning_rate'] * training['learning_rate_end_factor']:g}"
        deviation = result["standard_deviation"]
        spread = "" if deviation is None else f" ± {program.shown(deviation, regression, name=False)}"
        lines.append(
            f"| {Path(result['plan']).stem} | {result['network']} | {training['epochs']} | {training['batch']} "
            f"| {rate} | {len(last)} | {program.shown(result['mean'], regression)}{spread} | {worst} to {best} |"
        )
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = program.parser(__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to this file, too")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of PyTorch")
    options = program.parsed(parser)
    if options.threads:
        torch.set_num_threads(options.threads)

    results = [baseline(options.silenzio, plan, options.seeds, options.set) for plan in options.plans]
    print(markdown(results))
    if options.json:
        options.json.write_text(json.dumps({"torch": torch.__version__, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
