#!/usr/bin/env python3
"""Prints the exact optima of the planner tests' random problems, tasks and nodes in fractions.

    pip install highspy numpy && Benchmarks/optima.py plain|linked CLASSES NODES SLOTS SITES SEED...

The problems are those of Tests/ErgonPlannerTests/RandomProblem.swift, made here once more from the
same whole numbers, so that nothing of the planner judges itself; HiGHS solves them. The figures are
frozen in ReferenceOptimaTests.swift.
"""

import sys
from dataclasses import dataclass, field

import highspy
import numpy as np

MASK = (1 << 64) - 1
SLOT = 1800
HOURS = SLOT / 3600


class SplitMix:
    """Steele, Lea, Flood 2014."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return mixed ^ (mixed >> 31)

    def number(self, low: int, high: int) -> int:
        return low + self.next() % (high - low + 1)


@dataclass
class Site:
    carbon: list[int]
    """g/kWh"""
    price: list[int]
    """Thousandths for a kWh."""
    effectiveness: float
    cap: int | None = None
    """mW"""


@dataclass
class Node:
    site: int
    count: int
    cores: int
    memory: int
    """GB"""
    gpus: int
    idle: int
    """mW"""
    start: float = 0.0
    """kWh"""


@dataclass
class Tasks:
    count: int
    cores: int
    memory: int
    gpus: int
    first: int
    end: int
    estimates: list[tuple[int, int, int]]
    """Node class, microseconds, mW."""
    megabytes: int = 0
    origin: int = -1


@dataclass
class Problem:
    slots: int
    sites: list[Site]
    nodes: list[Node]
    tasks: list[Tasks]
    links: dict[tuple[int, int], tuple[int | None, int]] = field(default_factory=dict)
    """From and to: GB in a slot, and ten-thousandths of money for a GB."""


def make(seed: int, classes: int, node_classes: int, slots: int, site_count: int) -> Problem:
    random = SplitMix(seed)
    sites = [site(random, slots) for _ in range(site_count)]
    nodes = [node(random, number, site_count) for number in range(node_classes)]
    for index, place in enumerate(sites):
        cap_power(random, index, place, nodes)
    capacity = sum(node.count * node.cores for node in nodes) * slots
    tasks = [task_class(random, nodes, slots, capacity // classes) for _ in range(classes)]
    return Problem(slots, sites, nodes, tasks)


def site(random: SplitMix, slots: int) -> Site:
    level, price, phase = random.number(40, 450), random.number(20, 120), random.number(0, 47)
    carbon, prices = [], []
    for slot in range(slots):
        wave = abs((slot + phase) % 48 - 24) * 3 + random.number(0, 15)
        carbon.append(level * (60 + wave) // 100)
        dip = 60 if random.number(0, 19) == 0 else 0
        prices.append(price * (40 + wave) // 100 - dip)
    return Site(carbon, prices, random.number(110, 170) / 100)


def node(random: SplitMix, number: int, sites: int) -> Node:
    cores = 16 * random.number(1, 16)
    count = random.number(20, 200)
    memory = cores * random.number(2, 8)
    gpus = 4 if random.number(0, 4) == 0 else 0
    return Node(number % sites, count, cores, memory, gpus, cores * random.number(500, 3000))


def cap_power(random: SplitMix, index: int, site: Site, nodes: list[Node]) -> None:
    share = random.number(50, 80)
    if random.number(0, 3) == 0:
        return
    most = sum(n.count * (n.idle + n.cores * 4000) for n in nodes if n.site == index)
    site.cap = most * share // 100


def task_class(random: SplitMix, nodes: list[Node], slots: int, core_slots: int) -> Tasks:
    cores = [1, 1, 1, 2, 4, 8][random.number(0, 5)]
    memory = cores * random.number(1, 6)
    needs_gpu = random.number(0, 9) == 0
    work, allowed = random.number(60, 900), random.number(30, 100)
    estimates = []
    for index, place in enumerate(nodes):
        speed = 70 + (index * 37) % 90
        power = cores * (2000 + (index * 53) % 40 * 100) + (150_000 if needs_gpu else 0)
        if random.number(1, 100) <= allowed and (not needs_gpu or place.gpus > 0):
            estimates.append((index, work * 100_000_000 // speed, power))
    ready = random.number(0, slots // 2)
    last = min(slots, ready + random.number(slots // 6, slots))
    load = random.number(5, 60)
    eligible = sum(nodes[index].count * nodes[index].cores for index, _, _ in estimates)
    part = 400 if needs_gpu else 16
    most = eligible * (last - ready) * 1800 // (cores * work) // part
    wanted = core_slots * 1800 // (cores * work) * load // 100
    gpus = 1 if needs_gpu else 0
    return Tasks(min(wanted, most), cores, memory, gpus, ready, last, estimates)


def link(problem: Problem, seed: int) -> None:
    random = SplitMix(seed + 1000)
    for tasks in problem.tasks:
        tasks.megabytes = random.number(1, 40) if random.number(0, 2) > 0 else 0
        tasks.origin = random.number(0, len(problem.sites)) - 1
    for origin in range(-1, len(problem.sites)):
        for to in range(len(problem.sites)):
            if origin == to:
                continue
            gigabytes = random.number(50, 800) * (8 if origin < 0 else 1)
            limit = None if random.number(0, 2) == 0 else gigabytes
            problem.links[origin, to] = (limit, random.number(0, 100))
    for place in problem.nodes:
        seconds = random.number(60, 300)
        place.start = (place.idle + place.cores * 4000) * seconds / 3.6e9


class Program:
    """Columns with their entries, rows by name."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.most: list[float] = []
        self.starts = [0]
        self.index: list[int] = []
        self.value: list[float] = []
        self.rows: dict[tuple[object, ...], int] = {}
        self.low: list[float] = []
        self.high: list[float] = []

    def row(self, name: tuple[object, ...], low: float, high: float) -> int:
        if name not in self.rows:
            self.rows[name] = len(self.low)
            self.low.append(low)
            self.high.append(high)
        return self.rows[name]

    def column(self, cost: float, most: float, entries: list[tuple[int, float]]) -> None:
        self.cost.append(cost)
        self.most.append(most)
        for row, value in entries:
            self.index.append(row)
            self.value.append(value)
        self.starts.append(len(self.index))

    def optimum(self) -> float:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.cost), len(self.low)
        model.col_cost_ = np.array(self.cost)
        model.col_lower_ = np.zeros(len(self.cost))
        model.col_upper_ = np.array(self.most)
        model.row_lower_, model.row_upper_ = np.array(self.low), np.array(self.high)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.array(self.starts)
        model.a_matrix_.index_ = np.array(self.index)
        model.a_matrix_.value_ = np.array(self.value)
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("solver", "ipm")
        solver.passModel(model)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise SystemExit(f"{solver.getModelStatus()}")
        return float(solver.getInfo().objective_function_value)


