//! Types rules against a field catalogue, compiles all rules of a source into one program, evaluates and explains.
