/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the kernel knows of a task: identity, memory, capabilities, executable, cgroups. */
#ifndef AVOUCH_TASK_H
#define AVOUCH_TASK_H

#define PIDTYPE_PGID 2
#define PIDTYPE_SID 3
#define RLIMIT_NOFILE 7

static __always_inline __u64 nanoseconds(__s64 seconds, __s64 rest)
{
	return (__u64)seconds * 1000000000ull + rest;
}

static __always_inline void inode_times(struct inode *inode, struct task_facts *t)
{
	struct inode___split *split = (void *)inode;
	struct inode___hidden *hidden = (void *)inode;
	struct inode___plain *plain = (void *)inode;

	if (bpf_core_field_exists(split->i_ctime_sec)) {
		t->exe_ctime = nanoseconds(BPF_CORE_READ(split, i_ctime_sec), BPF_CORE_READ(split, i_ctime_nsec));
		t->exe_mtime = nanoseconds(BPF_CORE_READ(split, i_mtime_sec), BPF_CORE_READ(split, i_mtime_nsec));
		return;
	}
	if (bpf_core_field_exists(hidden->__i_ctime))
		t->exe_ctime = nanoseconds(BPF_CORE_READ(hidden, __i_ctime.tv_sec), BPF_CORE_READ(hidden, __i_ctime.tv_nsec));
	else
		t->exe_ctime = nanoseconds(BPF_CORE_READ(plain, i_ctime.tv_sec), BPF_CORE_READ(plain, i_ctime.tv_nsec));
	if (bpf_core_field_exists(hidden->__i_mtime))
		t->exe_mtime = nanoseconds(BPF_CORE_READ(hidden, __i_mtime.tv_sec), BPF_CORE_READ(hidden, __i_mtime.tv_nsec));
	else
		t->exe_mtime = nanoseconds(BPF_CORE_READ(plain, i_mtime.tv_sec), BPF_CORE_READ(plain, i_mtime.tv_nsec));
}

static __always_inline void exe_facts(struct file *exe, struct task_facts *t)
{
	struct inode *inode = BPF_CORE_READ(exe, f_inode);
	struct dentry *dentry = BPF_CORE_READ(exe, f_path.dentry);
	char name[6] = {};

	if (!inode)
		return;
	t->exe_ino = BPF_CORE_READ(inode, i_ino);
	t->exe_mode = BPF_CORE_READ(inode, i_mode);
	t->exe_uid = BPF_CORE_READ(inode, i_uid.val);
	t->exe_gid = BPF_CORE_READ(inode, i_gid.val);
	inode_times(inode, t);
	t->flags |= overlay_layer(inode);
	/* A memfd's name begins so, and it is its own parent. */
	bpf_probe_read_kernel(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	if (name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':' &&
	    BPF_CORE_READ(dentry, d_parent) == dentry)
		t->flags |= TASK_MEMFD;
}

static __always_inline __u32 pid_in_own_ns(struct pid *pid, __u32 level)
{
	int nr = 0;

	if (pid && level <= 32)
		bpf_probe_read_kernel(&nr, sizeof(nr), (void *)&pid->numbers[0] + level * sizeof(struct upid));
	return nr;
}

static __always_inline void pid_facts(struct task_struct *task, struct signal_struct *signal, struct task_facts *t)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct pid *leader = BPF_CORE_READ(task, group_leader, thread_pid);
	struct pid *group = BPF_CORE_READ(signal, pids[PIDTYPE_PGID]);
	struct pid *session = BPF_CORE_READ(signal, pids[PIDTYPE_SID]);
	struct pid_namespace *ns = 0, *children = BPF_CORE_READ(task, nsproxy, pid_ns_for_children);
	__u32 level = BPF_CORE_READ(pid, level);

	t->tid = BPF_CORE_READ(task, pid);
	t->tgid = BPF_CORE_READ(task, tgid);
	t->ptgid = BPF_CORE_READ(task, real_parent, tgid);
	t->ptid = BPF_CORE_READ(task, real_parent, pid);
	t->pid_level = level;
	t->vtid = pid_in_own_ns(pid, level);
	t->vtgid = pid_in_own_ns(leader, level);
	t->pgid = pid_in_own_ns(group, 0);
	t->vpgid = pid_in_own_ns(group, level);
	t->sid = pid_in_own_ns(session, 0);
	if (pid && level <= 32)
		bpf_probe_read_kernel(&ns, sizeof(ns),
				      (void *)&pid->numbers[0] + level * sizeof(struct upid) + __builtin_offsetof(struct upid, ns));
	t->pidns_start_ns = BPF_CORE_READ(ns, child_reaper, start_boottime);
	if (children && children != ns)
		t->flags |= TASK_CHILD_PIDNS;
}

