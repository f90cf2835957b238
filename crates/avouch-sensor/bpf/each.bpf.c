/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The program that stands behind those on the functions of wanted calls (`stubs.bpf.c`), which jump to it: it would take too long
 * to have it verified once a call. Its settings, plans, ring and counters are the maps of `sensor.bpf.c`; its scratch space is not.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_endian.h>
#include "abi.h"
#include "losses.h"
#include "record.h"
#include "memory.h"
#include "walk.h"
#include "task.h"
#include "fd.h"
#include "calls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Who puts a record together on this CPU: more than one when the kernel interrupts itself for another task. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} holders SEC(".maps");

SEC("fexit")
int BPF_PROG(call, struct pt_regs *regs, long ret)
{
	__u32 nr = syscall_number(regs), want, zero = 0;
	volatile __u64 *held;
	struct plan *plan;

	if (nr >= SYSCALLS)
		return 0;
	want = settings.each[nr & (SYSCALLS - 1)];
	/* 32-bit calls that come to the same function have other numbers; they are counted where all of them pass. */
	if (!want || compat((struct task_struct *)bpf_get_current_task()))
		return 0;
	plan = plan_of(nr, want, ret);
	held = bpf_map_lookup_elem(&holders, &zero);
	if (!plan || !held)
		return 0;
	/* Whoever finds itself alone may go on: nobody who comes later does until it has left. Tracepoints need no such thing. */
	__sync_fetch_and_add(held, 1);
	if (*held == 1)
		tell(regs, ret, nr, want, plan);
	else
		lost(LOSS_BUSY);
	__sync_fetch_and_add(held, -1);
	return 0;
}
