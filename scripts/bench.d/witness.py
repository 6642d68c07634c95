"""What the witness saw of a run: when instances were at work, and so when only the tool or the platform was."""
from ground import psql, say


def intervals(witness):
    """When instances were at work to stop, start and migrate, as the witness saw it, in seconds since 1970.

    For each process: from its own first entry (life) to 'opened', and from 'stopping' to 'ended'. One that never
    opened counts to its last mark. What lies between the tool's decision and a process's first entry (fork, exec,
    its session with the witness), and between its last mark and its end, therefore counts as the tool's own.
    """
    rows = psql(
        witness,
        "SELECT life.id, extract(epoch FROM started_at), mark.kind, extract(epoch FROM mark.at)"
        " FROM life LEFT JOIN mark ON mark.life = life.id ORDER BY life.id, mark.at")
    lives = {}
    for line in rows.splitlines():
        life, started, kind, at = line.split("|")
        marks = lives.setdefault(life, {"started": float(started)})
        if kind:
            marks[kind] = float(at)
    for marks in lives.values():
        begun = [marks[kind] for kind in ("opened", "migrated", "committing", "ended") if kind in marks]
        if begun:
            yield marks["started"], begun[0]
        if "stopping" in marks and "ended" in marks:
            yield marks["stopping"], marks["ended"]


def union(intervals, start, end):
    """The parts of [start, end] that the intervals cover, without overlaps."""
    parts = []
    for low, high in sorted((max(low, start), min(high, end)) for low, high in intervals):
        if high <= low:
            continue
        if parts and low <= parts[-1][1]:
            parts[-1][1] = max(parts[-1][1], high)
        else:
            parts.append([low, high])
    return parts


def show_gaps(parts, start, end):
    """The longest stretches of a run in which no instance was at work, but only the tool, or the platform for it."""
    edges = [start] + [edge for part in parts for edge in part] + [end]
    for low, high in sorted(zip(edges[::2], edges[1::2]), key=lambda gap: gap[0] - gap[1]):
        say(f"{(high - low) * 1000:7.0f} ms from {low - start:.3f} s")