def optimum(problem: Problem) -> float:
    program, infinity = Program(), highspy.kHighsInf

    def price(site: int, slot: int) -> float:
        place = problem.sites[site]
        kilograms, money = place.carbon[slot] / 1000, place.price[slot] / 1000
        return place.effectiveness * (0.05 + 0.2 * kilograms + 0.5 * money)

    resources = ("cores", "memory", "gpus")
    for number, place in enumerate(problem.nodes):
        for slot in range(problem.slots):
            idle = place.count * place.idle / 1e6 * HOURS
            entries = [
                (program.row((name, number, slot), -infinity, 0),
                 -place.count * getattr(place, name) * HOURS)
                for name in resources
            ]
            cap = problem.sites[place.site].cap
            if cap is not None:
                row = program.row(("power", place.site, slot), -infinity, cap / 1e6 * HOURS)
                entries.append((row, idle))
            if place.start > 0:
                entries.append((program.row(("start", number, slot), -infinity, 0), 1))
                if slot + 1 < problem.slots:
                    row = program.row(("start", number, slot + 1), -infinity, 0)
                    entries.append((row, -1))
                started = place.count * place.start * price(place.site, slot)
                program.column(
                    started, 1, [(program.row(("start", number, slot), -infinity, 0), -1)])
            program.column(idle * price(place.site, slot), 1, entries)
    for number, tasks in enumerate(problem.tasks):
        all_of_them = program.row(("tasks", number), tasks.count, tasks.count)
        for index, microseconds, milliwatts in tasks.estimates:
            place = problem.nodes[index]
            hours = microseconds / 3.6e9
            energy = milliwatts / 1e6 * hours
            moved = tasks.megabytes / 1000 if tasks.origin != place.site else 0
            limit, ten_thousandths = problem.links.get((tasks.origin, place.site), (None, 0))
            transfer = moved * (0.05 * 0.03 + 0.5 * ten_thousandths / 1e4)
            for slot in range(tasks.first, tasks.end):
                entries = [(all_of_them, 1.0)]
                for name in resources:
                    if getattr(tasks, name) > 0:
                        row = program.rows[name, index, slot]
                        entries.append((row, getattr(tasks, name) * hours))
                if problem.sites[place.site].cap is not None:
                    entries.append((program.rows["power", place.site, slot], energy))
                if moved > 0 and limit is not None:
                    row = program.row(("link", tasks.origin, place.site, slot), -infinity, limit)
                    entries.append((row, moved))
                program.column(energy * price(place.site, slot) + transfer, infinity, entries)
    return program.optimum()


def main() -> None:
    kind, classes, node_classes, slots, sites, *seeds = sys.argv[1:]
    for seed in map(int, seeds):
        problem = make(seed, int(classes), int(node_classes), int(slots), int(sites))
        if kind == "linked":
            link(problem, seed)
        print(f"Reference(seed: {seed}, optimum: {optimum(problem):.9f}),", flush=True)


if __name__ == "__main__":
    main()
