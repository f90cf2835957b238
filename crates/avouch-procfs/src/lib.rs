//! What /proc and the machine's files tell of processes, descriptors, users and interfaces, as items.
