/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the programs and user space agree on. `src/abi.rs` says the same in Rust, and a test compares the two. */
#ifndef AVOUCH_ABI_H
#define AVOUCH_ABI_H

#define SYSCALLS 512

/* Bytes that a record may hold; twice as many are reserved, so that one more part of the largest size always fits. */
#define RECORD_MAX 16384
#define PATH_MAX 4096
#define ARGS_MAX 4096
/* Components of a path or cgroup path: deeper ones are cut. */
#define COMPONENTS 40
#define NAME_MAX 256

enum record_kind {
	RECORD_SYSCALL = 1,
	RECORD_EXEC = 2,
	RECORD_FORK = 3,
	RECORD_EXIT = 4,
};

/* How `want` is read; `avouch_event::Want` has the meanings. */
enum want {
	WANT_READS = 1,
	WANT_WRITES = 2,
	WANT_FAILURES = 4,
	WANT_FD_FACTS = 8,
	WANT_DATA = 16,
	/* Not of user space's interest: calls that succeed are counted as LOSS_URING, whether they are told or not. */
	WANT_COUNT = 128,
};

/* What is fetched for a call; see `src/abi.rs`. */
enum op_kind {
	OP_NONE = 0,
	OP_STR = 1,
	OP_BUF = 2,
	OP_IOV = 3,
	OP_MSG = 4,
	OP_MEM = 5,
	OP_SOCKADDR = 6,
	OP_SOCK = 7,
	OP_FD = 8,
	OP_FILE = 9,
	OP_DIRFD = 10,
	OP_CAPS = 11,
	OP_TASK = 12,
	OP_PEERADDR = 13,
};

enum part_kind {
	PART_STR = 1,
	PART_BUF = 2,
	PART_MEM = 5,
	PART_SOCKADDR = 6,
	PART_SOCK = 7,
	PART_FD = 8,
	PART_PATH = 9,
	PART_CAPS = 11,
	PART_TASK = 12,
	PART_ARGS = 13,
	PART_ENV = 14,
	PART_EXE = 15,
	PART_CGROUP = 16,
	PART_CGROUP2 = 17,
};

/* Set in a part's flags. */
#define PART_CUT 1
#define PART_FAULT 2

/* Which class test a call has. */
enum open_class {
	OPEN_NOT = 0,
	OPEN_FLAGS_ARG1 = 1,
	OPEN_FLAGS_ARG2 = 2,
	OPEN_WRITES = 3,
	/* By a handle: flags in argument 2, no path. */
	OPEN_BY_HANDLE = 4,
	/* `openat2`: flags in the structure that argument 2 points to. */
	OPEN_HOW = 5,
};

struct op {
	__u8 kind;
	/* Position of the argument; 6 is the return value. */
	__u8 arg;
	/* Position of its length, or a number of bytes. */
	__u8 len;
	/* Bits of `want` of which one must be set; 0: always. */
	__u8 want;
};

/* Prefixes of paths that the kernel holds. */
#define PREFIXES 4096

/* A path is looked at up to here; longer ones pass. A power of two. */
#define PREFIX_MAX 128

struct prefix {
	__u32 bits;
	__u8 path[PREFIX_MAX];
};

#define OPS 8

struct plan {
	__u8 open_class;
	__u8 ops;
	__u8 pad[6];
	struct op op[OPS];
};

struct record {
	__u32 len;
	__u16 kind;
	__u16 nr;
	__u64 boot_ns;
	__u32 tgid;
	__u32 tid;
	__u16 cpu;
	__u16 parts;
	__u32 pad;
	/* Six arguments, the return value, and a zero. */
	__u64 args[8];
};

struct part {
	__u16 kind;
	__u16 flags;
	__u32 len;
};

struct task_facts {
	__u64 start_boot_ns;
	__u64 fdlimit;
	__u64 min_flt;
	__u64 maj_flt;
	__u64 cap_inheritable;
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 exe_ino;
	__u64 exe_ctime;
	__u64 exe_mtime;
	__u64 pidns_start_ns;
	__u32 tid;
	__u32 tgid;
	__u32 ptgid;
	__u32 ptid;
	__u32 pgid;
	__u32 vpgid;
	__u32 sid;
	__u32 vtid;
	__u32 vtgid;
	__u32 uid;
	__u32 gid;
	__u32 loginuid;
	__u32 tty;
	__u32 vm_size_kb;
	__u32 vm_rss_kb;
	__u32 vm_swap_kb;
	__u32 exe_mode;
	__u32 exe_uid;
	__u32 exe_gid;
	__u32 fsuid;
	__u32 fsgid;
	__u32 flags;
	__u32 pid_level;
	__u32 pad;
	char comm[16];
};

/* Bits of task_facts.flags. */
#define TASK_UPPER 1
#define TASK_LOWER 2
#define TASK_MEMFD 4
#define TASK_SAME_MM 8
#define TASK_SAME_FS 16
#define TASK_SAME_FILES 32
#define TASK_CHILD_PIDNS 64

struct fd_facts {
	__u64 ino;
	__s32 fd;
	__u32 mode;
	__u32 open_flags;
	__u32 dev;
	__u32 flags;
	__u32 pad;
};

/* Bits of fd_facts.flags. */
#define FD_UPPER 1
#define FD_LOWER 2
#define FD_MISSING 4
#define FD_CREATED 8

struct sock_facts {
	__u64 sock;
	__u64 peer;
	__u64 ino;
	__s32 fd;
	__u16 family;
	__u16 type;
	__u16 protocol;
	__u16 local_port;
	__u16 remote_port;
	__u16 state;
	__u8 local[16];
	__u8 remote[16];
	__u32 backlog;
	__u32 max_backlog;
	__u8 local_path[112];
	__u8 remote_path[112];
};

enum loss {
	LOSS_RING_FULL = 0,
	LOSS_UNREADABLE = 1,
	LOSS_TRUNCATED = 2,
	/* Calls with 32-bit numbers, and 32-bit programs that were started. At the tracepoint of all calls only those are counted
	 * whose number, read as one of 64 bits, is that of a call that would be told. */
	LOSS_COMPAT = 3,
	LOSS_COMPAT_EXEC = 4,
	/* Rings of io_uring that were set up: what goes through them is no system call. */
	LOSS_URING = 5,
	/* Calls that came while another of the CPU was being put together. */
	LOSS_BUSY = 6,
	LOSSES = 8,
};

#endif
