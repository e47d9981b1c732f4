//! The sealed log through the router, on what an auditor would have written.

use axum::http::StatusCode;
use kiavi_audit::{
    Appender, Checkpoint, CosignatureKey, EventProof, NoteKey, SignedCheckpoint, TrustedKeys, decode_entries,
    leaf_hash,
};

use crate::tests::{Browser, TestTenant};

const LOG: &str = "//management/log";

pub(crate) fn key() -> NoteKey {
    NoteKey::new("auth.example/audit/t".parse().unwrap(), &[7; 32])
}

fn witness() -> CosignatureKey {
    CosignatureKey::new("auth.example/witness".parse().unwrap(), &[9; 32])
}

/// Seals all that is in the tenant's log as the auditor does.
pub(crate) async fn seal(tenant: &TestTenant) -> u64 {
    let rows = tenant.admin.query("SELECT seq, body FROM kiavi.audit_event ORDER BY seq", &[]).await.unwrap();
    let mut tree = Appender::default();
    let mut tiles = Vec::new();
    for (row, index) in rows.iter().zip(0_i64..) {
        tiles.extend(tree.append(leaf_hash(row.get(1))));
        let (leaf, seq) = ("INSERT INTO kiavi.audit_leaf VALUES ($1, $2)", row.get::<_, i64>(0));
        tenant.admin.execute(leaf, &[&index, &seq]).await.unwrap();
    }
    tiles.extend(tree.partial_tiles());
    for (tile, hashes) in tiles {
        let (level, index) = (i16::from(tile.level), i64::try_from(tile.index).unwrap());
        let put = "INSERT INTO kiavi.audit_tile VALUES ($1, $2, $3)";
        tenant.admin.execute(put, &[&level, &index, &hashes]).await.unwrap();
    }
    let origin = "auth.example/audit/t".to_owned();
    let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
    let note = SignedCheckpoint::sign(checkpoint, &key()).unwrap().to_string();
    let size = i64::try_from(tree.size()).unwrap();
    let put = "INSERT INTO kiavi.audit_checkpoint VALUES ($1, now(), $2)";
    tenant.admin.execute(put, &[&size, &note]).await.unwrap();
    tree.size()
}

