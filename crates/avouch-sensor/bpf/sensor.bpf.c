/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Programs at tracepoints: the exit of every system call, and the birth, change and death of processes. */
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

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	__u32 nr = syscall_number(regs), want;
	struct plan *plan;

	if (nr >= SYSCALLS)
		return 0;
	want = settings.want[nr & (SYSCALLS - 1)];
	if (!want)
		return 0;
	plan = plan_of(nr, want, ret);
	if (plan)
		tell(regs, ret, nr, want, plan);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct record *r = (struct record *)scratch_bytes();
	__u64 current = bpf_get_current_task();
	__u32 off;

	if (!(settings.life & 1 << RECORD_EXEC) || !r)
		return 0;
	if (compat((struct task_struct *)current))
		lost(LOSS_COMPAT_EXEC);
	off = begin_record(RECORD_EXEC, 0);
	r->args[0] = old_pid;
	off = put_task(current, 0, off);
	off = put_kernel_str((__u64)BPF_CORE_READ(bprm, filename), off);
	off = put_args(1, off);
	off = put_exe(current, off);
	off = put_cgroups(current, off);
	send_record(off);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct record *r = (struct record *)scratch_bytes();
	__u64 born = 0;
	__u32 off;

	if (!(settings.life & 1 << RECORD_FORK) || !r)
		return 0;
	/* A number for the functions that take it; the verifier passes them no typed pointer. */
	bpf_probe_read_kernel(&born, sizeof(born), (__u64 *)ctx + 1);
	off = begin_record(RECORD_FORK, 0);
	r->args[0] = BPF_CORE_READ(child, pid);
	off = put_task(born, bpf_get_current_task(), off);
	off = put_args(0, off);
	off = put_cgroups(born, off);
	send_record(off);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct record *r = (struct record *)scratch_bytes();
	__u32 off;

	if (!(settings.life & 1 << RECORD_EXIT) || !r)
		return 0;
	off = begin_record(RECORD_EXIT, 0);
	r->args[0] = BPF_CORE_READ(task, exit_code);
	send_record(off);
	return 0;
}
