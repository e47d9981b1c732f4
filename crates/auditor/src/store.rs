//! The statements of the auditor. Its role may do nothing that is not here.

use jiff::Timestamp;
use kiavi_audit::{HASH_LENGTH, InvalidTile, Tile, TileSet};
use kiavi_base::EventId;
use kiavi_db::{Database, DbError, Params, Row, Sql, Transaction};

use crate::gaps::Gap;
use crate::heartbeat;

/// The statements, for the test that prepares each as the auditor's role.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&Sql] = &[
    &LOCK,
    &TREE,
    &LATE_EVENTS,
    &NEW_EVENTS,
    &TILES,
    &LAST_CHECKPOINTS,
    &ADD_LEAVES,
    &PUT_TILES,
    &CLOSE_GAPS,
    &ADD_GAPS,
    &FORGET_GAPS,
    &ADD_CHECKPOINT,
    &REPLACE_CHECKPOINT,
    &COSIGN_CHECKPOINT,
    &ADD_HEARTBEAT,
    &TELL,
    &PRUNABLE,
    &PRUNE,
    &BODIES,
    &HAS_ENDED,
];

/// Whoever holds it is the only one that seals in this database ("sealing" as bytes).
const SEALING_LOCK: i64 = 0x73_65_61_6c_69_6e_67;

/// How long a missing number is looked for in each round: longer than a transaction of an engine lives.
const YOUNG_GAP_SECONDS: f64 = 120.0;

const LOCK: Sql = Sql::new("LOCK", "SELECT pg_try_advisory_xact_lock($1)");
const TREE: Sql = Sql::new(
    "TREE",
    "SELECT (SELECT max(index) FROM kiavi.audit_leaf), (SELECT max(seq) FROM kiavi.audit_leaf)",
);
// One look into the index for each gap, however wide it is.
const LATE_EVENTS: Sql = Sql::new(
    "LATE_EVENTS",
    "SELECT e.seq, uuid_send(e.id), e.body, g.seq, g.until, g.since
     FROM kiavi.audit_gap g CROSS JOIN LATERAL (
       SELECT seq, id, body FROM kiavi.audit_event WHERE seq BETWEEN g.seq AND g.until ORDER BY seq LIMIT $2) e
     WHERE g.since > now() - make_interval(secs => $1)
     ORDER BY e.seq LIMIT $2",
);
const NEW_EVENTS: Sql = Sql::new(
    "NEW_EVENTS",
    "SELECT seq, uuid_send(id), body FROM kiavi.audit_event WHERE seq > $1 ORDER BY seq LIMIT $2",
);
const TILES: Sql = Sql::new(
    "TILES",
    "SELECT level, index, hashes FROM kiavi.audit_tile
     WHERE (level, index) IN (SELECT * FROM unnest($1::smallint[], $2::bigint[]))",
);
const LAST_CHECKPOINTS: Sql = Sql::new(
    "LAST_CHECKPOINTS",
    "SELECT size, at, note, (SELECT at FROM kiavi.audit_checkpoint ORDER BY size LIMIT 1)
     FROM kiavi.audit_checkpoint ORDER BY size DESC LIMIT 2",
);
const ADD_LEAVES: Sql = Sql::new(
    "ADD_LEAVES",
    "INSERT INTO kiavi.audit_leaf (index, seq)
     SELECT $1 + place - 1, seq FROM unnest($2::bigint[]) WITH ORDINALITY AS leaf (seq, place)",
);
const PUT_TILES: Sql = Sql::new(
    "PUT_TILES",
    "INSERT INTO kiavi.audit_tile (level, index, hashes)
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
     ON CONFLICT (level, index) DO UPDATE SET hashes = EXCLUDED.hashes",
);
const HAS_ENDED: Sql = Sql::new("HAS_ENDED", "SELECT EXISTS (SELECT seq FROM kiavi.ended)");
const CLOSE_GAPS: Sql = Sql::new("CLOSE_GAPS", "DELETE FROM kiavi.audit_gap WHERE seq = ANY ($1)");
const ADD_GAPS: Sql = Sql::new(
    "ADD_GAPS",
    "INSERT INTO kiavi.audit_gap (seq, until, since)
     SELECT seq, until, coalesce(since, now())
     FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS gap (seq, until, since)",
);
// What was missing for a day is not coming: it was rolled back.
const FORGET_GAPS: Sql =
    Sql::new("FORGET_GAPS", "DELETE FROM kiavi.audit_gap WHERE since < now() - interval '1 day'");
