/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What a descriptor of the current process is. */
#ifndef AVOUCH_FD_H
#define AVOUCH_FD_H

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define FMODE_CREATED 0x100000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16

static __always_inline struct file *file_of(__s32 fd)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct file **files, *file = 0;
	__u32 most;

	if (can_cast()) {
		struct fdtable *table = cast_to(task_struct, task)->files->fdt;

		most = table->max_fds;
		files = table->fd;
	} else {
		struct fdtable *table = BPF_CORE_READ(task, files, fdt);

		most = BPF_CORE_READ(table, max_fds);
		files = BPF_CORE_READ(table, fd);
	}
	if (fd < 0 || (__u32)fd >= most)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

static __always_inline __u32 mode_of(struct file *file)
{
	if (!file)
		return 0;
	if (can_cast())
		return cast_to(file, file)->f_inode->i_mode;
	return BPF_CORE_READ(file, f_inode, i_mode);
}

static __always_inline void unix_name(struct sock *sk, __u8 *out)
{
	struct unix_address *addr = BPF_CORE_READ((struct unix_sock *)sk, addr);
	int len = BPF_CORE_READ(addr, len);

	if (!addr || len <= 2)
		return;
	/* The length counts the family. */
	len -= 2;
	if (len > 108)
		len = 108;
	bpf_probe_read_kernel(out, masked(len, 128), (void *)&addr->name[0].sun_path);
}

static __always_inline void inet_facts(struct sock *sk, struct sock_facts *f)
{
	struct inet_sock *inet = (struct inet_sock *)sk;

	f->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	f->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (f->family == AF_INET) {
		__u32 local = BPF_CORE_READ(inet, inet_saddr), remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);

		if (!local)
			local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		__builtin_memcpy(f->local, &local, 4);
		__builtin_memcpy(f->remote, &remote, 4);
		return;
	}
	bpf_probe_read_kernel(f->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
	bpf_probe_read_kernel(f->remote, 16, &sk->__sk_common.skc_v6_daddr);
}

__noinline __u32 put_sock(__u64 sock_ptr, __u64 ino, __s32 fd, __u32 off)
{
	struct sock *sk = (struct sock *)sock_ptr;
	__u8 *p = part_at(off);
	struct sock_facts *f;
	struct sock *peer;

	if (!p)
		return off;
	f = (struct sock_facts *)(p + sizeof(struct part));
	__builtin_memset(f, 0, sizeof(*f));
	f->sock = sock_ptr;
	f->ino = ino;
	f->fd = fd;
	f->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	f->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	f->type = BPF_CORE_READ(sk, sk_type);
	f->protocol = BPF_CORE_READ(sk, sk_protocol);
	f->backlog = BPF_CORE_READ(sk, sk_ack_backlog);
	f->max_backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	if (f->family == AF_INET || f->family == AF_INET6) {
		inet_facts(sk, f);
	} else if (f->family == AF_UNIX) {
		peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
		f->peer = (__u64)peer;
		unix_name(sk, f->local_path);
		if (peer)
			unix_name(peer, f->remote_path);
	}
	return close_part(off, PART_SOCK, 0, sizeof(*f));
}

/* Facts of a descriptor that is no socket. */
__noinline __u32 put_file(__u64 file_ptr, __s32 fd, __u32 with_path, __u32 off)
{
	struct file *file = (struct file *)file_ptr;
	__u8 *p = part_at(off);
	struct fd_facts *f;

	if (!p)
		return off;
	f = (struct fd_facts *)(p + sizeof(struct part));
	__builtin_memset(f, 0, sizeof(*f));
	f->fd = fd;
	if (!file) {
		f->flags = FD_MISSING;
		return close_part(off, PART_FD, 0, sizeof(*f));
	}
	if (can_cast()) {
		struct file *typed = cast_to(file, file);
		struct inode *inode = typed->f_inode;

		f->mode = inode->i_mode;
		f->ino = inode->i_ino;
		f->dev = inode->i_sb->s_dev;
		f->open_flags = typed->f_flags;
		f->flags = typed->f_mode & FMODE_CREATED ? FD_CREATED : 0;
		if (inode->i_sb->s_magic == OVERLAYFS_MAGIC)
			f->flags |= overlay_layer(BPF_CORE_READ(file, f_inode));
	} else {
		struct inode *inode = BPF_CORE_READ(file, f_inode);

		f->mode = BPF_CORE_READ(inode, i_mode);
		f->ino = BPF_CORE_READ(inode, i_ino);
		f->dev = BPF_CORE_READ(inode, i_sb, s_dev);
		f->open_flags = BPF_CORE_READ(file, f_flags);
		f->flags = overlay_layer(inode);
		if (BPF_CORE_READ(file, f_mode) & FMODE_CREATED)
			f->flags |= FD_CREATED;
	}
	off = close_part(off, PART_FD, 0, sizeof(*f));
	if (with_path)
		off = put_path((__u64)BPF_CORE_READ(file, f_path.mnt), (__u64)BPF_CORE_READ(file, f_path.dentry), PART_PATH, off);
	return off;
}

/* Facts of any descriptor; `with_path` counts for files only. */
__noinline __u32 put_fd(__s32 fd, __u32 with_path, __u32 off)
{
	struct file *file = file_of(fd);
	struct socket *socket;

	if ((mode_of(file) & S_IFMT) == S_IFSOCK) {
		socket = BPF_CORE_READ(file, private_data);
		return put_sock((__u64)BPF_CORE_READ(socket, sk), BPF_CORE_READ(file, f_inode, i_ino), fd, off);
	}
	return put_file((__u64)file, fd, with_path, off);
}

#endif
