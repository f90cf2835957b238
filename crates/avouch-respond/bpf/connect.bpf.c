/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Refuses connections and datagrams to forbidden destinations: Linux 5.8, attached to a cgroup of version 2. */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "report.h"

/* Part of the kernel's interface to programs: never relocated. */
struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4;
	__u32 user_ip6[4];
	__u32 user_port;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 msg_src_ip4;
	__u32 msg_src_ip6[4];
};

#define RANGES 16
#define ALLOW 1
#define DENY 0

/* Ports of one prefix: those of every wider prefix are among them, as a look-up finds the narrowest only. */
struct ports {
	__u32 count;
	struct {
		__u16 low;
		__u16 high;
	} range[RANGES];
};

struct key4 {
	__u32 prefix_len;
	__u32 addr;
};

struct key6 {
	__u32 prefix_len;
	__u32 addr[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct key4);
	__type(value, struct ports);
} forbidden4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct key6);
	__type(value, struct ports);
} forbidden6 SEC(".maps");

static __always_inline bool covers(struct ports *ports, __u16 port)
{
	int i;

#pragma unroll
	for (i = 0; i < RANGES; i++)
		if (i < ports->count && ports->range[i].low <= port && port <= ports->range[i].high)
			return 1;
	return 0;
}

static __always_inline int judge(struct ports *ports, __u16 port, __u8 protocol, __u8 version, __u32 *addr)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 zero = 0;
	struct settings *set = bpf_map_lookup_elem(&settings, &zero);
	struct report *r;
	__u8 mode;

	if (!ports || !set || !covers(ports, port))
		return ALLOW;
	if (BPF_CORE_READ(task, tgid) == set->own_tgid || !in_scope(set, task, ITEM_FORBIDDEN_DESTINATION))
		return ALLOW;
	mode = set->mode[ITEM_FORBIDDEN_DESTINATION];
	r = bpf_ringbuf_reserve(&reports, sizeof(*r), 0);
	if (!r) {
		count(LOSS_REPORTS);
		return mode == MODE_DENY ? DENY : ALLOW;
	}
	__builtin_memset(r, 0, sizeof(*r));
	process_facts(r, task);
	r->item = ITEM_FORBIDDEN_DESTINATION;
	r->mode = mode;
	r->ip_version = version;
	r->protocol = protocol;
	r->port = port;
	__builtin_memcpy(r->addr, addr, version == 4 ? 4 : 16);
	bpf_ringbuf_submit(r, 0);
	return mode == MODE_DENY ? DENY : ALLOW;
}

static __always_inline int judge4(__u32 addr, __u32 port, __u8 protocol)
{
	struct key4 key = { .prefix_len = 32, .addr = addr };

	return judge(bpf_map_lookup_elem(&forbidden4, &key), bpf_ntohs(port), protocol, 4, &addr);
}

static __always_inline int judge6(struct bpf_sock_addr *ctx)
{
	struct key6 key = { .prefix_len = 128 };

	key.addr[0] = ctx->user_ip6[0];
	key.addr[1] = ctx->user_ip6[1];
	key.addr[2] = ctx->user_ip6[2];
	key.addr[3] = ctx->user_ip6[3];
	/* An IPv4 destination may be written as IPv6, which this hook alone sees. */
	if (!key.addr[0] && !key.addr[1] && key.addr[2] == bpf_htonl(0xffff))
		return judge4(key.addr[3], ctx->user_port, ctx->protocol);
	return judge(bpf_map_lookup_elem(&forbidden6, &key), bpf_ntohs(ctx->user_port), ctx->protocol, 6, key.addr);
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	return judge4(ctx->user_ip4, ctx->user_port, ctx->protocol);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	return judge6(ctx);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	return judge4(ctx->user_ip4, ctx->user_port, ctx->protocol);
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	return judge6(ctx);
}

char LICENSE[] SEC("license") = "GPL";
