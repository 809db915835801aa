"""The questions that a draft leaves open: by where a person answers them."""

from __future__ import annotations

import datetime

import pytest

from archlint.importers.questions import _pattern, _route, as_lines, ask

TEXT = """\
archlint: 1
system: {name: s}
services:
  web: {replicas: 2, calls: [{to: stock}, {to: bill}]}
  stock: {replicas: 2, calls: [{to: db}]}
  bill: {replicas: 2}
datastores: {db: {technology: postgresql}}
"""


@pytest.mark.parametrize(
    ("component", "field", "route", "pattern"),
    [
        ("services.web", "queue", "services.web.queue", "services.*.queue"),
        ("services.web.calls[db]", "timeout", "services.web.calls[db].timeout", "services.*.calls[*].timeout"),
        ("services.web", "services.*.calls.*.timeout", "services.*.calls[*].timeout", "services.*.calls[*].timeout"),
        ("datastores.db", "services.*.calls.payload", "services.*.calls[*].payload", "services.*.calls[*].payload"),
        ("services.web", "consumes.processing.mean",
         "services.web.consumes[*].processing.mean", "services.*.consumes[*].processing.mean"),
        ('brokers.b.topics["a.b"]', "partitions",
         'brokers.b.topics["a.b"].partitions', "brokers.*.topics.*.partitions"),
        ("services.web.operations.buy.calls[db]", "timeout",
         "services.web.operations.buy.calls[db].timeout", "services.*.operations.*.calls[*].timeout"),
        ("system", "system.growth", "system.growth", "system.growth"),
    ],
)  # fmt: skip
def test_a_field_has_a_route(component: str, field: str, route: str, pattern: str) -> None:
    assert _route(component, field) == route
    assert _pattern(route) == pattern


def test_fields_of_several_components_are_one_question() -> None:
    questions = ask(TEXT, "archlint.yaml", datetime.date(2026, 1, 1))
    asked = {question.route: question for question in questions}
    assert len(asked) == len(questions)
    assert set(asked["services.*.calls[*].timeout"].components) >= {
        "services.web.calls[stock]", "services.web.calls[bill]", "services.stock.calls[db]",
    }  # fmt: skip
    assert "datastores.db.load.writes" in asked
    assert as_lines(questions)[0].startswith(f"  {questions[0].route} ")
