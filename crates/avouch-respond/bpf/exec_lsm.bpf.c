/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Refuses a program before it runs: Linux 5.7 with `bpf` among the security modules. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "report.h"
#include "exec.h"

#define EPERM 1

SEC("lsm/bprm_check_security")
int BPF_PROG(check_exec, struct linux_binprm *bprm, int ret)
{
	/* Another program's refusal stands. */
	if (ret)
		return ret;
	return judge_exec(bprm->file) == MODE_DENY ? -EPERM : 0;
}

char LICENSE[] SEC("license") = "GPL";
