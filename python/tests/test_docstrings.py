"""The examples in docstrings give the results that they show."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["client", "estimator", "experiments", "model"])
def test_examples_in_docstrings(name):
    results = doctest.testmod(import_module(f"silenzio.{name}"), optionflags=doctest.ELLIPSIS)
    assert results.failed == 0
    assert results.attempted > 0