#[tokio::test]
async fn an_operator_reads_checkpoint_tiles_entries_and_proofs() {
    let tenant = TestTenant::new().await;
    let events = "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
                  SELECT gen_random_uuid(), now(), 'test.written', 'success', ('body ' || n)::bytea
                  FROM generate_series(1, 300) n";
    tenant.admin.execute(events, &[]).await.unwrap();
    let mut operator = tenant.operator();
    assert_eq!(operator.get(&format!("{LOG}/checkpoint")).await.status, StatusCode::NOT_FOUND);
    let size = seal(&tenant).await;
    assert!(size > 256, "{size}");
    let note = operator.get(&format!("{LOG}/checkpoint")).await;
    assert_eq!(note.headers["content-type"], "text/plain; charset=utf-8");
    let signed = SignedCheckpoint::parse(&note.text).unwrap();
    signed.verify(&[key().verifier()]).unwrap();
    assert_eq!(signed.checkpoint().size, size);

    let rest = size - 256;
    for (path, width) in [("entries/000".to_owned(), 256), (format!("entries/001.p/{rest}"), rest)] {
        let entries = operator.get(&format!("{LOG}/tile/{path}")).await;
        assert_eq!(entries.headers["content-type"], "application/octet-stream");
        assert_eq!(
            decode_entries(&entries.bytes, usize::try_from(width).unwrap()).unwrap().len() as u64,
            width
        );
    }
    for (path, hashes) in [("0/000", 256), ("0/000.p/3", 3), ("1/000.p/1", 1)] {
        assert_eq!(operator.get(&format!("{LOG}/tile/{path}")).await.bytes.len(), hashes * 32, "{path}");
    }
    for nothing in ["0/001", "entries/001", "2/000.p/1", "0/000.p/0", "0/00", "entries/x", "0/999"] {
        let answer = operator.get(&format!("{LOG}/tile/{nothing}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nothing}");
    }

    let ids = tenant.admin.query("SELECT id::text FROM kiavi.audit_event ORDER BY seq", &[]).await.unwrap();
    for row in [&ids[0], &ids[255], &ids[256], &ids[ids.len() - 1]] {
        let proof = operator.get(&format!("{LOG}/proof/{}", row.get::<_, &str>(0))).await;
        let proof: EventProof = proof.text.parse().unwrap();
        proof.verify(&TrustedKeys::from_iter([key().verifier()])).unwrap();
    }

    // The next checkpoint is not cosigned yet: who asks for a proof wants one that the witness has seen.
    let proof_by = async |operator: &mut Browser, id: &str| {
        let proof = operator.get(&format!("{LOG}/proof/{id}")).await;
        let proof: EventProof = proof.text.parse().unwrap();
        proof.verify(&TrustedKeys::from_iter([key().verifier()])).unwrap();
        proof.checkpoint.checkpoint().size
    };
    let cosigned = witness().sign(signed.text(), 1);
    let cosign = "UPDATE kiavi.audit_checkpoint SET note = note || $1";
    tenant.admin.execute(cosign, &[&format!("{cosigned}\n")]).await.unwrap();
    let newer = "INSERT INTO kiavi.audit_event (id, at, type, outcome, body)
                 VALUES ('0193a5c0-0000-7000-8000-000000000001', now(), 'test.written', 'success', 'x')";
    tenant.admin.execute(newer, &[]).await.unwrap();
    let clear = "DELETE FROM kiavi.audit_leaf; DELETE FROM kiavi.audit_tile";
    tenant.admin.batch_execute(clear).await.unwrap();
    let newest = seal(&tenant).await;
    assert!(newest > size);
    let kept = async |operator: &mut Browser, query: &str| {
        let answer = operator.get(&format!("{LOG}/checkpoints{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        let kept = answer.json["checkpoints"].as_array().unwrap().clone();
        let size = |one: &serde_json::Value| {
            let signed = SignedCheckpoint::parse(one["note"].as_str().unwrap()).unwrap();
            assert_eq!(one["size"], signed.checkpoint().size);
            signed.checkpoint().size
        };
        kept.iter().map(size).collect::<Vec<_>>()
    };
    assert_eq!(kept(&mut operator, "").await, [size, newest], "the smallest first");
    assert_eq!(kept(&mut operator, &format!("?after={size}")).await, [newest]);
    assert_eq!(kept(&mut operator, "?limit=1").await, [size]);
    assert!(kept(&mut operator, &format!("?after={newest}")).await.is_empty());
    assert_eq!(operator.get(&format!("{LOG}/checkpoints?after=x")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(proof_by(&mut operator, ids[0].get(0)).await, size);
    let not_seen = proof_by(&mut operator, "0193a5c0-0000-7000-8000-000000000001").await;
    assert_eq!(not_seen, newest, "of what no cosigned one is over");
    for nobody in ["0193a5c0-0000-7000-8000-0123456789ab", "x"] {
        assert_eq!(operator.get(&format!("{LOG}/proof/{nobody}")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn nobody_else_finds_it() {
    let tenant = TestTenant::new().await;
    let mut signed_in = tenant.signed_in("ada@example.com").await;
    seal(&tenant).await;
    for path in ["checkpoint", "checkpoints", "checkpoints?after=x", "tile/0/000.p/1", "tile/entries/000.p/1"]
    {
        for browser in [&mut tenant.browser(), &mut signed_in] {
            let answer = browser.get(&format!("{LOG}/{path}")).await;
            assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
        }
    }
}

#[tokio::test]
async fn whoever_seals_is_told_when_there_is_something_to_seal() {
    let tenant = TestTenant::new().await;
    let written = &tenant.engine.state().log.written;
    assert!(!written.take());
    tenant.browser().get("/get-session").await;
    assert!(!written.take(), "a read is no event");
    tenant.signed_in("ada@example.com").await;
    assert!(written.take());
    assert!(!written.take());
}
