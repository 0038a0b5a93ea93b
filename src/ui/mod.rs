//! The screen: model, messages, update, views. Pure.
