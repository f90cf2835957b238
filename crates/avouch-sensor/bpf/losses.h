/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What is lost is counted, by cause and CPU. */
#ifndef AVOUCH_LOSSES_H
#define AVOUCH_LOSSES_H

struct counts {
	__u64 lost[LOSSES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} losses SEC(".maps");

static __always_inline void lost(enum loss cause)
{
	__u32 zero = 0;
	struct counts *c = bpf_map_lookup_elem(&losses, &zero);

	if (c)
		c->lost[cause & (LOSSES - 1)]++;
}

#endif
