#!/usr/bin/env python3
"""Loads a model that `silenzio decrypt` wrote into PyTorch, and predicts the rows of a CSV file.

    load_model.py MODEL.safetensors DATA.csv [PREDICTIONS.csv]

DATA has a header with the features of the model; other columns are ignored. If PREDICTIONS is given, the output of
`silenzio predict` on the same DATA, both are compared. Needs torch and safetensors.
"""

import csv
import json
import sys

import torch
from safetensors import safe_open


class Mlp(torch.nn.Module):
    """Linear layers with rectifiers that saturate, as those of the encrypted network."""

    def __init__(self, path):
        super().__init__()
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["silenzio"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        widths = about["widths"]
        pairs = zip(widths, widths[1:])
        self.layers = torch.nn.ModuleList(torch.nn.Linear(*pair) for pair in pairs)
        self.load_state_dict(tensors)
        self.limits = about["activation_limits"]
        self.columns = about["preprocessing"]["encoding"]["columns"]
        self.classes = about["preprocessing"]["classes"]

    def encode(self, row):
        """Cells by column name to inputs: numbers to [0, 1], text to one input per category."""
        inputs = []
        for column in self.columns:
            cell, becomes = row[column["name"]], column["becomes"]
            if "scaled" in becomes:
                low, high = becomes["scaled"]["low"], becomes["scaled"]["high"]
                inputs.append(min(max((float(cell) - low) / (high - low), 0), 1) if high > low else 0)
            else:
                inputs += [float(cell == category) for category in becomes["one-hot"]]
        return inputs

    def forward(self, x):
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number + 1 < len(self.layers):
                limit = self.limits[number] if number < len(self.limits) else float("inf")
                x = x.clamp(0, limit)
        return x


def main(model_path, data_path, predictions_path=None):
    model = Mlp(model_path)
    print(model)
    with open(data_path, newline="") as file:
        rows = [model.encode(row) for row in csv.DictReader(file)]
    with torch.no_grad():
        probabilities = model(torch.tensor(rows)).softmax(1)
    predicted = [model.classes[number] for number in probabilities.argmax(1)]
    print(f"{len(rows)} rows; the first ones: {', '.join(predicted[:5])}")
    if predictions_path is None:
        return
    with open(predictions_path, newline="") as file:
        _, *theirs = csv.reader(file)
    agreeing = sum(ours == row[0] for ours, row in zip(predicted, theirs, strict=True))
    table = torch.tensor([[float(cell) for cell in row[1:]] for row in theirs])
    difference = (table - probabilities).abs().max().item()
    print(f"silenzio predict agrees on {agreeing} of {len(rows)} classes; probabilities differ by {difference:.1e}")
    if agreeing < len(rows) or difference > 1e-5:
        sys.exit("the predictions differ")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
