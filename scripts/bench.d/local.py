"""A group of processes of this machine: what of an upgrade is the tool's own time, and what the program costs beside it."""
import os
import pathlib
import re
import signal
import statistics
import subprocess
import time

from ground import *
from witness import intervals, show_gaps, union

RUNS = int(os.environ.get("BENCH_RUNS", "5"))


class Site:
    """A group of three instances of the source, over a database of its own, under the eyes of a witness."""

    def __init__(self, folder, name, installations, extra=()):
        self.folder, self.name = folder / name, name
        self.folder.mkdir()
        self.url, self.witness = database(f"bench_{name}"), database(f"bench_{name}_witness")
        make_database(f"bench_{name}")
        make_database(f"bench_{name}_witness")
        check([STAND_IN, "witness", self.witness, "init"])
        ports = ", ".join(str(port) for port in free_ports(REPLICAS + 1))
        secrets = [f"DATABASE_URL={self.url}", "WEBUI_SECRET_KEY=bench", f"STAND_IN_WITNESS={self.witness}", *extra]
        with open(os.open(self.folder / "secrets.env", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write("\n".join(secrets) + "\n")
        (self.folder / "group.yaml").write_text(
            f"name: {name}\n"
            f"command: {installations}/{{version}}/bin/open-webui serve --host {{host}} --port {{port}}\n"
            f"ports: [{ports}]\n"
            "environmentFile: secrets.env\n"
            f"environment:\n  DATA_DIR: {self.folder}/data\n"
            "stopGrace: 10\n")
        (self.folder / "data").mkdir()

    def __enter__(self):
        check([TOOL, "local", "up", "--group", self.folder, "--version", SOURCE, "--replicas", str(REPLICAS)])
        return self

    def __exit__(self, *_):
        subprocess.run([TOOL, "local", "down", "--group", self.folder], capture_output=True)
        drop_database(f"bench_{self.name}")
        drop_database(f"bench_{self.name}_witness")

    @property
    def upgrade(self):
        return [str(word) for word in (TOOL, "--to", f"v{TARGET}", "--yes", "--group", self.folder)]


def measured_run(site, shows_gaps):
    """One healthy upgrade: its wall time and what of it was the tool's own, in seconds, and its peak memory in MB.

    The memory is that of the tool alone: wait4 reports the largest of a process and its reaped descendants, so where
    pg_dump is larger it is pg_dump's.
    """
    with open(site.folder / "output", "w") as output:
        start = time.time()
        child = subprocess.Popen(site.upgrade, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        end = time.time()
    if status != 0:
        fail(f"the upgrade ended with {os.waitstatus_to_exitcode(status)}:\n{(site.folder / 'output').read_text()}")
    if psql(site.url, "SELECT version_num FROM alembic_version").strip() != HEAD:
        fail("the upgrade did not end at the head")
    check([STAND_IN, "witness", site.witness, "check"])
    parts = union(intervals(site.witness), start, end)
    own = (end - start) - sum(high - low for low, high in parts)
    if shows_gaps:
        show_gaps(parts, start, end)
    return end - start, own, usage.ru_maxrss / 1024


def start_time():
    times = []
    for _ in range(30):
        start = time.perf_counter()
        subprocess.run([str(TOOL), "--help"], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def append_time(folder):
    text = check([TOOL, "bench-journal", "--folder", folder / "journal", "--count", "200"])
    return int(re.match(r"(\d+) microseconds", text)[1]) / 1e6


def resume_time(site):
    """From the start of the same command to its first line that stands at the step in which the run was killed."""
    child = subprocess.Popen(site.upgrade, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    # The step has begun when the migration does; the kill comes while it is slow.
    deadline = time.monotonic() + 60
    while psql(site.url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'").strip() != "1":
        if time.monotonic() > deadline or child.poll() is not None:
            fail("the upgrade did not come to the migration")
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stderr.close()
    start = time.perf_counter()
    child = subprocess.Popen(site.upgrade, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    reached, lines = None, []
    for line in child.stderr:
        lines.append(line)
        if reached is None and "await-migrated" in line:
            reached = time.perf_counter() - start
    if child.wait() != 0 or reached is None:
        fail(f"the resumed upgrade ended with {child.returncode}:\n{''.join(lines)}")
    return reached


def simulated_runs(count=20_000):
    """Simulated runs a minute; None where this build has no simulator to rehearse with."""
    start = time.perf_counter()
    done = subprocess.run([str(TOOL), "rehearse", "--runs", str(count)], capture_output=True, text=True)
    if done.returncode == 64:
        return None
    if done.returncode != 0:
        fail(f"rehearse ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return count / (time.perf_counter() - start) * 60


def measure(folder, rows):
    installations = folder / "opt"
    for version in (SOURCE, TARGET):
        check([STAND_IN, "install", "--version", version, "--into", installations / version])
    runs = []
    for number in range(RUNS):
        with Site(folder, f"run{number}", installations) as site:
            runs.append(measured_run(site, SHOWS_GAPS and number == RUNS - 1))
            say(f"local upgrade {number + 1}: {runs[-1][0]:.2f} s, own {runs[-1][1]:.2f} s")
    wall = statistics.median(run[0] for run in runs)
    own = statistics.median(run[1] for run in runs)
    rows.add(f"own time of an upgrade with {REPLICAS} replicas (of {wall:.2f} s)", own * 1000, " ms", 500)
    rows.add("start of --help", start_time() * 1000, " ms", 20)
    rows.add("peak memory of a run", max(run[2] for run in runs), " MB", 40)
    rows.add("a journal append with fsync, median", append_time(folder) * 1000, " ms", 10)
    with Site(folder, "resumed", installations, [f"STAND_IN_SLOW_MIGRATION={TARGET}:5"]) as site:
        rows.add("a resume reaches the interrupted step", resume_time(site) * 1000, " ms", 1000)
    rows.add("simulated runs a minute", simulated_runs(), "", 100_000, least=True)
