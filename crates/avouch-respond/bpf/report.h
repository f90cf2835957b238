/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Settings from user space, and what is reported to it. `src/prevention/abi.rs` says the same in Rust; a test compares sizes. */
#ifndef AVOUCH_RESPOND_REPORT_H
#define AVOUCH_RESPOND_REPORT_H

#define NAME_LEN 128
#define PATH_LEN 256
/* Components of a path that is compared or reported. */
#define COMPONENTS 24

enum item {
	ITEM_NOT_FROM_IMAGE = 0,
	ITEM_FROM_MEMORY = 1,
	ITEM_FORBIDDEN_BINARY = 2,
	ITEM_FORBIDDEN_DESTINATION = 3,
	ITEMS = 4,
};

enum mode {
	MODE_OFF = 0,
	MODE_OBSERVE = 1,
	MODE_DENY = 2,
};

enum scope {
	SCOPE_CONTAINERS = 0,
	SCOPE_ALL = 1,
};

struct settings {
	__u8 mode[ITEMS];
	__u8 scope[ITEMS];
	/* Never judged: the agent itself. */
	__u32 own_tgid;
	/* Device of the file system at pid 1's root, as the kernel numbers it. */
	__u32 host_root_dev;
	/* Only processes below the cgroup in `only_cgroup` are judged. */
	__u32 within_cgroup;
};

struct report {
	__u64 time_boot_ns;
	__u64 start_boot_ns;
	__u32 tgid;
	__u8 item;
	__u8 mode;
	/* 4 or 6; 0 when this is about a file. */
	__u8 ip_version;
	__u8 protocol;
	__u16 port;
	__u16 path_len;
	__u8 addr[16];
	char comm[16];
	/* The process's cgroup and the one above, of version 2 and of the memory controller. */
	char cgroup[4][NAME_LEN];
	/* Names from the leaf to the root, each with its NUL. */
	char path[PATH_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} only_cgroup SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} reports SEC(".maps");

enum loss {
	/* Reports that found the ring full. */
	LOSS_REPORTS = 0,
	/* Programs that ran because nobody could tell what they are. */
	LOSS_UNJUDGED = 1,
	LOSSES = 2,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOSSES);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline void count(enum loss what)
{
	__u32 key = what;
	__u64 *n = bpf_map_lookup_elem(&lost, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* A container: a pid namespace of its own, or a root on another file system than pid 1's. */
static __always_inline bool in_container(struct settings *s, struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level) > 0 || BPF_CORE_READ(task, fs, root.mnt, mnt_sb, s_dev) != s->host_root_dev;
}

static __always_inline bool in_scope(struct settings *s, struct task_struct *task, enum item item)
{
	return s->mode[item] != MODE_OFF && (s->scope[item] == SCOPE_ALL || in_container(s, task));
}

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(struct kernfs_node___rcu, __parent))
		return BPF_CORE_READ((struct kernfs_node___rcu *)kn, __parent);
	return BPF_CORE_READ((struct kernfs_node___plain *)kn, parent);
}

static __always_inline void cgroup_names(struct cgroup *cgroup, char *leaf, char *above)
{
	struct kernfs_node *kn = BPF_CORE_READ(cgroup, kn);

	bpf_probe_read_kernel_str(leaf, NAME_LEN, BPF_CORE_READ(kn, name));
	bpf_probe_read_kernel_str(above, NAME_LEN, BPF_CORE_READ(parent_of(kn), name));
}

static __always_inline void process_facts(struct report *r, struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);

	r->time_boot_ns = bpf_ktime_get_boot_ns();
	r->tgid = BPF_CORE_READ(task, tgid);
	r->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	bpf_probe_read_kernel(r->comm, sizeof(r->comm), &task->comm);
	cgroup_names(BPF_CORE_READ(set, dfl_cgrp), r->cgroup[0], r->cgroup[1]);
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
		struct cgroup_subsys_state *css = 0;

		bpf_probe_read_kernel(&css, sizeof(css),
				      (void *)&set->subsys + bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) * 8);
		cgroup_names(BPF_CORE_READ(css, cgroup), r->cgroup[2], r->cgroup[3]);
	}
}

#endif
