"""Progress of work, for people and for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from typing import TypeAlias

Report: TypeAlias = Callable[[str, int, int, int], object]
"""A function of the kind of work, the amount done, the total, and the amount done before this work began."""

Progress: TypeAlias = Report | bool | Literal["auto"] | None
"""A function, or whether to show bars; "auto" shows them in terminals and notebooks."""


class Bars:
    """One bar of tqdm per stage of the work."""

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}

    def __call__(self, what: str, done: int, total: int, before: int) -> None:
        """Show that ``done`` of ``total`` is done, ``before`` of it before this work began."""
        bar = self._bars.get(what)
        if bar is None:
            from tqdm.auto import tqdm

            bar = tqdm(desc=what, total=total, initial=before, unit_scale=total > 100_000)
            self._bars[what] = bar
        bar.total = total
        bar.update(done - bar.n)

    def close(self) -> None:
        """Close the bars as they are."""
        for bar in self._bars.values():
            bar.close()


def _is_shown() -> bool:
    return "ipykernel" in sys.modules or sys.stderr.isatty()


@contextmanager
def reporting(progress: Progress) -> Iterator[Report | None]:
    """Yield the function that native functions call, and close the bars at the end."""
    if callable(progress):
        yield progress
    elif progress is True or (progress == "auto" and _is_shown()):
        bars = Bars()
        try:
            yield bars
        finally:
            bars.close()
    else:
        yield None
