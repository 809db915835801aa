"""Measure the import of Kubernetes objects against reading them alone: `python -m benchmarks.importing [--check]`.

A folder of objects as a company has them (workloads, Services, autoscalers, budgets, ConfigMaps) is imported to the
text of a draft, and read by `yaml.load` with the loader in C, in turns. The memory is that of a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

OBJECTS = 1_000
MOST_TIMES_READING = 3.0
MOST_MEMORY_MIB = 300
MOST_GROWTH = 1.25
_KINDS = 5
_A_FILE = 50
_CALLED = {"next": 1, "second": 7, "third": 31, "fourth": 97}

_WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: service-{number}
  namespace: shop
  labels: {{app.kubernetes.io/name: service-{number}, app.kubernetes.io/part-of: shop}}
spec:
  replicas: 3
  selector:
    matchLabels: {{app.kubernetes.io/name: service-{number}}}
  strategy:
    type: RollingUpdate
    rollingUpdate: {{maxUnavailable: 0, maxSurge: 25%}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: service-{number}
        app.kubernetes.io/part-of: shop
    spec:
      serviceAccountName: service-{number}
      terminationGracePeriodSeconds: 45
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{app.kubernetes.io/name: service-{number}}}
      containers:
        - name: server
          image: registry.example.com/shop/service-{number}:1.{number}.0
          ports:
            - name: http
              containerPort: 8080
          envFrom:
            - configMapRef: {{name: service-{number}}}
          env:
            - name: LOG_LEVEL
              value: info
            - name: NEXT_URL
              value: http://service-{next}.shop.svc.cluster.local:8080
            - name: CACHE_ADDR
              value: service-{second}:8080
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
            periodSeconds: 5
          livenessProbe:
            httpGet: {{path: /alive, port: http}}
            failureThreshold: 6
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{cpu: 500m, memory: 256Mi}}
"""
_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: service-{number}
  namespace: shop
spec:
  selector: {{app.kubernetes.io/name: service-{number}}}
  ports:
    - name: http
      port: 8080
      targetPort: http
"""
_AUTOSCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: service-{number}
  namespace: shop
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: service-{number}}}
  minReplicas: 3
  maxReplicas: 12
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {{type: Utilization, averageUtilization: 70}}
"""
_BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: service-{number}
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{app.kubernetes.io/name: service-{number}}}
"""
_CONFIGURATION = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: service-{number}
  namespace: shop
data:
  QUEUE_HOST: service-{third}
  application.yaml: |
    server:
      port: 8080
    upstream:
      url: http://service-{fourth}.shop:8080
"""


def objects(count: int) -> list[str]:
    """That many objects, a fifth of them workloads, each of which calls four others."""
    workloads = max(count // _KINDS, 1)
    templates = (_WORKLOAD, _SERVICE, _AUTOSCALER, _BUDGET, _CONFIGURATION)
    found: list[str] = []
    for number in range(workloads):
        others = {name: (number + step) % workloads for name, step in _CALLED.items()}
        found += [template.format(number=number, **others) for template in templates]
    return found


def write_files(folder: Path, count: int) -> list[Path]:
    made, paths = objects(count), []
    for at in range(0, len(made), _A_FILE):
        path = folder / f"objects-{at:06}.yaml"
        path.write_text("---\n".join(made[at : at + _A_FILE]), encoding="utf-8")
        paths.append(path)
    return paths


def read(paths: Sequence[Path]) -> None:
    for path in paths:
        list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def draft(folder: Path) -> None:
    from archlint.importers.importing import Asked, import_sources

    import_sources([Asked("kubernetes", (str(folder),))]).text()


def seconds(task: Callable[[], None]) -> float:
    """Of the processor: other work on the machine counts little."""
    start = time.process_time()
    task()
    return time.process_time() - start


def measure(count: int, rounds: int) -> tuple[float, float]:
    """Seconds to import and to read that many objects, each the least of the rounds, taken in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_files(folder, count)
        draft(folder)
        pairs = [(seconds(lambda: draft(folder)), seconds(lambda: read(paths))) for _ in range(rounds)]
    imports, reads = zip(*pairs, strict=True)
    return min(imports), min(reads)


def peak_memory_mib() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_of(count: int) -> float:
    """MiB that a process takes which imports that many objects, the interpreter included."""
    command = [sys.executable, "-m", "benchmarks.importing", "--memory", str(count)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--objects", type=int, default=OBJECTS)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--check", action="store_true", help="fail where an aim is missed")
    arguments.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.memory is not None:
        with tempfile.TemporaryDirectory() as name:
            write_files(Path(name), asked.memory)
            draft(Path(name))
        print(f"{peak_memory_mib():.1f}")
        return 0
    return 1 if not report(asked.objects, asked.rounds) and asked.check else 0


def report(count: int, rounds: int) -> bool:
    """Whether all aims are met."""
    memory = memory_of(count)  # first: a process begins with the peak of the one that starts it
    importing, reading = measure(count, rounds)
    many_importing, many_reading = measure(count * 10, max(rounds // 2, 1))
    ratio = importing / reading
    growth = (many_importing / importing) / (many_reading / reading)
    print("| measured | value | at most |", "|---|--:|--:|", sep="\n")
    print(f"| import of {count} objects | {importing * 1000:.0f} ms | |")
    print(f"| yaml.load of the same | {reading * 1000:.0f} ms | |")
    print(f"| import / yaml.load | {ratio:.2f} | {MOST_TIMES_READING} |")
    print(f"| memory | {memory:.0f} MiB | {MOST_MEMORY_MIB} MiB |")
    print(f"| growth to {count * 10} objects / that of yaml.load | {growth:.2f} | {MOST_GROWTH} |")
    return ratio <= MOST_TIMES_READING and memory <= MOST_MEMORY_MIB and growth <= MOST_GROWTH


if __name__ == "__main__":
    sys.exit(main())
