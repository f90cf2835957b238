/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What is attached to functions of system calls: programs that jump to the one that tells (`each.bpf.c`), as many as may be wanted
 * at a time, since each stands on one function; and the counter of 32-bit calls, which nobody reads.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"
#include "losses.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} body SEC(".maps");

#define STUB(n)						\
	SEC("fexit")					\
	int call_##n(void *ctx)				\
	{						\
		bpf_tail_call(ctx, &body, 0);		\
		/* It comes back only on failure. */	\
		lost(LOSS_BUSY);			\
		return 0;				\
	}

#define STUBS(n) \
	STUB(n##0) STUB(n##1) STUB(n##2) STUB(n##3) STUB(n##4) STUB(n##5) STUB(n##6) STUB(n##7) STUB(n##8) STUB(n##9)

STUBS(1) STUBS(2) STUBS(3) STUBS(4) STUBS(5) STUBS(6) STUBS(7) STUBS(8) STUBS(9) STUBS(10) STUBS(11) STUBS(12)

SEC("fentry")
int count_compat(void *ctx)
{
	lost(LOSS_COMPAT);
	return 0;
}
