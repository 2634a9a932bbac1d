"""Ray: one node with two processors, on the loopback interface, as `ray.init` makes it (no TLS)."""

import os

import ray

from driver import answers_stream, nothing, run_program, serve, timed


class Ray:
    def __init__(self) -> None:
        self.run_program = ray.remote(run_program)
        self.nothing = ray.remote(nothing)

    def programs(self, count: int, command: list[str]) -> float:
        return timed(lambda: ray.get([self.run_program.remote(command) for _ in range(count)]))

    def functions(self, count: int) -> float:
        return timed(lambda: ray.get([self.nothing.remote(number) for number in range(count)]))

    def latency(self, count: int, command: list[str]) -> list[float]:
        return [self.programs(1, command) for _ in range(count)]


def main() -> None:
    answers = answers_stream()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=128 * 2**20,
        _node_ip_address="127.0.0.1",
        _temp_dir=os.path.join(os.getcwd(), "r"),
    )
    try:
        peer = Ray()
        peer.functions(2)  # its worker processes start with the first tasks
        serve(peer, ray.__version__, answers)
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
