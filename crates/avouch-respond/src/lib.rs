//! Response actions and prevention: stop, pause, quarantine, deny; each act is a record.
