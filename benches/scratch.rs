//! scratch
use rusqlite::{Connection, params};
use std::time::Instant;
fn main() {
    let n: usize = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap();
    let db = Connection::open_with_flags(format!("target/bench/plain-{n}.db"), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.execute_batch("PRAGMA cache_size=-8192; PRAGMA mmap_size=0").unwrap();
    println!("levels: {:?}", db.query_row("select count(*), count(distinct segid) from message_fts_idx", [], |r| Ok((r.get::<_,i64>(0)?, r.get::<_,i64>(1)?))));
    println!("convs: {:?}", db.query_row("select count(*) from conversation", [], |r| r.get::<_,i64>(0)));
    for e in ["\"o\"*", "\"or\"*", "\"ord\"*", "\"orde\"*", "\"order\"*", "\"order\"", "\"the\"", "\"refu\"*", "\"refund\"*","\"chargeb\"*", "\"chargeback\"", "\"order\" AND \"refund\"", "\"order\" AND \"chargeback\"", "\"zqx\"*", "\"zqxr\"*", "\"zqxrare5\"*", "\"zqxrare5\"", "\"tracking number shows\"", "\"the\" NOT \"to\"", "\"stra\"*", "\"str\"*", "\"配達\"", "\"the\" AND \"zqxrare50\"", "\"shea\"*", "\"mounta\"*"] {
        let mut t = vec![];
        let mut c = 0;
        for _ in 0..7 {
            let b = Instant::now();
            let mut s = db.prepare_cached("SELECT rowid FROM message_fts WHERE message_fts MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT 50").unwrap();
            let v: Vec<i64> = s.query_map(params![e, i64::MAX], |r| r.get(0)).unwrap().map(|r| r.unwrap()).collect();
            c = v.len();
            t.push(b.elapsed().as_micros());
        }
        println!("{e:32} {c:3} first {} min {} us", t[0], t.iter().min().unwrap());
    }
    // names
    for e in ["\"a\"*", "\"an\"*", "\"ana\"*", "\"order\"", "\"ana\"", "\"zz\"*"] {
        let b = Instant::now();
        let mut s = db.prepare_cached("SELECT rowid FROM name_fts WHERE name_fts MATCH ?1 LIMIT 4097").unwrap();
        let v: Vec<i64> = s.query_map(params![e], |r| r.get(0)).unwrap().map(|r| r.unwrap()).collect();
        println!("names {e:12} {} in {} us", v.len(), b.elapsed().as_micros());
    }
    let mut p = db.prepare_cached("SELECT 1 FROM name_fts WHERE name_fts MATCH ?1 AND rowid = ?2").unwrap();
    for e in ["\"a\"*", "\"ana\"", "\"order\""] {
        let b = Instant::now();
        let mut k = 0;
        for id in (100..100_000).step_by(100) { if p.exists(params![e, id]).unwrap() { k += 1; } }
        println!("name probe {e} {k}: {:.1} us each", b.elapsed().as_micros() as f64 / 999.0);
    }
    let ids: Vec<i64> = db.prepare("SELECT id FROM message ORDER BY id DESC LIMIT 100000").unwrap().query_map([], |r| r.get(0)).unwrap().map(|r| r.unwrap()).step_by(100).collect();
    let mut p = db.prepare_cached("SELECT 1 FROM message_fts WHERE message_fts MATCH ?1 AND rowid = ?2").unwrap();
    for e in ["\"a\"*", "\"order\"", "\"chargeback\"", "\"orde\"*", "\"tracking number shows\""] {
        let b = Instant::now();
        let mut k = 0;
        for id in &ids { if p.exists(params![e, id]).unwrap() { k += 1; } if b.elapsed().as_millis() > 3000 { break; } }
        println!("message probe {e} {k}: {:.1} us each", b.elapsed().as_micros() as f64 / ids.len() as f64);
    }
    let b = Instant::now();
    let mut s = db.prepare_cached("SELECT f.rowid, m.conversation_id FROM message_fts f CROSS JOIN message m ON m.id = f.rowid CROSS JOIN conversation c ON c.id = m.conversation_id WHERE message_fts MATCH ?1 AND f.rowid < ?2 AND c.status = 0 ORDER BY f.rowid DESC LIMIT 50").unwrap();
    let _v: Vec<i64> = s.query_map(params!["\"chargeback\"", i64::MAX], |r| r.get(0)).unwrap().map(|r| r.unwrap()).collect();
    println!("chargeback (5000) with failing filter join: {} us", b.elapsed().as_micros());
    let b = Instant::now();
    let mut s = db.prepare_cached("SELECT count(*) FROM (SELECT id FROM conversation INDEXED BY conversation_recent ORDER BY last_message_at DESC, id DESC LIMIT 100000)").unwrap();
    let k: i64 = s.query_row([], |r| r.get(0)).unwrap();
    println!("recent walk {k}: {} us", b.elapsed().as_micros());
}
