//! The search language: words, prefixes, "phrases" and `key:value` filters, combined and negated.
