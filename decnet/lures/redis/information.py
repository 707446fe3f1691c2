# SPDX-License-Identifier: MIT
"""INFO: what the server says of itself, in agreement with the persona."""

import time

from decnet.lures.redis.call import Call
from decnet.lures.redis.information_fields import late_fields
from decnet.lures.redis.resp import Verbatim

_DEFAULT = (
    "server",
    "clients",
    "memory",
    "persistence",
    "stats",
    "replication",
    "cpu",
    "modules",
    "errorstats",
    "cluster",
    "keyspace",
)
_GCC = {"20.04": "9.4.0", "10": "9.3.0", "11": "10.2.1", "12": "12.2.0", "13": "14.2.0"}
_JEMALLOC = {True: "jemalloc-5.3.0", False: "jemalloc-5.2.1"}
Lines = list[tuple[str, object]]
_LATE_FIELDS = late_fields()


def info(call: Call) -> Verbatim:
    """Return the sections that were asked for."""
    wanted = {call.word(index) for index in range(1, len(call.arguments))} or {"default"}
    if wanted & {"default", "all", "everything"}:
        wanted |= set(_DEFAULT)
    sections = {
        "server": _server, "clients": _clients, "memory": _memory, "persistence": _persistence, "stats": _stats,
        "replication": _replication, "cpu": _cpu, "modules": _modules, "errorstats": _errors, "cluster": _cluster,
        "keyspace": _keyspace,
    }  # fmt: skip
    if not call.instance.version >= (6, 2):
        del sections["errorstats"]
    parts = []
    for name, section in sections.items():
        if name in wanted:
            title = "CPU" if name == "cpu" else name.capitalize()
            parts.append(
                f"# {title}\r\n" + "".join(f"{key}:{value}\r\n" for key, value in _complete(call, name, section(call)))
            )
    return Verbatim("\r\n".join(parts).encode("utf-8", "surrogateescape"))


def _complete(call: Call, section: str, lines: Lines) -> Lines:
    """Return the lines of a section as 7.0 orders them, those that are always the same included."""
    if not call.instance.is_late or section not in _LATE_FIELDS:
        return lines
    values = dict(lines)
    return [(name, values.get(name, rest)) for name, rest in _LATE_FIELDS[section]]


def human(size: float) -> str:
    """Return bytes as Redis shortens them."""
    for unit, divisor in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if size >= divisor:
            return f"{size / divisor:.2f}{unit}"
    return f"{int(size)}B"


