/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Parts taken from the memory of the process. Functions of their own, so that each is verified once. */
#ifndef AVOUCH_MEMORY_H
#define AVOUCH_MEMORY_H

struct user_iovec {
	__u64 base;
	__u64 len;
};

struct user_msghdr {
	__u64 name;
	__u32 namelen;
	__u32 pad;
	__u64 iov;
	__u64 iovlen;
};

static __always_inline __u32 fault(__u32 off, __u16 kind, __u64 ptr)
{
	if (ptr)
		lost(LOSS_UNREADABLE);
	return close_part(off, kind, PART_FAULT, 0);
}

__noinline __u32 put_str(__u64 ptr, __u32 off)
{
	__u8 *p = part_at(off);
	long n;

	if (!p)
		return off;
	n = bpf_probe_read_user_str(p + sizeof(struct part), PATH_MAX, (void *)ptr);
	if (n <= 0)
		return fault(off, PART_STR, ptr);
	if (n == PATH_MAX) {
		lost(LOSS_TRUNCATED);
		return close_part(off, PART_STR, PART_CUT, n);
	}
	return close_part(off, PART_STR, 0, n);
}

__noinline __u32 put_kernel_str(__u64 ptr, __u32 off)
{
	__u8 *p = part_at(off);
	long n;

	if (!p)
		return off;
	n = bpf_probe_read_kernel_str(p + sizeof(struct part), PATH_MAX, (void *)ptr);
	if (n <= 0)
		return fault(off, PART_STR, ptr);
	return close_part(off, PART_STR, 0, n);
}

/* `len` bytes at `ptr`, at most 4,095. */
__noinline __u32 put_mem(__u64 ptr, __u32 len, __u32 kind, __u32 off)
{
	__u8 *p = part_at(off);

	if (!p)
		return off;
	if (len > ARGS_MAX - 1)
		len = ARGS_MAX - 1;
	if (!len || !ptr)
		return close_part(off, kind, 0, 0);
	if (bpf_probe_read_user(p + sizeof(struct part), masked(len, ARGS_MAX), (void *)ptr))
		return fault(off, kind, ptr);
	return close_part(off, kind, 0, len);
}

/* The first bytes of an iovec, of the `total` that were read or written. */
__noinline __u32 put_iov(__u64 iov, __u64 count, __s64 total, __u32 off)
{
	__u8 *p = part_at(off);
	__u32 got = 0, left;
	int i;

	if (!p)
		return off;
	left = total < 0 ? 0 : total > config.snaplen ? config.snaplen : total;
	for (i = 0; i < 8; i++) {
		struct user_iovec v;
		__u32 n;

		if (i >= count || !left)
			break;
		if (bpf_probe_read_user(&v, sizeof(v), (void *)(iov + i * sizeof(v))))
			break;
		n = v.len > left ? left : v.len;
		got = masked(got, ARGS_MAX);
		n = masked(n, ARGS_MAX);
		if (n && bpf_probe_read_user(p + sizeof(struct part) + got, n, (void *)v.base))
			break;
		got += n;
		left -= n;
	}
	return close_part(off, PART_BUF, 0, masked(got, ARGS_MAX));
}

/* Name and data of a msghdr; the data only when asked for. */
__noinline __u32 put_msg(__u64 msg, __s64 total, __u32 data, __u32 off)
{
	struct user_msghdr m = {};

	if (bpf_probe_read_user(&m, sizeof(m), (void *)msg))
		return fault(off, PART_SOCKADDR, msg);
	off = put_mem(m.name, m.name ? (m.namelen > 128 ? 128 : m.namelen) : 0, PART_SOCKADDR, off);
	if (data)
		off = put_iov(m.iov, m.iovlen, total, off);
	return off;
}

#endif
