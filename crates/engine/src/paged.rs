//! Asking the database about many things, some at a time.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kiavi_db::DbError;

/// Things that are asked about at a time: a millisecond or two of work, in between which others have their turn.
const PAGE: usize = 1_000;
/// Pages that are under way at a time: the database answers one while the one before is taken in.
const ASKED: usize = 2;

/// What `read` makes of these, in their order.
///
/// # Errors
/// The first of `read`.
pub(crate) async fn by_pages<T, R, F>(of: &[T], read: impl Fn(Vec<T>) -> F) -> Result<Vec<R>, DbError>
where
    T: Copy,
    F: Future<Output = Result<Vec<R>, DbError>>,
{
    let pages: Vec<_> = of.chunks(PAGE).map(<[T]>::to_vec).collect();
    let mut pages = std::pin::pin!(stream::iter(pages).map(read).buffered(ASKED));
    let mut all = Vec::with_capacity(of.len());
    while let Some(page) = pages.try_next().await? {
        all.extend(page);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_are_answered_in_their_order_or_the_first_fault_is() {
        let numbers: Vec<_> = (0..2_500).collect();
        let told = by_pages(&numbers, async |page| {
            assert!(page.len() <= PAGE);
            // Later pages are there first.
            for _ in page[0]..2_500 {
                tokio::task::yield_now().await;
            }
            Ok(page)
        });
        assert_eq!(told.await.unwrap(), numbers);
        let fault = by_pages(&numbers, async |page| match page[0] {
            0 => Ok(vec![()]),
            place => Err(DbError::Value(place.to_string())),
        });
        assert!(matches!(fault.await, Err(DbError::Value(place)) if place == "1000"));
        assert!(by_pages(&[0; 0], async |_| Ok(vec![()])).await.unwrap().is_empty());
    }
}
