"""Dask distributed: a scheduler and two workers of one thread as processes, TLS between all."""

from collections.abc import Callable, Iterable

import distributed

from driver import answers_stream, nothing, run_program, serve, timed


class Dask:
    def __init__(self, client: distributed.Client) -> None:
        self.client = client

    def programs(self, count: int, command: list[str]) -> float:
        return timed(lambda: self.all(run_program, [command] * count))

    def functions(self, count: int) -> float:
        return timed(lambda: self.all(nothing, range(count)))

    def latency(self, count: int, command: list[str]) -> list[float]:
        return [self.programs(1, command) for _ in range(count)]

    def all(self, function: Callable[..., object], of: Iterable[object]) -> None:
        self.client.gather(self.client.map(function, of, pure=False))


def main() -> None:
    answers = answers_stream()
    security = distributed.Security.temporary()
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="tls://127.0.0.1",
            security=security,
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster, security=security) as client,
    ):
        client.wait_for_workers(2)
        serve(Dask(client), distributed.__version__, answers)


if __name__ == "__main__":
    main()
