#!/usr/bin/env python3
"""Features of MNIST that need no training, which a client computes in the clear and trains a softmax regression on.

    scripts/fetch_data.py mnist
    scripts/mnist_features.py               # writes four NumPy files to data/mnist_features

They are histograms of oriented gradients (Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR
2005) without their blocks: for each cell of 4 x 4 pixels, how much brightness changes in each of 8 directions, as a square
root. Nothing about them depends on the data but one scale, so a client can use the same features for later samples.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parents[1] / "data"
SIDE = 28
# Bytes before the first element of an IDX file.
IMAGES_HEADER, LABELS_HEADER = 16, 8
PARTS = {"train": "train", "test": "t10k"}
# The images whose gradients are in memory at once.
CHUNK = 2000


def features(images: NDArray[np.float32], cell: int, directions: int) -> NDArray[np.float32]:
    """Histograms of images x SIDE x SIDE, as images x (directions · (SIDE / cell)²)."""
    horizontal, vertical = np.zeros_like(images), np.zeros_like(images)
    horizontal[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    vertical[:, 1:-1] = images[:, 2:] - images[:, :-2]
    length = np.hypot(horizontal, vertical)
    # A gradient counts for the two directions beside its own, each by its distance from the other.
    position = np.arctan2(vertical, horizontal) / (2 * np.pi) % 1 * directions
    lower = np.floor(position).astype(int) % directions
    rest = position - np.floor(position)
    cells = SIDE // cell
    histograms = np.empty((len(images), directions, cells, cells), np.float32)
    for direction in range(directions):
        share = np.where(lower == direction, 1 - rest, 0) + np.where((lower + 1) % directions == direction, rest, 0)
        histograms[:, direction] = (length * share).reshape(-1, cells, cell, cells, cell).sum((2, 4))
    return np.sqrt(histograms).reshape(len(images), -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, default=DATA / "mnist", help="the folder of the IDX files")
    parser.add_argument("--out", type=Path, default=DATA / "mnist_features", help="the folder that is written")
    parser.add_argument("--cell", type=int, default=4, choices=[2, 4, 7, 14], help="pixels along an edge of a cell")
    parser.add_argument("--directions", type=int, default=8)
    options = parser.parse_args()
    arrays: dict[str, NDArray] = {}
    for part, name in PARTS.items():
        files = [options.mnist / f"{name}-{kind}" for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
        for file in files:
            if not file.exists():
                sys.exit(f"{file} does not exist: run scripts/fetch_data.py mnist first")
        pixels = np.fromfile(files[0], np.uint8, offset=IMAGES_HEADER).reshape(-1, SIDE, SIDE)
        arrays[f"{part}_inputs"] = np.concatenate([
            features(pixels[first : first + CHUNK].astype(np.float32) / 255, options.cell, options.directions)
            for first in range(0, len(pixels), CHUNK)
        ])
        arrays[f"{part}_labels"] = np.fromfile(files[1], np.uint8, offset=LABELS_HEADER).astype(np.int64)
    # Rare values above this are cut: the plan scales features by their least and largest value.
    top = np.quantile(arrays["train_inputs"], 0.999)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(options.out / f"{name}.npy", np.minimum(array / top, 1).astype(np.float32) if "inputs" in name else array)
    print(f"{arrays['train_inputs'].shape[1]} features of {len(arrays['train_labels'])} and {len(arrays['test_labels'])} images")
    print(f"in {options.out}")


if __name__ == "__main__":
    main()
