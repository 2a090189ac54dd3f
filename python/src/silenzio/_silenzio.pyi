from collections.abc import Callable
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__version__: str
HAS_CLIENT: bool

_Path: TypeAlias = str | PathLike[str]
_Container: TypeAlias = _Path | bytes
_Report: TypeAlias = Callable[[str, int, int, int], object] | None
_Trained: TypeAlias = tuple[bytes | None, bool, int, int, list[bytes], BaseException | None]
_TrainedFiles: TypeAlias = tuple[bool, int, int, list[_Path], BaseException | None]

class Server:
    def __new__(cls, key: _Container, threads: int) -> Server: ...
    @property
    def key_id(self) -> str: ...
    def train(
        self,
        data: list[_Container],
        initial: _Container | None,
        checkpoint: _Container | None,
        snapshots: int | None,
        snapshot_steps: int | None,
        threads: int,
        progress: _Report,
    ) -> _Trained: ...
    def train_files(
        self,
        data: list[_Path],
        initial: _Path | None,
        model: _Path,
        checkpoint: _Path | None,
        public_plan: _Path | None,
        checkpoint_seconds: float | None,
        checkpoint_steps: int | None,
        snapshots: int | None,
        snapshot_steps: int | None,
        resume: bool,
        force: bool,
        threads: int,
        progress: _Report,
    ) -> _TrainedFiles: ...
    def infer(
        self,
        model: _Container,
        inputs: _Container,
        logits: _Path | None,
        force: bool,
        threads: int,
        progress: _Report,
    ) -> tuple[bytes | None, int]: ...

class Model:
    @staticmethod
    def read(file: _Container) -> Model: ...
    @staticmethod
    def average(models: list[Model]) -> Model: ...
    def to_safetensors(self) -> bytes: ...
    def to_npz(self) -> bytes: ...
    def layers(self) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]: ...
    @property
    def activation_limits(self) -> list[float]: ...
    @property
    def classes(self) -> list[str]: ...
    @property
    def targets(self) -> list[str]: ...
    def unscaled(self, outputs: NDArray[np.float32]) -> NDArray[np.float64]: ...
    @property
    def features(self) -> list[str]: ...
    @property
    def engine(self) -> str: ...
    @property
    def steps(self) -> int: ...
    @property
    def data(self) -> str: ...
    @property
    def weight_steps(self) -> list[float] | None: ...
    def scaled(self, inputs: NDArray[Any]) -> NDArray[np.float32]: ...
    def logits(self, inputs: NDArray[Any]) -> NDArray[np.float32]: ...
    def table_logits(self, table: _Path) -> NDArray[np.float32]: ...

class Fitted:
    @property
    def model(self) -> Model: ...
    @property
    def losses(self) -> list[float]: ...
    @property
    def steps(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    @property
    def bootstraps(self) -> dict[str, int]: ...
    def check(self) -> None: ...

class Client:
    def __new__(
        cls,
        inputs: NDArray[Any],
        labels: NDArray[np.int64],
        classes: list[str],
        names: list[str],
        plan: str,
        key: _Container | None,
    ) -> Client: ...
    @staticmethod
    def of_plan(path: _Path, changes: str, key: _Container | None) -> Client: ...
    @staticmethod
    def open(key: _Container, sent: _Container) -> Client: ...
    @property
    def key_id(self) -> str: ...
    @property
    def plan(self) -> str: ...
    @property
    def classes(self) -> list[str]: ...
    def kept(self) -> bytes: ...
    def save(self, key: _Path, kept: _Path, public_plan: _Path | None, force: bool) -> None: ...
    def secret_key(self) -> bytes: ...
    def server_key(self, path: _Path | None, force: bool, threads: int, progress: _Report) -> bytes | None: ...
    def encrypt(
        self, path: _Path | None, keep_order: bool, force: bool, threads: int, progress: _Report
    ) -> bytes | None: ...
    def encrypt_more(
        self,
        inputs: NDArray[Any],
        labels: list[str],
        path: _Path | None,
        keep_order: bool,
        force: bool,
        threads: int,
        progress: _Report,
    ) -> bytes | None: ...
    def encrypt_inputs(
        self, inputs: NDArray[Any], path: _Path | None, force: bool, threads: int, progress: _Report
    ) -> bytes | None: ...
    def decrypt_model(self, model: _Container) -> Model: ...
    def decrypt_logits(self, logits: _Container) -> NDArray[np.float32]: ...

def plan_of(data: _Container) -> str: ...
def fit(
    inputs: NDArray[Any],
    targets: NDArray[Any],
    classes: list[str],
    names: list[str],
    plan: str,
    encrypted: bool,
    threads: int,
    progress: _Report,
) -> Fitted: ...
def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]: ...
def simulate(
    path: _Path | None,
    json: str | None,
    changes: str,
    seeds: int,
    steps: int | None,
    threads: int,
    progress: _Report,
) -> str: ...
def estimate(path: _Path | None, json: str | None, changes: str, threads: int) -> str: ...
def sweep(path: _Path | None, json: str | None, table: _Path, force: bool, threads: int, progress: _Report) -> int: ...