const ADD_CHECKPOINT: Sql =
    Sql::new("ADD_CHECKPOINT", "INSERT INTO kiavi.audit_checkpoint (size, at, note) VALUES ($1, $2, $3)");
const REPLACE_CHECKPOINT: Sql = Sql::new(
    "REPLACE_CHECKPOINT",
    "UPDATE kiavi.audit_checkpoint SET size = $1, at = $2, note = $3 WHERE size = $4",
);
const COSIGN_CHECKPOINT: Sql =
    Sql::new("COSIGN_CHECKPOINT", "UPDATE kiavi.audit_checkpoint SET note = $2 WHERE size = $1");
const ADD_HEARTBEAT: Sql = Sql::new(
    "ADD_HEARTBEAT",
    "INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, body)
     VALUES ($1::text::uuid, $2, $3, 'success', $4, $5) ON CONFLICT DO NOTHING",
);
// A running engine hears of it and shows it to whoever watches the log.
const TELL: Sql = Sql::new("TELL", "SELECT pg_notify('kiavi_change', $1)");
const PRUNABLE: Sql = Sql::new("PRUNABLE", "SELECT since, until FROM kiavi.audit_prunable()");
const PRUNE: Sql = Sql::new("PRUNE", "SELECT kiavi.audit_prune($1, $2, $3::text::uuid, $4)");
const BODIES: Sql = Sql::new(
    "BODIES",
    "SELECT e.body FROM kiavi.audit_leaf l JOIN kiavi.audit_event e USING (seq)
     WHERE l.index >= $1 AND l.index < $1 + $2 ORDER BY l.index",
);

/// The part of the log that is too old to be kept: events from index `since` to before `until`.
#[derive(Clone, Copy)]
pub(crate) struct Due {
    pub(crate) since: i64,
    pub(crate) until: i64,
}

/// An event that is to be sealed.
pub(crate) struct Found {
    pub(crate) seq: i64,
    /// Its id, which begins with the time in milliseconds since 1970 (RFC 9562 §5.7).
    pub(crate) id: [u8; 16],
    pub(crate) body: Vec<u8>,
}

/// Whether the tenant's tables tell of something that has ended, which control has not taken yet.
pub(crate) async fn has_ended(transaction: &Transaction) -> Result<bool, DbError> {
    Ok(transaction.query_one(&HAS_ENDED, &[]).await?.try_get(0)?)
}

/// What is to be sealed, as one look finds it.
pub(crate) struct Look {
    /// Whether this transaction is the one that seals. Otherwise nothing else here counts.
    pub(crate) is_alone: bool,
    /// Leaves in the tree.
    pub(crate) size: u64,
    /// The greatest number that was sealed.
    pub(crate) watermark: i64,
    /// Events of numbers that were missing, with what was missing.
    pub(crate) late: Vec<(Found, Gap)>,
    /// Events after `watermark`, by number.
    pub(crate) new: Vec<Found>,
}

