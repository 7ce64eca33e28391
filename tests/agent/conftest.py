"""A node of its own for each test, as for supervision."""

from tests.supervision.conftest import folder, house

__all__ = ["folder", "house"]
