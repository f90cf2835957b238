/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Files opened for reading are told only when a rule could match their path. `ReadPaths::passes` is the same in Rust. */
#ifndef AVOUCH_PREFIX_H
#define AVOUCH_PREFIX_H

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, PREFIXES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u8);
} read_paths SEC(".maps");

/* A path behind the place for the parts of a record: nothing is put together yet. */
static __always_inline struct prefix *path_scratch(void)
{
	__u8 *s = scratch_bytes();

	return s ? (struct prefix *)(s + RECORD_MAX) : 0;
}

/* Whether the path at `ptr` is wanted: it begins with a prefix that is, or does not tell where it leads. */
__noinline __u32 path_wanted(__u64 ptr)
{
	struct prefix *key = path_scratch();
	__u8 before = 0;
	long n;
	int i;

	if (!key)
		return 1;
	n = bpf_probe_read_user_str(key->path, PREFIX_MAX, (void *)ptr);
	/* Unreadable, longer than we look, or relative. */
	if (n <= 1 || n >= PREFIX_MAX || key->path[0] != '/')
		return 1;
	for (i = 0; i < PREFIX_MAX - 2; i++) {
		__u8 here, next;

		if (i >= n)
			break;
		here = key->path[i];
		next = key->path[i + 1];
		if ((here == '.' && next == '.') || (here == '/' && next == '/') ||
		    (before == '/' && here == '.' && (next == '/' || !next)))
			return 1;
		before = here;
	}
	key->bits = (n - 1) * 8;
	return bpf_map_lookup_elem(&read_paths, key) != 0;
}

#endif
