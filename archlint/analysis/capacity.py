"""What depends on the load: how many instances there are at peak."""

from __future__ import annotations

from archlint.analysis.instances import rate_of_one, scale
from archlint.analysis.load import Load
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Component


class Capacity:
    """What depends on the load: instances at peak, and how many are left without a zone."""

    def __init__(self, load: Load) -> None:
        self.load = load

    def instances_at_peak(self, component: Component) -> Known[int] | Unknown:
        """n(peak). Unknown only where the answer depends on what is missing."""
        size = scale(component)
        if isinstance(size, Unknown):
            return size
        if size.value.least == size.value.most:
            return Known(size.value.least)
        load, rate = self.load.requests(component), rate_of_one(component)
        if isinstance(load, Unknown) or isinstance(rate, Unknown):
            missing = [item for item in (load, rate) if isinstance(item, Unknown)]
            return Unknown(*(name for item in missing for name in item.fields))
        return Known(size.value.at(load.value, rate.value), "derived")
