"""The benchmarks are run seldom, and by name: none of them may be broken meanwhile without being seen."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import benchmarks
from benchmarks.__main__ import NAMES


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(benchmarks.__path__)])
def test_every_module_is_imported(name: str) -> None:
    importlib.import_module(f"benchmarks.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_what_has_a_name_measures(name: str) -> None:
    assert callable(importlib.import_module(f"benchmarks.{name}").measure)
