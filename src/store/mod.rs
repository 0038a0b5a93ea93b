//! The store: one SQLite file per workspace, one writer thread, query-only readers.