static __always_inline void memory_facts(struct task_struct *task, struct mm_struct *mm, struct task_facts *t)
{
	struct mm_struct___percpu *percpu = (void *)mm;
	struct mm_struct___counts *counts = (void *)mm;
	__s64 file, anon, swap, shmem;

	if (!mm)
		return;
	t->vm_size_kb = BPF_CORE_READ(mm, total_vm) * config.page_kb;
	if (bpf_core_type_exists(struct mm_rss_stat)) {
		file = BPF_CORE_READ(counts, rss_stat.count[0].counter);
		anon = BPF_CORE_READ(counts, rss_stat.count[1].counter);
		swap = BPF_CORE_READ(counts, rss_stat.count[2].counter);
		shmem = BPF_CORE_READ(counts, rss_stat.count[3].counter);
	} else {
		file = BPF_CORE_READ(percpu, rss_stat[0].count);
		anon = BPF_CORE_READ(percpu, rss_stat[1].count);
		swap = BPF_CORE_READ(percpu, rss_stat[2].count);
		shmem = BPF_CORE_READ(percpu, rss_stat[3].count);
	}
	file += anon + shmem;
	t->vm_rss_kb = file > 0 ? file * config.page_kb : 0;
	t->vm_swap_kb = swap > 0 ? swap * config.page_kb : 0;
}

static __always_inline __u32 tty_number(struct signal_struct *signal)
{
	struct tty_struct *tty = BPF_CORE_READ(signal, tty);
	__u32 major, minor;

	if (!tty)
		return 0;
	major = BPF_CORE_READ(tty, driver, major);
	minor = BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index);
	return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

static __always_inline void cred_facts(struct task_struct *task, struct task_facts *t)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);

	t->uid = BPF_CORE_READ(cred, euid.val);
	t->gid = BPF_CORE_READ(cred, egid.val);
	t->fsuid = BPF_CORE_READ(cred, fsuid.val);
	t->fsgid = BPF_CORE_READ(cred, fsgid.val);
	bpf_probe_read_kernel(&t->cap_inheritable, 8, &cred->cap_inheritable);
	bpf_probe_read_kernel(&t->cap_permitted, 8, &cred->cap_permitted);
	bpf_probe_read_kernel(&t->cap_effective, 8, &cred->cap_effective);
}

/* Facts of `task_ptr`, whose parent-side relations are compared with `other_ptr` when that is not null. */
__noinline __u32 put_task(__u64 task_ptr, __u64 other_ptr, __u32 off)
{
	struct task_struct *task = (struct task_struct *)task_ptr;
	struct task_struct *other = (struct task_struct *)other_ptr;
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u8 *p = part_at(off);
	struct task_facts *t;

	if (!p)
		return off;
	t = (struct task_facts *)(p + sizeof(struct part));
	__builtin_memset(t, 0, sizeof(*t));
	t->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	t->fdlimit = BPF_CORE_READ(signal, rlim[RLIMIT_NOFILE].rlim_cur);
	t->min_flt = BPF_CORE_READ(task, min_flt);
	t->maj_flt = BPF_CORE_READ(task, maj_flt);
	t->loginuid = bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : ~0u;
	t->tty = tty_number(signal);
	pid_facts(task, signal, t);
	memory_facts(task, mm, t);
	cred_facts(task, t);
	if (mm && BPF_CORE_READ(mm, exe_file))
		exe_facts(BPF_CORE_READ(mm, exe_file), t);
	if (other) {
		if (mm == BPF_CORE_READ(other, mm))
			t->flags |= TASK_SAME_MM;
		if (BPF_CORE_READ(task, fs) == BPF_CORE_READ(other, fs))
			t->flags |= TASK_SAME_FS;
		if (BPF_CORE_READ(task, files) == BPF_CORE_READ(other, files))
			t->flags |= TASK_SAME_FILES;
	}
	bpf_probe_read_kernel(&t->comm, sizeof(t->comm), &task->comm);
	return close_part(off, PART_TASK, 0, sizeof(*t));
}

/* Where the task stands in the memory controller's tree (else in that of process numbers), and in the unified one. */
__noinline __u32 put_cgroups(__u64 task_ptr, __u32 off)
{
	struct task_struct *task = (struct task_struct *)task_ptr;
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = 0;
	struct cgroup *group = 0;

	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		bpf_probe_read_kernel(&css, sizeof(css), (void *)&set->subsys[0] +
				      bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) * sizeof(css));
	else if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		bpf_probe_read_kernel(&css, sizeof(css), (void *)&set->subsys[0] +
				      bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id) * sizeof(css));
	if (css)
		group = BPF_CORE_READ(css, cgroup);
	off = put_cgroup((__u64)BPF_CORE_READ(group, kn), PART_CGROUP, off);
	return put_cgroup((__u64)BPF_CORE_READ(set, dfl_cgrp, kn), PART_CGROUP2, off);
}

/* Arguments of the current process's program, and its environment. */
__noinline __u32 put_args(__u32 environment, __u32 off)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 start = BPF_CORE_READ(mm, arg_start);
	__u64 end = BPF_CORE_READ(mm, arg_end);

	off = put_mem(start, end - start > ARGS_MAX ? ARGS_MAX : end - start, PART_ARGS, off);
	if (environment) {
		start = BPF_CORE_READ(mm, env_start);
		end = BPF_CORE_READ(mm, env_end);
		off = put_mem(start, end - start > ARGS_MAX ? ARGS_MAX : end - start, PART_ENV, off);
	}
	return off;
}

__noinline __u32 put_exe(__u64 task_ptr, __u32 off)
{
	struct task_struct *task = (struct task_struct *)task_ptr;
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);

	if (!exe)
		return off;
	return put_path((__u64)BPF_CORE_READ(exe, f_path.mnt), (__u64)BPF_CORE_READ(exe, f_path.dentry), PART_EXE, off);
}

#endif
