/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What is done with a system call at its end, wherever the program stands: at the tracepoint of all calls (`sensor.bpf.c`) or on
 * the function of one (`each.bpf.c`).
 *
 * A byte a call says what of it is wanted (0 nearly always, and then nothing else is done), a plan says what to fetch. User space
 * makes both from its table of calls (`src/calls/`), so that to add a call is to add a row there.
 */
#ifndef AVOUCH_CALLS_H
#define AVOUCH_CALLS_H

#define EINPROGRESS 115
#define O_ACCMODE 3
#define O_CREAT 0100
#define O_TRUNC 01000
#define TS_COMPAT 2

struct settings {
	/* Bits of enum want, a byte a call: for the tracepoint that all pass. */
	__u8 want[SYSCALLS];
	/* RECORD_FORK, RECORD_EXEC and RECORD_EXIT as bits 1 << kind. */
	__u32 life;
	/* Files opened for reading are told only below the prefixes of `read_paths`. */
	__u32 reads_below;
	/* A bit for each byte that stands behind the first slash of such a prefix. */
	__u32 seconds[8];
	/* The same for programs on the functions of calls. One of the two is all zeros: who else tells a call tells it twice. */
	__u8 each[SYSCALLS];
};

/* Written by user space whenever rules change. */
struct settings settings = {};

#include "prefix.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SYSCALLS);
	__type(key, __u32);
	__type(value, struct plan);
} plans SEC(".maps");

#if defined(__TARGET_ARCH_x86)
static __always_inline __u32 syscall_number(struct pt_regs *regs)
{
	return regs->orig_ax;
}

static __always_inline void copy_args(struct pt_regs *regs, struct record *r)
{
	r->args[0] = regs->di;
	r->args[1] = regs->si;
	r->args[2] = regs->dx;
	r->args[3] = regs->r10;
	r->args[4] = regs->r8;
	r->args[5] = regs->r9;
}

/* A 32-bit call has other numbers and is not read. A 32-bit program stands in such a call when it is started. */
static __always_inline bool compat(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}
#elif defined(__TARGET_ARCH_arm64)
static __always_inline __u32 syscall_number(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline void copy_args(struct pt_regs *regs, struct record *r)
{
	/* The first register holds the result by now. */
	r->args[0] = regs->orig_x0;
	r->args[1] = regs->regs[1];
	r->args[2] = regs->regs[2];
	r->args[3] = regs->regs[3];
	r->args[4] = regs->regs[4];
	r->args[5] = regs->regs[5];
}

/* _TIF_32BIT: its calls have the numbers of 32-bit arm. */
static __always_inline bool compat(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.flags) & 1 << 22;
}
#endif

/*
 * Flags of an `openat2`. Its caller may have changed the structure since, to hide a write as a read: what the opened file itself
 * says is added. Where the structure cannot be read any more, only that counts.
 */
static __always_inline __u64 how_flags(__u64 how, __s64 fd)
{
	struct file *file = file_of(fd);
	__u64 flags = 0;

	if (bpf_probe_read_user(&flags, sizeof(flags), (void *)how))
		flags = 0;
	if (file) {
		flags |= BPF_CORE_READ(file, f_flags) & O_ACCMODE;
		if (BPF_CORE_READ(file, f_mode) & FMODE_CREATED)
			flags |= O_CREAT;
	}
	return flags;
}

static __always_inline __u32 class_of(struct plan *plan, struct record *r, __s64 ret)
{
	__u64 flags;

	if (ret < 0 && ret != -EINPROGRESS)
		return WANT_FAILURES;
	switch (plan->open_class) {
	case OPEN_NOT:
		return WANT_READS | WANT_WRITES;
	case OPEN_WRITES:
		return WANT_WRITES;
	case OPEN_FLAGS_ARG1:
		flags = r->args[1];
		break;
	case OPEN_HOW:
		flags = how_flags(r->args[2], ret);
		break;
	default:
		flags = r->args[2];
		break;
	}
	return flags & (O_ACCMODE | O_CREAT | O_TRUNC) ? WANT_WRITES : WANT_READS;
}

