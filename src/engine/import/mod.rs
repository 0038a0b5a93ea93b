//! Files become events.
use crate::store::Store;
/// x
#[derive(Debug, Clone, Default)]
pub struct ImportOptions { /// x
 pub open: bool }
/// x
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress { /// x
 pub messages: u64, /// x
 pub lines: u64, /// x
 pub duplicates: u64, /// x
 pub conversations: u64 }
/// x
#[derive(Debug, Default)]
pub struct ImportReport { /// x
 pub messages: u64, /// x
 pub lines: u64, /// x
 pub duplicates: u64, /// x
 pub conversations: u64, /// x
 pub bad_lines: Vec<(usize, String)> }
/// x
pub fn import_jsonl(_s: &Store, _r: impl std::io::BufRead, _o: ImportOptions, _p: &mut dyn FnMut(Progress)) -> Result<ImportReport, String> { Err("not yet".into()) }