/// Takes the lock and looks, in one round trip: each statement sees what was there when the one before it was done.
pub(crate) async fn look(
    transaction: &Transaction,
    watermark: i64,
    limit: i64,
    looks_far_back: bool,
) -> Result<Look, DbError> {
    let back = if looks_far_back { f64::from(i32::MAX) } else { YOUNG_GAP_SECONDS };
    let (lock, late, new): (Params<'_>, Params<'_>, Params<'_>) =
        (&[&SEALING_LOCK], &[&back, &limit], &[&watermark, &limit]);
    let (lock, tree, late, new) = tokio::try_join!(
        transaction.query_one(&LOCK, lock),
        transaction.query_one(&TREE, &[]),
        transaction.query(&LATE_EVENTS, late),
        transaction.query(&NEW_EVENTS, new),
    )?;
    let (size, watermark) = tree_of(&tree)?;
    Ok(Look {
        is_alone: lock.try_get(0)?,
        size,
        watermark,
        late: late.iter().map(|row| Ok((found(row)?, gap(row)?))).collect::<Result<_, DbError>>()?,
        new: new.iter().map(found).collect::<Result<_, DbError>>()?,
    })
}

/// Takes the lock; `false` when somebody else has it.
pub(crate) async fn lock(transaction: &Transaction) -> Result<bool, DbError> {
    Ok(transaction.query_one(&LOCK, &[&SEALING_LOCK]).await?.try_get(0)?)
}

/// Leaves in the tree, and the greatest number that was sealed.
pub(crate) async fn tree(transaction: &Transaction) -> Result<(u64, i64), DbError> {
    tree_of(&transaction.query_one(&TREE, &[]).await?)
}

fn tree_of(row: &Row) -> Result<(u64, i64), DbError> {
    let (last, watermark): (Option<i64>, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    Ok((last.map_or(0, |last| last.unsigned_abs() + 1), watermark.unwrap_or(0)))
}

fn found(row: &Row) -> Result<Found, DbError> {
    let id: &[u8] = row.try_get(1)?;
    let id = id.try_into().map_err(|_| DbError::Value("an id has 16 bytes".to_owned()))?;
    Ok(Found { seq: row.try_get(0)?, id, body: row.try_get(2)? })
}

fn gap(row: &Row) -> Result<Gap, DbError> {
    Ok(Gap { first: row.try_get(3)?, last: row.try_get(4)?, since: Some(row.try_get(5)?) })
}

/// These tiles, as wide as they are there.
pub(crate) async fn tiles(
    transaction: &Transaction,
    wanted: impl IntoIterator<Item = Tile>,
) -> Result<Result<TileSet, InvalidTile>, DbError> {
    let (levels, indexes): (Vec<i16>, Vec<i64>) =
        wanted.into_iter().map(|tile| (i16::from(tile.level), number(tile.index))).unzip();
    let mut set = TileSet::default();
    if levels.is_empty() {
        return Ok(Ok(set));
    }
    for row in transaction.query(&TILES, &[&levels, &indexes]).await? {
        let (level, index): (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
        let hashes: &[u8] = row.try_get(2)?;
        let width = u16::try_from(hashes.len() / HASH_LENGTH);
        let tile = (u8::try_from(level), u64::try_from(index), width);
        let (Ok(level), Ok(index), Ok(width)) = tile else { return Ok(Err(InvalidTile)) };
        if let Err(error) = set.insert(Tile { level, index, width }, hashes) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(set))
}

/// The hashes of one tile, as they are stored.
pub(crate) async fn hashes(transaction: &Transaction, tile: Tile) -> Result<Option<Vec<u8>>, DbError> {
    let (levels, indexes) = (vec![i16::from(tile.level)], vec![number(tile.index)]);
    let row = transaction.query_opt(&TILES, &[&levels, &indexes]).await?;
    row.map(|row| row.try_get(2).map_err(DbError::from)).transpose()
}

/// The bodies of up to `count` events, from the index `first` on.
pub(crate) async fn bodies(
    transaction: &Transaction,
    first: i64,
    count: i64,
) -> Result<Vec<Vec<u8>>, DbError> {
    let rows = transaction.query(&BODIES, &[&first, &count]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(DbError::from)).collect()
}

/// What is too old to be kept now; empty when nothing is.
pub(crate) async fn prunable(transaction: &Transaction) -> Result<Due, DbError> {
    let row = transaction.query_one(&PRUNABLE, &[]).await?;
    Ok(Due { since: row.try_get(0)?, until: row.try_get(1)? })
}

/// Removes the events before an index, with the note and the event that say so.
pub(crate) async fn prune(
    transaction: &Transaction,
    until: i64,
    note: &str,
    event: &EventId,
    body: &[u8],
) -> Result<(), DbError> {
    transaction.query_one(&PRUNE, &[&until, &note, &event.to_string(), &body]).await.map(drop)
}

/// A checkpoint as it is stored.
pub(crate) struct StoredCheckpoint {
    pub(crate) size: i64,
    pub(crate) at: Timestamp,
    pub(crate) note: String,
}

/// The two newest checkpoints, the newest first, and when the oldest that is kept was signed.
pub(crate) async fn last_checkpoints(
    transaction: &Transaction,
) -> Result<(Vec<StoredCheckpoint>, Option<Timestamp>), DbError> {
    let rows = transaction.query(&LAST_CHECKPOINTS, &[]).await?;
    let since = rows.first().map(|row| row.try_get(3)).transpose()?;
    let stored = rows.iter().map(|row| {
        Ok(StoredCheckpoint { size: row.try_get(0)?, at: row.try_get(1)?, note: row.try_get(2)? })
    });
    Ok((stored.collect::<Result<_, DbError>>()?, since))
}

/// Writes the leaves from index `first` on. Travels with COMMIT, as do all that follow.
pub(crate) async fn add_leaves(transaction: &Transaction, first: u64, seqs: Vec<i64>) -> Result<(), DbError> {
    transaction.defer(&ADD_LEAVES, vec![Box::new(number(first)), Box::new(seqs)]).await
}

/// Writes tiles, in place of narrower ones.
pub(crate) async fn put_tiles(transaction: &Transaction, tiles: Vec<(Tile, Vec<u8>)>) -> Result<(), DbError> {
    let (mut levels, mut indexes, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (tile, bytes) in tiles {
        levels.push(i16::from(tile.level));
        indexes.push(number(tile.index));
        hashes.push(bytes);
    }
    transaction.defer(&PUT_TILES, vec![Box::new(levels), Box::new(indexes), Box::new(hashes)]).await
}

/// Forgets the gaps that begin at `closed` and remembers others.
pub(crate) async fn change_gaps(
    transaction: &Transaction,
    closed: Vec<i64>,
    open: &[Gap],
) -> Result<(), DbError> {
    if !closed.is_empty() {
        transaction.defer(&CLOSE_GAPS, vec![Box::new(closed)]).await?;
    }
    if open.is_empty() {
        return Ok(());
    }
    let first: Vec<i64> = open.iter().map(|gap| gap.first).collect();
    let last: Vec<i64> = open.iter().map(|gap| gap.last).collect();
    let since: Vec<Option<Timestamp>> = open.iter().map(|gap| gap.since).collect();
    transaction.defer(&ADD_GAPS, vec![Box::new(first), Box::new(last), Box::new(since)]).await
}

/// Writes a checkpoint, in place of the one of size `replaced` if there is one to be replaced.
pub(crate) async fn put_checkpoint(
    transaction: &Transaction,
    checkpoint: &StoredCheckpoint,
    replaced: Option<i64>,
) -> Result<(), DbError> {
    let StoredCheckpoint { size, at, note } = checkpoint;
    match replaced {
        Some(replaced) => {
            let values: kiavi_db::OwnedParams =
                vec![Box::new(*size), Box::new(*at), Box::new(note.clone()), Box::new(replaced)];
            transaction.defer(&REPLACE_CHECKPOINT, values).await
        }
        None => {
            transaction
                .defer(&ADD_CHECKPOINT, vec![Box::new(*size), Box::new(*at), Box::new(note.clone())])
                .await
        }
    }
}

/// Adds the witness's signature to a checkpoint, if it is still there.
pub(crate) async fn cosign(database: &Database, size: i64, note: &str) -> Result<(), DbError> {
    let transaction = database.begin().await?;
    transaction.execute(&COSIGN_CHECKPOINT, &[&size, &note]).await?;
    transaction.commit().await
}

/// Writes a heartbeat, unless it is there, and forgets gaps that are no more.
pub(crate) async fn beat(
    database: &Database,
    id: &EventId,
    at: Timestamp,
    body: &[u8],
) -> Result<(), DbError> {
    let transaction = database.begin().await?;
    transaction.execute(&FORGET_GAPS, &[]).await?;
    let id = id.to_string();
    let values: [&(dyn kiavi_db::ToSql + Sync); 5] = [&id, &at, &heartbeat::TYPE, &heartbeat::ACTOR, &body];
    if transaction.execute(&ADD_HEARTBEAT, &values).await? > 0 {
        transaction.query_one(&TELL, &[&id]).await?;
    }
    transaction.commit().await
}

/// Sizes and places are below 2⁶³: an index is a `bigint`.
pub(crate) fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
