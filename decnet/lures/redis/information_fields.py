# SPDX-License-Identifier: MIT
"""The fields of INFO in Redis 7.0, in their order, with the value of those that an idle server does not change."""

_FIELDS = """
clients: connected_clients cluster_connections maxclients client_recent_max_input_buffer
client_recent_max_output_buffer blocked_clients tracking_clients clients_in_timeout_table
memory: used_memory used_memory_human used_memory_rss used_memory_rss_human used_memory_peak used_memory_peak_human
used_memory_peak_perc used_memory_overhead used_memory_startup used_memory_dataset used_memory_dataset_perc
allocator_allocated allocator_active allocator_resident total_system_memory total_system_memory_human used_memory_lua
used_memory_vm_eval=32768 used_memory_lua_human used_memory_scripts_eval number_of_cached_scripts number_of_functions
number_of_libraries used_memory_vm_functions=33792 used_memory_vm_total=66560 used_memory_vm_total_human=65.00K
used_memory_functions=200 used_memory_scripts used_memory_scripts_human maxmemory maxmemory_human=0B
maxmemory_policy=noeviction allocator_frag_ratio allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes
rss_overhead_ratio rss_overhead_bytes mem_fragmentation_ratio mem_fragmentation_bytes mem_not_counted_for_evict
mem_replication_backlog mem_total_replication_buffers mem_clients_slaves mem_clients_normal mem_cluster_links
mem_aof_buffer mem_allocator active_defrag_running lazyfree_pending_objects lazyfreed_objects
persistence: loading async_loading current_cow_peak current_cow_size current_cow_size_age current_fork_perc=0.00
current_save_keys_processed current_save_keys_total rdb_changes_since_last_save rdb_bgsave_in_progress
rdb_last_save_time rdb_last_bgsave_status=ok rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec=-1 rdb_saves
rdb_last_cow_size rdb_last_load_keys_expired rdb_last_load_keys_loaded aof_enabled aof_rewrite_in_progress
aof_rewrite_scheduled aof_last_rewrite_time_sec aof_current_rewrite_time_sec=-1 aof_last_bgrewrite_status=ok
aof_rewrites aof_rewrites_consecutive_failures aof_last_write_status=ok aof_last_cow_size module_fork_in_progress
module_fork_last_cow_size
stats: total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes
total_net_output_bytes total_net_repl_input_bytes total_net_repl_output_bytes instantaneous_input_kbps=0.00
instantaneous_output_kbps=0.00 instantaneous_input_repl_kbps=0.00 instantaneous_output_repl_kbps=0.00
rejected_connections sync_full sync_partial_ok sync_partial_err expired_keys expired_stale_perc=0.00
expired_time_cap_reached_count expire_cycle_cpu_milliseconds evicted_keys evicted_clients total_eviction_exceeded_time
current_eviction_exceeded_time keyspace_hits keyspace_misses pubsub_channels pubsub_patterns pubsubshard_channels
latest_fork_usec total_forks migrate_cached_sockets slave_expires_tracked_keys active_defrag_hits active_defrag_misses
active_defrag_key_hits active_defrag_key_misses total_active_defrag_time current_active_defrag_time
tracking_total_keys tracking_total_items tracking_total_prefixes unexpected_error_replies total_error_replies
dump_payload_sanitizations total_reads_processed total_writes_processed io_threaded_reads_processed
io_threaded_writes_processed reply_buffer_shrinks reply_buffer_expands
cpu: used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children used_cpu_sys_main_thread
used_cpu_user_main_thread
"""


def late_fields() -> dict[str, list[tuple[str, str]]]:
    """Return name and resting value of the fields of each section that has a fixed list."""
    sections: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word in _FIELDS.split():
        if word.endswith(":"):
            name = word[:-1]
            sections[name] = []
        else:
            field, _, value = word.partition("=")
            sections[name].append((field, value or "0"))
    return sections
