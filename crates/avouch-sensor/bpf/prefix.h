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

/* Bytes of `w` that are zero, as their highest bits. */
static __always_inline __u64 zeros(__u64 w)
{
	const __u64 low = 0x7f7f7f7f7f7f7f7full;

	return ~(((w & low) + low) | w | low);
}

/*
 * Whether a pair of bytes in the path could make it lead elsewhere than it begins: two dots, two slashes, or a dot behind a
 * slash. Seven pairs a step; bytes behind the path's end are no part of any. A hidden file's name looks so too.
 */
static __always_inline bool suspicious(struct prefix *key, __u32 n)
{
	int i;

	for (i = 0; i < PREFIX_MAX; i += 7) {
		__u64 w, dots, slashes;

		if (i >= n)
			break;
		w = *(__u64 *)(key->path + i);
		dots = zeros(w ^ 0x2e2e2e2e2e2e2e2eull);
		slashes = zeros(w ^ 0x2f2f2f2f2f2f2f2full);
		/* The byte that follows, in the place of the one before. */
		if (((dots | slashes) & (dots >> 8)) | (slashes & (slashes >> 8)))
			return 1;
	}
	return 0;
}

/* The same to the letter: `..` anywhere, `//`, or a component that is `.` alone. */
static __always_inline bool not_plain(struct prefix *key, __u32 n)
{
	__u8 before = 0;
	int i;

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
	return 0;
}

/*
 * Whether the path at `ptr` is wanted: it begins with a prefix that is, or does not tell where it leads. `seconds` has a bit for
 * each second byte that some prefix has, so that most paths need no look into the trie.
 */
__noinline __u32 path_wanted(__u64 ptr)
{
	struct prefix *key = path_scratch();
	__u8 second;
	long n;

	if (!key)
		return 1;
	n = bpf_probe_read_user_str(key->path, PREFIX_MAX, (void *)ptr);
	/* Unreadable, longer than we look, or relative. */
	if (n <= 1 || n >= PREFIX_MAX || key->path[0] != '/')
		return 1;
	/* What stood there before is no part of this path. */
	*(__u64 *)(key->path + masked(n, PREFIX_MAX)) = 0;
	if (suspicious(key, n) && not_plain(key, n))
		return 1;
	second = key->path[1];
	if (!(settings.seconds[second >> 5] & 1u << (second & 31)))
		return 0;
	key->bits = (n - 1) * 8;
	return bpf_map_lookup_elem(&read_paths, key) != 0;
}

#endif
