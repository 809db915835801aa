"""Full meshes and other groups whose cost grows with the number of pairs.

Sources: B. Metcalfe, "Metcalfe's law after 40 years of Ethernet", IEEE Computer 46(12), 2013 (pairs); Amazon Web
Services, "Summary of the Amazon Kinesis event in the Northern Virginia region", 2020 (threads by peer);
F. P. Brooks, "The mythical man-month", 1975, chapter 2 (channels between people).
"""

from __future__ import annotations

import math


def pairs(members: int) -> int:
    """n (n - 1) / 2: links of a full mesh, or channels between people."""
    return members * (members - 1) // 2


def held_by_each(members: int, of_each_peer: float) -> float:
    """What one member of a full mesh holds: (n - 1) x what it holds for each peer. Nothing where it is alone."""
    return max(0, members - 1) * of_each_peer


def most_members(ceiling: float, of_each_peer: float) -> int | None:
    """The largest mesh in which a member stays at or below the ceiling; None where as good as nothing is held."""
    peers = math.inf if of_each_peer <= 0 else ceiling / of_each_peer
    return None if peers == math.inf else 1 + math.floor(peers + 1e-9)


def in_largest_cell(members: int, cells: int, largest_share: float | None = None) -> int:
    """Members of the largest of several cells: by its share of the load, which members follow, else an even split."""
    share = 1 / cells if largest_share is None and cells > 0 else largest_share
    return members if share is None else min(members, math.ceil(members * share - 1e-9))
