"""A requirement structure below one entry, reduced to its choices: what is needed in any case is taken out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from archlint.analysis.requirements import Group, Requirements
from archlint.records import dataclass

N = TypeVar("N", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Reduced(Generic[N]):
    """`nodes`: all below the entry, depth first. `required`: those that every way of working needs.

    `blocks`: the choices that are left, together where they share something. In them a node stands for its `members`
    too, which nothing else uses, and its `groups` name no required node.
    """

    nodes: tuple[N, ...]
    required: tuple[N, ...]
    blocks: tuple[tuple[Group[N], ...], ...]
    members: dict[N, tuple[N, ...]]
    groups: dict[N, tuple[Group[N], ...]]


def reduce_choices(entry: N, groups_of: Callable[[N], Sequence[Group[N]]]) -> Reduced[N]:
    groups = _all_below(entry, groups_of)
    required = _required(entry, groups)
    choices = [choice for node in required for group in groups[node] for choice in _open(group, required)]
    rest = {
        node: [choice for group in owned for choice in _open(group, required)]
        for node, owned in groups.items()
        if node not in required
    }
    members: dict[N, list[N]] = {node: [node] for node in rest}
    _absorb(rest, members, choices)
    return Reduced(
        nodes=tuple(groups),
        required=tuple(required),
        blocks=tuple(_blocks(choices, rest)),
        members={node: tuple(found) for node, found in members.items()},
        groups={node: tuple(owned) for node, owned in rest.items()},
    )


def _all_below(entry: N, groups_of: Callable[[N], Sequence[Group[N]]]) -> dict[N, list[Group[N]]]:
    found: dict[N, list[Group[N]]] = {}
    stack = [entry]
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = list(groups_of(node))
            stack.extend(other for group in reversed(found[node]) for other in reversed(group.alternatives))
    return found


def _required(entry: N, groups: dict[N, list[Group[N]]]) -> dict[N, None]:
    """What stops the entry when it is lost: also what all alternatives of a choice share, at any depth."""
    return dict.fromkeys((entry, *Requirements(groups).critical_elements(entry, groups)))


def _open(group: Group[N], required: dict[N, None]) -> Iterator[Group[N]]:
    """What is left of a group where the required nodes work."""
    left = tuple(node for node in group.alternatives if node not in required)
    needed = group.needed - (len(group.alternatives) - len(left))
    if needed > 0 and needed == len(left):
        yield from (Group((node,)) for node in left)
    elif needed > 0:
        yield Group(left, needed)


def _absorb(groups: dict[N, list[Group[N]]], members: dict[N, list[N]], choices: list[Group[N]]) -> None:
    """Let a node stand for what it cannot do without and nothing else uses."""
    uses: dict[N, int] = {}
    for group in (*choices, *(group for owned in groups.values() for group in owned)):
        for node in group.alternatives:
            uses[node] = uses.get(node, 0) + 1
    for node in list(groups):
        if node not in groups:
            continue
        pending, kept = groups[node], list[Group[N]]()
        while pending:
            group = pending.pop()
            other = group.alternatives[0]
            if group.spare or len(group.alternatives) > 1 or uses[other] > 1:
                kept.append(group)
            elif other != node:  # a node that needs itself needs nothing
                members[node].extend(members.pop(other))
                pending.extend(groups.pop(other))
        groups[node] = kept[::-1]


def _blocks(choices: Sequence[Group[N]], groups: dict[N, list[Group[N]]]) -> Iterator[tuple[Group[N], ...]]:
    """Choices that are joined, however indirectly, by something that both rest on."""
    leader: dict[N, N] = {}

    def leader_of(node: N) -> N:
        while leader.setdefault(node, node) != node:
            leader[node] = node = leader[leader[node]]
        return node

    def join(nodes: Sequence[N]) -> None:
        for node in nodes[1:]:
            leader[leader_of(node)] = leader_of(nodes[0])

    for node, owned in groups.items():
        for group in owned:
            join((node, *group.alternatives))
    for choice in choices:
        join(choice.alternatives)
    blocks: dict[N, list[Group[N]]] = {}
    for choice in choices:
        blocks.setdefault(leader_of(choice.alternatives[0]), []).append(choice)
    yield from (tuple(block) for block in blocks.values())
