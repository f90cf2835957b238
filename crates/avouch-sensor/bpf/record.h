/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Records are put together in per-CPU scratch space and copied to the ring in one go. */
#ifndef AVOUCH_RECORD_H
#define AVOUCH_RECORD_H

/*
 * Where the kernel can type a pointer for us (Linux 6.2), fields are read by plain loads, which the verifier makes safe: many
 * times cheaper than a helper's call for each. The branch that the kernel cannot take is removed before it is verified.
 */
extern void *bpf_rdonly_cast(const void *, __u32) __ksym __weak;
#define can_cast() bpf_ksym_exists(bpf_rdonly_cast)
#define cast_to(type, ptr) \
	((struct type *)bpf_rdonly_cast((void *)(ptr), bpf_core_type_id_kernel(struct type)))

/* Set by the loader, once. */
struct config {
	/* Our own process: what it does is not told. */
	__u32 own_tgid;
	/* Bytes of reads and writes that are kept. */
	__u32 snaplen;
	/* Size of a page: 4 on most machines, up to 64 on arm64. */
	__u32 page_kb;
};

const volatile struct config config = {};

struct scratch {
	__u8 bytes[RECORD_MAX * 2];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	/* Set by the loader. */
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

static __always_inline __u8 *scratch_bytes(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

/* `n` below `limit`, a power of two, in a form that the verifier can follow: the compiler must not drop the mask. */
static __always_inline __u64 masked(__u64 n, __u32 limit)
{
	barrier_var(n);
	return n & (limit - 1);
}

/* Where the next part may begin: the verifier must see that it lies in the first half. */
static __always_inline __u32 bounded(__u32 off)
{
	return masked(off, RECORD_MAX);
}

/* A part without content begins at `off`; its content follows its head. */
static __always_inline __u8 *part_at(__u32 off)
{
	__u8 *s = scratch_bytes();

	return s ? s + bounded(off) : 0;
}

/* Closes a part of `len` bytes that begins at `off`; gives the place of the next. A record that is full takes no more. */
static __always_inline __u32 close_part(__u32 off, __u16 kind, __u16 flags, __u32 len)
{
	__u8 *s = scratch_bytes();
	struct part *p;
	struct record *r;
	__u32 next;

	if (!s)
		return off;
	off = bounded(off);
	p = (struct part *)(s + off);
	p->kind = kind;
	p->flags = flags;
	p->len = len;
	next = off + sizeof(*p) + ((len + 7) & ~7u);
	if (next >= RECORD_MAX - 64) {
		lost(LOSS_TRUNCATED);
		return off;
	}
	r = (struct record *)s;
	r->parts++;
	return next;
}

static __always_inline __u32 begin_record(enum record_kind kind, __u32 nr)
{
	__u8 *s = scratch_bytes();
	struct record *r = (struct record *)s;
	__u64 id = bpf_get_current_pid_tgid();

	if (!s)
		return 0;
	r->kind = kind;
	r->nr = nr;
	r->boot_ns = bpf_ktime_get_boot_ns();
	r->tgid = id >> 32;
	r->tid = id;
	r->cpu = bpf_get_smp_processor_id();
	r->parts = 0;
	r->pad = 0;
	r->args[7] = 0;
	return sizeof(*r);
}

static __always_inline void send_record(__u32 off)
{
	__u8 *s = scratch_bytes();

	if (!s)
		return;
	off = bounded(off);
	((struct record *)s)->len = off;
	if (bpf_ringbuf_output(&ring, s, off, BPF_RB_NO_WAKEUP))
		lost(LOSS_RING_FULL);
}

#endif
