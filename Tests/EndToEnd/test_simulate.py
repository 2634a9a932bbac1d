"""`ergon simulate` of campaigns, and signals that come from services."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ergon import Ergon
from hourly import CAMPAIGN, carbon, grid

GRID = """
apiVersion: ergon/v1
kind: Grid
slot: 1 h
sites:
  here:
    zone: DE
    carbon: CARBON
    nodes:
      one: {count: 2, cores: 10, memory: 64 GiB, idle: 10 W, core: 10 W}
"""

SIGNAL = "{file: carbon.csv}"


@dataclass
class Service:
    """Answers everything with the same text, and remembers what it was asked."""

    text: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append(self.path)
            body = service.text.encode()
            self.send_response(service.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}/v3?zone=DE"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def intensities(values: list[float]) -> str:
    """As Electricity Maps answers."""
    return json.dumps({"forecast": [
        {"datetime": f"2020-06-01T{hour:02}:00:00.000Z", "carbonIntensity": value}
        for hour, value in enumerate(values)
    ]})


def grid_of(folder: Path, signal: str) -> Path:
    """The grid with that signal."""
    return grid(folder, GRID.replace("CARBON", signal))


def test_a_service_is_asked_once_and_what_it_said_stands_in_when_it_is_gone(
    ergon: Ergon, tmp_path: Path
) -> None:
    arguments = ["plan", ergon.manifest(CAMPAIGN), "--start", "2020-06-01", "--deadline", "4h",
                 "--objective", "carbon", "-o", "json", "--grid"]

    def slots(answer: str) -> list[int]:
        return [part["slot"] for part in json.loads(answer)["steps"][0]["starts"]]

    with serving(Service(intensities([400, 300, 100, 200]))) as service:
        file = grid_of(tmp_path, f'{{url: "{service.url}", format: electricity-maps}}')
        first = ergon(*arguments, file)
        assert slots(first.out) == [2]
        assert "here: carbon all slots from its signal, as of 20" in first.out
        ergon(*arguments, file)
        assert service.asked == ["/v3?zone=DE"]  # What is new is not asked for again.

        [kept] = (tmp_path / ".ergon" / "signals").iterdir()
        hour_ago = time.time() - 3600
        os.utime(kept, (hour_ago, hour_ago))
        service.text = intensities([100, 300, 300, 200])
        assert slots(ergon(*arguments, file).out) == [0]
        assert len(service.asked) == 2

        # An answer that cannot be read replaces nothing.
        os.utime(kept, (hour_ago, hour_ago))
        service.text = "<html>Come back later</html>"
        answer = ergon(*arguments, file)
        assert slots(answer.out) == [0]
        assert "not JSON" in answer.err and "UTC stands in" in answer.err
    answer = ergon(*arguments, file)
    assert slots(answer.out) == [0]
    assert "cannot be reached" in answer.err and "UTC stands in" in answer.err

    kept.unlink()
    answer = ergon(*arguments, file)
    assert "cannot be reached" in answer.err and "done without" in answer.err
    assert "here: carbon all slots from the zone's yearly value" in answer.json()["signals"]


def test_a_campaign_is_simulated_by_policies_beside_its_bound(
    ergon: Ergon, tmp_path: Path
) -> None:
    # Twenty tasks of 10 Wh and two nodes of 10 Wh: 0.22 kWh in one hour.
    carbon(tmp_path, [400, 300, 100, 200])
    answer = ergon("simulate", ergon.manifest(CAMPAIGN), "--grid", grid_of(tmp_path, SIGNAL),
                   "--start", "2020-06-01", "--deadline", "4h", "--objective", "carbon",
                   "-o", "json").json()
    grams = {row["name"]: 1000 * row["kilogramsCO2e"] for row in answer["policies"]}
    assert grams == pytest.approx(
        {"even": 88, "greedy": 88, "threshold": 22, "planned": 22, "whole": 22})
    assert answer["bound"] == pytest.approx(0.022)
    planned = next(row for row in answer["policies"] if row["name"] == "planned")
    assert planned["watts"] == {"here": [0, 0, 220, 0]}
    assert planned["meanWaitHours"] == 2


def test_a_wrong_forecast_is_paid_for_at_what_power_really_was_like(
    ergon: Ergon, tmp_path: Path
) -> None:
    carbon(tmp_path, [400, 300, 100, 200])
    thought = tmp_path / "thought"
    thought.mkdir()
    carbon(thought, [400, 100, 300, 200])
    forecast = grid_of(thought, SIGNAL)
    answer = ergon("simulate", ergon.manifest(CAMPAIGN), "--grid", grid_of(tmp_path, SIGNAL),
                   "--forecast", forecast, "--start", "2020-06-01", "--deadline", "4h",
                   "--objective", "carbon", "--policy", "planned", "--policy", "whole",
                   "-o", "json").json()
    grams = {row["name"]: 1000 * row["kilogramsCO2e"] for row in answer["policies"]}
    assert grams == pytest.approx({"planned": 66, "whole": 22})


def test_work_goes_to_its_data_unless_cleaner_power_is_worth_the_way(
    ergon: Ergon, tmp_path: Path
) -> None:
    (tmp_path / "data.bin").write_bytes(bytes(20_000_000))
    steps = """
inputs:
  muons: {files: data.bin}
steps:
  first:
    over: muons
    split: {files: 1}
    run: ["true", "{input}"]
    resources: {cpus: 1, memory: 1 GiB, time: 1 h, limit: 1 h}
"""
    sites = GRID.replace("CARBON", "300 g/kWh").replace("    zone: DE", "    inputs: [muons]")
    sites += """  there:
    carbon: 290 g/kWh
    nodes:
      one: {count: 2, cores: 10, memory: 64 GiB, idle: 10 W, core: 10 W}
"""
    def place(links: str) -> str:
        (tmp_path / "grid.yaml").write_text(sites + links)
        answer = ergon("plan", ergon.manifest(steps), "--grid", tmp_path / "grid.yaml",
                       "--objective", "carbon=1,energy=1", "-o", "json").json()
        (start,) = answer["steps"][0]["starts"]
        return str(start["nodes"])

    # 20 MB at 0.03 kWh a GB are 0.6 Wh; 20 Wh of cleaner power save 0.2 g.
    assert place("") == "one@here"
    assert place("links: [{from: here, to: there, energy: 0 Wh/GB}]\n") == "one@there"


def test_what_a_campaign_cannot_be_asked_is_refused(ergon: Ergon, tmp_path: Path) -> None:
    manifest, file = ergon.manifest(CAMPAIGN), grid_of(tmp_path, "300 g/kWh")
    answer = ergon("simulate", manifest, "--grid", file, "--slack", "2h", status=64)
    assert "a campaign has a deadline, and no log" in answer.err
    answer = ergon("simulate", manifest, status=64)
    assert "--grid goes with a manifest or --workload" in answer.err
