//! What container runtimes and Kubernetes tell of containers.
