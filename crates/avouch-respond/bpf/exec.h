/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Which rule of prevention a program that is about to run breaks. */
#ifndef AVOUCH_RESPOND_EXEC_H
#define AVOUCH_RESPOND_EXEC_H

#define OVERLAYFS_MAGIC 0x794c7630

/* A path: "/" and its names from the leaf to the root, each with its NUL. A name alone: without the "/". */
struct path_key {
	char text[PATH_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct path_key);
	__type(value, __u8);
} forbidden_paths SEC(".maps");

struct scratch {
	struct report report;
	/* One byte for the "/", and room for a last name that runs over. */
	char path[PATH_LEN * 2];
	struct path_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline bool from_memory(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	char name[6] = {};

	/* A memfd's name begins so, it is its own parent, and no directory holds it. */
	if (BPF_CORE_READ(dentry, d_parent) != dentry || BPF_CORE_READ(file, f_inode, i_nlink) != 0)
		return 0;
	bpf_probe_read_kernel(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':';
}

/* The overlay's own record of a file begins behind the inode, with the dentry of the upper layer's file. */
static __always_inline bool upper_layer(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct dentry *upper = 0;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_MAGIC)
		return 0;
	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper && BPF_CORE_READ(upper, d_inode);
}

/* Writes the path of `file` as the process sees it, behind the first byte; the number of bytes, 0 when it does not fit. */
static __always_inline __u32 path_of(struct file *file, struct task_struct *task, char *out)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry), *root = BPF_CORE_READ(task, fs, root.dentry);
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt), *root_mnt = BPF_CORE_READ(task, fs, root.mnt);
	__u32 got = 1;
	int i;

	for (i = 0; i < COMPONENTS; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		long n;

		if (dentry == root && mnt == root_mnt)
			return got;
		if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
			struct mount *m = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
			struct mount *up = BPF_CORE_READ(m, mnt_parent);

			if (m == up)
				return got;
			dentry = BPF_CORE_READ(m, mnt_mountpoint);
			mnt = (void *)up + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		barrier_var(got);
		got &= PATH_LEN - 1;
		n = bpf_probe_read_kernel_str(out + got, PATH_LEN, BPF_CORE_READ(dentry, d_name.name));
		if (n <= 0 || got + n >= PATH_LEN)
			return 0;
		got += n;
		if (dentry == parent)
			return got;
		dentry = parent;
	}
	return 0;
}

static __always_inline bool forbidden(struct file *file, struct scratch *s, __u32 path_len)
{
	__builtin_memset(&s->key, 0, sizeof(s->key));
	bpf_probe_read_kernel_str(s->key.text, PATH_LEN, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	if (bpf_map_lookup_elem(&forbidden_paths, &s->key))
		return 1;
	if (!path_len)
		return 0;
	__builtin_memset(&s->key, 0, sizeof(s->key));
	barrier_var(path_len);
	bpf_probe_read_kernel(s->key.text, path_len & (PATH_LEN - 1), s->path);
	return bpf_map_lookup_elem(&forbidden_paths, &s->key) != 0;
}

/* Judges, reports, and returns the mode of the strictest rule that `file` breaks. */
static __always_inline enum mode judge_exec(struct file *file)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	enum mode mode = MODE_OFF;
	__u32 zero = 0, item = 0, path_len;
	struct settings *set = bpf_map_lookup_elem(&settings, &zero);
	struct scratch *s = bpf_map_lookup_elem(&scratch, &zero);
	struct report *r;

	if (!set || !s || !file)
		return MODE_OFF;
	if (BPF_CORE_READ(task, tgid) == set->own_tgid)
		return MODE_OFF;
	if (set->within_cgroup && bpf_current_task_under_cgroup(&only_cgroup, 0) != 1)
		return MODE_OFF;
	s->path[0] = '/';
	path_len = path_of(file, task, s->path);
	if (in_scope(set, task, ITEM_FROM_MEMORY) && from_memory(file)) {
		item = ITEM_FROM_MEMORY;
		mode = set->mode[ITEM_FROM_MEMORY];
	}
	if (in_scope(set, task, ITEM_NOT_FROM_IMAGE) && set->mode[ITEM_NOT_FROM_IMAGE] > mode && upper_layer(file)) {
		item = ITEM_NOT_FROM_IMAGE;
		mode = set->mode[ITEM_NOT_FROM_IMAGE];
	}
	if (in_scope(set, task, ITEM_FORBIDDEN_BINARY) && set->mode[ITEM_FORBIDDEN_BINARY] > mode && forbidden(file, s, path_len)) {
		item = ITEM_FORBIDDEN_BINARY;
		mode = set->mode[ITEM_FORBIDDEN_BINARY];
	}
	if (mode == MODE_OFF)
		return mode;
	r = &s->report;
	__builtin_memset(r, 0, sizeof(*r));
	process_facts(r, task);
	r->item = item;
	r->mode = mode;
	if (path_len > 1) {
		r->path_len = path_len - 1;
		bpf_probe_read_kernel(r->path, (path_len - 1) & (PATH_LEN - 1), s->path + 1);
	}
	if (bpf_ringbuf_output(&reports, r, sizeof(*r), 0))
		count(LOSS_REPORTS);
	return mode;
}

#endif
