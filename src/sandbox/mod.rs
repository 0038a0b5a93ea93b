//! The far ends of the providers, in process, over loopback HTTP: for the demo, tests and benches.