__noinline __u32 run_op(__u32 kind_and_len, __u64 value, __u64 second, __u32 off)
{
	__u32 want = kind_and_len >> 24, len = (kind_and_len >> 8) & 0xffff;
	__u64 task = bpf_get_current_task();
	__u8 *s;

	switch (kind_and_len & 0xff) {
	case OP_STR:
		return put_str(value, off);
	case OP_BUF:
		if ((__s64)second <= 0)
			return off;
		return put_mem(value, second > config.snaplen ? config.snaplen : second, PART_BUF, off);
	case OP_IOV:
		return put_iov(value, second, ((__u64)1 << 62), off);
	case OP_MSG:
		return put_msg(value, ((__u64)1 << 62), want & WANT_DATA, off);
	case OP_MEM:
		return put_mem(value, len, PART_MEM, off);
	case OP_SOCKADDR:
		return put_mem(value, second > 128 ? 128 : second, PART_SOCKADDR, off);
	case OP_PEERADDR:
		return value ? put_mem(value, 28, PART_SOCKADDR, off) : off;
	case OP_SOCK:
	case OP_FD:
		return put_fd(value, 1, off);
	case OP_FILE:
		return put_fd(value, 0, off);
	case OP_CAPS: {
		const struct cred *cred = BPF_CORE_READ((struct task_struct *)task, cred);

		s = part_at(off);
		if (!s)
			return off;
		bpf_probe_read_kernel(s + sizeof(struct part), 8, &cred->cap_inheritable);
		bpf_probe_read_kernel(s + sizeof(struct part) + 8, 8, &cred->cap_permitted);
		bpf_probe_read_kernel(s + sizeof(struct part) + 16, 8, &cred->cap_effective);
		return close_part(off, PART_CAPS, 0, 24);
	}
	case OP_TASK:
		off = put_task(task, 0, off);
		off = put_args(1, off);
		off = put_exe(task, off);
		return put_cgroups(task, off);
	}
	return off;
}

/* The plan of a call that is wanted, if it is to be looked at. A call that is to be counted has been. */
static __always_inline struct plan *plan_of(__u32 nr, __u32 want, long ret)
{
	struct plan *plan = bpf_map_lookup_elem(&plans, &nr);

	if (!plan || bpf_get_current_pid_tgid() >> 32 == config.own_tgid)
		return 0;
	if (want & WANT_COUNT && ret >= 0)
		lost(LOSS_URING);
	return plan;
}

/* Tells the call if it is of a wanted class. The scratch space must be the caller's until this returns. */
static __always_inline void tell(struct pt_regs *regs, long ret, __u32 nr, __u32 want, struct plan *plan)
{
	struct record *r = (struct record *)scratch_bytes();
	__u32 class, off;
	int i;

	if (!r)
		return;
	copy_args(regs, r);
	class = class_of(plan, r, ret);
	if (!(class & want))
		return;
	if (class == WANT_READS && settings.reads_below && plan->open_class != OPEN_BY_HANDLE &&
	    !path_wanted(r->args[plan->open_class == OPEN_FLAGS_ARG1 ? 0 : 1]))
		return;
	if (compat((struct task_struct *)bpf_get_current_task())) {
		lost(LOSS_COMPAT);
		return;
	}
	off = begin_record(RECORD_SYSCALL, nr);
	r->args[6] = ret;
	for (i = 0; i < OPS; i++) {
		struct op op;

		if (i >= plan->ops)
			break;
		op = plan->op[i & (OPS - 1)];
		if (op.want && !(op.want & want))
			continue;
		if (op.kind == OP_DIRFD) {
			/* Only a relative path asks for its directory, and only when that is not the current one. */
			if ((__s32)r->args[op.arg & 7] < 0)
				continue;
			op.kind = OP_FD;
		}
		off = run_op(op.kind | op.len << 8 | want << 24, r->args[op.arg & 7], r->args[op.len & 7], off);
	}
	send_record(off);
}

#endif
