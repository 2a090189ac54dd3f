#!/usr/bin/env python3
"""Measures trainings as MPI jobs, with ranks that share this machine, and with ranks on a network of given speed.

    cargo build --release --features mpi
    sudo scripts/cluster_bench.py plans/mnist_approximate.toml --steps 3 --gbps 1 10 --delay-ms 0.1 1

`cores` compares two ranks of one thread with one rank of one thread and with one process of two threads, all in one
run. Two independent jobs at once show what two busy cores lose by what they share, such as memory bandwidth and clock.
`network` puts each rank in a network namespace, joins them by TAP devices and a switch in this program, which limits and
delays what they send, and compares time and bytes with `silenzio estimate --ranks`. Ranks that share the cores of this
machine compute that much longer, which is counted. `table` says what `silenzio estimate` expects of larger clusters.
Times are those of the steps, without keys and files. Needs Open MPI, Python 3.11, and for namespaces root, iproute2 and
Linux.
"""

import argparse
import fcntl
import heapq
import itertools
import json
import math
import os
import re
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

BUILT = Path(__file__).resolve().parent.parent / "target/release/silenzio"

# Namespaces need root. Ranks are not bound to cores, and communicate by TCP, as on a cluster.
OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "OMPI_MCA_btl": "self,tcp",
}


