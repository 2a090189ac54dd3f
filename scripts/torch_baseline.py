#!/usr/bin/env python3
"""The PyTorch float32 baseline of plans: the accuracy of the same training without any of Silenzio's arithmetic.

Split and scaled data come from `silenzio export`, so they are the same as the program's, seed by seed. Network,
distribution of the initial weights, batch size, learning rate and epochs are the plan's; the draws of the initial
weights and the order of the samples are PyTorch's own. No label smoothing, no penalty on logits.
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
    classes: list[str]
    train_inputs: torch.Tensor
    train_labels: torch.Tensor
    test_inputs: torch.Tensor
    test_labels: torch.Tensor


def export(silenzio: Path, plan: Path, seed: int, changes: list[str]) -> Data:
    """The data of a plan, split and scaled with this seed."""
    with tempfile.TemporaryDirectory() as folder:
        changed = program.set_options([*changes, f"training.seed={seed}"])
        program.run(silenzio, "export", plan, "--out", folder, *changed)
        description = json.loads(Path(folder, "plan.json").read_text(encoding="utf-8"))

        def array(name: str) -> torch.Tensor:
            return torch.from_numpy(np.load(Path(folder, f"{name}.npy")))

        return Data(
            description["plan"],
            description["classes"],
            array("train_inputs"),
            array("train_labels"),
            array("test_inputs"),
            array("test_labels"),
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


def accuracy(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> float:
    """The fraction of the samples that a model classifies correctly."""
    with torch.no_grad():
        return (model(inputs).argmax(dim=1) == labels).double().mean().item()


def train(data: Data, seed: int) -> list[float]:
    """Trains once; the test accuracy after each epoch."""
    training = data.plan["training"]
    generator = torch.Generator().manual_seed(seed)
    widths = [data.train_inputs.shape[1], *data.plan["model"]["hidden"], len(data.classes)]
    model = network(widths, generator)
    freeze(model, training.get("train"))
    samples, batch, epochs = len(data.train_labels), training["batch"], training["epochs"]
    rate = training["learning_rate"]
    end_factor = training["learning_rate_end_factor"]
    steps = epochs * math.ceil(samples / batch)

    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    step, accuracies = 0, []
    for _ in range(epochs):
        for numbers in torch.randperm(samples, generator=generator).split(batch):
            optimizer.param_groups[0]["lr"] = rate * (1 + (end_factor - 1) * step / steps)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(data.train_inputs[numbers]), data.train_labels[numbers]).backward()
            optimizer.step()
            step += 1
        accuracies.append(accuracy(model, data.test_inputs, data.test_labels))
    return accuracies


def baseline(silenzio: Path, plan: Path, seeds: int, changes: list[str]) -> dict:
    """The baseline of one plan, all seeds."""
    runs = []
    for seed in range(1, seeds + 1):
        data = export(silenzio, plan, seed, changes)
        start = time.perf_counter()
        accuracies = train(data, seed)
        runs.append({"seed": seed, "accuracies": accuracies, "seconds": time.perf_counter() - start})
        print(f"{plan.stem} seed {seed}: {accuracies[-1]:.2%}, {runs[-1]['seconds']:.1f} s", file=sys.stderr)
    last = [run["accuracies"][-1] for run in runs]
    widths = [data.train_inputs.shape[1], *data.plan["model"]["hidden"], len(data.classes)]
    return {
        "plan": str(plan),
        "network": "-".join(map(str, widths)),
        "training": data.plan["training"],
        "runs": runs,
        "mean": statistics.fmean(last),
        "standard_deviation": statistics.stdev(last) if seeds > 1 else None,
    }


def markdown(results: list[dict]) -> str:
    """A row per plan."""
    lines = [
        "| plan | network | epochs | batch | learning rate | seeds | test accuracy, mean ± s.d. | worst to best |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for result in results:
        training = result["training"]
        last = [run["accuracies"][-1] for run in result["runs"]]
        rate = f"{training['learning_rate']}"
        if training["learning_rate_end_factor"] != 1:
            rate += f" to {training['learning_rate'] * training['learning_rate_end_factor']:g}"
        deviation = result["standard_deviation"]
        spread = "" if deviation is None else f" ± {deviation:.2%}"
        lines.append(
            f"| {Path(result['plan']).stem} | {result['network']} | {training['epochs']} | {training['batch']} "
            f"| {rate} | {len(last)} | {result['mean']:.2%}{spread} | {min(last):.2%} to {max(last):.2%} |"
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