def _server(call: Call) -> Lines:
    """Describe the program."""
    instance, persona = call.instance, call.instance.persona
    uptime = max(1, int(time.time()) - instance.started_at)
    lines: Lines = [
        ("redis_version", instance.version_text), ("redis_git_sha1", "00000000"), ("redis_git_dirty", 0),
        ("redis_build_id", f"{int.from_bytes(persona.derive(f'redis build {instance.version_text}', 8)):x}"),
        ("redis_mode", "standalone"), ("os", f"Linux {persona.kernel} {persona.architecture}"), ("arch_bits", 64),
    ]  # fmt: skip
    if instance.is_late:
        lines.append(("monotonic_clock", "POSIX clock_gettime"))
    lines += [
        ("multiplexing_api", "epoll"), ("atomicvar_api", "c11-builtin" if instance.is_late else "atomic-builtin"),
        ("gcc_version", _GCC.get(persona.os_version, "10.2.1")), ("process_id", instance.process_id),
    ]  # fmt: skip
    lines += [("process_supervised", "systemd")] if instance.is_late else []
    lines += [("run_id", instance.run_id), ("tcp_port", 6379)]
    lines += [("server_time_usec", time.time_ns() // 1000)] if instance.is_late else []
    lines += [
        ("uptime_in_seconds", uptime), ("uptime_in_days", uptime // 86400), ("hz", 10), ("configured_hz", 10),
        ("lru_clock", int(time.time()) & 0xFFFFFF), ("executable", "/usr/bin/redis-server"),
        ("config_file", "/etc/redis/redis.conf"), ("io_threads_active", 0),
    ]  # fmt: skip
    return lines


def _clients(call: Call) -> Lines:
    """Describe the connections."""
    count = len(call.world.clients) + call.instance.persona.between("redis neighbours", 0, 3)
    lines: Lines = [("connected_clients", count)]
    if call.instance.is_late:
        lines += [("cluster_connections", 0), ("maxclients", 10000)]
    lines += [
        ("client_recent_max_input_buffer", 20480 if call.instance.is_late else 2),
        ("client_recent_max_output_buffer", 0), ("blocked_clients", 0), ("tracking_clients", 0),
        ("clients_in_timeout_table", 0),
    ]  # fmt: skip
    return lines


def _memory(call: Call) -> Lines:
    """Describe the memory."""
    base = 917_096 if call.instance.is_late else 859_944
    used = base + sum(database.size() for database in call.world.keyspace.databases.values())
    resident = 9_000_000 + call.instance.persona.between("redis resident", 0, 4_000_000) + used
    total, peak = call.instance.persona.memory_bytes, used + call.instance.persona.between("redis peak", 10_000, 400_000)
    start = 876_328 if call.instance.is_late else 810_192
    lines: Lines = []
    for name, size in (("used_memory", used), ("used_memory_rss", resident), ("used_memory_peak", peak)):
        lines += [(name, size), (f"{name}_human", human(size))]
    lines += [
        ("used_memory_peak_perc", f"{used / peak:.2%}"), ("used_memory_overhead", start + 20_504),
        ("used_memory_startup", start), ("used_memory_dataset", used - start - 20_504),
        ("used_memory_dataset_perc", f"{max(0, used - start - 20_504) / (used - start):.2%}"),
        ("allocator_allocated", used + 204_800), ("allocator_active", used + 565_248), ("allocator_resident", used + 3_235_840),
        ("total_system_memory", total), ("total_system_memory_human", human(total)), ("used_memory_lua", 41_984),
        ("used_memory_lua_human", "41.00K"), ("used_memory_scripts", len(call.world.scripts) * 184),
        ("used_memory_scripts_human", human(len(call.world.scripts) * 184)), ("number_of_cached_scripts",
        len(call.world.scripts)),
        ("maxmemory", call.world.config["maxmemory"]), ("maxmemory_human", human(int(call.world.config["maxmemory"]))),
        ("maxmemory_policy", call.world.config["maxmemory-policy"]), ("allocator_frag_ratio", "1.34"),
        ("allocator_frag_bytes", 360_448), ("allocator_rss_ratio", "2.87"), ("allocator_rss_bytes", 2_670_592),
        ("rss_overhead_ratio", f"{resident / (used + 3_235_840):.2f}"), ("rss_overhead_bytes", resident - used - 3_235_840),
        ("mem_fragmentation_ratio", f"{resident / used:.2f}"), ("mem_fragmentation_bytes", resident - used),
        ("mem_not_counted_for_evict", 0), ("mem_replication_backlog", 0), ("mem_clients_slaves", 0),
        ("mem_clients_normal", 20_504), ("mem_aof_buffer", 0), ("mem_allocator", _JEMALLOC[call.instance.is_late]),
        ("active_defrag_running", 0), ("lazyfree_pending_objects", 0),
    ]  # fmt: skip
    return lines


def _persistence(call: Call) -> Lines:
    """Describe what is on the disk."""
    return [
        ("loading", 0), ("rdb_changes_since_last_save", call.world.changes), ("rdb_bgsave_in_progress", 0),
        ("rdb_last_save_time", call.world.last_save_at), ("rdb_last_bgsave_status", "ok"), ("rdb_last_bgsave_time_sec", 0),
        ("rdb_current_bgsave_time_sec", -1), ("rdb_last_cow_size", 311_296), ("aof_enabled", 0), ("aof_rewrite_in_progress", 0),
        ("aof_rewrite_scheduled", 0), ("aof_last_rewrite_time_sec", -1), ("aof_current_rewrite_time_sec", -1),
        ("aof_last_bgrewrite_status", "ok"), ("aof_last_write_status", "ok"), ("aof_last_cow_size", 0),
        ("module_fork_in_progress", 0), ("module_fork_last_cow_size", 0),
    ]  # fmt: skip


def _stats(call: Call) -> Lines:
    """Describe the work done; it grows with the time since the start."""
    persona = call.instance.persona
    uptime = max(1, int(time.time()) - call.instance.started_at)
    commands = uptime * persona.between("redis commands", 1, 9) // 10 + call.world.commands
    connections = uptime // persona.between("redis connections", 60, 900) + call.world.connections
    hits = commands * persona.between("redis hits", 30, 60) // 100
    names = "expired_keys expired_stale_perc expired_time_cap_reached_count"
    lines: Lines = [
        ("total_connections_received", connections), ("total_commands_processed", commands), ("instantaneous_ops_per_sec", 0),
        ("total_net_input_bytes", commands * 61), ("total_net_output_bytes", commands * 184),
        ("instantaneous_input_kbps", "0.00"),
        ("instantaneous_output_kbps", "0.00"), ("rejected_connections", 0), ("sync_full", 0), ("sync_partial_ok", 0),
        ("sync_partial_err", 0),
    ]  # fmt: skip
    lines += [(name, "0.00" if name.endswith("perc") else 0) for name in names.split()]
    lines += [
        ("expire_cycle_cpu_milliseconds", uptime // 47), ("evicted_keys", 0), ("keyspace_hits", hits),
        ("keyspace_misses", hits // 7), ("pubsub_channels", 0), ("pubsub_patterns", 0), ("latest_fork_usec", 431),
        ("migrate_cached_sockets", 0), ("slave_expires_tracked_keys", 0), ("active_defrag_hits", 0),
        ("active_defrag_misses", 0),
        ("active_defrag_key_hits", 0), ("active_defrag_key_misses", 0), ("tracking_total_keys", 0), ("tracking_total_items", 0),
        ("tracking_total_prefixes", 0), ("unexpected_error_replies", 0),
    ]  # fmt: skip
    if call.instance.is_late:
        lines += [("total_reads_processed", commands + connections), ("total_writes_processed", commands)]
    return lines


def _replication(call: Call) -> Lines:
    """Describe the part in a replication, which SLAVEOF changes."""
    lines: Lines = [("role", "slave" if call.world.master else "master")]
    if call.world.master:
        host, port = call.world.master
        late = call.instance.is_late
        lines += [
            ("master_host", host), ("master_port", port), ("master_link_status", "down"), ("master_last_io_seconds_ago", -1),
            ("master_sync_in_progress", 0), *([("slave_read_repl_offset", 0)] if late else []), ("slave_repl_offset", 0),
            ("master_link_down_since_seconds", 8), ("slave_priority", 100), ("slave_read_only", 1),
            *([("replica_announced", 1)] if late else []),
        ]  # fmt: skip
    lines.append(("connected_slaves", 0))
    lines += [("master_failover_state", "no-failover")] if call.instance.version >= (6, 2) else []
    lines += [
        ("master_replid", call.instance.replication_id), ("master_replid2", "0" * 40), ("master_repl_offset", 0),
        ("second_repl_offset", -1), ("repl_backlog_active", 0), ("repl_backlog_size", 1_048_576),
        ("repl_backlog_first_byte_offset", 0), ("repl_backlog_histlen", 0),
    ]  # fmt: skip
    return lines


def _cpu(call: Call) -> Lines:
    """Describe the processor time."""
    uptime = max(1, int(time.time()) - call.instance.started_at)
    system, user = f"{uptime * 0.00071:.6f}", f"{uptime * 0.00064:.6f}"
    lines: Lines = [
        ("used_cpu_sys", system), ("used_cpu_user", user), ("used_cpu_sys_children", "0.004211"),
        ("used_cpu_user_children", "0.001937"), ("used_cpu_sys_main_thread", f"{uptime * 0.000709:.6f}"),
        ("used_cpu_user_main_thread", f"{uptime * 0.000639:.6f}"),
    ]  # fmt: skip
    return lines if call.instance.is_late else lines[:4]


def _modules(call: Call) -> Lines:
    """List the modules."""
    return [("module", f"name={name},ver=1,api=1,filters=0,usedby=[],using=[],options=[]") for name in call.world.modules]


def _errors(call: Call) -> Lines:
    """Count no errors."""
    del call
    return []


def _cluster(call: Call) -> Lines:
    """Say that there is no cluster."""
    del call
    return [("cluster_enabled", 0)]


def _keyspace(call: Call) -> Lines:
    """Count the keys of each database."""
    lines: Lines = []
    for number, database in sorted(call.world.keyspace.databases.items()):
        count = len(database.names())
        ending = [entry.expires_at - time.time() for entry in database.entries.values() if entry.expires_at is not None]
        average = int(1000 * sum(ending) / len(ending)) if ending else 0
        if count:
            lines.append((f"db{number}", f"keys={count},expires={len(ending)},avg_ttl={average}"))
    return lines
