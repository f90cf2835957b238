/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The files of scripts that an execve went through on its way to a program. The kernel closes each when it turns to the
 * interpreter that the script names, and hangs it among the task's works, to be released on the return to user space: so at the
 * end of execve it is still whole.
 */
#ifndef AVOUCH_RESPOND_SCRIPT_H
#define AVOUCH_RESPOND_SCRIPT_H

/* The kernel follows five interpreters; a power of two. */
#define SCRIPTS 8
/* Works that are looked at. The script's is behind those of the descriptors that the execve closed. */
#define WORKS 512
/* In f_flags of what was opened to be run; nobody in user space can ask for it. */
#define FMODE_EXEC 0x20

struct scripts {
	__u32 found;
	/* There are more works than were looked at. */
	__u32 cut;
	__u64 file[SCRIPTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scripts);
} scripts SEC(".maps");

static __always_inline struct file *file_of_work(struct callback_head *work)
{
	if (bpf_core_field_exists(struct file___task_work, f_task_work))
		return (void *)work - bpf_core_field_offset(struct file___task_work, f_task_work);
	if (bpf_core_field_exists(struct file___rcuhead, f_rcuhead))
		return (void *)work - bpf_core_field_offset(struct file___rcuhead, f_rcuhead);
	return (void *)work - bpf_core_field_offset(struct file___union, f_u.fu_rcuhead);
}

/* Works are not of files alone, so one counts as a file only where file and dentry name the same inode. */
static __always_inline bool opened_to_be_run(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	return BPF_CORE_READ(file, f_flags) & FMODE_EXEC && inode && BPF_CORE_READ(file, f_path.dentry, d_inode) == inode;
}

/* None is found where the kernel module that chose the interpreter keeps the file open for it (binfmt_misc, flags C and O). */
static __always_inline struct scripts *find_scripts(struct task_struct *task)
{
	struct callback_head *work = BPF_CORE_READ(task, task_works);
	__u32 zero = 0;
	struct scripts *s = bpf_map_lookup_elem(&scripts, &zero);
	int i;

	if (!s)
		return 0;
	s->found = 0;
	for (i = 0; i < WORKS && work; i++) {
		struct file *file = file_of_work(work);

		if (opened_to_be_run(file)) {
			s->file[s->found & (SCRIPTS - 1)] = (__u64)file;
			s->found++;
		}
		work = BPF_CORE_READ(work, next);
	}
	s->cut = work != 0;
	return s;
}

#endif
