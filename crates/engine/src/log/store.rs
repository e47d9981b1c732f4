//! The statements of the sealed log. The runtime role may read it.

use std::collections::HashMap;

use jiff::Timestamp;
use kiavi_audit::{HASH_LENGTH, Tile, TileSet};
use kiavi_base::EventId;
use kiavi_db::{Database, DbError, Row, Sql};

pub(super) const STATEMENTS: &[&Sql] = &[
    &CHECKPOINT,
    &CHECKPOINTS_AFTER,
    &CHECKPOINTS_OVER,
    &PRUNED,
    &TILE,
    &TILES,
    &ENTRIES,
    &LEAF_OF_EVENT,
    &PLACES,
];

const CHECKPOINT: Sql =
    Sql::new("CHECKPOINT", "SELECT note FROM kiavi.audit_checkpoint ORDER BY size DESC LIMIT 1");
const CHECKPOINTS_AFTER: Sql = Sql::new(
    "CHECKPOINTS_AFTER",
    "SELECT size, at, note FROM kiavi.audit_checkpoint WHERE size > $1 ORDER BY size LIMIT $2",
);
/// The newest of those that cover the place `$1`. At most one of them is not cosigned yet, unless the witness is away.
const CHECKPOINTS_OVER: Sql = Sql::new(
    "CHECKPOINTS_OVER",
    "SELECT note FROM kiavi.audit_checkpoint WHERE size > $1 ORDER BY size DESC LIMIT 2",
);
const PRUNED: Sql = Sql::new("PRUNED", "SELECT note FROM kiavi.audit_pruning ORDER BY until DESC LIMIT 1");
const TILE: Sql =
    Sql::new("TILE", "SELECT substring(hashes FOR $3) FROM kiavi.audit_tile WHERE level = $1 AND index = $2");
const TILES: Sql = Sql::new(
    "TILES",
    "SELECT level, index, hashes FROM kiavi.audit_tile
     WHERE (level, index) IN (SELECT * FROM unnest($1::smallint[], $2::bigint[]))",
);
const ENTRIES: Sql = Sql::new(
    "ENTRIES",
    "SELECT e.body FROM kiavi.audit_leaf l JOIN kiavi.audit_event e USING (seq)
     WHERE l.index >= $1 AND l.index < $2 ORDER BY l.index",
);
const LEAF_OF_EVENT: Sql = Sql::new(
    "LEAF_OF_EVENT",
    "SELECT l.index, e.body FROM kiavi.audit_event e JOIN kiavi.audit_leaf l USING (seq)
     WHERE e.id = $1::text::uuid",
);
/// Where the events with the numbers `$1` are in the tree, those that are sealed.
const PLACES: Sql =
    Sql::new("PLACES", "SELECT seq, index FROM kiavi.audit_leaf WHERE seq = ANY ($1::bigint[])");

/// The newest checkpoint, a signed note.
pub(super) async fn checkpoint(database: &Database) -> Result<Option<String>, DbError> {
    database.query_opt(&CHECKPOINT, &[]).await?.map(|row| row.try_get(0).map_err(DbError::from)).transpose()
}

/// A checkpoint as it is kept.
pub(super) struct Kept {
    /// Entries that it is over.
    pub(super) size: i64,
    /// When it was signed.
    pub(super) at: Timestamp,
    /// The signed note.
    pub(super) note: String,
}

/// Those over more than `after` entries, up to `limit` of them, the smallest first.
pub(super) async fn checkpoints_after(
    database: &Database,
    after: u64,
    limit: u16,
) -> Result<Vec<Kept>, DbError> {
    let rows = database.query(&CHECKPOINTS_AFTER, &[&number(after), &i64::from(limit)]).await?;
    let kept = |row: &Row| Ok(Kept { size: row.try_get(0)?, at: row.try_get(1)?, note: row.try_get(2)? });
    rows.iter().map(kept).collect()
}

/// The newest checkpoints, signed notes, that cover a place; the newest first.
pub(super) async fn checkpoints_over(database: &Database, index: u64) -> Result<Vec<String>, DbError> {
    let rows = database.query(&CHECKPOINTS_OVER, &[&number(index)]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(DbError::from)).collect()
}

/// What the log says of events that are no longer kept, a signed note; `None` when all are.
pub(super) async fn pruned(database: &Database) -> Result<Option<String>, DbError> {
    database.query_opt(&PRUNED, &[]).await?.map(|row| row.try_get(0).map_err(DbError::from)).transpose()
}

/// The hashes of a tile; `None` while there are not as many.
pub(super) async fn tile(database: &Database, tile: Tile) -> Result<Option<Vec<u8>>, DbError> {
    let wanted = usize::from(tile.width) * HASH_LENGTH;
    let (level, index) = (i16::from(tile.level), number(tile.index));
    let length = i32::try_from(wanted).unwrap_or(i32::MAX);
    let found = database.query_opt(&TILE, &[&level, &index, &length]).await?;
    let hashes: Option<Vec<u8>> = found.map(|row| row.try_get(0)).transpose()?;
    Ok(hashes.filter(|hashes| hashes.len() == wanted))
}

/// These tiles, as wide as they are there.
pub(super) async fn tiles(
    database: &Database,
    wanted: impl IntoIterator<Item = Tile>,
) -> Result<TileSet, DbError> {
    let (levels, indexes): (Vec<i16>, Vec<i64>) =
        wanted.into_iter().map(|tile| (i16::from(tile.level), number(tile.index))).unzip();
    let mut set = TileSet::default();
    for row in database.query(&TILES, &[&levels, &indexes]).await? {
        let (level, index): (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
        let hashes: &[u8] = row.try_get(2)?;
        let (Ok(level), Ok(index), Ok(width)) =
            (level.try_into(), index.try_into(), (hashes.len() / HASH_LENGTH).try_into())
        else {
            continue;
        };
        // What is damaged is missing, and whoever needs it says so.
        let _ = set.insert(Tile { level, index, width }, hashes);
    }
    Ok(set)
}

/// The entries whose hashes a tile of level 0 has; `None` while there are not as many, and when they are pruned.
pub(super) async fn entries(database: &Database, tile: Tile) -> Result<Option<Vec<Vec<u8>>>, DbError> {
    let first = number(tile.index).saturating_mul(kiavi_audit::TILE_WIDTH as i64);
    let end = first.saturating_add(i64::from(tile.width));
    let rows = database.query(&ENTRIES, &[&first, &end]).await?;
    let bodies: Vec<Vec<u8>> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    Ok((bodies.len() == usize::from(tile.width)).then_some(bodies))
}

/// Where an event is in the tree, and its body; `None` when there is no such event, or it is not sealed yet.
pub(super) async fn leaf_of(database: &Database, event: &EventId) -> Result<Option<(u64, Vec<u8>)>, DbError> {
    let row = database.query_opt(&LEAF_OF_EVENT, &[&event.to_string()]).await?;
    let leaf: Option<(i64, Vec<u8>)> =
        row.map(|row| Ok::<_, DbError>((row.try_get(0)?, row.try_get(1)?))).transpose()?;
    Ok(leaf.map(|(index, body)| (index.unsigned_abs(), body)))
}

/// Where events are in the tree, by their numbers; those that are not sealed yet are nowhere.
pub(crate) async fn places(database: &Database, numbers: &[i64]) -> Result<HashMap<i64, u64>, DbError> {
    let rows = database.query(&PLACES, &[&numbers]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<_, i64>(1)?.unsigned_abs()))).collect()
}

/// Places are below 2⁶³; nothing is at those that are not.
fn number(of: u64) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}
