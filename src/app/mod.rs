//! The composition root: the loop, the effects, the terminal, start-up.
