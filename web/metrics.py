"""The numbers of a running danmod, for Prometheus. Every name begins with ``danmod_``; no label names a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics, registered in ``registry``; whoever knows a number calls the metric's own ``inc``, ``set``, ``observe``.

    ``overlay_clients`` may be bound to the hub by ``overlay_clients.set_function(lambda: hub.overlays)``.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.decision_seconds = Histogram(
            "danmod_decision_seconds",
            "From a line's arrival to its verdict.",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self.queue_depth = Gauge("danmod_queue_depth", "Events waiting for the pipeline.", registry=registry)
        self.lines = Counter("danmod_lines", "Chat lines judged.", ["platform"], registry=registry)
        self.shed = Counter("danmod_shed", "Events given up under load.", ["reason"], registry=registry)
        self.actions = Counter(
            "danmod_actions", "Actions performed on platforms.", ["kind", "outcome"], registry=registry
        )
        self.degraded_seconds = Counter(
            "danmod_degraded_seconds", "Seconds in which decisions were made from local counters.", registry=registry
        )
        self.loop_stalls = Counter(
            "danmod_loop_stalls", "Times the program stood still for two seconds.", registry=registry
        )
        self.deadlines_missed = Counter("danmod_deadlines_missed", "Deadlines missed.", ["deadline"], registry=registry)
        self.overlay_clients = Gauge("danmod_overlay_clients", "Overlays connected now.", registry=registry)
        self.refused_commands = Counter(
            "danmod_refused_commands", "Chat commands refused.", ["reason"], registry=registry
        )
