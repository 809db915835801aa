"""Graphs of observed traffic: Kiali's, and the metrics of OpenTelemetry's service graphs and of Istio.

A rate that was seen is the mean over the time that somebody looked at: neither the peak of a month nor its mean. It
stands beside the call as a remark, and is stated as load only where the time is a month.
"""

from __future__ import annotations

from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.observed import Graph
from archlint.importers.reading.files import SourceFile
from archlint.importers.service_graph.kiali import is_kiali, read_kiali
from archlint.importers.service_graph.metrics import (
    exported,
    exposed,
    is_answer,
    is_export,
    is_exposition,
    of_answer,
    read_series,
)

TITLE = "a service graph: Kiali's, or metrics of OpenTelemetry or Istio"
IS_PARTIAL = True


def recognises(file: SourceFile) -> bool:
    return is_exposition(file) or any(is_kiali(part) or is_answer(part) or is_export(part) for part in file.documents)


def draft_from(sources: Sources, draft: Draft) -> None:
    graph = Graph()
    for file in sources.files:
        if is_exposition(file):
            read_series(exposed(file), graph, draft)
            continue
        for part in file.documents:
            if is_kiali(part):
                read_kiali(part, graph, draft)
            elif is_answer(part):
                read_series(of_answer(part), graph, draft)
            else:
                read_series(exported(part), graph, draft)
    graph.draft(draft)
