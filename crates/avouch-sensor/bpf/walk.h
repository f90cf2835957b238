/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Paths of files and cgroups. Names are put down from the leaf to the root, each with its NUL; user space turns them round. */
#ifndef AVOUCH_WALK_H
#define AVOUCH_WALK_H

#define OVERLAYFS_MAGIC 0x794c7630

/* The path of (mount, dentry) as the current process sees it: up to its root, or to the root of its mount namespace. */
__noinline __u32 put_path(__u64 mnt, __u64 entry, __u32 kind, __u32 off)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct dentry *dentry = (struct dentry *)entry;
	struct vfsmount *vfsmnt = (struct vfsmount *)mnt;
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct dentry *root = BPF_CORE_READ(fs, root.dentry);
	struct vfsmount *rootmnt = BPF_CORE_READ(fs, root.mnt);
	__u8 *p = part_at(off);
	__u32 got = 0, flags = PART_CUT;
	int i;

	if (!p)
		return off;
	for (i = 0; i < COMPONENTS; i++) {
		struct dentry *parent, *top;
		long n;

		if (dentry == root && vfsmnt == rootmnt) {
			flags = 0;
			break;
		}
		top = BPF_CORE_READ(vfsmnt, mnt_root);
		parent = BPF_CORE_READ(dentry, d_parent);
		if (dentry == top || dentry == parent) {
			struct mount *m = (void *)vfsmnt - bpf_core_field_offset(struct mount, mnt);
			struct mount *up = BPF_CORE_READ(m, mnt_parent);

			if (dentry != top || m == up) {
				/* The top, or a file that hangs nowhere: its name is all there is. */
				if (dentry != top) {
					got = masked(got, PATH_MAX);
					n = bpf_probe_read_kernel_str(p + sizeof(struct part) + got, NAME_MAX,
								      BPF_CORE_READ(dentry, d_name.name));
					got += n > 0 ? masked(n, NAME_MAX * 2) : 0;
				}
				flags = 0;
				break;
			}
			dentry = BPF_CORE_READ(m, mnt_mountpoint);
			vfsmnt = (void *)up + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		got = masked(got, PATH_MAX);
		n = bpf_probe_read_kernel_str(p + sizeof(struct part) + got, NAME_MAX, BPF_CORE_READ(dentry, d_name.name));
		if (n <= 0)
			break;
		got += masked(n, NAME_MAX * 2);
		if (got > PATH_MAX - NAME_MAX)
			break;
		dentry = parent;
	}
	if (flags)
		lost(LOSS_TRUNCATED);
	return close_part(off, kind, flags, masked(got, PATH_MAX * 2));
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(struct kernfs_node___rcu, __parent))
		return BPF_CORE_READ((struct kernfs_node___rcu *)kn, __parent);
	return BPF_CORE_READ((struct kernfs_node___plain *)kn, parent);
}

__noinline __u32 put_cgroup(__u64 node, __u32 kind, __u32 off)
{
	struct kernfs_node *kn = (struct kernfs_node *)node;
	__u8 *p = part_at(off);
	__u32 got = 0;
	int i;

	if (!p)
		return off;
	for (i = 0; i < 16 && kn; i++) {
		struct kernfs_node *up = kernfs_parent(kn);
		long n;

		if (!up)
			break;
		got = masked(got, PATH_MAX);
		n = bpf_probe_read_kernel_str(p + sizeof(struct part) + got, NAME_MAX, BPF_CORE_READ(kn, name));
		if (n <= 0)
			break;
		got += masked(n, NAME_MAX * 2);
		if (got > PATH_MAX - NAME_MAX)
			break;
		kn = up;
	}
	return close_part(off, kind, 0, masked(got, PATH_MAX * 2));
}

/* Bits UPPER (1) and LOWER (2) of a file in an overlay: the upper file's dentry stands behind the overlay's inode. */
static __always_inline __u32 overlay_layer(struct inode *inode)
{
	struct dentry *upper = 0;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_MAGIC)
		return 0;
	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper && BPF_CORE_READ(upper, d_inode) ? 1 : 2;
}

#endif
