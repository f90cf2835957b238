/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Kills a program in its execve, before its first instruction: Linux 5.5. Of a script the kernel runs the interpreter; the
 * script's own file, closed by now, is found where it waits to be released (script.h).
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "report.h"
#include "exec.h"
#include "script.h"

#define SIGKILL 9

/* A function of its own, so that the verifier reads it once for all files. */
__noinline __u32 judge(__u64 file)
{
	return judge_exec((struct file *)file);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(kill_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	/* Read as a number: the verifier passes functions no typed pointer. */
	bool denied = judge((__u64)BPF_CORE_READ(bprm, file)) == MODE_DENY;

	if (bprm->interp != bprm->filename) {
		struct scripts *s = find_scripts((struct task_struct *)bpf_get_current_task());
		int i;

		if (!s)
			return 0;
		for (i = 0; i < SCRIPTS && i < s->found; i++)
			denied |= judge(s->file[i]) == MODE_DENY;
		if (!s->found || s->cut)
			count(LOSS_UNJUDGED);
	}
	if (denied)
		bpf_send_signal(SIGKILL);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
