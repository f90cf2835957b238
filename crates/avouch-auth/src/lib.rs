//! Who may do what in the server.
