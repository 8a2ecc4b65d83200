"""The metrics of `/metrics`, in Prometheus's text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WORK = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0)


class Metrics:
    """The counters of one service. Each service has its own registry, so that several may live in a process.

    Labels never contain values that clients choose, nor secrets: paths are those of the routes, apps are row numbers.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "symbolicate_requests", "Requests answered.", ["method", "path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "symbolicate_request_seconds",
            "Time from the head of a request to its answer.",
            ["path"],
            buckets=_LATENCY,
            registry=self.registry,
        )
        self.received = Counter(
            "symbolicate_logs", "Logs and dumps that clients sent.", ["kind", "outcome"], registry=self.registry
        )
        self.processed = Counter(
            "symbolicate_processed", "Crashes processed here.", ["outcome"], registry=self.registry
        )
        self.processing = Histogram(
            "symbolicate_processing_seconds",
            "Time for one crash, from the lease to its report.",
            buckets=_WORK,
            registry=self.registry,
        )
        self.uploads = Counter(
            "symbolicate_symbol_files", "Symbol files that clients sent.", ["outcome"], registry=self.registry
        )
        self.queue = Gauge("symbolicate_queue", "Crashes in the queue.", ["state"], registry=self.registry)
        self.oldest = Gauge(
            "symbolicate_queue_oldest_seconds", "Age of the crash that waits longest.", registry=self.registry
        )
        self.app_bytes = Gauge(
            "symbolicate_app_bytes",
            "Bytes that reports and symbols of an app take, for the apps nearest to their quota. Apps have the numbers "
            "that `symbolicate app list` prints.",
            ["app"],
            registry=self.registry,
        )
        self.app_quota = Gauge(
            "symbolicate_app_quota_bytes", "Bytes that these apps may take.", ["app"], registry=self.registry
        )
        self.stored = Gauge(
            "symbolicate_kept_bytes", "Bytes that reports and symbols of all apps take.", registry=self.registry
        )
        self.disk = Gauge(
            "symbolicate_disk_free_bytes", "Free bytes of the disks in use.", ["folder"], registry=self.registry
        )
        self.margin = Gauge(
            "symbolicate_disk_margin_bytes", "Free bytes below which no data are accepted.", registry=self.registry
        )
        self.threads = Gauge(
            "symbolicate_worker_threads",
            "Threads that process crashes here: working or waiting for work, and stuck ones that were abandoned.",
            ["state"],
            registry=self.registry,
        )
        self.inflight = Gauge(
            "symbolicate_inflight_bytes", "Bytes of requests that are being read.", registry=self.registry
        )

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)
