//! What is done to words: sanitising, wrapping, counting, finding. Pure.