def run(command: list, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess:
    """Run a command, which must succeed, and return its output."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done


def prepare(options: argparse.Namespace, folder: Path) -> int:
    """Makes keys and samples of a training of a few steps; the size of a batch."""
    changes = dict(change.split("=", 1) for change in options.set)
    plan = tomllib.loads(options.plan.read_text())
    batch = int(changes.get("training.batch", plan["training"]["batch"]))
    sizes = ["--set", f"data.limit={options.steps * batch}", "--set", "training.epochs=1"]
    run([options.silenzio, "keygen", *planned(options), *sizes], folder)
    run([options.silenzio, "encrypt", *planned(options), *sizes], folder)
    return batch


def planned(options: argparse.Namespace) -> list:
    """The plan, with the fields that are set."""
    return [options.plan.resolve(), *(part for change in options.set for part in ("--set", change))]


def seconds_of_steps(log: str) -> float:
    """The time between the beginning of the first step and the writing of the model."""
    times = {}
    for line in log.splitlines():
        stamp = re.search(r"(\d{4}-\d\d-\d\dT[\d:.]+)Z", line)
        for event in ("training begins", "model written"):
            if stamp and event in line:
                times[event] = datetime.fromisoformat(stamp.group(1))
    if len(times) != 2:
        sys.exit(f"the log does not say when the training began and ended:\n{log}")
    return (times["model written"] - times["training begins"]).total_seconds()


def train(
    options: argparse.Namespace, folder: Path, threads: int, launcher: list, **environment: str
) -> tuple[float, dict]:
    """The time of the steps of a training, and its report; its model must equal that of all others."""
    command = [*launcher, options.silenzio, "train", "data.silenzio", "--threads", threads, "--json"]
    done = run([*command, "--out", "model.silenzio"], folder, **OPEN_MPI, SILENZIO_LOG="info", **environment)
    model = (folder / "model.silenzio").read_bytes()
    (folder / "model.silenzio").unlink()
    first = folder / "first.silenzio"
    if not first.exists():
        first.write_bytes(model)
    if first.read_bytes() != model:
        sys.exit("the models of two trainings differ")
    report = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    return seconds_of_steps(done.stdout + done.stderr), report


def cores(options: argparse.Namespace, folder: Path) -> None:
    """Two ranks of one thread against one, and against one process of two threads."""
    samples = options.steps * prepare(options, folder)
    cases = {
        "1 rank of 1 thread": (1, ["mpirun", "-n", 1]),
        "2 ranks of 1 thread": (1, ["mpirun", "-n", 2]),
        "1 process of 2 threads": (2, []),
    }
    print("| case | seconds a step | samples a second |\n| --- | --- | --- |")
    measured = [
        [*(train(options, folder, *case)[0] for case in cases.values()), two_at_once(options, folder)]
        for _ in range(options.repeats)
    ]
    least = [min(seconds) for seconds in zip(*measured)]
    for name, seconds in zip([*cases, "2 jobs of 1 rank at once, each"], least):
        print(f"| {name} | {seconds / options.steps:.3f} | {samples / seconds:.3f} |", flush=True)
    alone, ranks, process, at_once = least
    print(f"\ntwo ranks: {alone / ranks:.3f} times the samples a second of one rank;")
    print(f"two jobs at once: {2 * alone / at_once:.3f} times, which is what the machine gives to two busy cores;")
    print(f"two ranks take {100 * (ranks / process - 1):+.1f}% of the time of one process with two threads")


def two_at_once(options: argparse.Namespace, folder: Path) -> float:
    """The time of each of two trainings of one rank that share nothing but the machine."""
    other = folder / "other"
    if not other.exists():
        other.mkdir()
        for name in ("data.silenzio", "server.key"):
            (other / name).symlink_to(folder / name)
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(train, options, place, 1, ["mpirun", "-n", 1]) for place in (folder, other)]
        return max(job.result()[0] for job in jobs)


class Switch(threading.Thread):
    """A network switch in user space between TAP devices: it limits what each device sends, and delays it.

    The kernels of many machines have no netem. Frames cost some 20 µs of one core each.
    """

    def __init__(self, ports: dict[bytes, int]) -> None:
        """For the files of TAP devices by their hardware addresses."""
        super().__init__(daemon=True)
        self.ports = ports
        self.bytes_per_second, self.delay = math.inf, 0.0
        self.stopped = False

    def run(self) -> None:
        free = dict.fromkeys(self.ports, 0.0)
        waiting: list[tuple[float, int, int, bytes]] = []
        numbers = itertools.count()
        devices = select.poll()
        for port in self.ports.values():
            devices.register(port, select.POLLIN)
        while not self.stopped:
            wait = waiting[0][0] - time.monotonic() if waiting else 0.1
            # Waits shorter than a millisecond are not slept, since poll rounds up.
            ready = {port for port, _ in devices.poll(max(0, int(1000 * wait)))}
            for address, port in self.ports.items():
                if port not in ready:
                    continue
                frame = os.read(port, 1 << 16)
                free[address] = max(free[address], time.monotonic()) + len(frame) / self.bytes_per_second
                targets = [self.ports[frame[:6]]] if frame[:6] in self.ports else set(self.ports.values()) - {port}
                for target in targets:
                    heapq.heappush(waiting, (free[address] + self.delay, next(numbers), target, frame))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, target, frame = heapq.heappop(waiting)
                os.write(target, frame)


class Namespaces:
    """Network namespaces with one TAP device each, joined by a switch."""

    PREFIX = "silenzio"

    def __init__(self, count: int) -> None:
        self.names = [f"{self.PREFIX}{i}" for i in range(count)]
        self.addresses = [f"10.213.77.{i + 1}" for i in range(count)]

    def __enter__(self) -> "Namespaces":
        ports = {}
        for number, (name, address) in enumerate(zip(self.names, self.addresses)):
            device, hardware = f"{name}-tap", bytes([2, 0, 0, 0, 0, number])
            ports[hardware] = self.tap(device)
            run(["ip", "netns", "add", name])
            run(["ip", "link", "set", device, "address", hardware.hex(":"), "txqueuelen", 10_000])
            run(["ip", "link", "set", device, "netns", name, "name", "cluster0"])
            run(["ip", "-n", name, "address", "add", f"{address}/24", "dev", "cluster0"])
            run(["ip", "-n", name, "link", "set", "cluster0", "mtu", 9000, "up"])
            run(["ip", "-n", name, "link", "set", "lo", "up"])
        self.switch = Switch(ports)
        self.switch.start()
        return self

    @staticmethod
    def tap(name: str) -> int:
        """The file of a new TAP device, which lasts as long as the file is open."""
        set_device, tap_without_header = 0x400454CA, 0x1002
        file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(file, set_device, struct.pack("16sH22x", name.encode(), tap_without_header))
        return file

    def __exit__(self, *_: object) -> None:
        self.switch.stopped = True
        self.switch.join()
        for port in self.switch.ports.values():
            os.close(port)
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False)

    def shape(self, gbps: float, delay_ms: float) -> None:
        """Limits what each namespace sends, and delays it."""
        self.switch.bytes_per_second, self.switch.delay = gbps * 1e9 / 8, delay_ms / 1000


@contextmanager
def agent(namespaces: Namespaces, folder: Path):
    """What Open MPI starts its daemons with, instead of ssh: a shell in the namespace of an address."""
    path = folder / "agent"
    cases = "\n".join(
        f"    {address}) name={name} ;;" for name, address in zip(namespaces.names, namespaces.addresses)
    )
    path.write_text(
        f'#!/bin/sh\nhost="$1"\nshift\ncase "$host" in\n{cases}\nesac\n'
        'exec ip netns exec "$name" unshare --uts sh -c "hostname $name; cd $FOLDER; $*"\n'
    )
    path.chmod(0o755)
    yield path


def network(options: argparse.Namespace, folder: Path) -> None:
    """Ranks of one thread on networks of several speeds, against the model."""
    ranks = options.ranks
    prepare(options, folder)
    print("| network | seconds a step | by the model | error | MB sent by rank 0 a step | by the model | error |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with Namespaces(ranks) as namespaces, agent(namespaces, folder) as rsh:
        hosts = ",".join(f"{address}:1" for address in namespaces.addresses)
        launcher = ["ip", "netns", "exec", namespaces.names[0], "unshare", "--uts", "sh", "-c"]
        launcher += [f'hostname {namespaces.names[0]}; exec "$@"', "sh", "mpirun"]
        launcher += ["--mca", "plm_rsh_agent", rsh, "--mca", "oob_tcp_if_include", "cluster0"]
        launcher += ["--mca", "btl_tcp_if_include", "cluster0", "--host", hosts, "-n", ranks]
        launcher += ["-x", "SILENZIO_LOG", "--wdir", folder]
        for gbps in options.gbps:
            for delay in options.delay_ms:
                namespaces.shape(gbps, delay)
                model = estimate(options, gbps, delay)
                seconds, report = train(options, folder, 1, launcher, FOLDER=str(folder))
                seconds /= options.steps
                sent = report["messages"]["sent_bytes_per_step"]
                print(
                    f"| {gbps:g} Gbit/s, {delay:g} ms | {seconds:.3f} | {model.seconds:.3f} "
                    f"| {100 * (model.seconds / seconds - 1):+.1f}% "
                    f"| {sent / 1e6:.3f} | {model.sent / 1e6:.3f} | {100 * (model.sent / sent - 1):+.1f}% |",
                    flush=True,
                )


@dataclass
class Model:
    """What `silenzio estimate` says of a step on ranks of one thread that share the cores of this machine."""

    seconds: float
    sent: float


def estimate(options: argparse.Namespace, gbps: float, delay_ms: float) -> Model:
    """Measured on all cores, since all are busy; a rank has one of them, or less."""
    cores = len(os.sched_getaffinity(0))
    command = [options.silenzio, "estimate", *planned(options), "--json", "--threads", cores]
    # Beside the delay there is the latency of this machine.
    command += ["--ranks", options.ranks, "--network", gbps, "--latency", 1000 * delay_ms + 30]
    step = json.loads(run(command).stdout)
    computing = (step["sample_seconds"] + step["weight_seconds"]) * cores
    crowding = max(1, options.ranks / cores)
    return Model(
        seconds=crowding * (computing + step["message_seconds"]) + step["network_seconds"],
        sent=step["sent_bytes_per_step"],
    )


def table(options: argparse.Namespace, _: Path) -> None:
    """By the model alone: nodes of so many cores like those of this machine."""
    epochs = dict(change.split("=", 1) for change in options.set).get("training.epochs")
    epochs = int(epochs or tomllib.loads(options.plan.read_text())["training"]["epochs"])
    print("| nodes | hours an epoch | efficiency | MB sent by rank 0 a step | GB of memory a node |")
    print("| --- | --- | --- | --- | --- |")
    for nodes in options.nodes:
        command = [options.silenzio, "estimate", *planned(options), "--json", "--threads", options.node_cores]
        command += ["--ranks", nodes, "--network", options.node_gbps, "--latency", options.node_latency_us]
        step = json.loads(run(command).stdout)
        print(
            f"| {nodes} | {step['seconds'] / epochs / 3600:.3g} | {100 * step['efficiency']:.0f}% "
            f"| {step['sent_bytes_per_step'] / 1e6:.2f} | {step['memory_bytes'] / 1e9:.2f} |",
            flush=True,
        )
    print(f"\na batch has samples for {step['most_ranks']} nodes; {step['fastest_ranks']} are fastest")


CASES = {"cores": cores, "network": network, "table": table}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=Path, help="a plan, such as plans/mnist_approximate.toml")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), help="default: all")
    parser.add_argument("--steps", type=int, default=3, metavar="N", help="steps of each training (default 3)")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="set a field of the plan")
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help="cores: take the least of N times in turn")
    parser.add_argument("--ranks", type=int, default=3, metavar="N", help="network: ranks (default 3)")
    parser.add_argument("--gbps", type=float, nargs="+", default=[1, 10], help="network: rates (default 1 10)")
    parser.add_argument("--delay-ms", type=float, nargs="+", default=[0.1, 1], help="network: delays (default 0.1 1)")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 4, 16, 64], help="table: nodes (default 1 4 16 64)")
    parser.add_argument("--node-cores", type=int, default=64, help="table: cores of a node (default 64)")
    parser.add_argument("--node-gbps", type=float, default=10, help="table: rate of the network (default 10)")
    parser.add_argument("--node-latency-us", type=float, default=50, help="table: latency (default 50)")
    parser.add_argument("--silenzio", type=Path, default=BUILT, help="the program, built with the feature mpi")
    options = parser.parse_args()
    options.silenzio = options.silenzio.resolve()
    if not options.silenzio.is_file():
        parser.error(f"{options.silenzio} does not exist: build it by `cargo build --release --features mpi`")
    for case in options.cases:
        with tempfile.TemporaryDirectory() as folder:
            CASES[case](options, Path(folder))
        print(flush=True)


if __name__ == "__main__":
    main()
