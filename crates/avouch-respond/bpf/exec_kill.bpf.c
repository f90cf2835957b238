/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Kills a program in its execve, before its first instruction: Linux 5.5. A script is not seen here, only its interpreter: by
 * now the kernel has closed the script's file.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "report.h"
#include "exec.h"

#define SIGKILL 9

SEC("tp_btf/sched_process_exec")
int BPF_PROG(kill_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	if (judge_exec(bprm->file) == MODE_DENY)
		bpf_send_signal(SIGKILL);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
