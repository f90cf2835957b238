//! Kubernetes audit and CloudTrail records to events, and the fields over them.
